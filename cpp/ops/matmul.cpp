// Matrix products by NumPy's own loop, which is the user's BLAS, once per pair of matrices.
#include "array/error.hpp"
#include "ops/array_ops.hpp"
#include "ops/structural.hpp"

namespace rg {
namespace {

// dims {batch, m, k, p}; strides of the batch (a, b, out), then (a_m, a_k, b_k, b_p, o_m, o_p).
template <class T>
void plain_loop(char** args, const std::intptr_t* dims, const std::intptr_t* s, void*) {
    const auto at = [](char* p, std::intptr_t offset) -> T& {
        return *reinterpret_cast<T*>(p + offset);
    };
    for (std::intptr_t n = 0; n < dims[0]; ++n) {
        char *a = args[0] + n * s[0], *b = args[1] + n * s[1], *out = args[2] + n * s[2];
        for (std::intptr_t i = 0; i < dims[1]; ++i) {
            for (std::intptr_t j = 0; j < dims[3]; ++j) at(out, i * s[7] + j * s[8]) = 0;
            for (std::intptr_t l = 0; l < dims[2]; ++l) {
                const T x = at(a, i * s[3] + l * s[4]);
                for (std::intptr_t j = 0; j < dims[3]; ++j) {
                    at(out, i * s[7] + j * s[8]) += x * at(b, l * s[5] + j * s[6]);
                }
            }
        }
    }
}

// What the batch loop hands on to the kernel.
struct Core {
    Kernel kernel;
    std::intptr_t dims[3];
    std::intptr_t strides[6];
};

void batch_loop(char** args, const std::intptr_t* n, const std::intptr_t* strides, void* data) {
    const auto& core = *static_cast<const Core*>(data);
    const std::intptr_t dims[4] = {*n, core.dims[0], core.dims[1], core.dims[2]};
    std::intptr_t all[9] = {strides[0], strides[1], strides[2]};
    std::copy_n(core.strides, 6, all + 3);
    core.kernel(args, dims, all);
}

// The last two axes are the matrix; an Operand of the batch axes remains.
Array batch_of(const Array& m) {
    Dims shape = m.shape();
    Dims strides(m.layout()->strides(), m.ndim());
    shape.resize(m.ndim() - 2);
    strides.resize(m.ndim() - 2);
    if (shape.empty()) return {};
    return m.view(Layout::strided(m.dtype(), shape, strides, m.layout()->offset));
}

Operand batch_operand(Array& m, const Dims& batch) {
    const Array outer = batch_of(m);
    return outer ? Operand(outer, batch) : Operand(m.data(), Dims(batch.size(), 0));
}

// OpenBLAS may run larger products on threads of its own, so ours keep away from them: from
// 4 * 65536 multiplications on, 4 * 8192 complex ones, or 4 * 1024 with a vector (interface/gemm.c
// and zgemv.c; real vectors later). A multiplication is a quarter of an addition.
std::int64_t work_of_product(DType dtype, std::int64_t m, std::int64_t k, std::int64_t p) {
    const std::int64_t most = m == 1 || p == 1 ? 1024 : is_complex(dtype) ? 8192 : 65536;
    const std::int64_t n = m * k * p;
    return n < 4 * most ? std::max<std::int64_t>(n / 4, 1) : kAlone;
}

std::string misfit(const Dims& a, const Dims& b) {
    return "matmul: shapes " + to_string(a) + " and " + to_string(b) + " do not multiply";
}

}  // namespace

Kernel matmul_kernel[kNumberTypes] = {{plain_loop<double>},
                                      {plain_loop<float>},
                                      {plain_loop<std::complex<double>>},
                                      {plain_loop<std::complex<float>>}};

Dims matmul_shape(const Dims& a, const Dims& b) {
    if (a.empty() || b.empty()) throw ShapeError(misfit(a, b));
    const std::int64_t inner = b.size() == 1 ? b[0] : b[b.size() - 2];
    if (a.back() != inner) throw ShapeError(misfit(a, b));
    Dims batch_a = a, batch_b = b, shape;
    batch_a.resize(std::max(a.size() - 2, 0));
    batch_b.resize(std::max(b.size() - 2, 0));
    if (!broadcast(batch_a, batch_b, shape)) throw ShapeError(misfit(a, b));
    if (a.size() > 1) shape.push_back(a[a.size() - 2]);
    if (b.size() > 1) shape.push_back(b.back());
    return shape;
}

Array matmul(const Array& left, const Array& right) {
    const Dims shape = matmul_shape(left.shape(), right.shape());
    Array a = reshape(left, op::MatMul::row(left));
    Array b = reshape(right, op::MatMul::column(right));
    const Dims da = a.shape(), db = b.shape();
    const std::int64_t m = da[da.size() - 2], k = da.back(), p = db.back();

    Dims full = matmul_shape(da, db);
    Array out = Array::empty(a.dtype(), full);
    Core core{matmul_kernel[int(a.dtype())], {m, k, p}, {}};
    int at = 0;
    for (const Array* x : {&a, &b, &out}) {
        const std::int64_t* s = x->layout()->strides() + x->ndim() - 2;
        core.strides[at++] = s[0];
        core.strides[at++] = s[1];
    }
    Dims batch = full;
    batch.resize(full.size() - 2);
    if (m && p) {
        Operand ops[] = {batch_operand(a, batch), batch_operand(b, batch),
                         batch_operand(out, batch)};
        iterate(batch, ops, {batch_loop, &core}, Cut::Anywhere,
                work_of_product(a.dtype(), m, k, p));
    }
    return reshape(out, shape);
}

}  // namespace rg

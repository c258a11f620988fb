// NumPy's inner loops as kernels, and its floating-point warnings.
//
// A ufunc's loop runs on raw strided pointers with NumPy's SIMD dispatch and gives NumPy's bits.
// NumPy's documentation calls the struct internal, so only its leading fields are read, every loop
// is tried on a few values before it is used, and the plain C++ kernel stays where it disagrees.
#include <cfenv>
#include <cmath>
#include <string>

#include "bind/convert.hpp"
#include "bind/operations.hpp"
#include "graph/record.hpp"
#include "ops/array_ops.hpp"
#include "ops/registry.hpp"

namespace rg {
namespace {

// What NumPy's warnings call the operation.
std::string warning_names[kOpCount];

Kernel find_loop(PyUFuncObject* ufunc, int type) {
    for (int i = 0; i < ufunc->ntypes; ++i) {
        bool match = true;
        for (int j = 0; j < ufunc->nargs; ++j) {
            match = match && ufunc->types[i * ufunc->nargs + j] == type;
        }
        if (match && ufunc->functions[i]) {
            return {reinterpret_cast<Loop>(ufunc->functions[i]),
                    const_cast<void*>(ufunc->data ? ufunc->data[i] : nullptr)};
        }
    }
    return {};
}

template <class T>
bool agree(Kernel ours, Kernel theirs, int nargs) {
    constexpr int n = 5;
    T in[2][n] = {{T(0.5), T(1), T(2.25), T(0.125), T(3)}, {T(2), T(0.5), T(1.5), T(1), T(4)}};
    if constexpr (!std::is_floating_point_v<T>) {
        for (int i = 0; i < n; ++i) in[0][i] *= T(1, 2), in[1][i] *= T(2, -1);
    }
    T a[n], b[n];
    const std::intptr_t dims = n, strides[] = {sizeof(T), sizeof(T), sizeof(T)};
    const auto run = [&](Kernel k, T* out) {
        char* args[3] = {reinterpret_cast<char*>(in[0]), reinterpret_cast<char*>(in[1])};
        args[nargs - 1] = reinterpret_cast<char*>(out);
        k(args, &dims, strides);
    };
    run(ours, a);
    run(theirs, b);
    for (int i = 0; i < n; ++i) {
        const bool both_nan = a[i] != a[i] && b[i] != b[i];
        if (a[i] == b[i] || both_nan) continue;
        if (!(std::abs(a[i] - b[i]) <= 1e-5f * std::abs(a[i]))) return false;
    }
    return true;
}

bool agree(DType dtype, Kernel ours, Kernel theirs, int nargs) {
    return with_number(dtype, [&](auto t) { return agree<decltype(t)>(ours, theirs, nargs); });
}

// Two matrices of 2 by 2, the smallest product that tells rows from columns.
bool agree_matmul(DType dtype, Kernel ours, Kernel theirs) {
    return with_number(dtype, [&](auto t) {
        using T = decltype(t);
        T a[] = {1, 2, 3, 4}, b[] = {5, 6, 7, 8}, x[4], y[4];
        const std::intptr_t s = sizeof(T), dims[] = {1, 2, 2, 2};
        const std::intptr_t strides[] = {4 * s, 4 * s, 4 * s, 2 * s, s, 2 * s, s, 2 * s, s};
        const auto run = [&](Kernel k, T* out) {
            char* args[] = {reinterpret_cast<char*>(a), reinterpret_cast<char*>(b),
                            reinterpret_cast<char*>(out)};
            k(args, dims, strides);
        };
        run(ours, x);
        run(theirs, y);
        return std::equal(x, x + 4, y);
    });
}

void report(const OpInfo& op, int flags) {
    const int numpy_flags = (flags & FE_DIVBYZERO ? NPY_FPE_DIVIDEBYZERO : 0) |
                            (flags & FE_OVERFLOW ? NPY_FPE_OVERFLOW : 0) |
                            (flags & FE_UNDERFLOW ? NPY_FPE_UNDERFLOW : 0) |
                            (flags & FE_INVALID ? NPY_FPE_INVALID : 0);
    const std::string& name = warning_names[op.id];
    const char* text = name.empty() ? op.name : name.c_str();
    if (PyUFunc_GiveFloatingpointErrors(text, numpy_flags) < 0) throw PythonError{};
}

// What NumPy found the CPU to have, or was told not to use; `unknown` where it knows no such name:
// NumPy 2.4 has levels of x86-64 where others have features.
bool numpy_uses(const char* feature, bool unknown) {
    static PyObject* const features = [] {
        const Ref module(checked(PyImport_ImportModule("numpy._core._multiarray_umath")));
        PyObject* found = PyObject_GetAttrString(module.get(), "__cpu_features__");
        if (!found || !PyDict_Check(found)) PyErr_Clear(), found = PyDict_New();
        return checked(found);
    }();
    PyObject* const value = PyDict_GetItemString(features, feature);
    return value ? value == Py_True : unknown;
}

// Where NumPy calls the C library for every element. With AVX-512 it has vector code for all
// functions but a few; without, for few, and those of float32.
bool numpy_is_scalar(const OpInfo& op, DType dtype) {
    const bool has_avx2 = numpy_uses("AVX2", false) && numpy_uses("FMA3", false);
    if (!numpy_uses("X86_V3", has_avx2)) return false;
    const bool circular = &op == &info<op::Sin>() || &op == &info<op::Cos>();
    if (&op == &info<op::Hypot>() || (circular && dtype == DType::f64)) return true;
    if (numpy_uses("X86_V4", numpy_uses("AVX512_SKX", false))) return false;
    const bool has_float32 = circular || &op == &info<op::Exp>() || &op == &info<op::Log>();
    return dtype == DType::f64 || !has_float32;
}

}  // namespace

void use_loop(const char* name, PyObject* object) {
    const OpInfo* op = find(name);
    if (!op || !PyObject_TypeCheck(object, &PyUFunc_Type)) {
        PyErr_SetString(PyExc_TypeError, "op: wants the name of an operation and a NumPy ufunc");
        throw PythonError{};
    }
    auto* ufunc = reinterpret_cast<PyUFuncObject*>(object);
    warning_names[op->id] = ufunc->name;
    for (DType dtype : {DType::f64, DType::f32, DType::c128, DType::c64}) {
        const Kernel loop = find_loop(ufunc, numpy_type(dtype));
        const int t = int(dtype);
        if (!loop.loop) continue;
        if (!op->elementwise) {
            if (agree_matmul(dtype, matmul_kernel[t], loop)) matmul_kernel[t] = loop;
            continue;
        }
        if (ufunc->nargs != op->arity + 1) continue;
        const Kernel ours = forward_kernel(*op, dtype);
        if (!ours.loop) continue;  // an operation on real numbers
        if (!agree(dtype, ours, loop, ufunc->nargs)) continue;
        replace_kernel(*op, dtype, loop, numpy_is_scalar(*op, dtype));
        if (op == &info<op::Pow>()) replace_kernel(info<op::AnyPower>(), dtype, loop, false);
        if (op == &info<op::Add>()) sum_kernel[t] = loop;
        if (op == &info<op::Maximum>() && t < kFloatTypes) max_kernel[t] = loop;
        if (op == &info<op::Minimum>() && t < kFloatTypes) min_kernel[t] = loop;
    }
}

void install_float_errors() {
    warning_names[info<op::Sum>().id] = "reduce";
    warning_names[info<op::Max>().id] = "reduce";
    warning_names[info<op::Min>().id] = "reduce";
    warning_names[info<op::CumSum>().id] = "accumulate";
    warning_names[info<op::CumProd>().id] = "accumulate";
    float_error_hook = report;
}

}  // namespace rg

// Sums and extrema over axes, in NumPy's order: the axis with the smallest stride innermost, so
// that a contiguous run is summed pairwise by the very loop that np.sum calls.
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "array/error.hpp"
#include "ops/array_ops.hpp"
#include "ops/kernels.hpp"
#include "ops/registry.hpp"

namespace rg {
namespace {

// Where NumPy's pairwise sum cuts n numbers, of which a complex one is two.
std::int64_t first_half(std::int64_t n, bool complex) {
    const std::int64_t half = complex ? n : n / 2;
    return (half - half % 8) / (complex ? 2 : 1);
}

template <class T>
T pairwise(const char* p, std::intptr_t n, std::intptr_t stride) {
    const auto at = [&](std::intptr_t i) { return *reinterpret_cast<const T*>(p + i * stride); };
    if (n <= 128) {
        T s = 0;
        for (std::intptr_t i = 0; i < n; ++i) s += at(i);
        return s;
    }
    const std::intptr_t half = first_half(n, is_complex(dtype_of<T>));
    return pairwise<T>(p, half, stride) + pairwise<T>(p + half * stride, n - half, stride);
}

// The plain C++ forms of NumPy's binary loops used as a reduction: an output of stride zero.
template <class T>
void sum_loop(char** args, const std::intptr_t* dims, const std::intptr_t* strides, void* data) {
    if (strides[0] == 0 && strides[2] == 0 && args[0] == args[2]) {
        *reinterpret_cast<T*>(args[2]) += pairwise<T>(args[1], dims[0], strides[1]);
    } else {
        op::run_loop<op::Add, T>(args, dims, strides, data);
    }
}

template <class Op, class T>
void extremum_loop(char** args, const std::intptr_t* dims, const std::intptr_t* strides,
                   void* data) {
    if (strides[0] == 0 && strides[2] == 0 && args[0] == args[2]) {
        T& most = *reinterpret_cast<T*>(args[2]);
        for (std::intptr_t i = 0; i < dims[0]; ++i) {
            const T x = *reinterpret_cast<const T*>(args[1] + i * strides[1]);
            most = Op::run(most, x);
        }
    } else {
        op::run_loop<Op, T>(args, dims, strides, data);
    }
}

void fill(Array& a, double value) {
    with_number(a.dtype(),
                [&](auto t) { std::fill_n(a.as<decltype(t)>(), a.size(), decltype(t)(value)); });
}

// Calls leaf(begin, n) for the parts of a line that are a piece of work for a thread, in order, and
// join() wherever two neighbours belong together.
template <class Leaf, class Join>
void halve(std::int64_t begin, std::int64_t n, bool complex, const Leaf& leaf, const Join& join) {
    if (n <= kPieceWork) return leaf(begin, n);
    const std::int64_t half = first_half(n, complex);
    halve(begin, half, complex, leaf, join);
    halve(begin + half, n - half, complex, leaf, join);
    join();
}

// One long line into `out`, in the halves of halves in which the kernel would sum it: the bits are
// NumPy's, and the same for any number of threads.
void reduce_line(Array& out, const Operand& in, std::int64_t n, Kernel kernel, double start) {
    const std::intptr_t step = in.strides[0], size = itemsize(out.dtype());
    const bool complex = is_complex(out.dtype());
    const auto add = [&](char* to, char* from, std::intptr_t count) {
        char* args[] = {to, from, to};
        const std::intptr_t strides[] = {0, step, 0};
        kernel(args, &count, strides);
    };
    std::vector<std::pair<std::int64_t, std::int64_t>> parts;
    halve(
        0, n, complex, [&](std::int64_t at, std::int64_t count) { parts.push_back({at, count}); },
        [] {});
    Array sums = Array::empty(out.dtype(), {std::int64_t(parts.size())});
    fill(sums, start);
    for_pieces(sums.size(), kPieceWork, [&](std::int64_t first, std::int64_t count) {
        for (std::int64_t i = first; i < first + count; ++i) {
            add(sums.data() + i * size, in.data + parts[i].first * step, parts[i].second);
        }
    });
    char *next = sums.data(), *top = next;
    halve(
        0, n, complex,
        [&](std::int64_t, std::int64_t) {
            std::memmove(top, next, size);
            top += size, next += size;
        },
        [&] {
            top -= size;
            add(top - size, top, 1);
        });
    add(out.data(), sums.data(), 1);
}

Array reduce(const Array& a, const Axes& axes, Kernel kernel, double start) {
    Array out = Array::empty(a.dtype(), reduced_shape(a.shape(), axes));
    fill(out, start);
    const int n = a.ndim();
    const Dims shape = a.shape();
    const Operand in(a, shape);
    Dims out_strides(n, 0);
    std::int64_t step = itemsize(a.dtype());
    for (int i = n - 1; i >= 0; --i) {
        if (axes.has(i)) continue;
        out_strides[i] = step;
        step *= shape[i];
    }
    int order[kMaxDims];
    std::iota(order, order + n, 0);
    std::stable_sort(order, order + n, [&](int i, int j) {
        return std::abs(in.strides[i]) > std::abs(in.strides[j]);
    });
    Dims dims, from, to;
    for (int i = 0; i < n; ++i) {
        dims.push_back(shape[order[i]]);
        from.push_back(in.strides[order[i]]);
        to.push_back(out_strides[order[i]]);
    }
    Operand ops[] = {{out.data(), to}, {in.data, from}, {out.data(), to}};
    if (out.size() == 1 && a.size() >= kLeastWork) {
        coalesce(dims, ops);
        if (dims.size() == 1) {
            reduce_line(out, ops[1], dims[0], kernel, start);
            return out;
        }
    }
    iterate(dims, ops, kernel, Cut::BetweenLines);
    return out;
}

constexpr double kInf = std::numeric_limits<double>::infinity();

Array extremum(const Array& a, const Axes& axes, Kernel kernel, double start, const char* who) {
    if (is_complex(a.dtype())) {
        throw DTypeError(std::string(who) + ": complex numbers have no order");
    }
    const Dims shape = a.shape();
    for (int i = 0; i < shape.size(); ++i) {
        if (axes.has(i) && shape[i] == 0) {
            throw ShapeError(std::string(who) + ": shape " + to_string(shape) +
                             " has no element to take it of");
        }
    }
    return reduce(a, axes, kernel, start);
}

}  // namespace

Kernel sum_kernel[kNumberTypes] = {{sum_loop<double>},
                                   {sum_loop<float>},
                                   {sum_loop<std::complex<double>>},
                                   {sum_loop<std::complex<float>>}};
Kernel max_kernel[kFloatTypes] = {{extremum_loop<op::Maximum, double>},
                                  {extremum_loop<op::Maximum, float>}};
Kernel min_kernel[kFloatTypes] = {{extremum_loop<op::Minimum, double>},
                                  {extremum_loop<op::Minimum, float>}};

Dims reduced_shape(const Dims& shape, const Axes& axes) {
    Dims out;
    for (int i = 0; i < shape.size(); ++i) {
        if (!axes.has(i)) {
            out.push_back(shape[i]);
        } else if (axes.keep) {
            out.push_back(1);
        }
    }
    return out;
}

Array sum(const Array& a, const Axes& axes) {
    return reduce(a, axes, sum_kernel[int(a.dtype())], 0.0);
}

Array max(const Array& a, const Axes& axes) {
    return extremum(a, axes, max_kernel[int(a.dtype())], -kInf, "max");
}

Array min(const Array& a, const Axes& axes) {
    return extremum(a, axes, min_kernel[int(a.dtype())], kInf, "min");
}

}  // namespace rg

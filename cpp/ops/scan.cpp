// Running sums, products and recurrences along one axis, one element after the other as NumPy's
// accumulate takes them. Lines that lie side by side in memory are walked together, row by row.
#include <cstdlib>

#include "ops/array_ops.hpp"

namespace rg {
namespace {

// What a kernel has to know besides the strides between lines: their length, and the steps along
// them of the result and its two operands.
struct Line {
    std::int64_t length;
    std::intptr_t step[3];
};

// Operands (result, first, factor): the first element of a line is that of `first`.
template <class T, class Rule>
void scan_lines(char** args, const std::intptr_t* dims, const std::intptr_t* strides, void* data) {
    const Line& line = *static_cast<const Line*>(data);
    const std::intptr_t lines = dims[0];
    const auto at = [&](int k, std::intptr_t i, std::intptr_t j) -> T& {
        return *reinterpret_cast<T*>(args[k] + i * strides[k] + j * line.step[k]);
    };
    std::int64_t since_poll = 0;
    const auto breathe = [&](std::int64_t done) {
        if ((since_poll += done) < 1 << 16) return;
        since_poll = 0;
        poll();
    };
    if (lines > 1 && std::abs(strides[0]) < std::abs(line.step[0])) {
        for (std::intptr_t i = 0; i < lines; ++i) at(0, i, 0) = at(1, i, 0);
        for (std::int64_t j = 1; j < line.length; ++j) {
            for (std::intptr_t i = 0; i < lines; ++i) {
                at(0, i, j) = Rule::next(at(0, i, j - 1), at(1, i, j), at(2, i, j));
            }
            breathe(lines);
        }
        return;
    }
    for (std::intptr_t i = 0; i < lines; ++i) {
        T y = at(0, i, 0) = at(1, i, 0);
        for (std::int64_t j = 1; j < line.length; ++j) {
            y = at(0, i, j) = Rule::next(y, at(1, i, j), at(2, i, j));
            breathe(1);
        }
    }
}

// `lag`: a scan from the end reads this much further back in `factor`.
template <class Rule>
Array scan(const Array& first, const Array& factor, const Scan& s, int lag = 0) {
    const Dims shape = first.shape();
    Array out = Array::empty(first.dtype(), shape);
    if (!out.size()) return out;
    Operand ops[] = {{out, shape}, {first, shape}, {factor, shape}};
    Line line{shape[s.axis], {}};
    const auto without_axis = [&](const Dims& all) {
        Dims rest;
        for (int i = 0; i < all.size(); ++i) {
            if (i != s.axis) rest.push_back(all[i]);
        }
        return rest;
    };
    for (int k = 0; k < 3; ++k) {
        std::intptr_t& step = line.step[k] = ops[k].strides[s.axis];
        ops[k].strides = without_axis(ops[k].strides);
        if (!s.reverse) continue;
        ops[k].data += (line.length - 1 + (k == 2 ? lag : 0)) * step;
        step = -step;
    }
    const Kernel kernel = with_number(
        out.dtype(), [&](auto t) { return Kernel{scan_lines<decltype(t), Rule>, &line}; });
    // The kernel asks for signals itself, which only the caller may.
    iterate(without_axis(shape), ops, kernel, Cut::BetweenLines, kAlone);
    return out;
}

struct Running {
    template <class T>
    static T next(T y, T x, T) {
        return y + x;
    }
};

struct Product {
    template <class T>
    static T next(T y, T x, T) {
        return y * x;
    }
};

struct Affine {
    template <class T>
    static T next(T y, T b, T a) {
        return b + a * y;
    }
};

}  // namespace

Array cumsum(const Array& a, const Scan& s) { return scan<Running>(a, a, s); }
Array cumprod(const Array& a, int axis) { return scan<Product>(a, a, {axis}); }
Array recurrence(const Array& a, const Array& b, const Scan& s) { return scan<Affine>(b, a, s, 1); }

}  // namespace rg

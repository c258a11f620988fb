// Small helpers of the core's tests: arrays from numbers and back, element by element through the
// strides alone, so that the loops under test are not their own judge.
#pragma once
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "array/error.hpp"
#include "array/pool.hpp"
#include "graph/record.hpp"
#include "ops/registry.hpp"

namespace rg {

using Values = std::vector<double>;

// f(index) for every index of the shape, in C order.
template <class F>
void each(const Dims& shape, F&& f) {
    for (std::int64_t d : shape) {
        if (d == 0) return;
    }
    Dims index(shape.size(), 0);
    for (;;) {
        f(index);
        int axis = shape.size() - 1;
        while (axis >= 0 && ++index[axis] == shape[axis]) index[axis--] = 0;
        if (axis < 0) return;
    }
}

// The element at an index, broadcast by NumPy's rule.
inline double element(const Array& a, const Dims& index) {
    const char* p = a.data();
    const int lead = index.size() - a.ndim();
    for (int i = 0; i < a.ndim(); ++i) {
        if (a.layout()->shape()[i] != 1) p += index[lead + i] * a.layout()->strides()[i];
    }
    return a.dtype() == DType::f32   ? double(*reinterpret_cast<const float*>(p))
           : a.dtype() == DType::i64 ? double(*reinterpret_cast<const std::int64_t*>(p))
                                     : *reinterpret_cast<const double*>(p);
}

inline Values values(const Array& a) {
    Values v;
    each(a.shape(), [&](const Dims& index) { v.push_back(element(a, index)); });
    return v;
}

inline Array array(const Dims& shape, const Values& v, DType dtype = DType::f64) {
    Array a = Array::empty(dtype, shape);
    const auto fill = [&]<class T>(T* to) {
        for (std::int64_t i = 0; i < a.size(); ++i) to[i] = T(v[std::size_t(i)]);
    };
    if (dtype == DType::f32) fill(a.as<float>());
    if (dtype == DType::f64) fill(a.as<double>());
    if (dtype == DType::i64) fill(a.as<std::int64_t>());
    return a;
}

inline Array arange(const Dims& shape, double first = 0) {
    Array a = Array::empty(DType::f64, shape);
    for (std::int64_t i = 0; i < a.size(); ++i) a.as<double>()[i] = first + double(i);
    return a;
}

struct Random {
    std::mt19937_64 engine;
    explicit Random(std::uint64_t seed) : engine(seed) {}

    std::int64_t integer(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(engine);
    }
    double real(double low, double high) {
        return std::uniform_real_distribution<double>(low, high)(engine);
    }
    Array integers(const Dims& shape, int largest = 3) {
        Array a = Array::empty(DType::f64, shape);
        for (std::int64_t i = 0; i < a.size(); ++i) {
            a.as<double>()[i] = double(integer(-largest, largest));
        }
        return a;
    }
    Array reals(const Dims& shape, double low, double high) {
        Array a = Array::empty(DType::f64, shape);
        for (std::int64_t i = 0; i < a.size(); ++i) a.as<double>()[i] = real(low, high);
        return a;
    }
    Dims shape(int max_ndim, int largest, int smallest = 0) {
        Dims s(int(integer(0, max_ndim)), 0);
        for (auto& d : s) d = integer(smallest, largest);
        return s;
    }
};

// One item of a basic index.
inline Index::Item range(std::int64_t start, std::int64_t step, std::int64_t count) {
    return {Index::Item::Slice, start, step, count};
}
inline Index::Item at(std::int64_t i) { return {Index::Item::Integer, i, 1, 1}; }
inline Index::Item new_axis() { return {Index::Item::NewAxis, 0, 1, 1}; }

inline Index basic(std::vector<Index::Item> items) {
    Index index;
    for (const auto& item : items) {
        if (item.kind != Index::Item::Integer) index.shape.push_back(item.count);
    }
    index.items = std::move(items);
    return index;
}

inline Index positions(const Values& at, const Dims& shape) {
    Index index;
    index.basic = false;
    index.positions = array({std::int64_t(at.size())}, at, DType::i64);
    index.shape = shape;
    return index;
}

// A view of a fresh array, made by random steps; `map` says which element stands where.
inline Array random_view(Random& random, Values& map) {
    Array a = arange(random.shape(4, 4, 1), 1);
    for (int steps = int(random.integer(0, 4)); steps > 0; --steps) {
        const Dims shape = a.shape();
        switch (random.integer(0, 2)) {
            case 0: {
                Dims axes(shape.size(), 0);
                std::iota(axes.begin(), axes.end(), 0);
                std::shuffle(axes.begin(), axes.end(), random.engine);
                a = transpose(a, axes);
                break;
            }
            case 1: {
                std::vector<Index::Item> items;
                for (std::int64_t d : shape) {
                    if (random.integer(0, 5) == 0) items.push_back(new_axis());
                    const std::int64_t step = random.integer(1, 2), count = (d + step - 1) / step;
                    const bool back = random.integer(0, 1);
                    items.push_back(back ? range(d - 1, -step, count) : range(0, step, count));
                }
                a = slice(a, basic(items));
                break;
            }
            default: {
                Dims wide;
                if (random.integer(0, 1)) wide.push_back(random.integer(1, 3));
                for (std::int64_t d : shape) {
                    wide.push_back(d == 1 && a.size() < 200 ? random.integer(1, 3) : d);
                }
                a = broadcast_to(a, wide);
            }
        }
    }
    map = values(a);
    return a;
}

inline Tensor leaf(const Array& a) { return {a, NodePtr::adopt(Node::leaf(a))}; }
inline Tensor leaf(double x) { return leaf(Array(x)); }

inline bool near(double a, double b, double tolerance) {
    return a == b || std::abs(a - b) <= tolerance * (1 + std::abs(b));
}

inline bool near(const Values& a, const Values& b, double tolerance) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!near(a[i], b[i], tolerance)) return false;
    }
    return true;
}

}  // namespace rg

#include "array/view.hpp"

#include <cstring>
#include <numeric>
#include <type_traits>

#include "array/loop.hpp"

namespace rg {
namespace {

template <class T>
inline constexpr bool is_complex_type = false;
template <class T>
inline constexpr bool is_complex_type<std::complex<T>> = true;

// The real part, where only that fits.
template <class To, class From>
To converted(From x) {
    if constexpr (is_complex_type<From> && !is_complex_type<To>) {
        return static_cast<To>(x.real());
    } else if constexpr (is_complex_type<To> && !is_complex_type<From>) {
        return static_cast<typename To::value_type>(x);
    } else {
        return static_cast<To>(x);
    }
}

template <class To, class From>
void convert(char** args, const std::intptr_t* dims, const std::intptr_t* strides, void*) {
    if constexpr (std::is_same_v<To, From>) {
        if (strides[0] == sizeof(To) && strides[1] == sizeof(To)) {
            std::memcpy(args[1], args[0], std::size_t(dims[0]) * sizeof(To));
            return;
        }
    }
    for (std::intptr_t i = 0; i < dims[0]; ++i) {
        From x;
        std::memcpy(&x, args[0] + i * strides[0], sizeof x);
        const To y = converted<To>(x);
        std::memcpy(args[1] + i * strides[1], &y, sizeof y);
    }
}

Loop converter(DType to, DType from) {
    return with_number(to, [&](auto t) {
        return with_number(from, [&](auto f) -> Loop { return convert<decltype(t), decltype(f)>; });
    });
}

void convert_into(Array& out, const Array& a) {
    const Dims shape = out.shape();
    Operand ops[] = {{a, shape}, {out, shape}};
    iterate(shape, ops, {converter(out.dtype(), a.dtype())});
}

// The strides that show `a` in another shape, if there are any: each run of old axes that lies
// without gaps is cut anew. Axes of length one take no part; their strides may be anything.
bool restride(const Array& a, const Dims& shape, Dims& strides) {
    Dims old, step;
    for (int i = 0; i < a.ndim(); ++i) {
        if (a.layout()->shape()[i] == 1) continue;
        old.push_back(a.layout()->shape()[i]);
        step.push_back(a.layout()->strides()[i]);
    }
    strides.resize(shape.size());
    int i = 0, j = 0;
    while (i < old.size() && j < shape.size()) {
        int i1 = i + 1, j1 = j + 1;
        std::int64_t from = old[i], to = shape[j];
        while (from != to) {
            if (from < to) {
                from *= old[i1++];
            } else {
                to *= shape[j1++];
            }
        }
        for (int k = i; k + 1 < i1; ++k) {
            if (step[k] != step[k + 1] * old[k + 1]) return false;
        }
        strides[j1 - 1] = step[i1 - 1];
        for (int k = j1 - 1; k > j; --k) strides[k - 1] = strides[k] * shape[k];
        i = i1;
        j = j1;
    }
    for (; j < shape.size(); ++j) strides[j] = itemsize(a.dtype());
    return true;
}

}  // namespace

Kernel copy_kernel(DType dtype) { return {converter(dtype, dtype)}; }

Array contiguous(const Array& a) { return a.contiguous() ? a : copy(a); }

Array copy(const Array& a) {
    Array out = Array::empty_like(a);
    if (a.contiguous()) {
        std::memcpy(out.data(), a.data(), std::size_t(a.nbytes()));
    } else {
        convert_into(out, a);
    }
    return out;
}

Array cast(const Array& a, DType dtype) {
    if (a.dtype() == dtype) return a;
    Array out = Array::empty(dtype, a.shape());
    convert_into(out, a);
    return out;
}

Array reshape(const Array& a, const Dims& shape) {
    if (a.shape() == shape) return a;
    if (a.is_scalar()) return copy(filled(a.dtype(), a.item(), shape));
    if (a.contiguous()) {
        const Layout* fresh = Layout::contiguous_of(a.dtype(), shape);
        if (a.layout()->offset == 0) return a.view(fresh);
        const Dims strides(fresh->strides(), fresh->ndim);
        fresh->release();
        return a.view(Layout::strided(a.dtype(), shape, strides, a.layout()->offset));
    }
    Dims strides;
    if (a.size() && restride(a, shape, strides)) {
        return a.view(Layout::strided(a.dtype(), shape, strides, a.layout()->offset));
    }
    return reshape(copy(a), shape);
}

Array transpose(const Array& a, const Dims& permutation) {
    if (a.ndim() < 2) return a;
    Dims shape, strides;
    for (std::int64_t axis : permutation) {
        shape.push_back(a.layout()->shape()[axis]);
        strides.push_back(a.layout()->strides()[axis]);
    }
    return a.view(Layout::strided(a.dtype(), shape, strides, a.layout()->offset));
}

Array broadcast_to(const Array& a, const Dims& shape) {
    if (a.shape() == shape) return a;
    if (a.is_scalar()) return filled(a.dtype(), a.item(), shape);
    const Operand o(a, shape);
    return a.view(Layout::strided(a.dtype(), shape, o.strides, a.layout()->offset));
}

Array filled(DType dtype, double value, const Dims& shape) {
    Array one = Array::scalar(dtype, value);
    if (shape.empty()) return one;
    const Layout* layout = Layout::strided(dtype, shape, Dims(shape.size(), 0), 0);
    Buffer* buffer = nullptr;
    try {
        buffer = Buffer::allocate(std::size_t(itemsize(dtype)));
    } catch (...) {
        layout->release();
        throw;
    }
    std::memcpy(buffer->data, one.data(), std::size_t(itemsize(dtype)));
    return Array::adopt(layout, buffer);
}

Operand region(const Array& a, const Index& index) {
    Operand r(const_cast<char*>(a.data()), {});
    int axis = 0;
    for (const Index::Item& item : index.items) {
        if (item.kind == Index::Item::NewAxis) {
            r.strides.push_back(0);
            continue;
        }
        const std::int64_t step = a.layout()->strides()[axis++];
        // An empty array has no place to point at.
        if (a.size()) r.data += item.start * step;
        if (item.kind == Index::Item::Slice) r.strides.push_back(step * item.step);
    }
    return r;
}

Array slice(const Array& a, const Index& index) {
    if (a.is_scalar()) return reshape(a, index.shape);
    const Operand r = region(a, index);
    return a.view(Layout::strided(a.dtype(), index.shape, r.strides, r.data - a.buffer()->data));
}

void find_winners(Index& index, std::int64_t size, DType dtype) {
    std::vector<bool> seen(static_cast<std::size_t>(size));
    const std::int64_t n = index.positions.size();
    const auto* at = index.positions.as<std::int64_t>();
    Array mask = Array::empty(dtype, {n});
    bool repeated = false;
    with_number(dtype, [&](auto t) {
        auto* m = mask.as<decltype(t)>();
        for (std::int64_t i = n; i-- > 0;) {
            m[i] = seen[at[i]] ? 0 : 1;
            repeated |= bool(seen[at[i]]);
            seen[at[i]] = true;
        }
    });
    if (repeated) index.winners = reshape(mask, index.shape);
}

}  // namespace rg

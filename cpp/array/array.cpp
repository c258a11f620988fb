#include "array/array.hpp"

#include <cstring>

#include "array/error.hpp"

namespace rg {

Array Array::empty(DType dtype, const Dims& shape) {
    if (shape.empty() && is_float(dtype)) return scalar(dtype, 0.0);
    const Layout* layout = Layout::contiguous_of(dtype, shape);
    try {
        return adopt(layout, Buffer::allocate(std::size_t(layout->size * itemsize(dtype))));
    } catch (...) {
        layout->release();
        throw;
    }
}

Array Array::empty_like(const Array& a) {
    if (a.is_scalar()) return scalar(a.dtype(), 0.0);
    const Layout* l = a.layout();
    if (!l->contiguous || l->offset != 0) return empty(a.dtype(), a.shape());
    Buffer* buffer = Buffer::allocate(std::size_t(a.nbytes()));
    l->retain();
    return adopt(l, buffer);
}

Array Array::zeros(DType dtype, const Dims& shape) {
    Array a = empty(dtype, shape);
    std::memset(a.data(), 0, std::size_t(a.nbytes()));
    return a;
}

Array Array::complex_scalar(DType t, std::complex<double> x) {
    Array a = empty(t, {});
    if (t == DType::c128) {
        *a.as<std::complex<double>>() = x;
    } else {
        *a.as<std::complex<float>>() = std::complex<float>(x);
    }
    return a;
}

Array Array::view(const Layout* layout) const {
    if (layout->ndim == 0 && is_float(layout->dtype)) {
        // Keep the invariant: what has no axis stands inline.
        const char* at = buffer_->data + layout->offset;
        Array a = with_float(layout->dtype, [&](auto t) {
            std::memcpy(&t, at, sizeof t);
            return Array(t);
        });
        layout->release();
        return a;
    }
    buffer_->retain();
    return adopt(layout, buffer_);
}

Array Array::without_value() const noexcept {
    if (!layout_ || layout_->inlined) return *this;
    layout_->retain();
    return adopt(layout_, nullptr);
}

void Array::retain_parts() const noexcept {
    layout_->retain();
    if (buffer_) buffer_->retain();
}

void Array::release_parts() noexcept {
    layout_->release();
    if (buffer_) buffer_->release();
}

}  // namespace rg

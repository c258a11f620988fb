// array: memory, shapes and loops. Start here. May include nothing of the layers above.
//
// An Array is 16 bytes: a layout, and either the 0-d value itself or a counted buffer. Copies share
// the buffer; who wants to write asks `unique()` first. Invariant: a real 0-d array is inline.
// An Array without a buffer may still have a layout ("absent"): a shape whose value was let go.
#pragma once

#include <utility>

#include "array/buffer.hpp"
#include "array/dims.hpp"
#include "array/dtype.hpp"
#include "array/layout.hpp"

namespace rg {

class Array {
public:
    Array() noexcept : layout_(nullptr), buffer_(nullptr) {}
    explicit Array(double x) noexcept : layout_(&kScalar64), f64_(x) {}
    explicit Array(float x) noexcept : layout_(&kScalar32), buffer_(nullptr) { f32_ = x; }
    Array(const Array& o) noexcept : layout_(o.layout_), buffer_(o.buffer_) { retain(); }
    Array(Array&& o) noexcept : layout_(o.layout_), buffer_(o.buffer_) { o.layout_ = nullptr; }
    Array& operator=(Array o) noexcept {
        swap(o);
        return *this;
    }
    ~Array() { release(); }

    // A new C-contiguous array; its elements are not set.
    static Array empty(DType dtype, const Dims& shape);
    static Array empty_like(const Array& a);  // shares the layout where it is contiguous
    static Array zeros(DType dtype, const Dims& shape);
    static Array scalar(DType t, double x) {
        if (is_complex(t)) [[unlikely]]
            return complex_scalar(t, {x, 0});
        return t == DType::f32 ? Array(static_cast<float>(x)) : Array(x);
    }
    static Array complex_scalar(DType t, std::complex<double> x);
    // Takes over one count of each.
    static Array adopt(const Layout* layout, Buffer* buffer) noexcept {
        Array a;
        a.layout_ = layout;
        a.buffer_ = buffer;
        return a;
    }
    // The same buffer seen through another layout, of which one count is taken over.
    Array view(const Layout* layout) const;
    // Shape and dtype without the value; an inline scalar keeps its value.
    Array without_value() const noexcept;

    void swap(Array& o) noexcept {
        std::swap(layout_, o.layout_);
        std::swap(buffer_, o.buffer_);
    }
    void reset() noexcept {
        release();
        layout_ = nullptr;
    }

    explicit operator bool() const noexcept { return layout_ != nullptr; }
    bool has_value() const noexcept { return layout_ && (layout_->inlined || buffer_); }
    bool is_scalar() const noexcept { return layout_->inlined; }
    bool is_scalar64() const noexcept { return layout_ == &kScalar64; }

    const Layout* layout() const noexcept { return layout_; }
    Buffer* buffer() const noexcept { return layout_->inlined ? nullptr : buffer_; }
    DType dtype() const noexcept { return layout_->dtype; }
    int ndim() const noexcept { return layout_->ndim; }
    std::int64_t size() const noexcept { return layout_->size; }
    Dims shape() const noexcept { return layout_->dims(); }
    bool contiguous() const noexcept { return layout_->contiguous; }
    bool same_shape(const Array& o) const noexcept { return layout_->same_shape(*o.layout_); }
    std::int64_t nbytes() const noexcept { return size() * itemsize(dtype()); }

    char* data() noexcept {
        return layout_->inlined ? reinterpret_cast<char*>(&f64_) : buffer_->data + layout_->offset;
    }
    const char* data() const noexcept { return const_cast<Array*>(this)->data(); }
    template <class T>
    T* as() noexcept {
        return reinterpret_cast<T*>(data());
    }
    template <class T>
    const T* as() const noexcept {
        return reinterpret_cast<const T*>(data());
    }
    double& f64() noexcept { return f64_; }
    double f64() const noexcept { return f64_; }
    double item() const noexcept {
        return dtype() == DType::f32 ? double(*as<float>()) : *as<double>();
    }

    // Nobody else sees these elements: they may be written, or the memory used for another result.
    bool unique() const noexcept {
        return layout_->inlined || (buffer_->unique() && !buffer_->borrowed());
    }

private:
    // Scalars own nothing, and they are the case that must cost nothing.
    void retain() const noexcept {
        if (layout_ && !layout_->inlined) [[unlikely]]
            retain_parts();
    }
    void release() noexcept {
        if (layout_ && !layout_->inlined) [[unlikely]]
            release_parts();
    }
    void retain_parts() const noexcept;
    void release_parts() noexcept;

    const Layout* layout_;
    union {
        double f64_;
        float f32_;
        Buffer* buffer_;
    };
};

static_assert(sizeof(Array) == 16);

}  // namespace rg

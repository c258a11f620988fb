// How an array lies in its buffer: element type, shape, strides, offset. Immutable and counted, so
// equal results of an elementwise operation share one, and "same shape" is mostly a pointer
// compare.
#pragma once

#include <cstdint>

#include "array/count.hpp"
#include "array/dims.hpp"
#include "array/dtype.hpp"

namespace rg {

struct Layout {
    mutable Count count;
    DType dtype;
    bool inlined;     // a 0-d value that stands in the Array itself
    bool contiguous;  // C order, no gaps
    std::uint8_t ndim;
    std::int64_t size;    // elements
    std::int64_t offset;  // bytes from the start of the buffer

    const std::int64_t* shape() const { return reinterpret_cast<const std::int64_t*>(this + 1); }
    const std::int64_t* strides() const { return shape() + ndim; }  // in bytes
    Dims dims() const { return {shape(), ndim}; }

    static const Layout* contiguous_of(DType dtype, const Dims& shape);
    static const Layout* strided(DType dtype, const Dims& shape, const Dims& strides,
                                 std::int64_t offset);

    void retain() const noexcept {
        if (!inlined) count.add();
    }
    void release() const noexcept {
        if (!inlined && count.drop()) destroy();
    }
    bool same_shape(const Layout& o) const {
        return this == &o || (ndim == o.ndim && std::equal(shape(), shape() + ndim, o.shape()));
    }

private:
    void destroy() const noexcept;
};

// The two layouts of inline scalars; never counted, never freed.
extern const Layout kScalar64;
extern const Layout kScalar32;

inline const Layout* scalar_layout(DType t) { return t == DType::f32 ? &kScalar32 : &kScalar64; }

}  // namespace rg

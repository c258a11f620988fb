#include "array/layout.hpp"

#include <new>

#include "array/pool.hpp"

namespace rg {
namespace {

std::size_t bytes_of(int ndim) { return sizeof(Layout) + 2 * sizeof(std::int64_t) * ndim; }

Layout* make(DType dtype, const Dims& shape, std::int64_t offset) {
    const std::int64_t size =
        count_elements({shape.data(), std::size_t(shape.size())}, itemsize(dtype));
    void* block = pool::allocate(bytes_of(shape.size()));
    auto* l = new (block) Layout{.count = 1,
                                 .dtype = dtype,
                                 .inlined = false,
                                 .contiguous = true,
                                 .ndim = std::uint8_t(shape.size()),
                                 .size = size,
                                 .offset = offset};
    std::copy(shape.begin(), shape.end(), const_cast<std::int64_t*>(l->shape()));
    return l;
}

}  // namespace

const Layout kScalar64{1, DType::f64, true, true, 0, 1, 0};
const Layout kScalar32{1, DType::f32, true, true, 0, 1, 0};

const Layout* Layout::contiguous_of(DType dtype, const Dims& shape) {
    Layout* l = make(dtype, shape, 0);
    auto* strides = const_cast<std::int64_t*>(l->strides());
    std::int64_t step = itemsize(dtype);
    for (int i = shape.size() - 1; i >= 0; --i) {
        strides[i] = step;
        step *= std::max<std::int64_t>(shape[i], 1);
    }
    return l;
}

const Layout* Layout::strided(DType dtype, const Dims& shape, const Dims& strides,
                              std::int64_t offset) {
    Layout* l = make(dtype, shape, offset);
    std::copy(strides.begin(), strides.end(), const_cast<std::int64_t*>(l->strides()));
    std::int64_t step = itemsize(dtype);
    for (int i = shape.size() - 1; i >= 0 && l->size != 0; --i) {
        if (shape[i] != 1 && strides[i] != step) l->contiguous = false;
        step *= shape[i];
    }
    return l;
}

void Layout::destroy() const noexcept {
    const std::size_t bytes = bytes_of(ndim);
    this->~Layout();
    pool::release(const_cast<Layout*>(this), bytes);
}

}  // namespace rg

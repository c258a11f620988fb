// Arrays that share another one's buffer, and plain copies.
#pragma once

#include "array/array.hpp"
#include "array/index.hpp"
#include "array/loop.hpp"

namespace rg {

// Moves elements as they are, from its first operand to its second.
Kernel copy_kernel(DType dtype);
// A C-contiguous array with the same elements: `a` itself where it already is one.
Array contiguous(const Array& a);
// Always new memory.
Array copy(const Array& a);
// Element types converted one by one; `a` itself where nothing changes.
Array cast(const Array& a, DType dtype);

// A view where strides allow it, otherwise a copy; sizes must agree.
Array reshape(const Array& a, const Dims& shape);
Array transpose(const Array& a, const Dims& permutation);
Array broadcast_to(const Array& a, const Dims& shape);
// One value at every place of `shape`, by strides of zero.
Array filled(DType dtype, double value, const Dims& shape);
// Where in `a` the elements lie that a basic index names.
Operand region(const Array& a, const Index& index);
// The same as a view.
Array slice(const Array& a, const Index& index);

}  // namespace rg

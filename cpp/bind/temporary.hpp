// Operands that end with the operation under way, such as `x * y` in `x * y + z`: the result may be
// written into their memory.
#pragma once

#include <cstdint>

#include "bind/python_api.hpp"
#include "graph/tensor.hpp"

namespace rg {

// Smaller memory is had sooner than it is known whether it may be used again.
inline constexpr std::int64_t kWorthReusing = std::int64_t{1} << 18;

// Lets the Python tensors among `args` that nobody can reach after this operation go of their large
// values, which then `in` alone holds. Not where the operands may still go to another type's
// operator. `caller` is the return address of the function that the interpreter called.
void release_temporaries(PyObject* const* args, Tensor* in, int n, const void* caller);

}  // namespace rg

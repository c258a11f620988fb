// t[key] and t[key] = value, and other writes to a tensor.
#pragma once

#include "array/index.hpp"
#include "bind/handle.hpp"

namespace rg {

PyObject* index_get(Handle* h, PyObject* key);
void index_set(Handle* h, PyObject* key, PyObject* value);

// The elements change, the tensor and its history do not: p -= ... inside no_grad.
void write_in_place(Handle* h, const Array& value);

// An index by C-order positions in an array of `size` elements. Throws IndexError.
Index index_of_positions(PyObject* positions, std::int64_t size, const char* who);

// `f(shape, key)` gives the C-order positions that a key other than a basic one names.
void set_positions_function(PyObject* f);

}  // namespace rg

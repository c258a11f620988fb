// Between NumPy arrays and ours.
#pragma once

#include "bind/handle.hpp"

namespace rg {

// What `Tensor(data)` holds: a private, C-contiguous copy. Throws DTypeError and ShapeError.
Array leaf_value(PyObject* data, const char* who);
// The same for what is no leaf of the user's: complex numbers are taken too.
Array any_value(PyObject* data, const char* who);

// An operand that is no Tensor, next to one of type `other`: Python numbers are weak, arrays bring
// their own type (NEP 50). Null where the object is not for us.
Array constant_operand(PyObject* o, DType other, const char* who);

// All operands of an operation. False where one is not for us, or none is a Tensor.
bool parse_operands(PyObject* const* args, int n, Tensor* out, const char* who);

// An ndarray on the same memory, which it keeps alive. A writable one counts as a lease: while it
// lives, values are saved by copy.
PyObject* lease(const Array& a, bool writable);
// An ndarray that owns what it shows; takes the memory over where nobody else has it.
PyObject* own_array(Array&& a);
// Borrowed, for reading, while `array` lives. Of a floating dtype, aligned, native.
Array borrow_array(PyArrayObject* array);

DType parse_dtype(PyObject* o, const char* who);
int numpy_type(DType t);

// The handle's value in memory that no graph and no other tensor sees; may move it there.
Array& private_value(Handle* h);

PyObject* make_lease_type(PyObject* module);

}  // namespace rg

// Reading the arguments of functions on tensors. Each throws what Python is to see.
#pragma once

#include "bind/python_api.hpp"
#include "graph/tensor.hpp"

namespace rg {

using Args = PyObject* const*;

Tensor tensor_arg(PyObject* o, const char* who);
void want(Py_ssize_t n, Py_ssize_t wanted, const char* who);
// An int, or a sequence of them.
Dims integers(PyObject* o, const char* who);
std::int64_t integer(PyObject* o, const char* who);
// Counted from the end where it is negative.
int axis_in(std::int64_t axis, const Dims& shape, const char* who);
inline int axis_arg(PyObject* o, const Dims& shape, const char* who) {
    return axis_in(integer(o, who), shape, who);
}

PyMethodDef fast(const char* name, PyObject* (*f)(PyObject*, Args, Py_ssize_t), const char* doc);

}  // namespace rg

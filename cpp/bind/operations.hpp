// Operations as Python callables.
#pragma once

#include "bind/python_api.hpp"

namespace rg {

// The type of `retrograd.tanh` and its like: a function, and as a class attribute a method.
PyObject* make_op_type(PyObject* module);

// op(name, ufunc=None, doc="") -> the callable of a registry operation; NumPy's inner loop of
// `ufunc` becomes its kernel.
PyObject* make_op(PyObject* module, PyObject* args);

// sum, max, reshape, transpose, broadcast_to, astype and their like on tensors.
extern PyMethodDef structural_functions[];
// concatenate, gather, cumsum and their like.
extern PyMethodDef rearranging_functions[];

// Puts NumPy's inner loop in the place of ours where it has one for double and float and agrees
// with ours on sample values.
void use_loop(const char* op, PyObject* ufunc);

// Floating-point flags of an operation become NumPy's warnings, under the user's np.errstate.
void install_float_errors();

}  // namespace rg

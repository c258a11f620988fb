// `.grad`: where gradients live between walks, and how a walk's results get there.
#pragma once

#include "bind/handle.hpp"
#include "graph/run.hpp"

namespace rg {

// `.grad` as Python sees it: a new reference.
PyObject* get_gradient(Handle* h);
void set_gradient(Handle* h, PyObject* value);
void clear_gradient(Handle* h);
// Waits until no walk of another thread writes to the tensor's gradient: gives up the GIL
// meanwhile.
void settle(Handle* h);

// What the user gave as a gradient, as an array of a floating dtype. A complex one is no gradient
// of a real tensor, but for a rule whose real part is meant.
Array gradient_array(PyObject* o, DType dtype, const char* who, bool take_complex = false);

// A Python tensor for a gradient. Where the tensor is one the user has, a copy of its node keeps
// the two apart.
PyObject* wrap_gradient(const Tensor& g);

// Adds the walk's leaf cotangents to the leaves' gradients: all of them or, on failure, none.
void commit(Run& run);
// The same for a walk that recorded, whose gradients are tensors.
void commit(Run::Cotangents&& cotangents);

}  // namespace rg

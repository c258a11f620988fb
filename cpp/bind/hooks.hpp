// Hooks: Python callables that see, and may replace, the cotangent of a tensor, and others that are
// told of a leaf whose gradient has grown.
//
// They are kept in the anchor of the tensor's node, so they outlive the Python tensor where the
// graph does. Those of a leaf go with its Python tensor, as its gradient does.
#pragma once

#include "bind/handle.hpp"

namespace rg {

// On a node with kHooks, in their order; each sees what those before it gave. What they raise
// leaves the cotangent as it was before the first.
void run_hooks(Node& node, Array& g);
// The same in a walk that records.
void run_hooks_recording(Node& node, Tensor& g);
// Of a leaf whose gradient has just been put in place.
void run_leaf_hooks(Handle* h);

// The tensor has another node: its hooks, kept by this anchor (or null), follow.
void move_hooks(PyObject* anchor, Handle* h);
// The Python tensor goes, while consumers made before a hook came still need it.
void leave_hooks(Handle* h) noexcept;
// The node goes, and what was left to it.
void unpin(const Node& node) noexcept;

// hooks(t, of_leaf): the dict of a tensor's hooks.
extern PyMethodDef hook_functions[];

}  // namespace rg

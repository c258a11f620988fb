// no_grad: whether this thread and task record. Exact mode: whose kernels compute.
#pragma once

#include "bind/python_api.hpp"

namespace rg {

// Adds `grad_mode`, a ContextVar of bool, and `open_mode(change)`, which counts the open modes of
// the process: the variable is only read while that count is not zero. And `set_exact(on)`,
// `is_exact()`.
void install_modes(PyObject* module);

}  // namespace rg

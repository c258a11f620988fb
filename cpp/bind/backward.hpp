#pragma once

#include "bind/handle.hpp"

namespace rg {

// Runs the walk from h and commits its gradients. Throws GraphError, ShapeError, DTypeError,
// std::bad_alloc, or PythonError where a rule or a signal handler raised.
void run_backward(Handle* h, PyObject* gradient, bool retain_graph, bool create_graph);

// Long loops of the core answer Ctrl-C from now on.
void install_signal_check();

}  // namespace rg

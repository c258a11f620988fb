#pragma once

#include "bind/handle.hpp"

namespace rg {

// Runs the walk from h and commits its gradients. Throws GraphError, ShapeError, DTypeError,
// std::bad_alloc, or PythonError where a rule or a signal handler raised.
void run_backward(Handle* h, PyObject* gradient, bool retain_graph, bool create_graph);

// The cotangents that the outputs' seeds (an array, a tensor, or None for ones) send to the inputs,
// where the walk ends; None for an input it does not reach. Arguments and result are tuples. No
// `.grad` of a leaf changes. Only the first `n_own` inputs are the caller's own, whose hooks run.
PyObject* gradients(PyObject* outputs, PyObject* seeds, PyObject* inputs, std::size_t n_own,
                    bool create_graph);

// Long loops of the core answer Ctrl-C from now on.
void install_signal_check();

}  // namespace rg

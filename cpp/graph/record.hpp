// Computing an operation and recording it: the forward half of the graph.
#pragma once

#include "graph/tensor.hpp"

namespace rg {

// Called with the flags (FE_DIVBYZERO and so on) that the operation raised, before any node exists;
// may throw. Null in a core without Python.
extern void (*float_error_hook)(const OpInfo& op, int flags);

// Mixed dtypes meet at float64. Throws ShapeError before anything is computed.
Tensor apply(const OpInfo& op, Tensor* in, const ParamsPtr& params = {});

// The node of a result whose value is already there; null where no operand has a gradient.
NodePtr record(const OpInfo& op, const Tensor* in, const Array& out, const ParamsPtr& params);

// A value as a rule may keep it: a private copy where Python could still write to it.
Array keep(const Array& a);

}  // namespace rg

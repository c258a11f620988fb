// Computing an operation and recording it: the forward half of the graph.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>

#include "graph/tensor.hpp"
#include "ops/derive.hpp"
#include "ops/registry.hpp"

namespace rg {

// Called with the flags (FE_DIVBYZERO and so on) that the operation raised, before any node exists;
// may throw. Null in a core without Python.
extern void (*float_error_hook)(const OpInfo& op, int flags);

// Mixed dtypes meet at float64. Throws ShapeError before anything is computed.
Tensor apply(const OpInfo& op, Tensor* in, const ParamsPtr& params = {});

// Another operation inside a rule, and what C++ programs write.
template <class Op, std::same_as<Tensor>... T>
Tensor call(const T&... x) {
    Tensor in[] = {x...};
    return apply(info<Op>(), in);
}

// The node of a result whose value is already there; null where no operand has a gradient, or a
// tangent.
NodePtr record(const OpInfo& op, const Tensor* in, const Array& out, const ParamsPtr& params);
// The same without tangents.
NodePtr record_plain(const OpInfo& op, const Tensor* in, const Array& out, const ParamsPtr& params);

// The operands of a recorded operation as its rules read them, with their nodes.
void recall(Node& n, Tensor* in);

// A value as a rule may keep it: a private copy where Python could still write to it.
Array keep(const Array& a);

// Zero, subnormal, infinite and NaN results may have raised a flag; all others have not.
inline bool may_have_raised(double y) {
    const std::uint64_t exponent = std::bit_cast<std::uint64_t>(y) >> 52 & 0x7ff;
    return exponent - 1 >= 0x7fe;
}

// `record` for float64 scalars and an operation known at compile time, so that what is saved is a
// constant. `a` and `b` are the operands' nodes; one of them may be null, a constant.
template <class Op>
[[gnu::always_inline]] inline NodePtr record_scalars(Node* a, Node* b, double x0, double x1,
                                                     double y) {
    constexpr unsigned reads0 = op::traced<Op, 0>.reads, reads1 = op::traced<Op, 1>.reads;
    const unsigned need = (a ? reads0 : 0) | (b ? reads1 : 0);
    unsigned flags = Node::kScalar64 | (need & 3 ? Node::kSaves : 0);
    if (a) flags |= a->flags & Node::kPython;
    if (b) flags |= b->flags & Node::kPython;
    NodePtr made = NodePtr::adopt(Node::make(info<Op>(), 2, flags));
    Node& n = *made;
    if (need & 1) n.saved()[0] = Array(x0);
    if (need & 2) n.saved()[1] = Array(x1);
    n.value = Array(y);
    n.inputs()[0] = NodePtr::share(a).leave();
    n.inputs()[1] = NodePtr::share(b).leave();
    return made;
}

}  // namespace rg

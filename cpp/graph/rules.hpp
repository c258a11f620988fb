// The rules of every operation on a carrier V that is no plain array: Tensor, which records, and
// Batched, which has many cotangents or tangents at once. One text in `ops`, instantiated here.
#pragma once

#include "graph/batched.hpp"
#include "graph/tensor.hpp"

namespace rg {

// The cotangent of operand k, of the operand's shape.
template <class V>
V pull_rule(const OpInfo& op, std::uint32_t k, V g, const V* in, const V& y, const Params* params);

// The tangent of the result from those of the operands, of which an empty one is zero.
template <class V>
V push_rule(const OpInfo& op, const V* t, const V* in, const V& y, const Params* params);

extern template Tensor pull_rule(const OpInfo&, std::uint32_t, Tensor, const Tensor*, const Tensor&,
                                 const Params*);
extern template Batched pull_rule(const OpInfo&, std::uint32_t, Batched, const Batched*,
                                  const Batched&, const Params*);
extern template Tensor push_rule(const OpInfo&, const Tensor*, const Tensor*, const Tensor&,
                                 const Params*);
extern template Batched push_rule(const OpInfo&, const Batched*, const Batched*, const Batched&,
                                  const Params*);

}  // namespace rg

// Forward mode: while a level is open, a value may carry a tangent of that level, and operations
// give their results one. Start here; the rules are those of rules.hpp.
//
// A level is one perturbation. A tangent is a Tensor itself, with tangents of the levels opened
// before its own, and may be recorded: any nesting of forward and reverse comes out of that. Where
// a value is recorded its node keeps the tangents, elsewhere a carrier does, a node that records
// nothing and goes with the value. With the GIL.
#pragma once

#include <cstdint>

#include "graph/tensor.hpp"

namespace rg::dual {

// Never used twice; a level is greater than those opened before.
using Level = std::uint64_t;

// How many are open; each also counts in `open_modes`, so that no operation takes a short way.
extern int levels;
// Carriers alive.
extern std::int64_t carriers;

// Throws GraphError where a rule of the user's for another level runs.
Level open_level();
// Drops all tangents of the level, and tells of every carrier that has none left: its value is
// plain. Does not fail while the level is open.
void close_level(Level level, void (*on_plain)(Node& carrier) noexcept);

// `x` as a value of its own with this tangent besides the tangents of earlier levels. Throws
// ShapeError and DTypeError.
Tensor attach(const Tensor& x, const Tensor& tangent, Level level);
// `x` as a new leaf's value, to differentiate by: with its tangents, and apart from its node.
Tensor variable(const Tensor& x);
// Its tangent of the level, empty where it has none.
Tensor tangent_of(const Tensor& x, Level level);
// Gives `x` itself a tangent besides those of earlier levels. Its node, if it has one, must have
// room for parameters.
void give(Tensor& x, const Tensor& tangent, Level level);
// The latest of its levels that operations would follow here; 0 where there is none.
Level top_level(const Tensor& x);
// From now on this thread follows only levels before this one, or all: what a rule of the user's
// for this level computes has no part in its perturbation. Gives what was set before.
Level follow_below(Level level);
inline constexpr Level kAll = ~Level{0};
// Whether it has a tangent that operations would follow here.
bool has_tangent(const Tensor& x);

// As rg::record, and the result's tangents.
NodePtr record(const OpInfo& op, const Tensor* in, const Array& out, const ParamsPtr& params);
// The same for a setitem or its like into a value that its owner gives up: where nobody else has
// in[0], its tangents are written to in place, as the value itself is. Unless `settle` follows,
// they are as before when the node has gone.
NodePtr record_write(const OpInfo& op, const Tensor* in, const Array& out, const ParamsPtr& params);
void settle(Node& n) noexcept;
// Operands of a recorded operation that have a tangent and no node.
void recall_carriers(Node& n, Tensor* in);

}  // namespace rg::dual

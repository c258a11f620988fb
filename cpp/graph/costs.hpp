// What one call of an operation moves and computes, from its record and its operands' layouts.
#pragma once

#include <cstdint>
#include <span>

#include "array/layout.hpp"
#include "ops/op.hpp"

namespace rg {

struct CallCosts {
    std::int64_t forward_bytes = 0;  // read and written
    std::int64_t backward_bytes = 0;
    std::int64_t forward_flops = 0;
    std::int64_t backward_flops = 0;
};

// `with_gradient`: bit k where a cotangent goes to operand k. A `view` shares its operand's memory.
CallCosts costs_of(const OpInfo& op, std::span<const Layout* const> in, unsigned with_gradient,
                   const Layout& out, bool view);

}  // namespace rg

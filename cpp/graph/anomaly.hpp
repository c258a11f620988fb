// The anomaly mode: the first NaN or infinity that is born stops the computation. A value is born
// where the result has it and no operand has: what the user put in, such as a mask of -inf, passes.
#pragma once

#include <span>
#include <string_view>

#include "graph/tensor.hpp"

namespace rg::anomaly {

// How many are open; each also counts as somebody watching.
extern int open_modes;

struct Found {
    bool nan = false, inf = false;

    Found& operator|=(Found o) {
        nan |= o.nan;
        inf |= o.inf;
        return *this;
    }
};

// Which of them stand in an array.
Found find(const Array& a);

// Throws Anomaly where `out` has what no operand has.
void check_forward(std::string_view name, std::span<const Tensor> in, const Array& out,
                   std::uint32_t row);
// The same for the cotangent of operand k, after the node's rules have run; `before` is what their
// own cotangent had, or this one already.
void check_backward(Node& node, std::uint32_t k, const Array& cotangent, Found before);

}  // namespace rg::anomaly

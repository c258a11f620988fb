// Which row of a profile a call belongs to. All with the recorder's lock held, but for
// `forget_rows`.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "array/layout.hpp"
#include "ops/op.hpp"

namespace rg {

struct Node;

inline constexpr std::uint32_t kNoSite = 0;  // no line is known

// An operation as a profile tells it from others, but for its line and region.
struct Call {
    static constexpr std::size_t kShown = 8;  // operands of one with many

    const OpInfo& op;
    std::string_view name;       // the operation's, or the user's for one of their own
    unsigned with_gradient = 0;  // bit k where a cotangent goes to operand k
    bool view = false;           // the result shares its operand's memory
    bool twice = false;          // the first two operands are one array, which is kept once
    std::size_t n = 0;
    std::array<const Layout*, kShown> in{};
};

// The row of a call, made where it is the first of its kind. `node` is what it recorded, or null.
std::uint32_t row_of_call(const Call& c, std::uint32_t site, std::uint32_t region,
                          const Layout* out, Node* node);
// The row of a part of a walk that is no operation.
std::uint32_t row_of_part(const char* name, std::uint32_t site);
// The row of a node that nobody saw being made: its shapes are known, its line is not.
std::uint32_t row_of_stranger(Node& node);

// Forgets all rows; nobody may be watching.
void forget_rows();

}  // namespace rg

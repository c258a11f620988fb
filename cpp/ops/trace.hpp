// A value that is no number: run a rule on it, and it tells which operands the rule read and how
// many operations it took. That is where saved-operand masks and costs come from.
#pragma once

#include <concepts>
#include <type_traits>

#include "ops/elementwise.hpp"

namespace rg::op {

struct Trace {
    using is_value = void;
    unsigned reads = 0;         // bit k: operand k; kReadsResult: the result
    int flops = 0;              // per element, every arithmetic word counted as one
    bool is_cotangent = false;  // g itself, untouched
    bool calls = false;         // a function of the C library, which no loop vectorises
};

inline constexpr unsigned kReadsResult = 1u << 7;

constexpr Trace lift(Const, Trace) { return {}; }

template <class... T>
constexpr Trace combine(T... t) {
    return {(t.reads | ...), (t.flops + ...) + 1, false, (t.calls || ...)};
}

constexpr Trace operator-(Trace a) { return combine(a); }
constexpr Trace operator+(Trace a, Trace b) { return combine(a, b); }
constexpr Trace operator-(Trace a, Trace b) { return combine(a, b); }
constexpr Trace operator*(Trace a, Trace b) { return combine(a, b); }
constexpr Trace operator/(Trace a, Trace b) { return combine(a, b); }
constexpr Trace operator==(Trace a, Trace b) { return combine(a, b); }
constexpr Trace operator>(Trace a, Trace b) { return combine(a, b); }
constexpr Trace operator<(Trace a, Trace b) { return combine(a, b); }
constexpr Trace either(Trace a, Trace b) { return combine(a, b); }
constexpr Trace both(Trace a, Trace b) { return combine(a, b); }
constexpr Trace where(Trace c, Trace a, Trace b) { return combine(c, a, b); }
constexpr Trace isnan(Trace a) { return combine(a); }
template <class Op, class... T>
    requires(std::same_as<T, Trace> && ...)
constexpr Trace call(T... x) {
    Trace t = combine(x...);
    t.calls |= std::is_base_of_v<ByKernel, Op> || std::is_base_of_v<OwnKernel, Op>;
    return t;
}

}  // namespace rg::op

// What follows from a rule struct at compile time: arity, number of rules, reads, costs.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "ops/elementwise_list.hpp"
#include "ops/trace.hpp"

namespace rg::op {

template <class Op>
inline constexpr int arity = requires { Op::run(1.0f); }               ? 1
                             : requires { Op::run(1.0f, 1.0f); }       ? 2
                             : requires { Op::run(1.0f, 1.0f, 1.0f); } ? 3
                                                                       : 0;

template <class Op>
inline constexpr bool differentiable = requires(float x) {
    Op::vjp0(x, x, x);
} || requires(float x) { Op::vjp0(x, x, x, x); } || requires(float x) { Op::vjp0(x, x, x, x, x); };

template <class Op>
inline constexpr bool takes_complex =
    std::is_base_of_v<Holomorphic, Op> || index_in<Op>(Auxiliary{}) >= 0;

// The rule for operand K by number.
template <class Op, int K, class... V>
constexpr auto call_vjp(V&&... v) {
    if constexpr (K == 0) {
        return Op::vjp0(std::forward<V>(v)...);
    } else if constexpr (K == 1) {
        return Op::vjp1(std::forward<V>(v)...);
    } else {
        return Op::vjp2(std::forward<V>(v)...);
    }
}

template <class Op, int K, std::size_t... I>
constexpr Trace trace_vjp(std::index_sequence<I...>) {
    return call_vjp<Op, K>(Trace{.is_cotangent = true}, Trace{.reads = 1u << I}...,
                           Trace{.reads = kReadsResult});
}

template <class Op, int K>
inline constexpr Trace traced = trace_vjp<Op, K>(std::make_index_sequence<arity<Op>>{});

// A rule that reads nothing, not even the cotangent, is zero.
template <class Op, int K>
inline constexpr bool vanishes =
    !traced<Op, K>.reads && !traced<Op, K>.flops && !traced<Op, K>.is_cotangent;

// Whether the value is written in the words of rules, not with functions of the C library.
template <class Op, std::size_t... I>
constexpr bool made_of_words(std::index_sequence<I...>) {
    if constexpr (!differentiable<Op>) {
        return true;  // a mask
    } else {
        return requires { Op::run(Trace{.reads = 1u << I}...); };
    }
}

// The forward cost; what is made of library functions counts as one.
template <class Op, std::size_t... I>
constexpr int run_flops(std::index_sequence<I...>) {
    if constexpr (made_of_words<Op>(std::index_sequence<I...>{})) {
        return Op::run(Trace{.reads = 1u << I}...).flops;
    }
    return 1;
}

// Whether it is written in words, and one of them is a function.
template <class Op, std::size_t... I>
constexpr bool run_calls(std::index_sequence<I...>) {
    if constexpr (differentiable<Op> && made_of_words<Op>(std::index_sequence<I...>{})) {
        return Op::run(Trace{.reads = 1u << I}...).calls;
    }
    return false;
}

}  // namespace rg::op

// Distances, signs and bounds: what compares or combines several operands. How rules are written:
// elementwise.hpp.
#pragma once

#include <cmath>

#include "ops/elementwise.hpp"

namespace rg::op {

// At the origin both gradients are zero, as that of a norm.
struct Hypot : ByKernel {
    static constexpr auto name = "hypot", symbol = "hypot";
    static constexpr auto run(RealOrPack auto a, RealOrPack auto b) { return hypot(a, b); }
    static constexpr auto vjp0(auto g, auto a, auto, auto y) { return along(g, a, y); }
    static constexpr auto vjp1(auto g, auto, auto b, auto y) { return along(g, b, y); }

private:
    static constexpr auto along(auto g, auto side, auto y) {
        return where(y == 0_c, 0_c, g * (side / where(y == 0_c, 1_c, y)));
    }
};

// The magnitude of a with the sign of b; zero at a = 0, as for abs.
struct CopySign : Quiet {
    static constexpr auto name = "copysign", symbol = "copysign";
    static constexpr auto run(std::floating_point auto a, std::floating_point auto b) {
        return std::copysign(a, b);
    }
    static constexpr auto vjp0(auto g, auto a, auto, auto y) {
        return where(a == 0_c, 0_c, g * (call<Sign>(a) * call<Sign>(y)));
    }
    static constexpr auto vjp1(auto g, auto, auto, auto) { return lift(0_c, g); }
};

// As Maximum and Minimum, but an operand that is NaN loses. Our own kernels: of two zeros NumPy's
// takes one or the other, by the place in the array.
struct FMax : Quiet, OwnKernel {
    static constexpr auto name = "fmax", symbol = "fmax";
    static constexpr auto run(auto a, auto b) { return where(either(a > b, isnan(b)), a, b); }
    static constexpr auto vjp0(auto g, auto a, auto b, auto) {
        return where(a == b, 0.5_c * g, where(either(a > b, isnan(b)), g, 0_c));
    }
    static constexpr auto vjp1(auto g, auto a, auto b, auto) {
        return where(a == b, 0.5_c * g, where(either(a > b, isnan(b)), 0_c, g));
    }
};

struct FMin : Quiet, OwnKernel {
    static constexpr auto name = "fmin", symbol = "fmin";
    static constexpr auto run(auto a, auto b) { return where(either(a < b, isnan(b)), a, b); }
    static constexpr auto vjp0(auto g, auto a, auto b, auto) {
        return where(a == b, 0.5_c * g, where(either(a < b, isnan(b)), g, 0_c));
    }
    static constexpr auto vjp1(auto g, auto a, auto b, auto) {
        return where(a == b, 0.5_c * g, where(either(a < b, isnan(b)), 0_c, g));
    }
};

// The edges count as inside: there x has all of the gradient. Where lo > hi the result is hi. Our
// own kernel: NumPy's gives zeros one sign or the other, by the layout of the bounds.
struct Clip : Quiet, OwnKernel {
    static constexpr auto name = "clip", symbol = "clip";
    static constexpr auto run(auto x, auto lo, auto hi) {
        const auto raised = where(either(x > lo, isnan(x)), x, lo);
        return where(either(raised < hi, isnan(raised)), raised, hi);
    }
    static constexpr auto vjp0(auto g, auto x, auto lo, auto hi, auto) {
        return where(above(x, lo, hi), 0_c, where(below(x, lo), 0_c, g));
    }
    static constexpr auto vjp1(auto g, auto x, auto lo, auto hi, auto) {
        return where(above(x, lo, hi), 0_c, where(below(x, lo), g, 0_c));
    }
    static constexpr auto vjp2(auto g, auto x, auto lo, auto hi, auto) {
        return where(above(x, lo, hi), g, 0_c);
    }

private:
    static constexpr auto below(auto x, auto lo) { return either(x < lo, isnan(lo)); }
    static constexpr auto above(auto x, auto lo, auto hi) {
        return either(where(below(x, lo), lo, x) > hi, isnan(hi));
    }
};

using Pairs = TypeList<Hypot, CopySign, FMax, FMin, Clip>;

}  // namespace rg::op

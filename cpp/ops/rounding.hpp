// Rounding and remainders, steps and neighbours. A step has derivative zero and is recorded, so
// that a graph through it has a gradient of zeros. How rules are written: elementwise.hpp.
#pragma once

#include <cmath>
#include <limits>

#include "ops/elementwise.hpp"

namespace rg::op {

struct ZeroDerivative {
    static constexpr auto vjp0(auto g, auto...) { return lift(0_c, g); }
};

struct Floor : ZeroDerivative {
    static constexpr auto name = "floor", symbol = "floor";
    static constexpr auto run(std::floating_point auto x) { return std::floor(x); }
};

struct Ceil : ZeroDerivative {
    static constexpr auto name = "ceil", symbol = "ceil";
    static constexpr auto run(std::floating_point auto x) { return std::ceil(x); }
};

struct Trunc : ZeroDerivative {
    static constexpr auto name = "trunc", symbol = "trunc";
    static constexpr auto run(std::floating_point auto x) { return std::trunc(x); }
};

// Halves go to the even neighbour.
struct Rint : ZeroDerivative {
    static constexpr auto name = "rint", symbol = "rint";
    static constexpr auto run(std::floating_point auto x) { return std::nearbyint(x); }
};

// The distance to the next number away from zero.
struct Spacing : ZeroDerivative, ByKernel {
    static constexpr auto name = "spacing", symbol = "spacing";
    template <std::floating_point T>
    static T run(T x) {
        const T size = std::fabs(x),
                step = std::nextafter(size, std::numeric_limits<T>::infinity());
        return x < 0 ? size - step : step - size;
    }
};

// The next number after a in the direction of b.
struct NextAfter : ByKernel {
    static constexpr auto name = "nextafter", symbol = "nextafter";
    static constexpr auto run(std::floating_point auto a, std::floating_point auto b) {
        return std::nextafter(a, b);
    }
    static constexpr auto vjp0(auto g, auto, auto, auto) { return g; }
    static constexpr auto vjp1(auto g, auto, auto, auto) { return lift(0_c, g); }
};

// Quotient and remainder agree, as in Python: a is q * b + r, r has the sign of b.
struct FloorDivide : ZeroDerivative {
    static constexpr auto name = "floor_divide", symbol = "//";
    template <std::floating_point T>
    static T run(T a, T b) {
        if (b == 0) return a / b;
        const T r = std::fmod(a, b), q = (a - r) / b - (r != 0 && (b < 0) != (r < 0) ? 1 : 0);
        if (q == 0) return std::copysign(T(0), a / b);
        const T down = std::floor(q);
        return q - down > T(0.5) ? down + 1 : down;
    }
    static constexpr auto vjp1(auto g, auto, auto, auto) { return lift(0_c, g); }
};

struct Remainder {
    static constexpr auto name = "remainder", symbol = "%";
    template <std::floating_point T>
    static T run(T a, T b) {
        const T r = std::fmod(a, b);
        if (b == 0) return r;
        if (r == 0) return std::copysign(T(0), b);
        return (b < 0) != (r < 0) ? r + b : r;
    }
    static constexpr auto vjp0(auto g, auto, auto, auto) { return g; }
    static constexpr auto vjp1(auto g, auto a, auto b, auto) {
        return -(g * call<FloorDivide>(a, b));
    }
};

// (a - y) / b is the integer that a / b may miss by its rounding.
struct Fmod : ByKernel {
    static constexpr auto name = "fmod", symbol = "fmod";
    static constexpr auto run(std::floating_point auto a, std::floating_point auto b) {
        return std::fmod(a, b);
    }
    static constexpr auto vjp0(auto g, auto, auto, auto) { return g; }
    static constexpr auto vjp1(auto g, auto a, auto b, auto y) {
        return -(g * call<Rint>((a - y) / b));
    }
};

struct Heaviside : Quiet {
    static constexpr auto name = "heaviside", symbol = "heaviside";
    static constexpr auto run(auto x, auto at_zero) {
        return where(x == 0_c, at_zero, where(x < 0_c, 0_c, where(x > 0_c, 1_c, x)));
    }
    static constexpr auto vjp0(auto g, auto, auto, auto) { return lift(0_c, g); }
    static constexpr auto vjp1(auto g, auto x, auto, auto) { return where(x == 0_c, g, 0_c); }
};

using Rounding =
    TypeList<Floor, Ceil, Trunc, Rint, Spacing, NextAfter, FloorDivide, Remainder, Fmod, Heaviside>;

}  // namespace rg::op

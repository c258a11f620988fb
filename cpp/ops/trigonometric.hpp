// Circular and hyperbolic functions and their inverses. How rules are written: elementwise.hpp.
#pragma once

#include <algorithm>
#include <cmath>

#include "ops/elementwise.hpp"

namespace rg::op {

struct Cosh;
struct Hypot;

struct Tan : ByKernel, Holomorphic {
    static constexpr auto name = "tan", symbol = "tan";
    static constexpr auto run(NumberOrPack auto x) { return tan(x); }
    static constexpr auto vjp0(auto g, auto, auto y) { return g * (1_c + y * y); }
};

// -(x - 1)(1 + x) keeps the digits that 1 - x*x loses near one. And -(x - 1) is 1 - x with the
// other sign of a zero imaginary part, as the branch of a complex result beyond 1 wants it; at 1
// itself that zero has to be positive.
struct ArcSin : ByKernel, Holomorphic {
    static constexpr auto name = "arcsin", symbol = "arcsin";
    static constexpr auto run(Number auto x) { return std::asin(x); }
    static constexpr auto vjp0(auto g, auto x, auto) { return g / root(x); }

    static constexpr auto root(auto x) {
        return call<Sqrt>(where(x == 1_c, 0_c, -(x - 1_c) * (1_c + x)));
    }
};

struct ArcCos : ByKernel, Holomorphic {
    static constexpr auto name = "arccos", symbol = "arccos";
    static constexpr auto run(Number auto x) { return std::acos(x); }
    static constexpr auto vjp0(auto g, auto x, auto) { return -(g / ArcSin::root(x)); }
};

struct ArcTan : ByKernel, Holomorphic {
    static constexpr auto name = "arctan", symbol = "arctan";
    static constexpr auto run(NumberOrPack auto x) { return atan(x); }
    static constexpr auto vjp0(auto g, auto x, auto) { return g / (1_c + x * x); }
};

struct Sinh : ByKernel, Holomorphic {
    static constexpr auto name = "sinh", symbol = "sinh";
    static constexpr auto run(NumberOrPack auto x) { return sinh(x); }
    static constexpr auto vjp0(auto g, auto x, auto) { return g * call<Cosh>(x); }
};

struct Cosh : ByKernel, Holomorphic {
    static constexpr auto name = "cosh", symbol = "cosh";
    static constexpr auto run(NumberOrPack auto x) { return cosh(x); }
    static constexpr auto vjp0(auto g, auto x, auto) { return g * call<Sinh>(x); }
};

// cosh(y) is sqrt(x*x + 1) without its overflow, and sinh(y) below sqrt(x*x - 1).
struct ArcSinh : ByKernel, Holomorphic {
    static constexpr auto name = "arcsinh", symbol = "arcsinh";
    static constexpr auto run(Number auto x) { return std::asinh(x); }
    static constexpr auto vjp0(auto g, auto, auto y) { return g / call<Cosh>(y); }
};

struct ArcCosh : ByKernel, Holomorphic {
    static constexpr auto name = "arccosh", symbol = "arccosh";
    static constexpr auto run(Number auto x) { return std::acosh(x); }
    static constexpr auto vjp0(auto g, auto, auto y) { return g / call<Sinh>(y); }
};

struct ArcTanh : ByKernel, Holomorphic {
    static constexpr auto name = "arctanh", symbol = "arctanh";
    static constexpr auto run(Number auto x) { return std::atanh(x); }
    static constexpr auto vjp0(auto g, auto x, auto) { return g / ((1_c - x) * (1_c + x)); }
};

// The angle of the point (b, a); at the origin, which has none, the gradient is zero. Divided by
// the radius twice, whose square may overflow.
struct ArcTan2 : ByKernel {
    static constexpr auto name = "arctan2", symbol = "arctan2";
    static constexpr auto run(std::floating_point auto a, std::floating_point auto b) {
        return std::atan2(a, b);
    }
    static constexpr auto vjp0(auto g, auto a, auto b, auto) { return turn(g, b, a, b); }
    static constexpr auto vjp1(auto g, auto a, auto b, auto) { return -turn(g, a, a, b); }

private:
    static constexpr auto turn(auto g, auto side, auto a, auto b) {
        const auto r = call<Hypot>(a, b);
        const auto safe = where(r == 0_c, 1_c, r);
        return where(r == 0_c, 0_c, g * (side / safe / safe));
    }
};

// sin(x) / x is the first, n = 0, of the functions j_n(x) / x**n, with j_n the spherical Bessel
// functions. The derivative of each is -x times the next, so that no order of derivative divides
// by x or cancels near zero. `n` is a constant.
struct Sinc : ByKernel {
    static constexpr auto name = "sinc", symbol = "sinc";
    template <std::floating_point T>
    static T run(T n, T x) {
        return T(value(int(n), double(x)));
    }
    static constexpr auto vjp0(auto g, auto, auto, auto) { return lift(0_c, g); }
    static constexpr auto vjp1(auto g, auto n, auto x, auto) {
        return -(g * (x * call<Sinc>(1_c + n, x)));
    }

private:
    static double value(int n, double x) {
        if (n <= 0) return x == 0 ? 1 : std::sin(x) / x;
        return std::fabs(x) < std::max(2, n) ? series(n, x) : recurrence(n, x);
    }

    static double series(int n, double x) {
        double term = 1;
        for (int k = 1; k <= n; ++k) term /= 2 * k + 1;
        double sum = term;
        for (int k = 1; std::fabs(term) > 1e-17 * std::fabs(sum); ++k) {
            term *= -0.5 * x * x / (k * (2 * (n + k) + 1));
            sum += term;
        }
        return sum;
    }

    // Upwards, which is stable as long as n is below x.
    static double recurrence(int n, double x) {
        double below = std::cos(x), at = std::sin(x) / x;
        for (int k = 0; k < n; ++k) {
            const double above = ((2 * k + 1) * at - below) / (x * x);
            below = at;
            at = above;
        }
        return at;
    }
};

using Trigonometric =
    TypeList<Tan, ArcSin, ArcCos, ArcTan, Sinh, Cosh, ArcSinh, ArcCosh, ArcTanh, ArcTan2, Sinc>;

}  // namespace rg::op

// Exponentials, logarithms, powers and roots. How rules are written: elementwise.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>

#include "ops/elementwise.hpp"

namespace rg::op {

inline constexpr Const kLn2{0.693147180559945309417232121458};
inline constexpr Const kLog2e{1.44269504088896340735992468100};
inline constexpr Const kLog10e{0.434294481903251827651128918917};

struct Exp2 : ByKernel, Holomorphic {
    static constexpr auto name = "exp2", symbol = "exp2";
    static constexpr auto run(RealOrPack auto x) { return exp2(x); }
    template <class T>
    static std::complex<T> run(std::complex<T> x) {
        return std::exp(T(kLn2.v) * x);
    }
    static constexpr auto vjp0(auto g, auto, auto y) { return g * (kLn2 * y); }
};

// Not y + 1, which is nothing where y is nearly -1.
struct Expm1 : ByKernel, Holomorphic {
    static constexpr auto name = "expm1", symbol = "expm1";
    static constexpr auto run(RealOrPack auto x) { return expm1(x); }
    template <class T>
    static std::complex<T> run(std::complex<T> x) {
        return std::exp(x) - T(1);
    }
    static constexpr auto vjp0(auto g, auto x, auto) { return g * call<Exp>(x); }
};

struct Log2 : ByKernel, Holomorphic {
    static constexpr auto name = "log2", symbol = "log2";
    static constexpr auto run(RealOrPack auto x) { return log2(x); }
    template <class T>
    static std::complex<T> run(std::complex<T> x) {
        return T(kLog2e.v) * std::log(x);
    }
    static constexpr auto vjp0(auto g, auto x, auto) { return kLog2e * g / x; }
};

struct Log10 : ByKernel, Holomorphic {
    static constexpr auto name = "log10", symbol = "log10";
    static constexpr auto run(NumberOrPack auto x) { return log10(x); }
    static constexpr auto vjp0(auto g, auto x, auto) { return kLog10e * g / x; }
};

struct Log1p : ByKernel, Holomorphic {
    static constexpr auto name = "log1p", symbol = "log1p";
    static constexpr auto run(RealOrPack auto x) { return log1p(x); }
    template <class T>
    static std::complex<T> run(std::complex<T> x) {
        return std::log(T(1) + x);
    }
    static constexpr auto vjp0(auto g, auto x, auto) { return g / (1_c + x); }
};

struct Cbrt : ByKernel {
    static constexpr auto name = "cbrt", symbol = "cbrt";
    static constexpr auto run(std::floating_point auto x) { return std::cbrt(x); }
    static constexpr auto vjp0(auto g, auto, auto y) { return g / (3_c * (y * y)); }
};

struct Square : Holomorphic {
    static constexpr auto name = "square", symbol = "square";
    static constexpr auto run(auto x) { return x * x; }
    static constexpr auto vjp0(auto g, auto x, auto) { return g * (2_c * x); }
};

struct Reciprocal : Holomorphic {
    static constexpr auto name = "reciprocal", symbol = "reciprocal";
    static constexpr auto run(auto x) { return 1_c / x; }
    static constexpr auto vjp0(auto g, auto, auto y) { return -(g * y * y); }
};

// log(exp(a) + exp(b)): the share of a is sigmoid(a - b). Two equal infinities share by halves,
// where a - b would be NaN.
struct LogAddExp : ByKernel, OwnKernel {
    static constexpr auto name = "logaddexp", symbol = "logaddexp";
    static constexpr auto run(auto a, auto b) {
        return where(a > b, a, b) + call<Log1p>(call<Exp>(-apart(a, b)));
    }
    static constexpr auto vjp0(auto g, auto a, auto b, auto) { return g * share(1_c, a, b); }
    static constexpr auto vjp1(auto g, auto a, auto b, auto) { return g * share(1_c, b, a); }

    // The distance of a and b, without a difference of infinities.
    static constexpr auto apart(auto a, auto b) {
        const auto d = where(a == b, 0_c, a) - where(a == b, 0_c, b);
        return where(d < 0_c, -d, d);
    }

    static constexpr auto share(Const scale, auto a, auto b) {
        const auto d = a - b;
        return call<Sigmoid>(scale * where(both(a == b, isnan(d)), 0_c, d));
    }
};

struct LogAddExp2 : ByKernel, OwnKernel {
    static constexpr auto name = "logaddexp2", symbol = "logaddexp2";
    static constexpr auto run(auto a, auto b) {
        const auto e = call<Exp2>(-LogAddExp::apart(a, b));
        return where(a > b, a, b) + kLog2e * call<Log1p>(e);
    }
    static constexpr auto vjp0(auto g, auto a, auto b, auto) {
        return g * LogAddExp::share(kLn2, a, b);
    }
    static constexpr auto vjp1(auto g, auto a, auto b, auto) {
        return g * LogAddExp::share(kLn2, b, a);
    }
};

// The modified Bessel function I_0 is the first, n = 0, of the functions I_n(x) / x**n. The
// derivative of each is x times the next, so that none divides by x. `n` is a constant. All terms
// of the series are positive: it loses nothing, wherever it is used.
struct BesselI0 : ByKernel {
    static constexpr auto name = "i0", symbol = "i0";
    template <std::floating_point T>
    static T run(T n, T x) {
        const double q = 0.25 * double(x) * double(x);
        const int order = std::max(int(n), 0);
        double term = 1;
        for (int k = 1; k <= order; ++k) term /= 2 * k;
        double sum = term;
        for (int k = 1; term > 1e-17 * sum; ++k) {
            term *= q / (double(k) * (k + order));
            sum += term;
        }
        return T(sum + (x - x));  // NaN at infinity too, as in NumPy
    }
    static constexpr auto vjp0(auto g, auto, auto, auto) { return lift(0_c, g); }
    static constexpr auto vjp1(auto g, auto n, auto x, auto) {
        return g * (x * call<BesselI0>(1_c + n, x));
    }
};

using Exponential = TypeList<Exp2, Expm1, Log2, Log10, Log1p, Cbrt, Square, Reciprocal, LogAddExp,
                             LogAddExp2, BesselI0>;

}  // namespace rg::op

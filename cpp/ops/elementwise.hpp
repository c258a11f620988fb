// The elementwise operations. One struct each: `run` is the value, `vjpK` the cotangent of operand
// K, in terms of the cotangent g, the operands and the result y. Nothing else is written by hand:
// kernels, saved operands, costs and higher derivatives come from these texts (see
// kernels.hpp and trace.hpp).
//
// To add one: write its struct here, or beside its kin in trigonometric.hpp, exponential.hpp,
// rounding.hpp or pairs.hpp, and put its name into the list in elementwise_list.hpp. A `run` made
// of the C++ library's functions takes numbers only; a rule that needs another operation says
// call<Cos>(x). Prefer reading y over reading x: what no rule reads is not saved.
// Kinks follow the table in docs/derivatives.md. Never write 0 * x: at infinity that is NaN.
#pragma once

#include <cmath>

#include "ops/typelist.hpp"
#include "ops/value.hpp"

namespace rg::op {

// NumPy raises no floating-point warning here, whatever flags a loop leaves behind.
struct Quiet {};
// Our kernel stays, also where NumPy has a loop.
struct OwnKernel {};
// Complex numbers are taken, and the same text gives their cotangent: no conjugates, as in JAX.
struct Holomorphic {};

// Named by rules above their own text.
struct Sign;
struct Log;
struct Exp;
struct Cos;
struct AnyPower;

struct Add : Holomorphic {
    static constexpr auto name = "add", symbol = "+";
    static constexpr auto run(auto a, auto b) { return a + b; }
    static constexpr auto vjp0(auto g, auto, auto, auto) { return g; }
    static constexpr auto vjp1(auto g, auto, auto, auto) { return g; }
};

struct Sub : Holomorphic {
    static constexpr auto name = "sub", symbol = "-";
    static constexpr auto run(auto a, auto b) { return a - b; }
    static constexpr auto vjp0(auto g, auto, auto, auto) { return g; }
    static constexpr auto vjp1(auto g, auto, auto, auto) { return -g; }
};

struct Mul : Holomorphic {
    static constexpr auto name = "mul", symbol = "*";
    static constexpr auto run(auto a, auto b) { return a * b; }
    static constexpr auto vjp0(auto g, auto, auto b, auto) { return g * b; }
    static constexpr auto vjp1(auto g, auto a, auto, auto) { return g * a; }
};

struct Div : Holomorphic {
    static constexpr auto name = "div", symbol = "/";
    static constexpr auto run(auto a, auto b) { return a / b; }
    static constexpr auto vjp0(auto g, auto, auto b, auto) { return g / b; }
    static constexpr auto vjp1(auto g, auto, auto b, auto y) { return -(g * y / b); }
};

// x**0 has gradient 0 everywhere, and 0**b has gradient 0 with respect to b >= 0: the inner `where`
// keeps pow and log away from the points where those limits come out as 0 * inf.
struct Pow : OwnKernel, Holomorphic {
    static constexpr auto name = "pow", symbol = "**";
    // NumPy computes the common exponents without pow, and exactly; so do we. The square root is
    // not pow for -inf and -0.0.
    template <std::floating_point T>
    static T run(T a, T b) {
        if (is_common(a, b)) return common(a, b);
        return call<AnyPower>(a, b);
    }
    template <std::floating_point T>
    static bool may_be_common(T b) {
        const T size = std::fabs(b);
        return (size == T(2)) | (size == T(1)) | (size == T(0.5));
    }
    template <std::floating_point T>
    static bool is_common(T a, T b) {
        return b == T(2) || b == T(1) || b == T(-1) || (b == T(0.5) && a > 0);
    }
    template <std::floating_point T>
    static T common(T a, T b) {
        return b == T(2) ? a * a : b == T(1) ? a : b == T(-1) ? T(1) / a : std::sqrt(a);
    }
    // Small whole exponents by multiplication, as NumPy has them.
    template <class T>
    static std::complex<T> run(std::complex<T> a, std::complex<T> b) {
        const T whole = std::trunc(b.real());
        if (b.imag() != 0 || whole != b.real() || std::fabs(whole) >= 100) return std::pow(a, b);
        std::complex<T> y = T(1), power = a;
        for (int n = int(std::fabs(whole)); n; n >>= 1) {
            if (n & 1) y *= power;
            if (n > 1) power *= power;
        }
        return whole < 0 ? T(1) / y : y;
    }
    static constexpr auto vjp0(auto g, auto a, auto b, auto) {
        return g * (b * call<Pow>(a, where(b == 0_c, 1_c, b) - 1_c));
    }
    static constexpr auto vjp1(auto g, auto a, auto b, auto y) {
        return g * (y * call<Log>(where(both(a == 0_c, either(b > 0_c, b == 0_c)), 1_c, a)));
    }
};

struct Neg : Quiet, Holomorphic {
    static constexpr auto name = "neg", symbol = "neg";
    static constexpr auto run(auto x) { return -x; }
    static constexpr auto vjp0(auto g, auto, auto) { return -g; }
};

struct Pos : Quiet, Holomorphic {
    static constexpr auto name = "pos", symbol = "pos";
    static constexpr auto run(auto x) { return x; }
    static constexpr auto vjp0(auto g, auto, auto) { return g; }
};

struct Abs : Quiet {
    static constexpr auto name = "abs", symbol = "abs";
    static constexpr auto run(std::floating_point auto x) { return std::fabs(x); }
    static constexpr auto vjp0(auto g, auto x, auto) {
        return where(x == 0_c, 0_c, g * call<Sign>(x));
    }
};

// Zero almost everywhere; recorded, so that a graph through it has a gradient of zeros.
struct Sign : Quiet {
    static constexpr auto name = "sign", symbol = "sign";
    template <std::floating_point T>
    static constexpr T run(T x) {
        return x > 0 ? T(1) : x < 0 ? T(-1) : x == 0 ? T(0) : x;
    }
    static constexpr auto vjp0(auto g, auto, auto) { return lift(0_c, g); }
};

struct Exp : ByKernel, Holomorphic {
    static constexpr auto name = "exp", symbol = "exp";
    static constexpr auto run(NumberOrPack auto x) { return exp(x); }
    static constexpr auto vjp0(auto g, auto, auto y) { return g * y; }
};

struct Log : ByKernel, Holomorphic {
    static constexpr auto name = "log", symbol = "log";
    static constexpr auto run(NumberOrPack auto x) { return log(x); }
    static constexpr auto vjp0(auto g, auto x, auto) { return g / x; }
};

struct Sqrt : Holomorphic {
    static constexpr auto name = "sqrt", symbol = "sqrt";
    static constexpr auto run(Number auto x) { return std::sqrt(x); }
    static constexpr auto vjp0(auto g, auto, auto y) { return g * (0.5_c / y); }
};

struct Tanh : ByKernel, Holomorphic {
    static constexpr auto name = "tanh", symbol = "tanh";
    static constexpr auto run(NumberOrPack auto x) { return tanh(x); }
    static constexpr auto vjp0(auto g, auto, auto y) { return g * (1_c - y * y); }
};

struct Sin : ByKernel, Holomorphic {
    static constexpr auto name = "sin", symbol = "sin";
    static constexpr auto run(NumberOrPack auto x) { return sin(x); }
    static constexpr auto vjp0(auto g, auto x, auto) { return g * call<Cos>(x); }
};

struct Cos : ByKernel, Holomorphic {
    static constexpr auto name = "cos", symbol = "cos";
    static constexpr auto run(NumberOrPack auto x) { return cos(x); }
    static constexpr auto vjp0(auto g, auto x, auto) { return -(g * call<Sin>(x)); }
};

struct Relu : Quiet, OwnKernel {
    static constexpr auto name = "relu", symbol = "relu";
    static constexpr auto run(auto x) { return where(either(x < 0_c, x == 0_c), 0_c, x); }
    static constexpr auto vjp0(auto g, auto, auto y) { return where(y == 0_c, 0_c, g); }
};

struct Sigmoid : Quiet, OwnKernel {
    static constexpr auto name = "sigmoid", symbol = "sigmoid";
    // Without overflow on either side.
    static constexpr auto run(auto x) {
        const auto e = call<Exp>(where(x > 0_c, -x, x));
        return where(x < 0_c, e, lift(1_c, x)) / (1_c + e);
    }
    static constexpr auto vjp0(auto g, auto, auto y) { return g * (y * (1_c - y)); }
};

// At a tie each operand takes one half; a NaN passes on as NumPy's does, the first one's first.
struct Maximum : ByKernel, Quiet {
    static constexpr auto name = "maximum", symbol = "maximum";
    static constexpr auto run(auto a, auto b) {
        return where(either(a > b, either(a == b, isnan(a))), a, b);
    }
    static constexpr auto vjp0(auto g, auto a, auto b, auto) {
        return where(a == b, 0.5_c * g, where(either(a > b, isnan(a)), g, 0_c));
    }
    static constexpr auto vjp1(auto g, auto a, auto b, auto) {
        return where(a == b, 0.5_c * g, where(either(a > b, isnan(a)), 0_c, g));
    }
};

struct Minimum : ByKernel, Quiet {
    static constexpr auto name = "minimum", symbol = "minimum";
    static constexpr auto run(auto a, auto b) {
        return where(either(a < b, either(a == b, isnan(a))), a, b);
    }
    static constexpr auto vjp0(auto g, auto a, auto b, auto) {
        return where(a == b, 0.5_c * g, where(either(a < b, isnan(a)), g, 0_c));
    }
    static constexpr auto vjp1(auto g, auto a, auto b, auto) {
        return where(a == b, 0.5_c * g, where(either(a < b, isnan(a)), 0_c, g));
    }
};

// The condition arrives as numbers: nonzero is true.
struct Where : Quiet, Holomorphic {
    static constexpr auto name = "where", symbol = "where";
    static constexpr auto run(auto c, auto a, auto b) { return where(c == 0_c, b, a); }
    static constexpr auto vjp0(auto g, auto, auto, auto, auto) { return lift(0_c, g); }
    static constexpr auto vjp1(auto g, auto c, auto, auto, auto) { return where(c == 0_c, 0_c, g); }
    static constexpr auto vjp2(auto g, auto c, auto, auto, auto) { return where(c == 0_c, g, 0_c); }
};

using Arithmetic = TypeList<Add, Sub, Mul, Div, Pow, Neg, Pos, Abs, Sign, Exp, Log, Sqrt, Tanh, Sin,
                            Cos, Relu, Sigmoid, Maximum, Minimum, Where>;

// What rules and values are made of besides: no derivative, and no part of the public set.
// Comparisons give 1 or 0 in the operands' type.
struct Equal {
    static constexpr auto name = "equal", symbol = "==";
    static constexpr auto run(auto a, auto b) { return lift(Const{a == b ? 1.0 : 0.0}, a); }
};

struct Greater {
    static constexpr auto name = "greater", symbol = ">";
    static constexpr auto run(auto a, auto b) { return lift(Const{a > b ? 1.0 : 0.0}, a); }
};

struct IsNan {
    static constexpr auto name = "isnan", symbol = "isnan";
    static constexpr auto run(auto a) { return lift(Const{isnan(a) ? 1.0 : 0.0}, a); }
};

// The power without exceptions for common exponents.
struct AnyPower : ByKernel {
    static constexpr auto name = "any_power", symbol = "**";
    static constexpr auto run(Number auto a, Number auto b) { return std::pow(a, b); }
};

using Auxiliary = TypeList<Equal, Greater, IsNan, AnyPower>;

}  // namespace rg::op

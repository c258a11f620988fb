// The words rules are written in, for plain floating numbers. Other layers declare the same words
// for their own types (Uses and Flops here, Tensor in graph), found by argument-dependent lookup.
#pragma once

#include <cmath>
#include <concepts>

namespace rg::op {

using std::cos;
using std::exp;
using std::fabs;
using std::log;
using std::sin;
using std::sqrt;
using std::tanh;

// What a rule may be instantiated on: a number, or a class that says so.
template <class V>
concept Value = std::floating_point<V> || requires { typename V::is_value; };

// A literal that takes the type of what it meets, so that float stays float.
struct Const {
    double v;
};

constexpr Const operator""_c(long double v) { return {double(v)}; }
constexpr Const operator""_c(unsigned long long v) { return {double(v)}; }

template <std::floating_point T>
constexpr T lift(Const c, T) {
    return T(c.v);
}

template <Value V>
constexpr auto operator+(Const c, const V& x) {
    return lift(c, x) + x;
}
template <Value V>
constexpr auto operator-(Const c, const V& x) {
    return lift(c, x) - x;
}
template <Value V>
constexpr auto operator-(const V& x, Const c) {
    return x - lift(c, x);
}
template <Value V>
constexpr auto operator*(Const c, const V& x) {
    return lift(c, x) * x;
}
template <Value V>
constexpr auto operator/(Const c, const V& x) {
    return lift(c, x) / x;
}
template <Value V>
constexpr auto operator==(const V& x, Const c) {
    return x == lift(c, x);
}
template <Value V>
constexpr auto operator>(const V& x, Const c) {
    return x > lift(c, x);
}
template <Value V>
constexpr auto operator<(const V& x, Const c) {
    return x < lift(c, x);
}

constexpr bool either(bool a, bool b) { return a | b; }
constexpr bool both(bool a, bool b) { return a & b; }

template <std::floating_point T>
constexpr T where(bool c, T a, T b) {
    return c ? a : b;
}
template <class M, Value V>
constexpr auto where(const M& c, const V& a, Const b) {
    return where(c, a, lift(b, a));
}
template <class M, Value V>
constexpr auto where(const M& c, Const a, const V& b) {
    return where(c, lift(a, b), b);
}

template <std::floating_point T>
constexpr bool isnan(T x) {
    return x != x;
}

template <std::floating_point T>
constexpr T sign(T x) {
    return x > 0 ? T(1) : x < 0 ? T(-1) : x == 0 ? T(0) : x;
}

// NumPy computes the common exponents without pow, and exactly; so do we.
template <std::floating_point T>
T pow(T a, T b) {
    if (b == T(2)) return a * a;
    if (b == T(1)) return a;
    if (b == T(0.5) && a > 0) return sqrt(a);  // pow(-inf, 0.5) is inf, pow(-0.0, 0.5) is 0.0
    if (b == T(-1)) return T(1) / a;
    return std::pow(a, b);
}

// 1 / (1 + exp(-x)) without overflow on either side.
template <std::floating_point T>
T sigmoid(T x) {
    const T e = exp(-fabs(x));
    return x < 0 ? e / (1 + e) : 1 / (1 + e);
}

}  // namespace rg::op

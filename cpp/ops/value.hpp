// The words rules are written in, for plain floating numbers. Other layers declare the same words
// for their own types (Uses and Flops here, Tensor in graph), found by argument-dependent lookup.
#pragma once

#include <concepts>

namespace rg::op {

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

// Another operation inside a rule: its value on numbers, a recorded node on tensors.
template <class Op, std::floating_point... T>
auto call(T... x) {
    return Op::run(x...);
}

}  // namespace rg::op

// The words rules are written in, for plain floating numbers. Other layers declare the same words
// for their own types (Uses and Flops here, Tensor in graph), found by argument-dependent lookup.
#pragma once

#include <cmath>
#include <complex>
#include <concepts>
#include <type_traits>

namespace rg::op {

template <class T>
inline constexpr bool is_complex_number = false;
template <class T>
inline constexpr bool is_complex_number<std::complex<T>> = true;

template <class T>
concept Number = std::floating_point<T> || is_complex_number<T>;

// What the value of a function may be instantiated on: numbers, and packs of real ones, for which
// vector_math.hpp declares the functions. The texts say exp(x), not std::exp(x).
template <class T>
concept RealOrPack = std::floating_point<T> || requires { typename T::is_pack; };
template <class T>
concept NumberOrPack = Number<T> || RealOrPack<T>;

using std::atan, std::cos, std::cosh, std::exp, std::exp2, std::expm1, std::hypot, std::log,
    std::log10, std::log1p, std::log2, std::sin, std::sinh, std::tan, std::tanh;

// What a rule may be instantiated on: a number, or a class that says so.
template <class V>
concept Value = Number<V> || requires { typename V::is_value; };

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
template <class T>
constexpr std::complex<T> lift(Const c, std::complex<T>) {
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

// Complex numbers have no order; where a rule asks on which side of zero an exponent lies, its real
// part answers.
template <class T>
constexpr bool operator>(const std::complex<T>& a, const std::complex<T>& b) {
    return a.real() > b.real();
}
template <class T>
constexpr bool operator>(const std::complex<T>& a, Const c) {
    return a.real() > T(c.v);
}

constexpr bool either(bool a, bool b) { return a | b; }
constexpr bool both(bool a, bool b) { return a & b; }

template <Number T>
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

template <Number T>
constexpr bool isnan(T x) {
    return x != x;
}

// Scalars too go through the kernel of an operation that derives from this: NumPy's loop need not
// give the bits of the C library's function, and one value must have one answer.
struct ByKernel {};

// What the forward kernel gives for one element; see registry.hpp.
template <class Op, Number T>
T by_kernel(const T* operands);

// Another operation inside a rule: its value on numbers, a recorded node on tensors.
template <class Op, Number T, std::same_as<T>... More>
T call(T x, More... more) {
    if constexpr (std::is_base_of_v<ByKernel, Op>) {
        const T operands[] = {x, more...};
        return by_kernel<Op>(operands);
    } else {
        return Op::run(x, more...);
    }
}

}  // namespace rg::op

// The functions of operations on packs of numbers, for the texts of the operations to find.
//
// Included only by what is compiled for AVX2 and FMA, and all of it in an unnamed namespace: no
// function of it may stand in for one that an older processor runs.
#pragma once

#include <numbers>
#include <utility>

#include <xsimd/xsimd.hpp>

#include "ops/elementwise_list.hpp"

namespace rg::op {
namespace {

template <class T>
using Batch = xsimd::batch<T, xsimd::fma3<xsimd::avx2>>;

// Numbers, and a mask of those for which the result is right: what a function leaves out, NaN at
// least, is computed one by one.
template <class T>
struct Pack {
    using is_pack = void;
    Batch<T> v;
    typename Batch<T>::batch_bool_type* right;

    Pack result(Batch<T> y, typename Batch<T>::batch_bool_type where_right) const {
        *right = where_right;
        return {y, right};
    }
};

template <class T>
inline constexpr bool is_double = sizeof(T) == 8;
template <class T>
inline constexpr T tiny = is_double<T> ? T(1e-290) : T(1e-30);
// Beyond, the exponential is no normal number.
template <class T>
inline constexpr T largest_exponent = is_double<T> ? T(708) : T(87);

// Zero, or large enough that no square underflows what it is added to.
template <class T>
auto not_tiny(Batch<T> size) {
    return size == Batch<T>(0) || size >= Batch<T>(tiny<T>);
}

template <class T>
Pack<T> exp(Pack<T> x) {
    return x.result(xsimd::exp(x.v), xsimd::abs(x.v) <= Batch<T>(largest_exponent<T>));
}
template <class T>
Pack<T> exp2(Pack<T> x) {
    return x.result(xsimd::exp2(x.v),
                    xsimd::abs(x.v) <= Batch<T>(is_double<T> ? T(1020) : T(125)));
}
template <class T>
Pack<T> expm1(Pack<T> x) {
    const auto size = xsimd::abs(x.v);
    return x.result(xsimd::expm1(x.v),
                    not_tiny<T>(size) && size <= Batch<T>(largest_exponent<T>));
}
template <class T>
Pack<T> sinh(Pack<T> x) {
    const auto size = xsimd::abs(x.v);
    return x.result(xsimd::sinh(x.v), not_tiny<T>(size) && size <= Batch<T>(largest_exponent<T>));
}
template <class T>
Pack<T> cosh(Pack<T> x) {
    return x.result(xsimd::cosh(x.v), xsimd::abs(x.v) <= Batch<T>(largest_exponent<T>));
}
template <class T>
Pack<T> tanh(Pack<T> x) {
    return x.result(xsimd::tanh(x.v), not_tiny<T>(xsimd::abs(x.v)));
}

template <class T>
auto is_normal_positive(Batch<T> x) {
    return x >= Batch<T>(std::numeric_limits<T>::min()) &&
           x <= Batch<T>(std::numeric_limits<T>::max());
}
template <class T>
Pack<T> log(Pack<T> x) {
    return x.result(xsimd::log(x.v), is_normal_positive<T>(x.v));
}
template <class T>
Pack<T> log2(Pack<T> x) {
    return x.result(xsimd::log2(x.v), is_normal_positive<T>(x.v));
}
template <class T>
Pack<T> log10(Pack<T> x) {
    return x.result(xsimd::log10(x.v), is_normal_positive<T>(x.v));
}
template <class T>
Pack<T> log1p(Pack<T> x) {
    return x.result(xsimd::log1p(x.v),
                    not_tiny<T>(xsimd::abs(x.v)) && x.v >= Batch<T>(T(-0.9999)) &&
                        x.v <= Batch<T>(std::numeric_limits<T>::max()));
}

// x less the nearest multiple n of pi/2. Three parts of pi/2: products with the first are exact,
// and what the second rounds away is made good. xsimd's own reduction depends on the neighbours in
// the pack.
template <class T>
struct Reduced {
    Batch<T> r, n;
    typename Batch<T>::batch_bool_type right;
};
template <class T>
Reduced<T> reduce(Batch<T> x) {
    constexpr T first = is_double<T> ? T(0x1.921fb544p0) : T(0x1.92p0);
    constexpr T second = is_double<T> ? T(0x1.0b4611a6p-34) : T(0x1.fb4p-12);
    constexpr T third = is_double<T> ? T(0x1.3198a2e037073p-69) : T(0x1.4442d2p-24);
    constexpr T limit = is_double<T> ? T(1 << 20) : T(1 << 9);
    const Batch<T> n = xsimd::nearbyint(x * Batch<T>(T(2 * std::numbers::inv_pi)));
    const Batch<T> a = xsimd::fnma(n, Batch<T>(first), x);
    const Batch<T> b = xsimd::fnma(n, Batch<T>(second), a);
    const Batch<T> lost = xsimd::fnma(n, Batch<T>(second), a - b);
    const Batch<T> r = b + xsimd::fnma(n, Batch<T>(third), lost);
    const Batch<T> size = xsimd::abs(x), near = Batch<T>(is_double<T> ? T(1e-9) : T(1e-3));
    const auto at_zero = n == Batch<T>(0);
    return {xsimd::select(at_zero, x, r), n,
            not_tiny<T>(size) && size <= Batch<T>(limit) && (at_zero || xsimd::abs(r) >= near)};
}
template <class T>
auto is_odd(Batch<T> n) {
    const Batch<T> half = n * Batch<T>(T(0.5));
    return xsimd::floor(half) != half;
}
template <class T>
Batch<T> negative_where(typename Batch<T>::batch_bool_type c, Batch<T> x) {
    return xsimd::select(c, -x, x);
}
template <class T>
Pack<T> sin(Pack<T> x) {
    const Reduced<T> at = reduce<T>(x.v);
    const auto [s, c] = xsimd::sincos(at.r);
    const auto half = xsimd::floor(at.n * Batch<T>(T(0.5)));
    return x.result(
        negative_where<T>(is_odd<T>(half), xsimd::select(is_odd<T>(at.n), c, s)), at.right);
}
template <class T>
Pack<T> cos(Pack<T> x) {
    const Reduced<T> at = reduce<T>(x.v);
    const auto [s, c] = xsimd::sincos(at.r);
    const auto half = xsimd::floor((at.n + Batch<T>(1)) * Batch<T>(T(0.5)));
    return x.result(
        negative_where<T>(is_odd<T>(half), xsimd::select(is_odd<T>(at.n), s, c)), at.right);
}
template <class T>
Pack<T> tan(Pack<T> x) {
    const Reduced<T> at = reduce<T>(x.v);
    const auto [s, c] = xsimd::sincos(at.r);
    const auto odd = is_odd<T>(at.n);
    return x.result(xsimd::select(odd, -c, s) / xsimd::select(odd, s, c), at.right);
}
template <class T>
Pack<T> atan(Pack<T> x) {
    return x.result(xsimd::atan(x.v), not_tiny<T>(xsimd::abs(x.v)));
}

// Within the bounds the squares neither overflow nor lose what counts.
template <class T>
Pack<T> hypot(Pack<T> a, Pack<T> b) {
    const auto size = xsimd::max(xsimd::abs(a.v), xsimd::abs(b.v));
    constexpr T limit = is_double<T> ? T(1e150) : T(1e18);
    return a.result(xsimd::sqrt(xsimd::fma(a.v, a.v, b.v * b.v)),
                    a.v == a.v && b.v == b.v && size <= Batch<T>(limit) &&
                        size >= Batch<T>(T(1) / limit));
}

}  // namespace
}  // namespace rg::op

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
using Integers = Batch<std::conditional_t<is_double<T>, std::int64_t, std::int32_t>>;
// Added to a whole number, it leaves that number in the last bits.
template <class T>
inline constexpr T to_bits = is_double<T> ? T(0x1.8p52) : T(0x1.8p23);
// Beyond, the exponential is no normal number.
template <class T>
inline constexpr T largest_exponent = is_double<T> ? T(708) : T(87);

// Zero, or large enough that its cube is no subnormal number.
template <class T>
auto not_tiny(Batch<T> size) {
    return size == Batch<T>(0) || size >= Batch<T>(is_double<T> ? T(1e-100) : T(1e-12));
}

template <class T>
constexpr T inverse_factorial(int k) {
    double product = 1;
    for (; k > 1; --k) product *= k;
    return T(1 / product);
}

// exp(r + n log(2)) is scale * (1 + rest), for |r| of at most log(2)/2: a Taylor series. xsimd's
// exponential takes twice the time, for it makes integers of n.
template <class T>
struct Scaled {
    Batch<T> scale, rest;
};
template <class T>
Scaled<T> exponential(Batch<T> r, Batch<T> n) {
    constexpr int last = is_double<T> ? 13 : 8, mantissa = is_double<T> ? 52 : 23;
    Batch<T> sum(T(0));
    for (int k = last; k >= 2; --k) sum = xsimd::fma(sum, r, Batch<T>(inverse_factorial<T>(k)));
    const auto power =
        xsimd::bitwise_cast<typename Integers<T>::value_type>(n + Batch<T>(to_bits<T>));
    const auto one = xsimd::bitwise_cast<typename Integers<T>::value_type>(Batch<T>(T(1)));
    return {xsimd::bitwise_cast<T>((power << mantissa) + one), xsimd::fma(r * r, sum, r)};
}
template <class T>
Scaled<T> exponential(Batch<T> x) {
    constexpr T high = is_double<T> ? T(0x1.62e42feep-1) : T(0x1.63p-1);
    constexpr T low = is_double<T> ? T(0x1.a39ef35793c76p-33) : T(-0x1.bd0106p-13);
    const Batch<T> n = xsimd::nearbyint(x * Batch<T>(std::numbers::log2e_v<T>));
    const Batch<T> r = xsimd::fnma(n, Batch<T>(high), x);
    return exponential<T>(xsimd::fnma(n, Batch<T>(low), r), n);
}
template <class T>
Batch<T> value(Scaled<T> e) {
    return xsimd::fma(e.scale, e.rest, e.scale);
}
template <class T>
Batch<T> less_one(Scaled<T> e) {
    return xsimd::fma(e.scale, e.rest, e.scale - Batch<T>(T(1)));
}

template <class T>
Pack<T> exp(Pack<T> x) {
    return x.result(value<T>(exponential<T>(x.v)),
                    xsimd::abs(x.v) <= Batch<T>(largest_exponent<T>));
}
template <class T>
Pack<T> exp2(Pack<T> x) {
    const Batch<T> n = xsimd::nearbyint(x.v), r = (x.v - n) * Batch<T>(std::numbers::ln2_v<T>);
    return x.result(value<T>(exponential<T>(r, n)),
                    xsimd::abs(x.v) <= Batch<T>(is_double<T> ? T(1020) : T(125)));
}
template <class T>
Pack<T> expm1(Pack<T> x) {
    const Batch<T> size = xsimd::abs(x.v);
    return x.result(xsimd::copysign(less_one<T>(exponential<T>(x.v)), x.v),
                    not_tiny<T>(size) && size <= Batch<T>(largest_exponent<T>));
}
template <class T>
Pack<T> sinh(Pack<T> x) {
    const Batch<T> size = xsimd::abs(x.v), t = less_one<T>(exponential<T>(size));
    const Batch<T> y = Batch<T>(T(0.5)) * (t + t / (t + Batch<T>(T(1))));
    return x.result(xsimd::copysign(y, x.v),
                    not_tiny<T>(size) && size <= Batch<T>(largest_exponent<T>));
}
template <class T>
Pack<T> cosh(Pack<T> x) {
    const Batch<T> half = Batch<T>(T(0.5)) * value<T>(exponential<T>(xsimd::abs(x.v)));
    return x.result(half + Batch<T>(T(0.25)) / half,
                    xsimd::abs(x.v) <= Batch<T>(largest_exponent<T>));
}
template <class T>
Pack<T> tanh(Pack<T> x) {
    const Batch<T> size = xsimd::abs(x.v), bound = Batch<T>(is_double<T> ? T(20) : T(10));
    const Batch<T> some = xsimd::min(size, bound), t = less_one<T>(exponential<T>(some + some));
    return x.result(xsimd::copysign(t / (t + Batch<T>(T(2))), x.v), not_tiny<T>(size));
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
    return x.result(xsimd::copysign(xsimd::log1p(x.v), x.v),
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
// The Taylor series of sine and cosine from the power `from` on, divided by that power; z is r*r.
template <class T, int From>
Batch<T> circular_series(Batch<T> z) {
    constexpr int last = (is_double<T> ? 16 : 10) + From % 2;
    Batch<T> sum(T(0));
    for (int k = last; k >= From; k -= 2) {
        const T size = inverse_factorial<T>(k);
        sum = xsimd::fma(sum, z, Batch<T>(k % 4 < 2 ? size : -size));
    }
    return sum;
}
// The sine of x, or where `shift` is 1 the cosine: a quarter turn more.
template <class T>
Batch<T> sine(Reduced<T> x, int shift) {
    constexpr int to_sign = is_double<T> ? 62 : 30;
    const Batch<T> z = x.r * x.r, half = Batch<T>(T(0.5)) * z, most = Batch<T>(T(1)) - half;
    const Batch<T> s =
        xsimd::copysign(xsimd::fma(x.r * z, circular_series<T, 3>(z), x.r), x.r);  // of -0.0 too
    const Batch<T> c =
        most + xsimd::fma(z * z, circular_series<T, 4>(z), (Batch<T>(T(1)) - most) - half);
    const auto quarter = xsimd::bitwise_cast<typename Integers<T>::value_type>(
        x.n + Batch<T>(to_bits<T> + T(shift)));
    const auto odd = (quarter & Integers<T>(1)) == Integers<T>(1);
    const auto sign = xsimd::bitwise_cast<T>((quarter & Integers<T>(2)) << to_sign);
    return xsimd::select(xsimd::batch_bool_cast<T>(odd), c, s) ^ sign;
}
template <class T>
Pack<T> sin(Pack<T> x) {
    const Reduced<T> at = reduce<T>(x.v);
    return x.result(sine<T>(at, 0), at.right);
}
template <class T>
Pack<T> cos(Pack<T> x) {
    const Reduced<T> at = reduce<T>(x.v);
    return x.result(sine<T>(at, 1), at.right);
}
template <class T>
Pack<T> tan(Pack<T> x) {
    const Reduced<T> at = reduce<T>(x.v);
    return x.result(sine<T>(at, 0) / sine<T>(at, 1), at.right);
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
    return a.result(
        xsimd::sqrt(xsimd::fma(a.v, a.v, b.v * b.v)),
        a.v == a.v && b.v == b.v && size <= Batch<T>(limit) && size >= Batch<T>(T(1) / limit));
}

}  // namespace
}  // namespace rg::op

// Element types. Kernels are instantiated for floating numbers and, where an operation takes them,
// for complex ones; i64 carries positions.
#pragma once

#include <complex>
#include <cstdint>

namespace rg {

enum class DType : std::uint8_t { f64, f32, c128, c64, i64 };

inline constexpr int kFloatTypes = 2;   // f64 and f32 index tables for real numbers,
inline constexpr int kNumberTypes = 4;  // and with c128 and c64 those for all numbers

constexpr bool is_float(DType t) { return t == DType::f64 || t == DType::f32; }
constexpr bool is_complex(DType t) { return t == DType::c128 || t == DType::c64; }
// Of the same precision.
constexpr DType real_of(DType t) {
    return t == DType::c128 ? DType::f64 : t == DType::c64 ? DType::f32 : t;
}
constexpr DType complex_of(DType t) {
    return t == DType::f64 ? DType::c128 : t == DType::f32 ? DType::c64 : t;
}
// Where two types of numbers meet: np.result_type of arrays.
constexpr DType common(DType a, DType b) {
    const bool wide = real_of(a) == DType::f64 || real_of(b) == DType::f64;
    const DType real = wide ? DType::f64 : DType::f32;
    return is_complex(a) || is_complex(b) ? complex_of(real) : real;
}

constexpr std::int64_t itemsize(DType t) { return t == DType::f32 ? 4 : t == DType::c128 ? 16 : 8; }

constexpr const char* name_of(DType t) {
    constexpr const char* names[] = {"float64", "float32", "complex128", "complex64", "int64"};
    return names[int(t)];
}

template <class T>
inline constexpr DType dtype_of = DType::i64;
template <>
inline constexpr DType dtype_of<double> = DType::f64;
template <>
inline constexpr DType dtype_of<float> = DType::f32;
template <>
inline constexpr DType dtype_of<std::complex<double>> = DType::c128;
template <>
inline constexpr DType dtype_of<std::complex<float>> = DType::c64;

// Calls f with a value of the C++ type behind a real floating dtype.
template <class F>
auto with_float(DType t, F&& f) {
    return t == DType::f32 ? f(float{}) : f(double{});
}

// And behind that of any number.
template <class F>
auto with_number(DType t, F&& f) {
    if (t == DType::c128) return f(std::complex<double>{});
    if (t == DType::c64) return f(std::complex<float>{});
    return with_float(t, f);
}

}  // namespace rg

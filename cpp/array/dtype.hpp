// Element types. Kernels are instantiated for the two floating ones; i64 carries positions.
#pragma once

#include <cstdint>

namespace rg {

enum class DType : std::uint8_t { f64, f32, i64 };

inline constexpr int kFloatTypes = 2;  // f64 and f32 index the kernel tables

constexpr std::int64_t itemsize(DType t) { return t == DType::f32 ? 4 : 8; }

constexpr const char* name_of(DType t) {
    return t == DType::f64 ? "float64" : t == DType::f32 ? "float32" : "int64";
}

template <class T>
inline constexpr DType dtype_of = DType::i64;
template <>
inline constexpr DType dtype_of<double> = DType::f64;
template <>
inline constexpr DType dtype_of<float> = DType::f32;

// Calls f with a value of the C++ type behind a floating dtype.
template <class F>
auto with_float(DType t, F&& f) {
    return t == DType::f32 ? f(float{}) : f(double{});
}

}  // namespace rg

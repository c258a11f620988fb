// The floating-point status flags, read cheaply enough for a single multiplication.
#pragma once

#include <cfenv>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace rg {

// Divide by zero, overflow, underflow, invalid; `inexact` is no news.
inline constexpr int kFloatErrors = FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW | FE_INVALID;

inline int float_flags() {
#if defined(__x86_64__)
    return int(_mm_getcsr()) & kFloatErrors;
#else
    return std::fetestexcept(kFloatErrors);
#endif
}

inline void clear_float_flags() {
#if defined(__x86_64__)
    if (const unsigned csr = _mm_getcsr(); csr & kFloatErrors) _mm_setcsr(csr & ~kFloatErrors);
#else
    std::feclearexcept(kFloatErrors);
#endif
}

inline void raise_float_flags(int flags) {
#if defined(__x86_64__)
    if (flags) _mm_setcsr(_mm_getcsr() | unsigned(flags));
#else
    if (flags) std::feraiseexcept(flags);
#endif
}

}  // namespace rg

#include "array/clock.hpp"

#include <chrono>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace rg::clock {

#if defined(__x86_64__)
namespace {

// The invariant-TSC bit; Intel SDM vol. 3B, 18.17.1 and AMD APM vol. 3, appendix E.4.
bool counter_is_steady() {
    unsigned a, b, c, d;
    return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d >> 8 & 1);
}

}  // namespace

const bool steady_counter = counter_is_steady();
#endif

std::uint64_t system_ns() noexcept {
    using namespace std::chrono;
    return std::uint64_t(
        duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count());
}

double ns_per_tick() noexcept {
    struct Reading {
        std::uint64_t ns = system_ns(), at = ticks();
    };
    static const Reading first;
    constexpr std::uint64_t kLongEnough = 20'000'000;  // 20 ms: the error is a few parts in 10^6
    Reading now;
    while (now.ns - first.ns < kLongEnough) now = Reading();
    return double(now.ns - first.ns) / double(now.at - first.at);
}

}  // namespace rg::clock

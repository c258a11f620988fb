// A cheap monotonic counter and what its ticks are worth. Where the processor keeps no steady
// counter of its own, the system's clock stands in, at some twenty nanoseconds more a reading.
#pragma once

#include <cstdint>

namespace rg::clock {

#if defined(__x86_64__)
// Whether the time stamp counter runs at one rate on all cores, asleep or not.
extern const bool steady_counter;
#endif

std::uint64_t system_ns() noexcept;

inline std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
    if (steady_counter) [[likely]]
        return __builtin_ia32_rdtsc();
#endif
    return system_ns();
}

// Measured between the first call and this one, which waits until that is long enough to trust.
double ns_per_tick() noexcept;

}  // namespace rg::clock

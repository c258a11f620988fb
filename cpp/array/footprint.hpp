// How much memory is in use, and the most that was. It falls only where something is released, and
// what releases tells of the sum before: so the peak is exact, and to grow costs nothing.
#pragma once

#include <atomic>
#include <cstdint>

namespace rg::footprint {

// How many buffers live, above kUnitBits, and below it their memory in units of a cache line: one
// atomic addition counts both.
inline constexpr int kUnitBits = 36, kUnit = 64;
inline std::atomic<std::uint64_t> buffers{0};

// What graph nodes take. Changed under the GIL only, read by walks without it.
inline std::atomic<std::int64_t> nodes{0};
inline std::atomic<std::int64_t> highest{0};

// All in all, with what `buffers` held at the time.
inline std::int64_t sum(std::uint64_t held) noexcept {
    constexpr std::uint64_t units = (std::uint64_t{1} << kUnitBits) - 1;
    return std::int64_t((held & units) * kUnit) + nodes.load(std::memory_order_relaxed);
}

inline std::int64_t live() noexcept { return sum(buffers.load(std::memory_order_relaxed)); }

inline void before_release(std::int64_t bytes) noexcept {
    std::int64_t seen = highest.load(std::memory_order_relaxed);
    while (bytes > seen) [[unlikely]] {
        if (highest.compare_exchange_weak(seen, bytes, std::memory_order_relaxed)) return;
    }
}

inline std::int64_t peak() noexcept {
    before_release(live());
    return highest.load(std::memory_order_relaxed);
}

inline void reset_peak() noexcept { highest.store(live(), std::memory_order_relaxed); }

}  // namespace rg::footprint

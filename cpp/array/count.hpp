// A count of owners that is atomic only while it has to be: an atomic addition costs as much as
// twenty plain ones, and most programs never count in two threads at once.
#pragma once

#include <atomic>
#include <cstdint>

namespace rg {

// How many threads may count besides the one that holds the GIL. One in a core without Python,
// which knows no GIL; changed only under it.
inline std::atomic<int> counting_threads{1};

class Count {
public:
    constexpr Count(std::uint32_t n) noexcept : n_(n) {}

    void add() noexcept {
        if (counting_threads.load(std::memory_order_relaxed)) {
            n_.fetch_add(1, std::memory_order_relaxed);
        } else {
            n_.store(n_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        }
    }
    // Whether that was the last one.
    bool drop() noexcept {
        if (counting_threads.load(std::memory_order_relaxed)) {
            return n_.load(std::memory_order_acquire) == 1 ||
                   n_.fetch_sub(1, std::memory_order_acq_rel) == 1;
        }
        const std::uint32_t left = n_.load(std::memory_order_relaxed) - 1;
        n_.store(left, std::memory_order_relaxed);
        return left == 0;
    }
    std::uint32_t now() const noexcept { return n_.load(std::memory_order_acquire); }

private:
    std::atomic<std::uint32_t> n_;
};

}  // namespace rg

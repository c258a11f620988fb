// Counted memory behind arrays. Counts are atomic, since a walk without the GIL drops values.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace rg {

struct Buffer {
    std::atomic<std::uint32_t> count;
    // How many of those owners are arrays handed out to Python; changed only under the GIL.
    std::uint32_t leases = 0;
    std::uint32_t writable_leases = 0;
    std::size_t bytes;
    char* data;
    // Foreign memory: `drop(owner)` gives it back. Null for memory of the pool.
    void (*drop)(void*) = nullptr;
    void* owner = nullptr;

    static Buffer* allocate(std::size_t bytes);
    static Buffer* borrow(char* data, std::size_t bytes, void (*drop)(void*), void* owner);

    void retain() noexcept { count.fetch_add(1, std::memory_order_relaxed); }
    void release() noexcept {
        if (count.load(std::memory_order_acquire) == 1 ||
            count.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            destroy();
        }
    }
    bool unique() const noexcept { return count.load(std::memory_order_acquire) == 1; }
    bool borrowed() const noexcept { return drop != nullptr; }

    // Buffers alive in the process, which the leak tests count, and their memory.
    static std::int64_t live() noexcept;
    static std::int64_t live_bytes() noexcept;

private:
    void destroy() noexcept;
};

// What this thread has allocated while somebody was counting.
struct Allocations {
    std::int64_t count = 0;
    std::int64_t bytes = 0;
};
extern constinit thread_local Allocations allocations_here;
extern std::atomic<bool> count_allocations;

}  // namespace rg

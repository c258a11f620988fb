// Counted memory behind arrays. A walk without the GIL drops values, see count.hpp.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "array/count.hpp"

namespace rg {

struct Buffer {
    Count count;
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

    void retain() noexcept { count.add(); }
    void release() noexcept {
        if (count.drop()) destroy();
    }
    bool unique() const noexcept { return count.now() == 1; }
    bool borrowed() const noexcept { return drop != nullptr; }

    // Buffers alive in the process, which the leak tests count.
    static std::int64_t live() noexcept;

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

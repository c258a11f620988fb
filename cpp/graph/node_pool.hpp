// Memory of nodes: slabs cut by size, in steps of 8 bytes, and lists of what was given back.
// Guarded by the GIL, like the nodes' counts. Inline, since a scalar operation is little more than
// this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#include "array/footprint.hpp"

namespace rg::node_pool {

struct Free {
    Free* next;
};

inline constexpr std::size_t kStep = 8;
#ifdef RETROGRAD_NO_POOL  // a sanitizer watches: every node is a block of its own
inline constexpr std::size_t kLargest = 0;
#else
inline constexpr std::size_t kLargest = 512;
#endif
inline Free* lists[kLargest / kStep + 1];
inline std::int64_t live = 0;

// A first block of new memory, or one from malloc where it is larger than any list's; throws
// AllocationError.
void* allocate_slowly(std::size_t bytes);
void free_large(void* block, std::size_t bytes) noexcept;

// Bytes of the lists' blocks.
std::int64_t cached_bytes() noexcept;
// Frees the slabs in which no node lives.
void trim() noexcept;

inline void count(std::int64_t n, std::int64_t bytes) noexcept {
    std::atomic<std::int64_t>& sum = footprint::nodes;
    live += n;
    sum.store(sum.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
}

[[gnu::always_inline]] inline void* allocate(std::size_t bytes) {
    if (bytes > kLargest || !lists[bytes / kStep]) [[unlikely]] {
        void* block = allocate_slowly(bytes);
        count(1, std::int64_t(bytes));
        return block;
    }
    Free* f = lists[bytes / kStep];
    lists[bytes / kStep] = f->next;
    count(1, std::int64_t(bytes));
    return f;
}

[[gnu::always_inline]] inline void release(void* block, std::size_t bytes) noexcept {
    count(-1, -std::int64_t(bytes));
    if (bytes > kLargest) [[unlikely]]
        return free_large(block, bytes);
    lists[bytes / kStep] = new (block) Free{lists[bytes / kStep]};
}

}  // namespace rg::node_pool

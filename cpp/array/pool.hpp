// Warm memory: freed blocks wait in size-classed lists, so that the next array of about that size
// meets pages the kernel has already mapped. Thread-safe; every block is 64-byte aligned.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rg::pool {

// At least `bytes` bytes; throws AllocationError. Give the same `bytes` back to `release`.
void* allocate(std::size_t bytes);
void release(void* block, std::size_t bytes) noexcept;

// Bytes kept in the lists at the moment.
std::size_t cached_bytes() noexcept;

// Tests make the n-th allocation from now on fail (0: never).
void fail_after(std::int64_t n) noexcept;

}  // namespace rg::pool

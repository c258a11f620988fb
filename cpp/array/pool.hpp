// Warm memory: freed blocks wait in size-classed lists, so that the next array of about that size
// meets pages the kernel has already mapped. Thread-safe; every block is 64-byte aligned.
#pragma once

#include <cstddef>
#include <cstdint>

#include "array/system_memory.hpp"

namespace rg::pool {

// At least `bytes` bytes; throws AllocationError. Give the same `bytes` back to `release`.
void* allocate(std::size_t bytes);
void release(void* block, std::size_t bytes) noexcept;

// Bytes kept in the lists at the moment.
std::size_t cached_bytes() noexcept;
// Frees what waits in the lists.
void trim() noexcept;

// Tests make the n-th allocation from now on fail (0: never), say how much memory there is (0: as
// the system says), of which an eighth may wait in the lists, and how much of it is free.
void fail_after(std::int64_t n) noexcept;
void set_limit(std::size_t bytes) noexcept;
inline std::size_t (*available)() noexcept = system_memory::available;

}  // namespace rg::pool

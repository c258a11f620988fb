// What the system has: physical memory and its share for this process. Linux tells more than
// others.
#pragma once

#include <cstddef>

namespace rg::system_memory {

// Bytes this process may use: the physical memory, or less where a control group allows less.
std::size_t limit() noexcept;
// Bytes that could be had now without swapping, as the kernel estimates; all where it does not.
std::size_t available() noexcept;

// The least that the control groups of a process allow, by its list of them and the folder where
// they are mounted.
std::size_t cgroup_limit(const char* groups, const char* mount) noexcept;

// Lets the kernel back whole huge pages within the block by such: a fault for every 2 MiB, not for
// every 4 KiB.
void prefer_huge_pages(void* block, std::size_t bytes) noexcept;
// Back to the system with what the C library keeps of freed memory.
void trim() noexcept;

}  // namespace rg::system_memory

#include "array/buffer.hpp"

#include <new>

#include "array/pool.hpp"

namespace rg {

constinit thread_local Allocations allocations_here;
std::atomic<bool> count_allocations{false};

namespace {

// How many buffers live, above kUnitBits, and below it their memory in cache lines: one atomic
// addition counts both.
constexpr int kUnitBits = 36;
std::atomic<std::uint64_t> alive{0};

// The data follow the header at the next cache line, so they share its 64-byte alignment.
constexpr std::size_t kHeader = 64;
static_assert(sizeof(Buffer) <= kHeader);

constexpr std::uint64_t weight(std::size_t bytes) {
    return (std::uint64_t{1} << kUnitBits) + (bytes + kHeader - 1) / kHeader;
}

void count_in(std::size_t bytes) noexcept {
    alive.fetch_add(weight(bytes), std::memory_order_relaxed);
    if (count_allocations.load(std::memory_order_relaxed)) [[unlikely]] {
        ++allocations_here.count;
        allocations_here.bytes += std::int64_t(bytes);
    }
}

}  // namespace

Buffer* Buffer::allocate(std::size_t bytes) {
    void* block = pool::allocate(kHeader + bytes);
    auto* b = new (block) Buffer{.count = 1, .bytes = bytes, .data = nullptr};
    b->data = static_cast<char*>(block) + kHeader;
    count_in(kHeader + bytes);
    return b;
}

Buffer* Buffer::borrow(char* data, std::size_t bytes, void (*drop)(void*), void* owner) {
    void* block = pool::allocate(kHeader);
    count_in(kHeader);
    return new (block)
        Buffer{.count = 1, .bytes = bytes, .data = data, .drop = drop, .owner = owner};
}

void Buffer::destroy() noexcept {
    if (drop) drop(owner);
    const std::size_t size = kHeader + (drop ? 0 : bytes);
    this->~Buffer();
    pool::release(this, size);
    alive.fetch_sub(weight(size), std::memory_order_relaxed);
}

std::int64_t Buffer::live() noexcept {
    return std::int64_t(alive.load(std::memory_order_relaxed) >> kUnitBits);
}

std::int64_t Buffer::live_bytes() noexcept {
    constexpr std::uint64_t units = (std::uint64_t{1} << kUnitBits) - 1;
    return std::int64_t((alive.load(std::memory_order_relaxed) & units) * kHeader);
}

}  // namespace rg

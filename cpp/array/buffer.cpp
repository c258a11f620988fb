#include "array/buffer.hpp"

#include <new>

#include "array/footprint.hpp"
#include "array/pool.hpp"

namespace rg {

constinit thread_local Allocations allocations_here;
std::atomic<bool> count_allocations{false};

namespace {

// The data follow the header at the next cache line, so they share its 64-byte alignment.
constexpr std::size_t kHeader = 64;
static_assert(sizeof(Buffer) <= kHeader);

constexpr std::uint64_t weight(std::size_t bytes) {
    using namespace footprint;
    return (std::uint64_t{1} << kUnitBits) + (bytes + kUnit - 1) / kUnit;
}

void count_in(std::size_t bytes) noexcept {
    footprint::buffers.fetch_add(weight(bytes), std::memory_order_relaxed);
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
    const auto held = footprint::buffers.fetch_sub(weight(size), std::memory_order_relaxed);
    footprint::before_release(footprint::sum(held));
}

std::int64_t Buffer::live() noexcept {
    return std::int64_t(footprint::buffers.load(std::memory_order_relaxed) >> footprint::kUnitBits);
}

}  // namespace rg

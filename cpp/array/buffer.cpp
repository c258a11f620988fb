#include "array/buffer.hpp"

#include <new>

#include "array/pool.hpp"

namespace rg {
namespace {

std::atomic<std::int64_t> alive{0};

// The data follow the header at the next cache line, so they share its 64-byte alignment.
constexpr std::size_t kHeader = 64;
static_assert(sizeof(Buffer) <= kHeader);

}  // namespace

Buffer* Buffer::allocate(std::size_t bytes) {
    void* block = pool::allocate(kHeader + bytes);
    auto* b = new (block) Buffer{.count = 1, .bytes = bytes, .data = nullptr};
    b->data = static_cast<char*>(block) + kHeader;
    alive.fetch_add(1, std::memory_order_relaxed);
    return b;
}

Buffer* Buffer::borrow(char* data, std::size_t bytes, void (*drop)(void*), void* owner) {
    void* block = pool::allocate(kHeader);
    alive.fetch_add(1, std::memory_order_relaxed);
    return new (block)
        Buffer{.count = 1, .bytes = bytes, .data = data, .drop = drop, .owner = owner};
}

void Buffer::destroy() noexcept {
    if (drop) drop(owner);
    const std::size_t size = kHeader + (drop ? 0 : bytes);
    this->~Buffer();
    pool::release(this, size);
    alive.fetch_sub(1, std::memory_order_relaxed);
}

std::int64_t Buffer::live() noexcept { return alive.load(std::memory_order_relaxed); }

}  // namespace rg

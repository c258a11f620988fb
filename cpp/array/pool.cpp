#include "array/pool.hpp"

#include <unistd.h>

#include <atomic>
#include <bit>
#include <cstdlib>
#include <string>

#include "array/error.hpp"

namespace rg::pool {
namespace {

constexpr std::size_t kAlign = 64;
constexpr int kClasses = 4 * 64;

// Under a sanitizer blocks have their exact size and go back at once: it sees every late access.
#ifdef RETROGRAD_NO_POOL
constexpr bool kReuse = false;
#else
constexpr bool kReuse = true;
#endif

struct Free {
    Free* next;
    std::size_t bytes;
};

struct Class {
    std::atomic_flag busy = ATOMIC_FLAG_INIT;
    Free* head = nullptr;

    void lock() noexcept {
        while (busy.test_and_set(std::memory_order_acquire)) {
        }
    }
    void unlock() noexcept { busy.clear(std::memory_order_release); }

    void push(void* block, std::size_t bytes) noexcept {
        lock();
        head = new (block) Free{head, bytes};
        unlock();
    }
    Free* pop() noexcept {
        lock();
        Free* f = head;
        if (f) head = f->next;
        unlock();
        return f;
    }
};

Class classes[kClasses];
std::atomic<std::size_t> cached{0};
std::atomic<std::int64_t> countdown{0};

// Four classes an octave: at most a quarter of a block is unused.
struct SizeClass {
    int index;
    std::size_t bytes;
};

SizeClass class_of(std::size_t bytes) {
    if (bytes <= kAlign) return {0, kAlign};
    const int octave = std::bit_width(bytes - 1) - 1;  // 2^octave < bytes <= 2^(octave+1)
    const std::size_t step = std::size_t{1} << (octave - 2);
    const std::size_t quarters = (bytes - (std::size_t{1} << octave) + step - 1) / step;
    const std::size_t size = (std::size_t{1} << octave) + quarters * step;
    return {4 * octave + int(quarters) - 4 * 6 + 1, (size + kAlign - 1) / kAlign * kAlign};
}

// An eighth of the physical memory may wait in the lists.
std::size_t cache_limit() {
    static const std::size_t limit =
        std::size_t(sysconf(_SC_PHYS_PAGES)) * std::size_t(sysconf(_SC_PAGESIZE)) / 8;
    return limit;
}

void trim() noexcept {
    for (int i = 0; i < kClasses; ++i) {
        while (Free* block = classes[i].pop()) {
            cached.fetch_sub(block->bytes, std::memory_order_relaxed);
            std::free(block);
        }
    }
}

void* fresh(std::size_t bytes) noexcept {
    void* block = nullptr;
    return posix_memalign(&block, kAlign, bytes) == 0 ? block : nullptr;
}

[[noreturn]] void fail(std::size_t bytes) {
    throw AllocationError("cannot allocate " + std::to_string(bytes) + " bytes");
}

}  // namespace

void* allocate(std::size_t bytes) {
    if (countdown.load(std::memory_order_relaxed) > 0 && countdown.fetch_sub(1) == 1) fail(bytes);
    if (bytes > (std::size_t{1} << 62)) fail(bytes);
    const SizeClass c = class_of(bytes);
    if (void* block = classes[c.index].pop()) {
        cached.fetch_sub(c.bytes, std::memory_order_relaxed);
        return block;
    }
    void* block = fresh(kReuse ? c.bytes : bytes);
    if (!block) {
        trim();
        block = fresh(kReuse ? c.bytes : bytes);
    }
    if (!block) fail(bytes);
    return block;
}

void release(void* block, std::size_t bytes) noexcept {
    const SizeClass c = class_of(bytes);
    if (!kReuse || cached.load(std::memory_order_relaxed) + c.bytes > cache_limit()) {
        std::free(block);
        return;
    }
    cached.fetch_add(c.bytes, std::memory_order_relaxed);
    classes[c.index].push(block, c.bytes);
}

std::size_t cached_bytes() noexcept { return cached.load(std::memory_order_relaxed); }

void fail_after(std::int64_t n) noexcept { countdown.store(n); }

}  // namespace rg::pool

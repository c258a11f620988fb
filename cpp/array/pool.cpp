#include "array/pool.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <string>

#include "array/error.hpp"
#include "array/footprint.hpp"
#include "array/system_memory.hpp"

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

std::atomic<std::size_t> cached{0};

struct Class {
    std::atomic_flag busy = ATOMIC_FLAG_INIT;
    std::atomic<bool> wanted = false;  // since the clock's hand was here
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
    // Frees one block; whether there was one.
    bool drop() noexcept {
        Free* f = pop();
        if (!f) return false;
        cached.fetch_sub(f->bytes, std::memory_order_relaxed);
        std::free(f);
        return true;
    }
};

Class classes[kClasses];
std::atomic<std::size_t> usable{0};  // memory of this process; 0 while nobody has asked
std::atomic<unsigned> hand{0};
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

std::size_t limit() noexcept {
    std::size_t bytes = usable.load(std::memory_order_relaxed);
    if (bytes == 0) [[unlikely]] {
        bytes = system_memory::limit();
        usable.store(bytes, std::memory_order_relaxed);
    }
    return bytes;
}

// What may wait in the lists.
std::size_t bound() noexcept { return limit() / 8; }

// Which blocks go when the lists are full? Those of sizes nobody asks for any more, or a program
// whose shapes change would have warm memory never again. A clock's hand goes round the classes,
// spares once what was wanted since it last passed, and frees block by block: each is freed once,
// after it was given back once, so a release costs the same however many wait.
void evict() noexcept {
    for (int passed = 0;
         passed < 2 * kClasses && cached.load(std::memory_order_relaxed) > bound();) {
        const unsigned at = hand.load(std::memory_order_relaxed);
        Class& c = classes[at];
        if (!c.wanted.exchange(false, std::memory_order_relaxed) && c.drop()) continue;
        hand.store((at + 1) % kClasses, std::memory_order_relaxed);
        ++passed;
    }
}

// Asking the system takes some 10 us, so only those ask that will take milliseconds anyway: a new
// block of kAsks bytes has as many pages to map. A sixteenth of the memory is left to others. Its
// control group's use is not asked for, which counts files that would go by themselves; ours is.
constexpr std::size_t kAsks = std::size_t{16} << 20;

bool short_of(std::size_t bytes) noexcept {
    const std::size_t waiting = cached.load(std::memory_order_relaxed), all = limit();
    if (bytes < kAsks || waiting == 0) return false;
    const std::size_t ours = waiting + std::size_t(footprint::live());
    return std::min(available(), all - std::min(all, ours)) < bytes + all / 16;
}

constexpr std::size_t kHuge = std::size_t{4} << 20;  // as NumPy has it

// Huge pages only for what was asked for: the rest of the size class stays unmapped.
void* fresh(std::size_t size, std::size_t asked) noexcept {
    if (short_of(asked)) trim();
    void* block = nullptr;
    if (posix_memalign(&block, kAlign, size) != 0) return nullptr;
    if (asked >= kHuge) system_memory::prefer_huge_pages(block, asked);
    return block;
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
        classes[c.index].wanted.store(true, std::memory_order_relaxed);
        cached.fetch_sub(c.bytes, std::memory_order_relaxed);
        return block;
    }
    const std::size_t size = kReuse ? c.bytes : bytes;
    void* block = fresh(size, bytes);
    if (!block) {
        trim();
        block = fresh(size, bytes);
    }
    if (!block) fail(bytes);
    return block;
}

void release(void* block, std::size_t bytes) noexcept {
    const SizeClass c = class_of(bytes);
    if (!kReuse || c.bytes > bound()) return std::free(block);
    const std::size_t before = cached.fetch_add(c.bytes, std::memory_order_relaxed);
    classes[c.index].push(block, c.bytes);
    if (before + c.bytes > bound()) [[unlikely]]
        evict();
}

void trim() noexcept {
    for (Class& c : classes) {
        while (c.drop()) {
        }
    }
}

std::size_t cached_bytes() noexcept { return cached.load(std::memory_order_relaxed); }

void set_limit(std::size_t bytes) noexcept { usable.store(bytes); }

void fail_after(std::int64_t n) noexcept { countdown.store(n); }

}  // namespace rg::pool

// An append-only list of events in large chunks. What is in it never moves, and a chunk costs one
// page fault where the system has huge pages: growing by copying took longer than all the counting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "array/error.hpp"

namespace rg {

enum class Kind : std::uint8_t { Forward, Backward, Phase, Walk, Region };

// One call. The Python side reads these as they lie in memory.
struct Event {
    Kind kind;
    std::uint16_t thread;
    std::uint32_t row;  // of a region: its id
    std::uint64_t node;
    std::int64_t start, end;  // ticks
    std::int64_t live;        // bytes of arrays and nodes
};
static_assert(sizeof(Event) == 40);

class EventLog {
public:
    EventLog() = default;
    EventLog(const EventLog&) = delete;
    EventLog& operator=(const EventLog&) = delete;
    ~EventLog() {
        if (!chunks_.empty()) spare_ = std::move(chunks_.front());
    }

    std::size_t size() const noexcept { return size_; }

    void push_back(const Event& e) {
        if (size_ % kInChunk == 0) add_chunk();
        chunks_.back()[size_++ % kInChunk] = e;
    }

    std::vector<Event> copy() const {
        std::vector<Event> all;
        all.reserve(size_);
        for (std::size_t i = 0; i < size_; i += kInChunk) {
            const Event* from = chunks_[i / kInChunk].get();
            all.insert(all.end(), from, from + std::min(kInChunk, size_ - i));
        }
        return all;
    }

private:
    static constexpr std::size_t kChunk = std::size_t{1} << 21;  // a huge page of most processors
    static constexpr std::size_t kInChunk = kChunk / sizeof(Event);

    struct Free {
        void operator()(Event* p) const noexcept { std::free(p); }
    };

    void add_chunk() {
        if (spare_) return chunks_.push_back(std::move(spare_));
        void* memory = std::aligned_alloc(kChunk, kChunk);
        if (!memory) throw AllocationError("profile: no memory for more events");
#if defined(__linux__)
        madvise(memory, kChunk, MADV_HUGEPAGE);
#endif
        chunks_.emplace_back(static_cast<Event*>(memory));
    }

    using Chunk = std::unique_ptr<Event[], Free>;

    // One that the last profile has left, warm: clearing two megabytes takes a tenth of a
    // millisecond, as long as a thousand operations. Under the recorder's lock, as all of this.
    static inline Chunk spare_;
    std::vector<Chunk> chunks_;
    std::size_t size_ = 0;
};

}  // namespace rg

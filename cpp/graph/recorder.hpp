// What open profiles and the anomaly mode know: rows (one per combination of operation, source
// line, region and shapes), which node belongs to which row, and what each profile has counted.
// Start with observe.hpp, which is what the rest of graph calls.
//
// Forward operations arrive with the GIL held, walks without it; one lock guards everything here.
// Nodes are mapped to rows by sequence number in a ring of the last 2^24, so memory is bounded.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "graph/costs.hpp"
#include "graph/event_log.hpp"

namespace rg {

struct Node;

// A reading, or a difference of two: time, and what the thread has allocated.
struct Meter {
    std::int64_t ticks = 0;
    std::int64_t allocations = 0;
    std::int64_t allocated = 0;

    static Meter now() noexcept;
    friend Meter operator-(const Meter& a, const Meter& b) {
        return {a.ticks - b.ticks, a.allocations - b.allocations, a.allocated - b.allocated};
    }
    friend Meter operator+(const Meter& a, const Meter& b) {
        return {a.ticks + b.ticks, a.allocations + b.allocations, a.allocated + b.allocated};
    }
};

struct Row {
    std::string op;
    std::uint32_t site = 0;  // of bind: 0 where no line is known
    std::uint32_t region = 0;
    std::vector<std::string> operands;
    std::string result;
    CallCosts each;
    std::int64_t saved = 0;        // bytes that a node of this row keeps
    std::int64_t saved_alive = 0;  // and that all living ones do
};

// Exact sums of one row in one profile.
struct Tally {
    std::int64_t calls = 0, forward = 0, backward_calls = 0, backward = 0;  // times in ticks
    std::int64_t allocations = 0, allocated = 0;
};

struct RegionTally {
    std::int64_t entries = 0, ticks = 0;
};

// What one profile has counted, but for the single calls.
struct Sums {
    std::int64_t opened = 0, closed = 0;  // ticks
    std::vector<Tally> tallies;           // by row
    std::unordered_map<std::uint32_t, RegionTally> regions;
    std::int64_t dropped = 0;  // events past the cap
    std::int64_t backward_calls = 0, backward_ticks = 0;
    std::int64_t peak = 0, peak_at = 0;       // bytes, ticks
    std::vector<std::int64_t> saved_at_peak;  // bytes by row
};

// One open, or just closed, profile.
class Profile {
public:
    explicit Profile(std::size_t max_events) : max_events_(max_events) {}

    void add(const Event& e, const Meter& self);
    // Before nodes give up what they saved: the memory at the peak is still as it was.
    void settle_peak();

    Sums sums;
    EventLog events;

private:
    std::size_t max_events_;
    bool peak_is_new_ = false;
    std::int64_t settled_peak_ = -1;
};

namespace recorder {

inline constexpr std::uint32_t kNoRow = ~0u;

// Held for some nanoseconds, and longer only while a profile is read.
class Lock {
public:
    void lock() noexcept {
        while (busy_.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
    }
    void unlock() noexcept { busy_.clear(std::memory_order_release); }

private:
    std::atomic_flag busy_ = ATOMIC_FLAG_INIT;
};
extern Lock lock;

// All of the following with the lock held, but for `forget` and `clear`.
std::uint32_t find_row(std::uint64_t key) noexcept;  // kNoRow where there is none yet
std::uint32_t add_row(std::uint64_t key, Row row);
Row& row(std::uint32_t id);
std::uint32_t row_count();
// Numbers the node and remembers its row.
std::uint64_t enlist(Node& node, std::uint32_t row);
// A node's number and row; {0, kNoRow} for one that was made outside, or too long ago.
std::pair<std::uint64_t, std::uint32_t> find_node(const Node& node);
void release_saved(std::uint32_t row);
std::uint16_t this_thread();
const std::vector<std::uint64_t>& threads();  // what Python calls their idents
void add(const Event& e, const Meter& self);  // to all open profiles
void open(Profile* p);
void close(Profile* p);

// A node that was enlisted goes. With the GIL.
void forget(const Node& node) noexcept;
// Forgets rows and numbers; nobody may be watching.
void clear();

}  // namespace recorder
}  // namespace rg

#include "graph/recorder.hpp"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <memory>

#include "array/buffer.hpp"
#include "array/clock.hpp"
#include "graph/node.hpp"

namespace rg {

Meter Meter::now() noexcept {
    return {std::int64_t(clock::ticks()), allocations_here.count, allocations_here.bytes};
}

void Profile::add(const Event& e, const Meter& spent) {
    // What was under way when this profile opened counts from there.
    const std::int64_t early = std::max(sums.opened - e.start, std::int64_t{0});
    Meter self = spent;
    self.ticks = std::max(self.ticks - early, std::int64_t{0});
    if (e.kind == Kind::Region) {
        RegionTally& r = sums.regions[e.row];
        ++r.entries;
        r.ticks += e.end - e.start - early;
    } else if (e.kind == Kind::Walk) {
        // One inside another, from a rule in Python, is part of that one's time.
        sums.backward_calls += self.ticks > 0;
        sums.backward_ticks += self.ticks;
    } else {
        if (e.row >= sums.tallies.size()) sums.tallies.resize(recorder::row_count());
        Tally& t = sums.tallies[e.row];
        const bool forward = e.kind == Kind::Forward;
        ++(forward ? t.calls : t.backward_calls);
        (forward ? t.forward : t.backward) += self.ticks;
        t.allocations += self.allocations;
        t.allocated += self.allocated;
    }
    if (e.live > sums.peak) {
        sums.peak = e.live;
        sums.peak_at = e.end;
        peak_is_new_ = true;
    }
    if (events.size() < max_events_) {
        events.push_back(e);
    } else {
        ++sums.dropped;
    }
}

// What made up the peak is copied when the peak is over, and only if it has grown by a hundredth:
// a graph that grows from operation to operation is not copied at every one.
void Profile::settle_peak() {
    if (!peak_is_new_ || sums.peak < settled_peak_ + settled_peak_ / 100) return;
    peak_is_new_ = false;
    settled_peak_ = sums.peak;
    sums.saved_at_peak.resize(recorder::row_count());
    for (std::uint32_t i = 0; i < sums.saved_at_peak.size(); ++i) {
        sums.saved_at_peak[i] = recorder::row(i).saved_alive;
    }
}

namespace recorder {

Lock lock;

namespace {

constexpr std::uint32_t kChunkBits = 16, kChunks = 256;
constexpr std::uint64_t kRing = std::uint64_t{kChunks} << kChunkBits;

std::vector<Row> rows;
std::unordered_map<std::uint64_t, std::uint32_t> by_key;
std::array<std::unique_ptr<std::uint32_t[]>, kChunks> ring;
std::uint64_t first_seq = 1, next_seq = 1;  // of this recording; a node keeps the low 32 bits
std::vector<std::uint64_t> thread_idents;
std::uint32_t generation = 1;
std::vector<Profile*> profiles;

struct ThreadPlace {
    std::uint32_t generation = 0;
    std::uint16_t index = 0;
};
constinit thread_local ThreadPlace thread_place;

std::uint32_t& ring_entry(std::uint64_t seq) {
    auto& chunk = ring[(seq >> kChunkBits) % kChunks];
    if (!chunk)
        chunk = std::make_unique_for_overwrite<std::uint32_t[]>(std::size_t{1} << kChunkBits);
    return chunk[seq & ((1u << kChunkBits) - 1)];
}

}  // namespace

std::uint32_t find_row(std::uint64_t key) noexcept {
    const auto it = by_key.find(key);
    return it == by_key.end() ? kNoRow : it->second;
}

std::uint32_t add_row(std::uint64_t key, Row row) {
    rows.push_back(std::move(row));
    const auto id = std::uint32_t(rows.size() - 1);
    by_key[key] = id;
    return id;
}

Row& row(std::uint32_t id) { return rows[id]; }
std::uint32_t row_count() { return std::uint32_t(rows.size()); }

std::uint64_t enlist(Node& node, std::uint32_t row) {
    if (std::uint32_t(next_seq) == 0) ++next_seq;  // 0 says that there is none
    ring_entry(next_seq) = row;
    node.seq = std::uint32_t(next_seq);
    node.flags |= Node::kObserved;
    rows[row].saved_alive += rows[row].saved;
    return next_seq++;
}

std::pair<std::uint64_t, std::uint32_t> find_node(const Node& node) {
    if (!node.seq) return {0, kNoRow};
    const std::uint64_t age = std::uint32_t(next_seq) - node.seq;
    if (age == 0 || age > next_seq - first_seq || age > kRing) return {0, kNoRow};
    return {next_seq - age, ring_entry(next_seq - age)};
}

void release_saved(std::uint32_t row) {
    for (Profile* p : profiles) p->settle_peak();
    rows[row].saved_alive -= rows[row].saved;
}

void forget(const Node& node) noexcept {
    // A walk with retain_graph=False has counted it already.
    if (node.freed.load(std::memory_order_relaxed)) return;
    std::lock_guard guard(lock);
    if (const auto [seq, row] = find_node(node); seq) release_saved(row);
}

std::uint16_t this_thread() {
    ThreadPlace& here = thread_place;
    if (here.generation != generation) {
        const auto ident = std::uint64_t(pthread_self());
        std::size_t i = 0;
        while (i < thread_idents.size() && thread_idents[i] != ident) ++i;
        if (i == thread_idents.size() && i < 0xffff) thread_idents.push_back(ident);
        here = {generation, std::uint16_t(i)};
    }
    return here.index;
}

const std::vector<std::uint64_t>& threads() { return thread_idents; }

void add(const Event& e, const Meter& self) {
    for (Profile* p : profiles) p->add(e, self);
}

void open(Profile* p) {
    p->sums.opened = std::int64_t(clock::ticks());
    profiles.push_back(p);
}

void close(Profile* p) {
    p->sums.closed = std::int64_t(clock::ticks());
    std::erase(profiles, p);
}

void clear() {
    std::lock_guard guard(lock);
    rows.clear();
    by_key.clear();
    ring = {};
    first_seq = next_seq;
    thread_idents.clear();
    ++generation;
}

}  // namespace recorder
}  // namespace rg

// Watching the graph at work: one scope around a forward operation, one around a backward walk, one
// around the freeing of nodes. None is entered unless a profile or the anomaly mode is open.
//
// Times are exclusive: what an inner scope takes is not counted again by the one around it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

#include "array/footprint.hpp"
#include "graph/recorder.hpp"
#include "graph/rows.hpp"
#include "graph/tensor.hpp"

namespace rg {

// How many profiles and anomaly modes are open. Changed with the GIL held only; each counts in
// `open_modes` as well.
extern int observers;
// How many walks are being watched in all threads. One may outlive the profile it began under, and
// holds rows and nodes' numbers until it ends.
extern std::atomic<int> watched_walks;

// The user's source line that is being executed, as a number of bind's; 0 where there is none.
extern std::uint32_t (*site_hook)();
// The region of this thread and task. Asked while at least one is open anywhere.
extern std::uint32_t (*region_hook)();
extern int open_regions;

// Parts of a backward that belong to no operation; the last is what watching it takes.
enum class Phase : std::uint8_t { Order, Wait, Commit, Free, Profiler };

struct ThreadWatch {
    Meter nested;                       // what scopes that have ended took
    std::uint32_t walks = 0;            // backward calls under way
    std::uint32_t inherited = kNoSite;  // in a walk that records: the line of the node under way
};
extern constinit thread_local ThreadWatch watch_here;

// One forward operation, from its construction to `finish`.
class OpScope {
public:
    OpScope() noexcept : start_(Meter::now()), nested_(watch_here.nested) {}

    // Gives the row; kNoRow if there was no memory for it.
    std::uint32_t finish(const Call& call, const Array& out, Node* node) noexcept;
    std::uint32_t finish(const OpInfo& op, std::string_view name, std::span<const Tensor> in,
                         const Array& out, Node* node) noexcept;

private:
    Meter start_, nested_;
};

// One call of Tensor.backward, cut at every boundary: the end of a part is the start of the next.
class WalkScope {
public:
    explicit WalkScope(bool retain_graph);
    ~WalkScope();
    WalkScope(const WalkScope&) = delete;
    WalkScope& operator=(const WalkScope&) = delete;

    void passed(Node& node) noexcept { step(&node, {}); }
    void passed(Phase phase) noexcept { step(nullptr, phase); }
    // For a walk that records: operations until the next boundary count as the node's.
    void entering(const Node& node) noexcept;

private:
    struct Step {
        Node* node;
        Phase phase;
        Meter self;
        std::int64_t end, live;
    };

    void step(Node* node, Phase phase) noexcept {
        const Meter now = Meter::now();
        steps_[n_steps_++] = {node, phase, now - last_ - (watch_here.nested - nested_), now.ticks,
                              footprint::live()};
        nested_ = watch_here.nested;
        last_ = now;
        if (n_steps_ == steps_.size()) flush();
    }
    void flush() noexcept;
    void hand_over(const Step& s, std::uint16_t thread);

    const Meter start_, outer_;  // outer_: what had ended before this walk began
    Meter last_, nested_;
    std::int64_t flushed_;  // where the last flushed step ended
    std::uint32_t row_ = recorder::kNoRow;
    std::uint32_t walks_before_;
    bool retain_;
    std::size_t n_steps_ = 0;
    std::array<Step, 128> steps_;
};

// The freeing of nodes that were made while somebody watched.
class FreeScope {
public:
    FreeScope() noexcept;
    ~FreeScope();
    FreeScope(const FreeScope&) = delete;
    FreeScope& operator=(const FreeScope&) = delete;

private:
    Meter start_, nested_;
};

// A region of the user's that was open since `start`, in ticks.
void add_region(std::uint32_t id, std::int64_t start);

// The row of a node; kNoRow where none is known.
std::uint32_t row_of(const Node& node);

}  // namespace rg

#include "graph/observe.hpp"

#include <algorithm>
#include <tuple>

namespace rg {

int observers = 0;
std::atomic<int> watched_walks{0};
std::uint32_t (*site_hook)() = nullptr;
std::uint32_t (*region_hook)() = nullptr;
int open_regions = 0;
constinit thread_local ThreadWatch watch_here;

namespace {

constexpr const char* kPhases[] = {"(order)", "(wait)", "(commit)", "(free)", "(profiler)"};

}  // namespace

std::uint32_t OpScope::finish(const OpInfo& op, std::string_view name, std::span<const Tensor> in,
                              const Array& out, Node* node) noexcept {
    Call call{op, name};
    call.n = std::min(in.size(), Call::kShown);
    for (std::size_t k = 0; k < call.n; ++k) {
        call.in[k] = in[k].layout();
        if (node && in[k].recorded()) call.with_gradient |= 1u << k;
    }
    const Buffer* first = call.n && in[0].value ? in[0].value.buffer() : nullptr;
    call.view = first && out.buffer() == first;
    call.twice = call.n > 1 && first && in[1].value && in[1].value.buffer() == first;
    return finish(call, out, node);
}

std::uint32_t OpScope::finish(const Call& call, const Array& out, Node* node) noexcept {
    ThreadWatch& here = watch_here;
    const Meter total = Meter::now() - start_, self = total - (here.nested - nested_);
    here.nested = nested_ + total;
    const bool in_walk = here.walks > 0;
    try {
        const std::uint32_t inherited = here.inherited;
        const std::uint32_t site = inherited ? inherited : site_hook ? site_hook() : kNoSite;
        const std::uint32_t region = open_regions && region_hook ? region_hook() : 0;
        std::lock_guard guard(recorder::lock);
        const std::uint32_t row = row_of_call(call, site, region, out.layout(), node);
        const std::uint64_t seq = node ? recorder::enlist(*node, row) : 0;
        // What a walk runs counts as backward.
        recorder::add({.kind = in_walk ? Kind::Backward : Kind::Forward,
                       .thread = recorder::this_thread(),
                       .row = row,
                       .node = in_walk ? 0 : seq,
                       .start = start_.ticks,
                       .end = start_.ticks + total.ticks,
                       .live = footprint::live()},
                      self);
        return row;
    } catch (...) {
        return recorder::kNoRow;  // no memory: the operation itself has succeeded
    }
}

WalkScope::WalkScope(bool retain_graph)
    : start_(Meter::now()),
      outer_(watch_here.nested),
      last_(start_),
      nested_(outer_),
      flushed_(start_.ticks),
      walks_before_(watch_here.walks),
      retain_(retain_graph) {
    const std::uint32_t site = site_hook ? site_hook() : kNoSite;
    std::lock_guard guard(recorder::lock);
    row_ = row_of_part("(backward)", site);
    ++watch_here.walks;
    ++watched_walks;
}

WalkScope::~WalkScope() {
    flush();
    watch_here.walks = walks_before_;
    watch_here.inherited = kNoSite;
    watch_here.nested = outer_ + (last_ - start_);
    std::lock_guard guard(recorder::lock);
    --watched_walks;
    try {
        recorder::add({.kind = Kind::Walk,
                       .thread = recorder::this_thread(),
                       .row = row_,
                       .node = 0,
                       .start = start_.ticks,
                       .end = last_.ticks,
                       .live = footprint::live()},
                      walks_before_ ? Meter{} : last_ - start_);
    } catch (...) {  // no memory for it: the walk itself is done
    }
}

void WalkScope::entering(const Node& node) noexcept {
    std::lock_guard guard(recorder::lock);
    const std::uint32_t row = recorder::find_node(node).second;
    watch_here.inherited = row == recorder::kNoRow ? kNoSite : recorder::row(row).site;
}

void WalkScope::hand_over(const Step& s, std::uint16_t thread) {
    Event e{.kind = s.node ? Kind::Backward : Kind::Phase,
            .thread = thread,
            .row = 0,
            .node = 0,
            .start = flushed_,
            .end = s.end,
            .live = s.live};
    flushed_ = s.end;
    if (!s.node) {
        e.row = row_of_part(kPhases[int(s.phase)], kNoSite);
        return recorder::add(e, s.self);
    }
    std::tie(e.node, e.row) = recorder::find_node(*s.node);
    const bool outside = e.row == recorder::kNoRow;
    if (outside) e.row = row_of_stranger(*s.node);
    recorder::add(e, s.self);
    if (!retain_ && !outside) recorder::release_saved(e.row);
}

void WalkScope::flush() noexcept {
    std::lock_guard guard(recorder::lock);
    try {
        const std::uint16_t thread = recorder::this_thread();
        for (std::size_t i = 0; i < n_steps_; ++i) hand_over(steps_[i], thread);
        // Since the last boundary there was nothing but this.
        const Meter now = Meter::now();
        hand_over({nullptr, Phase::Profiler, now - last_, now.ticks, footprint::live()}, thread);
        last_ = now;
    } catch (...) {  // no memory: what is lost is missing in the profile, not in the gradients
    }
    n_steps_ = 0;
}

FreeScope::FreeScope() noexcept {
    if (!observers) return;
    start_ = Meter::now();
    nested_ = watch_here.nested;
}

FreeScope::~FreeScope() {
    if (!observers || !start_.ticks) return;
    const Meter total = Meter::now() - start_, inner = watch_here.nested - nested_;
    watch_here.nested = nested_ + total;
    std::lock_guard guard(recorder::lock);
    try {
        const std::uint32_t row = row_of_part(kPhases[int(Phase::Free)], kNoSite);
        recorder::add({.kind = watch_here.walks ? Kind::Phase : Kind::Forward,
                       .thread = recorder::this_thread(),
                       .row = row,
                       .node = 0,
                       .start = start_.ticks,
                       .end = start_.ticks + total.ticks,
                       .live = footprint::live()},
                      total - inner);
    } catch (...) {  // no memory for it: the nodes are gone all the same
    }
}

void add_region(std::uint32_t id, std::int64_t start) {
    const std::int64_t end = Meter::now().ticks;
    std::lock_guard guard(recorder::lock);
    recorder::add({.kind = Kind::Region,
                   .thread = recorder::this_thread(),
                   .row = id,
                   .node = 0,
                   .start = start,
                   .end = end,
                   .live = footprint::live()},
                  {});
}

std::uint32_t row_of(const Node& node) {
    std::lock_guard guard(recorder::lock);
    return recorder::find_node(node).second;
}

}  // namespace rg

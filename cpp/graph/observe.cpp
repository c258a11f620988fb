#include "graph/observe.hpp"

#include <algorithm>
#include <tuple>

#include "ops/registry.hpp"

namespace rg {

int observers = 0;
std::uint32_t (*site_hook)() = nullptr;
std::uint32_t (*region_hook)() = nullptr;
int open_regions = 0;
constinit thread_local ThreadWatch watch_here;

namespace {

constexpr const char* kPhases[] = {"(order)", "(wait)", "(commit)", "(free)", "(profiler)"};
constexpr std::uint64_t kSeed = 0x9e3779b97f4a7c15;

// Rows are known by a 64-bit hash of what they agree in; two of a million rows share one with a
// probability of 3e-8, and then are shown as one.
constexpr std::uint64_t mix(std::uint64_t h, std::uint64_t x) {
    h = (h ^ x) * kSeed;
    return h ^ h >> 29;
}

std::uint64_t mix(std::uint64_t h, std::string_view text) {
    for (const char c : text) h = mix(h, std::uint8_t(c));
    return h;
}

std::uint64_t mix(std::uint64_t h, const Layout* l) {
    if (!l) return mix(h, 3);
    h = mix(h, std::uint64_t(l->dtype) | std::uint64_t(l->ndim) << 8);
    for (int i = 0; i < l->ndim; ++i) h = mix(h, std::uint64_t(l->shape()[i]));
    return h;
}

std::string describe(const Layout* l) { return l ? name_of(l->dtype) + to_string(l->dims()) : "?"; }

std::uint64_t key_of(const Call& c, std::uint32_t site, std::uint32_t region, const Layout* out) {
    std::uint64_t h = mix(kSeed, std::uint64_t(site) | std::uint64_t(region) << 32);
    h = mix(h, c.op.id | std::uint64_t(c.with_gradient) << 8 | std::uint64_t(c.view) << 63);
    if (c.op.external) h = mix(h, c.name);
    for (std::size_t k = 0; k < c.n; ++k) h = mix(h, c.in[k]);
    return mix(h, out);
}

// The last call at a place of this small table. It holds the layouts it names, so that a layout's
// address says what it is: comparing a few words then replaces hashing all shapes.
struct Recent {
    const OpInfo* op = nullptr;
    std::uint32_t site = 0, region = 0;
    unsigned with_gradient = 0;
    bool view = false;
    std::uint32_t row = recorder::kNoRow;
    std::array<const Layout*, kMaxArity + 1> layouts{};

    bool is(const Call& c, std::uint32_t s, std::uint32_t r, const Layout* out) const {
        return op == &c.op && site == s && region == r && with_gradient == c.with_gradient &&
               view == c.view && layouts[kMaxArity] == out &&
               std::equal(c.in.begin(), c.in.begin() + c.n, layouts.begin());
    }
    void release() {
        for (const Layout*& l : layouts) {
            if (l) std::exchange(l, nullptr)->release();
        }
    }
};

constexpr std::size_t kRecent = 1 << 9;
std::array<Recent, kRecent> recent;

std::uint32_t make_row(const Call& c, std::uint32_t site, std::uint32_t region, const Layout* out,
                       std::int64_t saved) {
    const std::uint64_t key = key_of(c, site, region, out);
    if (const auto found = recorder::find_row(key); found != recorder::kNoRow) return found;
    Row made;
    made.op = c.name;
    made.site = site;
    made.region = region;
    const std::span in(c.in.data(), c.n);
    for (const Layout* l : in) made.operands.push_back(describe(l));
    made.result = describe(out);
    const bool known = std::all_of(in.begin(), in.end(), [](auto* l) { return l; });
    if (known && out) made.each = costs_of(c.op, in, c.with_gradient, *out, c.view);
    made.saved = saved;
    return recorder::add_row(key, std::move(made));
}

// What dies with the node, or with a walk that does not retain the graph.
std::int64_t saved_by(Node& node) {
    std::int64_t bytes = std::int64_t(node.bytes());
    if (node.value.has_value() && !node.value.is_scalar()) bytes += node.value.nbytes();
    for (std::uint32_t k = 0; node.has(Node::kSaves) && k < node.n_inputs; ++k) {
        const Array& a = node.saved()[k];
        if (a && !a.is_scalar()) bytes += a.nbytes();
    }
    return bytes;
}

std::uint32_t find_or_make_row(const Call& c, std::uint32_t site, std::uint32_t region,
                               const Layout* out, Node* node) {
    Recent& r = recent[(site * 7 + c.op.id) % kRecent];
    if (r.is(c, site, region, out)) [[likely]]
        return r.row;
    const std::uint32_t row = make_row(c, site, region, out, node ? saved_by(*node) : 0);
    if (c.op.external || !out) return row;  // known by their names, or of unknown shape
    r.release();
    r = {&c.op, site, region, c.with_gradient, c.view, row, {}};
    std::copy_n(c.in.begin(), c.n, r.layouts.begin());
    r.layouts[kMaxArity] = out;
    for (const Layout* l : r.layouts) {
        if (l) l->retain();
    }
    return row;
}

std::uint32_t row_without_operation(const char* name, std::uint32_t site) {
    const std::uint64_t key = mix(mix(kSeed, name), site);
    const std::uint32_t found = recorder::find_row(key);
    if (found != recorder::kNoRow) return found;
    Row made;
    made.op = name;
    made.site = site;
    return recorder::add_row(key, std::move(made));
}

// The row of a node that nobody saw being made: its shapes are known, its line is not.
std::uint32_t row_outside(Node& node) {
    Call call{*node.op, node.op->name};
    call.view = node.op->view;
    call.n = std::min<std::size_t>(node.n_inputs, Call::kShown);
    for (std::uint32_t k = 0; k < call.n; ++k) {
        const Node* from = node.input(k);
        if (from) call.with_gradient |= 1u << k;
        call.in[k] = from                     ? from->value.layout()
                     : node.has(Node::kSaves) ? node.saved()[k].layout()
                                              : nullptr;
    }
    return find_or_make_row(call, kNoSite, 0, node.value.layout(), nullptr);
}

}  // namespace

std::uint32_t OpScope::finish(const OpInfo& op, std::string_view name, std::span<const Tensor> in,
                              const Array& out, Node* node) noexcept {
    Call call{op, name};
    call.n = std::min(in.size(), Call::kShown);
    for (std::size_t k = 0; k < call.n; ++k) {
        call.in[k] = in[k].layout();
        if (node && in[k].recorded()) call.with_gradient |= 1u << k;
    }
    call.view = call.n && out.buffer() && in[0].value && out.buffer() == in[0].value.buffer();
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
        const std::uint32_t row = find_or_make_row(call, site, region, out.layout(), node);
        const std::uint64_t seq = node ? recorder::enlist(*node, row) : 0;
        // What a walk runs counts as backward.
        recorder::add({.kind = in_walk ? Kind::Backward : Kind::Forward,
                       .thread = recorder::this_thread(),
                       .row = row,
                       .node = in_walk ? 0 : seq,
                       .start = start_.ticks,
                       .end = start_.ticks + total.ticks,
                       .live = recorder::live_bytes()},
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
    row_ = row_without_operation("(backward)", site);
    ++watch_here.walks;
}

WalkScope::~WalkScope() {
    flush();
    watch_here.walks = walks_before_;
    watch_here.inherited = kNoSite;
    watch_here.nested = outer_ + (last_ - start_);
    std::lock_guard guard(recorder::lock);
    try {
        recorder::add({.kind = Kind::Walk,
                       .thread = recorder::this_thread(),
                       .row = row_,
                       .node = 0,
                       .start = start_.ticks,
                       .end = last_.ticks,
                       .live = recorder::live_bytes()},
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
        e.row = row_without_operation(kPhases[int(s.phase)], kNoSite);
        return recorder::add(e, s.self);
    }
    std::tie(e.node, e.row) = recorder::find_node(*s.node);
    const bool outside = e.row == recorder::kNoRow;
    if (outside) e.row = row_outside(*s.node);
    recorder::add(e, s.self);
    if (!retain_ && !outside) recorder::release_saved(e.row);
}

void WalkScope::flush() noexcept {
    const Meter start = Meter::now();
    std::lock_guard guard(recorder::lock);
    try {
        const std::uint16_t thread = recorder::this_thread();
        for (std::size_t i = 0; i < n_steps_; ++i) hand_over(steps_[i], thread);
        // Since the last boundary: nothing yet but this.
        last_ = Meter::now();
        hand_over({nullptr, Phase::Profiler, last_ - start, last_.ticks, recorder::live_bytes()},
                  thread);
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
        const std::uint32_t row = row_without_operation(kPhases[int(Phase::Free)], kNoSite);
        recorder::add({.kind = watch_here.walks ? Kind::Phase : Kind::Forward,
                       .thread = recorder::this_thread(),
                       .row = row,
                       .node = 0,
                       .start = start_.ticks,
                       .end = start_.ticks + total.ticks,
                       .live = recorder::live_bytes()},
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
                   .live = recorder::live_bytes()},
                  {});
}

std::uint32_t row_of(const Node& node) {
    std::lock_guard guard(recorder::lock);
    return recorder::find_node(node).second;
}

void forget_rows() {
    recorder::clear();
    for (Recent& r : recent) {
        r.release();
        r = {};
    }
}

}  // namespace rg

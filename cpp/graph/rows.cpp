#include "graph/rows.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "graph/node.hpp"
#include "graph/recorder.hpp"

namespace rg {
namespace {

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

std::string describe(const Layout* l) {
    if (!l) return "?";
    std::string text(name_of(l->dtype));
    text += to_string(l->dims());
    return text;
}

std::uint64_t key_of(const Call& c, std::uint32_t site, std::uint32_t region, const Layout* out) {
    std::uint64_t h = mix(kSeed, std::uint64_t(site) | std::uint64_t(region) << 32);
    h = mix(h, c.op.id | std::uint64_t(c.with_gradient) << 8 | std::uint64_t(c.view) << 63 |
                   std::uint64_t(c.twice) << 62);
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
    bool view = false, twice = false;
    std::uint32_t row = recorder::kNoRow;
    std::array<const Layout*, kMaxArity + 1> layouts{};

    bool is(const Call& c, std::uint32_t s, std::uint32_t r, const Layout* out) const {
        return op == &c.op && site == s && region == r && with_gradient == c.with_gradient &&
               view == c.view && twice == c.twice && layouts[kMaxArity] == out &&
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

// Shapes and regions may be as many as a program has steps: past this number of rows, operations
// are told apart by name alone, and what a call moves and computes is no longer known.
constexpr std::uint32_t kMaxRows = 1 << 16;

std::uint32_t row_past_cap(Row made) {
    made.result = "any";
    const std::uint64_t key = mix(~kSeed, std::string_view(made.op));
    const std::uint32_t found = recorder::find_row(key);
    return found != recorder::kNoRow ? found : recorder::add_row(key, std::move(made));
}

std::uint32_t make_row(const Call& c, std::uint32_t site, std::uint32_t region, const Layout* out,
                       std::int64_t saved) {
    const std::uint64_t key = key_of(c, site, region, out);
    if (const auto found = recorder::find_row(key); found != recorder::kNoRow) return found;
    Row made;
    made.op = c.name;
    if (recorder::row_count() >= kMaxRows) return row_past_cap(std::move(made));
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
    const Buffer* before = nullptr;
    for (std::uint32_t k = 0; node.has(Node::kSaves) && k < node.n_inputs; ++k) {
        const Array& a = node.saved()[k];
        if (!a || a.is_scalar() || a.buffer() == before) continue;  // x * x keeps x once
        bytes += a.nbytes();
        before = a.buffer();
    }
    return bytes;
}

}  // namespace

std::uint32_t row_of_call(const Call& c, std::uint32_t site, std::uint32_t region,
                          const Layout* out, Node* node) {
    Recent& r = recent[(site * 7 + c.op.id) % kRecent];
    if (r.is(c, site, region, out)) [[likely]]
        return r.row;
    const std::uint32_t row = make_row(c, site, region, out, node ? saved_by(*node) : 0);
    if (c.op.external || !out) return row;  // known by their names, or of unknown shape
    r.release();
    r = {&c.op, site, region, c.with_gradient, c.view, c.twice, row, {}};
    std::copy_n(c.in.begin(), c.n, r.layouts.begin());
    r.layouts[kMaxArity] = out;
    for (const Layout* l : r.layouts) {
        if (l) l->retain();
    }
    return row;
}

std::uint32_t row_of_part(const char* name, std::uint32_t site) {
    const std::uint64_t key = mix(mix(kSeed, name), site);
    const std::uint32_t found = recorder::find_row(key);
    if (found != recorder::kNoRow) return found;
    Row made;
    made.op = name;
    made.site = site;
    return recorder::add_row(key, std::move(made));
}

std::uint32_t row_of_stranger(Node& node) {
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
    return row_of_call(call, kNoSite, 0, node.value.layout(), nullptr);
}

void forget_rows() {
    recorder::clear();
    for (Recent& r : recent) {
        r.release();
        r = {};
    }
}

}  // namespace rg

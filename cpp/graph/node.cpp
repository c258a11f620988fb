#include "graph/node.hpp"

#include "graph/dual.hpp"
#include "graph/observe.hpp"
#include "graph/recorder.hpp"

namespace rg {

constexpr OpInfo named(const char* name) {
    OpInfo r{};
    r.name = name;
    r.symbol = "";
    return r;
}

constinit const OpInfo Node::carrier_op = named("tangent");

Node* Node::leaf(const Array& value) {
    return new (node_pool::allocate(sizeof(Node)))
        Node{nullptr, nullptr, 1, 0, 0, 0, 0, 0, false, 0, value.without_value(), {}};
}

void Node::drop_saved() noexcept {
    if (has(kSaves)) {
        for (std::uint32_t i = 0; i < n_inputs; ++i) saved()[i].reset();
    }
    value = value.without_value();
    if (has(kPython) && on_drop) on_drop(*this);
    freed.store(true, std::memory_order_relaxed);
}

void Node::destroy(Node* first) noexcept {
    footprint::before_release(footprint::live());
    if (first->has(kObserved)) [[unlikely]] {
        const FreeScope timed;
        return destroy_all(first);
    }
    destroy_all(first);
}

// The worklist is linked through `handle`, which a dead node has no more use for.
void Node::destroy_all(Node* first) noexcept {
    first->handle.store(nullptr, std::memory_order_relaxed);
    for (Node* n = first; n;) {
        Node* next = static_cast<Node*>(n->handle.load(std::memory_order_relaxed));
        for (std::uint32_t i = 0; i < n->n_inputs; ++i) {
            Node* in = n->input(i);
            if (in && --in->count == 0) {
                in->handle.store(next, std::memory_order_relaxed);
                next = in;
            }
        }
        const std::size_t bytes = n->bytes();
        // A number whose rules read numbers owns nothing but its memory.
        if ((n->flags | kSaves) != (kScalar64 | kSaves)) n->let_go();
        node_pool::release(n, bytes);
        n = next;
    }
}

void Node::let_go() noexcept {
    if (has(kSaves)) {
        for (std::uint32_t i = 0; i < n_inputs; ++i) saved()[i].~Array();
    }
    if (has(kParams)) (*params_place())->release();
    if (flags & (kPython | kHooks) && on_free) on_free(*this);
    if (has(kObserved)) recorder::forget(*this);
    this->~Node();
}

std::int64_t Node::live() noexcept { return node_pool::live - dual::carriers; }

}  // namespace rg

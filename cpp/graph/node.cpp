#include "graph/node.hpp"

namespace rg {

Node* Node::leaf(const Array& value) {
    return new (node_pool::allocate(sizeof(Node)))
        Node{nullptr, nullptr, 1, 0, 0, 0, 0, 0, false, value.without_value(), {}};
}

void Node::drop_saved() noexcept {
    if (has(kSaves)) {
        for (std::uint32_t i = 0; i < n_inputs; ++i) saved()[i].reset();
    }
    value = value.without_value();
    freed.store(true, std::memory_order_relaxed);
}

// The worklist is linked through `handle`, which a dead node has no more use for.
void Node::destroy(Node* first) noexcept {
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
        if (n->has(kSaves)) {
            for (std::uint32_t i = 0; i < n->n_inputs; ++i) n->saved()[i].~Array();
        }
        if (const Params* p = n->params()) p->release();
        if (n->has(kPython) && on_free) [[unlikely]]
            on_free(*n);
        const std::size_t bytes = bytes_of(n->n_inputs, n->flags);
        n->~Node();
        node_pool::release(n, bytes);
        n = next;
    }
}

std::int64_t Node::live() noexcept { return node_pool::live; }

}  // namespace rg

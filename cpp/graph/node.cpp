#include "graph/node.hpp"

#include <cstdlib>
#include <new>

#include "array/error.hpp"

namespace rg {
namespace {

// Nodes come from slabs, by size in steps of 8 bytes; the lists are guarded by the GIL.
constexpr std::size_t kStep = 8;
constexpr std::size_t kLargest = 512;
constexpr std::size_t kSlab = std::size_t{1} << 18;

struct Free {
    Free* next;
};

Free* lists[kLargest / kStep + 1];
std::int64_t alive = 0;

// Blocks are handed to the list in address order, so that a chain lies in memory as it was built.
void refill(std::size_t bytes) {
    char* slab = static_cast<char*>(std::aligned_alloc(64, kSlab));
    if (!slab) throw AllocationError("cannot allocate a slab of graph nodes");
    Free* head = nullptr;
    for (std::size_t i = kSlab / bytes; i-- > 0;) head = new (slab + i * bytes) Free{head};
    lists[bytes / kStep] = head;
}

void* allocate(std::size_t bytes) {
    if (bytes > kLargest) {
        void* block = std::malloc(bytes);
        if (!block) throw AllocationError("cannot allocate a graph node");
        return block;
    }
    Free*& head = lists[bytes / kStep];
    if (!head) [[unlikely]]
        refill(bytes);
    Free* f = head;
    head = f->next;
    return f;
}

void deallocate(void* block, std::size_t bytes) noexcept {
    if (bytes > kLargest) return std::free(block);
    Free*& head = lists[bytes / kStep];
    head = new (block) Free{head};
}

std::size_t bytes_of(std::uint32_t n_inputs, std::uint8_t flags) {
    return sizeof(Node) + n_inputs * sizeof(Node*) +
           (flags & Node::kSaves ? n_inputs * sizeof(Array) : 0) +
           (flags & Node::kParams ? sizeof(const Params*) : 0);
}

}  // namespace

Node* Node::make(const OpInfo& op, std::uint32_t n_inputs, std::uint8_t flags) {
    Node* n = new (allocate(bytes_of(n_inputs, flags)))
        Node{&op, nullptr, 1, 0, 0, n_inputs, 0, flags, false, {}, {}};
    for (std::uint32_t i = 0; i < n_inputs; ++i) n->inputs()[i] = nullptr;
    if (flags & kSaves) {
        for (std::uint32_t i = 0; i < n_inputs; ++i) new (n->saved() + i) Array;
    }
    if (flags & kParams) *n->params_place() = nullptr;
    ++alive;
    return n;
}

Node* Node::leaf(const Array& value) {
    Node* n = new (allocate(sizeof(Node)))
        Node{nullptr, nullptr, 1, 0, 0, 0, 0, 0, false, value.without_value(), {}};
    ++alive;
    return n;
}

void Node::drop_saved() noexcept {
    if (has(kSaves)) {
        for (std::uint32_t i = 0; i < n_inputs; ++i) saved()[i].reset();
    }
    value = value.without_value();
    freed.store(true, std::memory_order_relaxed);
}

// A dead node's `slot`/`pending` are of no more use, so its grad's place could link the worklist;
// the handle field does, since a dead node has no handle.
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
        const std::size_t bytes = bytes_of(n->n_inputs, n->flags);
        n->~Node();
        deallocate(n, bytes);
        --alive;
        n = next;
    }
}

std::int64_t Node::live() noexcept { return alive; }

}  // namespace rg

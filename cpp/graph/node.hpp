// graph: what was computed from what, and the walk back. Start here, then tensor.hpp, record.hpp
// and run.hpp. May include `ops` and `array`, and nothing of bind or Python.
//
// A Node is one recorded operation, or a leaf. It keeps what its rules read, not its result, unless
// a rule reads that or it is a scalar. Reference counts are plain: they change only with the GIL
// held, and a walk without it borrows. Nodes never point at Python; `handle` is weak and opaque.
//
// What every scalar operation runs is inlined by attribute: the compiler's budget for a whole
// program leaves it out as the program grows, at a fifth of the speed.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "graph/node_pool.hpp"
#include "ops/op.hpp"

namespace rg {

struct Node {
    enum Flag : std::uint8_t {
        kScalar64 = 1,   // result and operands are inline float64: the walk takes the short way
        kPython = 2,     // a rule written in Python is in this graph
        kSaves = 4,      // room for operands follows the inputs
        kParams = 8,     // a Params pointer follows those
        kObserved = 16,  // made while a profile was open, which wants to know when it goes
        kHooks = 32,     // Python wants to see the cotangent
        kDual = 64,      // its Params are a Dual, which keeps tangents; see dual.hpp
    };

    const OpInfo* op;           // null for a leaf
    std::atomic<void*> handle;  // the Python tensor that stands for this node, while there is one
    std::uint32_t count;
    std::uint32_t pending;  // consumers that the current walk has still to pass
    std::uint32_t slot;     // place in a walk that builds a graph
    std::uint32_t n_inputs;
    std::atomic<std::uint16_t> owner;  // the run that has claimed this node, or 0
    std::uint8_t flags;
    std::atomic<bool> freed;  // a walk with retain_graph=False has dropped what the rules read
    std::uint32_t seq;        // the recorder's number for it, 0 where there is none
    Array value;              // the result: its shape at least
    Array grad;  // the cotangent of the walk under way, and of the last one if it was kept

    bool is_leaf() const noexcept { return op == nullptr; }
    // Records nothing: it is there for the tangents of a value that has no gradient.
    bool is_carrier() const noexcept { return op == &carrier_op; }
    bool has(Flag f) const noexcept { return flags & f; }
    Node** inputs() noexcept { return reinterpret_cast<Node**>(this + 1); }
    Node* input(std::uint32_t i) noexcept { return inputs()[i]; }
    // Operands the rules read; the others are empty. Only with kSaves.
    Array* saved() noexcept { return reinterpret_cast<Array*>(inputs() + n_inputs); }
    const Params* params() noexcept { return has(kParams) ? (*params_place())->own() : nullptr; }
    const Params** params_place() noexcept {
        Array* end = saved() + (has(kSaves) ? n_inputs : 0);
        return reinterpret_cast<const Params**>(end);
    }

    static const OpInfo carrier_op;

    static Node* leaf(const Array& value);
    // A node with empty inputs and saved values. Count 1.
    [[gnu::always_inline]] static Node* make(const OpInfo& op, std::uint32_t n_inputs,
                                             unsigned flags) {
        Node* n = new (node_pool::allocate(bytes_of(n_inputs, flags)))
            Node{&op, nullptr, 1, 0, 0, n_inputs, 0, std::uint8_t(flags), false, 0, {}, {}};
        for (std::uint32_t i = 0; i < n_inputs; ++i) n->inputs()[i] = nullptr;
        for (std::uint32_t i = 0; flags & kSaves && i < n_inputs; ++i) new (n->saved() + i) Array;
        if (flags & kParams) *n->params_place() = nullptr;
        return n;
    }

    void retain() noexcept { ++count; }
    // Frees what nobody else keeps, by a worklist: depth costs no stack.
    void release() noexcept {
        if (--count == 0) destroy(this);
    }
    void drop_saved() noexcept;
    std::size_t bytes() const noexcept { return bytes_of(n_inputs, flags); }

    // Without carriers.
    static std::int64_t live() noexcept;
    // Told of every node with kPython or kHooks that goes, and of every one with kPython whose
    // saved values do; set by bind.
    static inline void (*on_free)(const Node&) noexcept = nullptr;
    static inline void (*on_drop)(const Node&) noexcept = nullptr;

private:
    static void destroy(Node* first) noexcept;
    static void destroy_all(Node* first) noexcept;
    void let_go() noexcept;
    static std::size_t bytes_of(std::uint32_t n_inputs, unsigned flags) {
        return sizeof(Node) + n_inputs * sizeof(Node*) +
               (flags & kSaves ? n_inputs * sizeof(Array) : 0) +
               (flags & kParams ? sizeof(const Params*) : 0);
    }
};

class NodePtr {
public:
    NodePtr() noexcept = default;
    NodePtr(const NodePtr& o) noexcept : p_(o.p_) {
        if (p_) p_->retain();
    }
    NodePtr(NodePtr&& o) noexcept : p_(std::exchange(o.p_, nullptr)) {}
    NodePtr& operator=(NodePtr o) noexcept {
        std::swap(p_, o.p_);
        return *this;
    }
    [[gnu::always_inline]] ~NodePtr() {
        if (p_) p_->release();
    }
    static NodePtr adopt(Node* p) noexcept {
        NodePtr n;
        n.p_ = p;
        return n;
    }
    static NodePtr share(Node* p) noexcept {
        if (p) p->retain();
        return adopt(p);
    }
    Node* get() const noexcept { return p_; }
    Node* operator->() const noexcept { return p_; }
    Node& operator*() const noexcept { return *p_; }
    explicit operator bool() const noexcept { return p_ != nullptr; }
    Node* leave() noexcept { return std::exchange(p_, nullptr); }

private:
    Node* p_ = nullptr;
};

}  // namespace rg

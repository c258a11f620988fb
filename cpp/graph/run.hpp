// One backward: everything it needs, from the claims on nodes to what is to be committed.
//
// Order: mark (claim what the root reaches and count consumers), walk (every node once, after all
// its consumers), then the caller commits `leaves()` with the GIL held. A failure anywhere before
// that leaves every leaf gradient as it was; the destructor gives the claims back.
#pragma once

#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "graph/tensor.hpp"

namespace rg {

class Run;
class WalkScope;

// What bind does for nodes with Python on them: the rule of one whose op is external, the same in a
// walk that records, where it gives one cotangent an input, and the hooks of one with kHooks, which
// may replace its cotangent.
struct PythonRules {
    void (*pull)(Run& run, Node& node);
    std::vector<Tensor> (*pull_recording)(Node& node, const Tensor& g);
    void (*hooks)(Node& node, Array& g);
    void (*hooks_recording)(Node& node, Tensor& g);
};
extern PythonRules python_rules;

class Run {
public:
    // The walk ends at leaves, and at `stops` (sorted) even if they were computed from something;
    // those another run may hold, as it may hold leaves.
    // Roots and stops must live as long as the run. Throws GraphError on re-entry into a claimed
    // graph.
    using Nodes = std::span<Node* const>;
    Run(Nodes roots, bool retain_graph, Nodes stops);
    Run(Node* root, bool retain_graph);
    ~Run();
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    // Claims up to `limit` nodes more; true when all are. False with `must_wait()` when another
    // live run holds part of the graph: all claims are then given back.
    bool mark(std::size_t limit);
    bool must_wait() const { return blocked_by_ != 0; }
    // Until that other run has ended. Not with the GIL held; throws GraphError where that run
    // waits for this thread, and what an interrupt throws.
    void wait_for_other();

    // Bytes of the results in the claimed graph, to judge whether the GIL is worth giving up.
    std::int64_t work() const { return work_; }

    // From the roots, each with a cotangent of its shape and dtype, to the leaves. `scope`, if
    // anybody watches, is told of every node.
    void walk(std::span<Array> seeds, WalkScope* scope = nullptr);
    void walk(Array seed, WalkScope* scope = nullptr) { walk({&seed, 1}, scope); }
    // The same on tensors: every step is recorded, so that gradients have gradients. With the GIL.
    // Gives the cotangents of the leaves and of all nodes that Python holds.
    using Cotangents = std::vector<std::pair<Node*, Tensor>>;
    Cotangents walk_recording(std::span<const Tensor> seeds, WalkScope* scope = nullptr);
    Cotangents walk_recording(const Tensor& seed, WalkScope* scope = nullptr) {
        return walk_recording({&seed, 1}, scope);
    }

    // Leaves that a cotangent may have reached, in the order they were met, and their cotangents.
    const std::vector<Node*>& leaves() const { return leaves_; }
    // This walk's cotangent of a node it has claimed, or of any leaf.
    Array& cotangent(Node& node) {
        const bool ours = node.owner.load(std::memory_order_relaxed) == id_;
        return ours ? node.grad : foreign_cotangent(node);
    }

    // Whether `node` belongs to a live run (its `grad` is then in flux).
    static bool claimed(const Node& node) {
        return node.owner.load(std::memory_order_acquire) != 0;
    }
    // Moves out what the last walk left in a node; empty where a live run has it.
    static Array take_grad(Node& node);
    // Until no run of another thread has it. As `wait_for_other`.
    static void wait_until_free(const Node& node);

private:
    template <bool Watched>
    void walk_ready(WalkScope* scope);
    template <bool Watched>
    void step(Node& n);
    void step_checked(Node& n);
    void take(Node& n);
    enum class Claim { Ours, Foreign, Refused };
    Claim claim(Node& n, Node*& next);
    Claim claim_end(Node& n, std::uint16_t owner);
    bool is_stop(Node& n) const;
    [[gnu::noinline]] Array& foreign_cotangent(Node& node);
    void meet(std::uint16_t owner);
    void pull(Node& n);
    template <bool Watched>
    void pull_scalars(Node* n);
    void pull_elementwise(Node& n, Array&& g);
    void pull_structural(Node& n, Array&& g);
    void pass(Node& n);
    void count_down(Node& in);
    void retire(Node& n);
    // A node leaves the stack when its rules are done, and then nothing may fail before its inputs
    // are on it: what a run has claimed must stay in its reach.
    std::size_t room() const { return stack_.capacity() - stack_.size(); }
    void make_room(std::size_t n) {
        if (room() < n) stack_.reserve(2 * stack_.capacity() + n);
    }
    void start();
    void release_claims() noexcept;

    Node* root_ = nullptr;  // the only one, as a rule
    Nodes roots_;
    Nodes stops_;
    bool retain_;
    bool done_ = false;  // the walk has come to its end
    std::uint16_t id_ = 0;
    std::uint16_t blocked_by_ = 0;
    std::uint64_t blocked_serial_ = 0;
    std::int64_t work_ = 0;
    std::uint32_t ticks_ = 0;
    std::vector<Node*> stack_;  // marking: claimed, inputs not yet seen; walking: ready
    std::vector<Node*> leaves_;
    // Cotangents of leaves and stops that another run holds: they do not serialise walks.
    std::unordered_map<Node*, Array> foreign_;
};

}  // namespace rg

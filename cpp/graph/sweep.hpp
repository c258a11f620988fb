// The linear map that a recorded graph is, between some of its nodes: cotangents are pulled through
// it from its outputs to its inputs, tangents pushed the other way, many at once. Unlike a Run it
// claims nothing and commits nothing, and it may go through the same graph again and again. With
// the GIL.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/batched.hpp"

namespace rg {

class Sweep {
public:
    // A linked one is part of a graph itself: what it computes is recorded, and has tangents.
    // Throws GraphError where a node between them was freed by a backward.
    Sweep(std::vector<NodePtr> inputs, std::vector<NodePtr> outputs, bool linked);

    // Both take and give one value a node; an empty one is zero.
    std::vector<Batched> push(std::vector<Batched> tangents) const;
    std::vector<Batched> pull(std::vector<Batched> cotangents) const;

    // A rule written in Python, or a hook, lies between: what only a backward passes.
    bool external() const { return external_; }
    // Elements of the largest value between them.
    std::int64_t largest() const { return largest_; }

private:
    static constexpr std::uint32_t kNone = ~0u;

    struct Step {
        Node* node;
        std::uint32_t from[kMaxArity];  // places of the operands, or kNone
        std::uint32_t last_use;         // the last step that reads its tangent
    };

    void order();
    std::uint32_t add_step(Node& n);
    void recall_step(const Step& s, Batched* in, Batched& y) const;

    std::vector<NodePtr> inputs_, outputs_;
    std::vector<std::uint32_t> out_;  // places of the outputs
    std::vector<Step> steps_;         // in order; the inputs are the first
    bool linked_, external_ = false;
    std::int64_t largest_ = 0;
};

}  // namespace rg

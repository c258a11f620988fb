// The walk back over tensors: the same rules, on a type that records.
#include <unordered_map>
#include <utility>
#include <vector>

#include "graph/mode.hpp"
#include "graph/observe.hpp"
#include "graph/record.hpp"
#include "graph/rules.hpp"
#include "graph/run.hpp"

namespace rg {
namespace {

struct ForceRecording {
    const InRules quiet;
    bool before = std::exchange(force_recording, true);
    ~ForceRecording() { force_recording = before; }
};

using Cotangents = Run::Cotangents;

std::uint64_t walks_begun = 0;  // with the GIL

// Cotangents by node. A node knows its place in the list, unless another walk that records, of a
// rule's own or another thread's, has met it meanwhile: then an index is made.
class CotangentList {
public:
    // The place of a node, made at its first contribution.
    Tensor& at(Node& n) {
        if (n.slot < all_.size() && all_[n.slot].first == &n) return all_[n.slot].second;
        std::uint32_t place = std::uint32_t(all_.size());
        if (walks_begun != walk_) {
            for (; indexed_ < place; ++indexed_) index_[all_[indexed_].first] = indexed_;
            if (const auto it = index_.find(&n); it != index_.end()) place = it->second;
        }
        if (place == all_.size()) all_.emplace_back(&n, Tensor());
        n.slot = place;
        return all_[place].second;
    }
    Cotangents found() && {
        std::erase_if(all_, [](const auto& c) { return !c.second.layout(); });
        return std::move(all_);
    }

private:
    Cotangents all_;
    std::unordered_map<Node*, std::uint32_t> index_;
    std::uint32_t indexed_ = 0;
    const std::uint64_t walk_ = ++walks_begun;
};

void pull_recording(Node& n, CotangentList& sums) {
    if (n.has(Node::kHooks)) [[unlikely]]
        python_rules.hooks_recording(n, sums.at(n));
    const auto add = [&](std::uint32_t k, Tensor c) {
        Tensor& sum = sums.at(*n.input(k));
        sum = sum.layout() ? sum + c : std::move(c);
    };
    if (n.op->external) {
        std::vector<Tensor> given = python_rules.pull_recording(n, sums.at(n));
        for (std::uint32_t k = n.n_inputs; k-- > 0;) {
            if (n.input(k)) add(k, std::move(given[k]));
        }
        return;
    }
    Tensor in[kMaxArity];
    recall(n, in);
    const Tensor g = sums.at(n), y(n.value, NodePtr::share(&n));
    for (std::uint32_t k = n.n_inputs; k-- > 0;) {
        if (n.input(k)) add(k, pull_rule(*n.op, k, g, in, y, n.params()));
    }
}

}  // namespace

Run::Cotangents Run::walk_recording(std::span<const Tensor> seeds, WalkScope* scope) {
    const ForceRecording on;
    CotangentList sums;
    for (std::size_t k = 0; k < roots_.size(); ++k) {
        Tensor& sum = sums.at(*roots_[k]);
        sum = sum.layout() ? sum + seeds[k] : seeds[k];
    }
    start();
    while (!stack_.empty()) {
        if ((++ticks_ & 0xff) == 0) poll();
        Node& n = *stack_.back();
        if (scope) scope->entering(n);
        if (sums.at(n).layout()) pull_recording(n, sums);
        if (!n.handle.load()) {
            if (n.value.is_scalar()) n.grad = sums.at(n).value;
            sums.at(n) = Tensor();
        }
        make_room(n.n_inputs);
        pass(n);
        if (scope) scope->passed(n);
    }
    done_ = true;
    return std::move(sums).found();
}

}  // namespace rg

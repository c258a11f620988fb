// The walk back over tensors: the same rules, on a type that records.
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

// The place of a node in the list, made at its first contribution.
Tensor& at(Cotangents& all, Node& n) {
    if (n.slot >= all.size() || all[n.slot].first != &n) {
        n.slot = std::uint32_t(all.size());
        all.emplace_back(&n, Tensor());
    }
    return all[n.slot].second;
}

void pull_recording(Node& n, Cotangents& all) {
    Tensor in[kMaxArity];
    if (!n.op->external) recall(n, in);
    const Tensor g = at(all, n), y(n.value, NodePtr::share(&n));
    for (std::uint32_t k = n.n_inputs; k-- > 0;) {
        Node* to = n.input(k);
        if (!to) continue;
        Tensor c = pull_rule(*n.op, k, g, in, y, n.params());
        Tensor& sum = at(all, *to);
        sum = sum.layout() ? sum + c : std::move(c);
    }
}

}  // namespace

Run::Cotangents Run::walk_recording(std::span<const Tensor> seeds, WalkScope* scope) {
    const ForceRecording on;
    Cotangents all;
    for (std::size_t k = 0; k < roots_.size(); ++k) {
        Tensor& sum = at(all, *roots_[k]);
        sum = sum.layout() ? sum + seeds[k] : seeds[k];
    }
    start();
    while (!stack_.empty()) {
        if ((++ticks_ & 0xff) == 0) poll();
        Node& n = *stack_.back();
        if (scope) scope->entering(n);
        if (at(all, n).layout()) pull_recording(n, all);
        if (!n.handle.load()) {
            if (n.value.is_scalar()) n.grad = at(all, n).value;
            at(all, n) = Tensor();
        }
        make_room(n.n_inputs);
        pass(n);
        if (scope) scope->passed(n);
    }
    std::erase_if(all, [](const auto& c) { return !c.second.layout(); });
    done_ = true;
    return all;
}

}  // namespace rg

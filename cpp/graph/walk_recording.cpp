// The walk back over tensors: the same rules, instantiated on a type that records.
#include <array>
#include <unordered_map>
#include <utility>
#include <vector>

#include "array/error.hpp"
#include "graph/mode.hpp"
#include "graph/observe.hpp"
#include "graph/record.hpp"
#include "graph/run.hpp"
#include "ops/derive.hpp"
#include "ops/registry.hpp"

namespace rg {
namespace {

using Rule = Tensor (*)(Tensor g, const Tensor* in, const Tensor& y, const Params* params);
using Rules = std::array<Rule, kMaxArity>;

template <class Op, int K, std::size_t... I>
Tensor elementwise_rule(Tensor g, const Tensor* in, const Tensor& y, const Params*) {
    return [&]<std::size_t... J>(std::index_sequence<J...>) {
        return op::call_vjp<Op, K>(g, in[J]..., y);
    }(std::make_index_sequence<op::arity<Op>>{});
}

template <class Op>
constexpr Rules rules_of() {
    Rules r{};
    if constexpr (index_in<Op>(op::Elementwise{}) >= 0) {
        r[0] = elementwise_rule<Op, 0>;
        if constexpr (op::arity<Op> > 1) r[1] = elementwise_rule<Op, 1>;
        if constexpr (op::arity<Op> > 2) r[2] = elementwise_rule<Op, 2>;
    } else if constexpr (index_in<Op>(op::Structural{}) >= 0) {
        using P = typename Op::P;
        using T = const Tensor&;
        if constexpr (requires(Tensor g, T t, const P& p) { Op::vjp0(g, t, t, p); }) {
            r[0] = [](Tensor g, const Tensor* in, T y, const Params* p) {
                return Op::template vjp0<Tensor>(std::move(g), in[0], y, params_as<P>(p));
            };
        } else {
            r[0] = [](Tensor g, const Tensor* in, T y, const Params* p) {
                return Op::template vjp0<Tensor>(std::move(g), in[0], in[1], y, params_as<P>(p));
            };
            r[1] = [](Tensor g, const Tensor* in, T y, const Params* p) {
                return Op::template vjp1<Tensor>(std::move(g), in[0], in[1], y, params_as<P>(p));
            };
        }
    }
    return r;
}

template <class... Op>
constexpr std::array<Rules, sizeof...(Op)> all_rules(TypeList<Op...>) {
    return {rules_of<Op>()...};
}

constexpr auto rules = all_rules(op::All{});

struct ForceRecording {
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

// A cotangent of exactly the operand's shape. An elementwise rule may give less than the result's
// shape, where it is constant: it counts for every element there.
Tensor fit(Tensor c, const Node& n, const Layout& shape) {
    if (n.op->elementwise) c = broadcast_to(c, n.value.shape());
    return sum_to(std::move(c), shape.dims());
}

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
    for (std::uint32_t k = 0; k < n.n_inputs; ++k) {
        if (Node* from = n.input(k)) in[k] = {from->value, NodePtr::share(from)};
        if (n.has(Node::kSaves) && n.saved()[k]) in[k].value = n.saved()[k];
    }
    const Tensor g = sums.at(n), y(n.value, NodePtr::share(&n));
    for (std::uint32_t k = n.n_inputs; k-- > 0;) {
        Node* to = n.input(k);
        if (!to) continue;
        Tensor c = fit(rules[n.op->id][k](g, in, y, n.params()), n, *to->value.layout());
        add(k, std::move(c));
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

#include "graph/sweep.hpp"

#include <unordered_map>

#include "array/error.hpp"
#include "graph/mode.hpp"
#include "graph/rules.hpp"

namespace rg {
namespace {

void refuse_freed(const Node& n) {
    if (!n.freed.load(std::memory_order_relaxed)) return;
    throw GraphError(std::string(n.op->name) +
                     ": its saved values were freed by an earlier backward; "
                     "pass retain_graph=True to that one");
}

void add_to(Batched& sum, Batched&& part) {
    if (!part.layout()) return;
    sum = sum.layout() ? sum + part : std::move(part);
}

}  // namespace

Sweep::Sweep(std::vector<NodePtr> inputs, std::vector<NodePtr> outputs, bool linked)
    : inputs_(std::move(inputs)), outputs_(std::move(outputs)), linked_(linked) {
    order();
    for (const Step& s : steps_) largest_ = std::max(largest_, s.node->value.size());
}

// Depth first from the outputs: a node gets its place after its operands, if one of them has one.
void Sweep::order() {
    std::unordered_map<Node*, std::uint32_t> places;
    for (const NodePtr& in : inputs_) {
        places[in.get()] = std::uint32_t(steps_.size());
        steps_.push_back({in.get(), {kNone, kNone, kNone}, 0});
    }
    constexpr std::uint32_t kOpen = kNone - 1;
    std::vector<Node*> todo;
    for (const NodePtr& out : outputs_) {
        if (out) todo.push_back(out.get());
    }
    while (!todo.empty()) {
        if ((todo.size() & 0xfff) == 0) poll();
        Node& n = *todo.back();
        const auto [at, fresh] = places.try_emplace(&n, kOpen);
        if (fresh) {
            for (std::uint32_t k = 0; k < n.n_inputs; ++k) {
                if (n.input(k) && !places.contains(n.input(k))) todo.push_back(n.input(k));
            }
            continue;
        }
        todo.pop_back();
        if (at->second != kOpen) continue;
        Step step{&n, {kNone, kNone, kNone}, 0};
        bool between = false;
        for (std::uint32_t k = 0; k < n.n_inputs; ++k) {
            const std::uint32_t from = n.input(k) ? places.at(n.input(k)) : kNone;
            if (from == kNone) continue;
            between = true;
            if (k < kMaxArity) step.from[k] = from;
        }
        if (!between) {
            at->second = kNone;
            continue;
        }
        refuse_freed(n);
        external_ = external_ || n.op->external || n.has(Node::kHooks);
        at->second = std::uint32_t(steps_.size());
        for (const std::uint32_t from : step.from) {
            if (from != kNone) steps_[from].last_use = at->second;
        }
        steps_.push_back(step);
    }
    for (const NodePtr& out : outputs_) {
        out_.push_back(out ? places.at(out.get()) : kNone);
        if (out_.back() != kNone) steps_[out_.back()].last_use = kNone;
    }
}

// What the rules of a step read. Nothing is recorded where nothing has a node.
void Sweep::recall_step(const Step& s, Batched* in, Batched& y) const {
    Node& n = *s.node;
    Tensor operands[kMaxArity];
    recall(n, operands);
    for (std::uint32_t k = 0; k < n.n_inputs; ++k) {
        if (!linked_) operands[k].node = {};
        if (operands[k].layout()) in[k] = Batched(std::move(operands[k]));
    }
    y = Batched(linked_ ? Tensor(n.value, NodePtr::share(&n)) : Tensor(n.value));
}

std::vector<Batched> Sweep::push(std::vector<Batched> tangents) const {
    const InRules quiet;
    std::vector<Batched> t(steps_.size());
    for (std::size_t i = 0; i < inputs_.size(); ++i) t[i] = std::move(tangents[i]);
    for (std::uint32_t i = std::uint32_t(inputs_.size()); i < steps_.size(); ++i) {
        if ((i & 0xff) == 0) poll();
        const Step& s = steps_[i];
        Batched in[kMaxArity], from[kMaxArity], y;
        bool any = false;
        for (std::uint32_t k = 0; k < kMaxArity; ++k) {
            if (s.from[k] == kNone) continue;
            from[k] = t[s.from[k]];
            any = any || from[k].layout();
        }
        for (const std::uint32_t place : s.from) {
            if (place != kNone && steps_[place].last_use == i) t[place] = Batched();
        }
        if (!any) continue;
        recall_step(s, in, y);
        t[i] = push_rule<Batched>(*s.node->op, from, in, y, s.node->params());
    }
    std::vector<Batched> results;
    for (const std::uint32_t place : out_) {
        results.push_back(place == kNone ? Batched() : t[place]);
    }
    return results;
}

std::vector<Batched> Sweep::pull(std::vector<Batched> cotangents) const {
    const InRules quiet;
    std::vector<Batched> c(steps_.size());
    for (std::size_t i = 0; i < out_.size(); ++i) {
        if (out_[i] != kNone) add_to(c[out_[i]], std::move(cotangents[i]));
    }
    for (std::size_t i = steps_.size(); i-- > inputs_.size();) {
        if ((i & 0xff) == 0) poll();
        const Batched g = std::move(c[i]);
        if (!g.layout()) continue;
        const Step& s = steps_[i];
        Batched in[kMaxArity], y;
        recall_step(s, in, y);
        for (std::uint32_t k = s.node->n_inputs; k-- > 0;) {
            if (k >= kMaxArity || s.from[k] == kNone) continue;
            add_to(c[s.from[k]], pull_rule<Batched>(*s.node->op, k, g, in, y, s.node->params()));
        }
    }
    c.resize(inputs_.size());
    return c;
}

}  // namespace rg

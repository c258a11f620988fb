// The walk back over arrays. Contributions are stolen or written first, then added in place; a
// gradient that is a broadcast stays one until it must be written to.
#include <algorithm>
#include <vector>

#include "array/error.hpp"
#include "graph/anomaly.hpp"
#include "graph/observe.hpp"
#include "graph/run.hpp"
#include "ops/array_ops.hpp"
#include "ops/structural.hpp"
#include "ops/trace.hpp"

namespace rg {

PythonRules python_rules{};

namespace {

constexpr std::uint32_t kPollMask = 0xfff;

// Result, operands and cotangent are single numbers.
bool goes_by_numbers(const Node& n) { return n.has(Node::kScalar64) && n.grad; }

void add(Array& sum, double contribution) {
    if (sum) {
        sum.f64() += contribution;
    } else {
        sum = Array(contribution);
    }
}

// No operand before k takes a cotangent, so g is of no more use after k.
bool is_last(Node& n, std::uint32_t k) {
    while (k-- > 0) {
        if (n.input(k)) return false;
    }
    return true;
}

}  // namespace

// One consumer less; the last one makes the node ready.
inline void Run::count_down(Node& in) {
    if (in.owner.load(std::memory_order_relaxed) == id_ && --in.pending == 0) stack_.push_back(&in);
}

// The node is done: its memory goes, and its claim ends.
inline void Run::retire(Node& n) {
    if (!retain_) n.drop_saved();
    n.owner.store(0, std::memory_order_release);
}

// Roots that no other root was computed from are ready at once.
void Run::start() {
    for (Node* root : roots_) {
        if (root->owner.load(std::memory_order_relaxed) != id_ || root->pending) continue;
        if (std::find(stack_.begin(), stack_.end(), root) == stack_.end()) stack_.push_back(root);
    }
}

// Every ready node, until there is none. Unwatched it knows of no clock.
template <bool Watched>
void Run::walk_ready(WalkScope* scope) {
    while (!stack_.empty()) {
        if ((++ticks_ & kPollMask) == 0) poll();
        Node& n = *stack_.back();
        make_room(n.n_inputs);
        if constexpr (Watched) {
            anomaly::open_modes ? step_checked(n) : step<true>(n);
            scope->passed(n);
        } else {
            step<false>(n);
        }
    }
}

template <bool Watched>
inline void Run::step(Node& n) {
    if (goes_by_numbers(n)) [[likely]] {
        pull_scalars<Watched>(&n);
    } else {
        pull(n);
        pass(n);
    }
}

// In the anomaly mode: what the node's rules give is looked at before anybody uses it.
void Run::step_checked(Node& n) {
    const anomaly::Found came = n.grad ? anomaly::find(n.grad) : anomaly::Found{};
    // What an operand's other consumers have given it is not this node's doing either.
    std::vector<anomaly::Found> before(n.n_inputs, came);
    for (std::uint32_t k = 0; k < n.n_inputs; ++k) {
        if (!n.input(k)) continue;
        if (const Array& sum = cotangent(*n.input(k))) before[k] |= anomaly::find(sum);
    }
    pull(n);
    for (std::uint32_t k = 0; k < n.n_inputs; ++k) {
        if (!n.input(k)) continue;
        const Array& sum = cotangent(*n.input(k));
        if (sum) anomaly::check_backward(n, k, sum, before[k]);
    }
    pass(n);
}

void Run::walk(std::span<Array> seeds, WalkScope* scope) {
    for (std::size_t k = 0; k < roots_.size(); ++k) {
        accumulate(cotangent(*roots_[k]), std::move(seeds[k]));
    }
    start();
    scope ? walk_ready<true>(scope) : walk_ready<false>(nullptr);
    done_ = true;
}

void Run::pull(Node& n) {
    if (!n.grad) return;  // a rule in Python gave nothing
    if (n.has(Node::kHooks)) [[unlikely]]
        python_rules.hooks(n, n.grad);
    if (n.op->external) return python_rules.pull(*this, n);
    const bool keep = n.handle.load(std::memory_order_relaxed) || n.grad.is_scalar();
    Array g = keep ? n.grad : std::move(n.grad);
    if (n.op->elementwise) {
        pull_elementwise(n, std::move(g));
    } else {
        pull_structural(n, std::move(g));
    }
}

// Rules and passing on in one loop over the inputs, and from one number to the next that is ready:
// most of a scalar graph's backward is here. Watched, or where the stack has no room, the loop in
// `walk_ready` comes between.
template <bool Watched>
[[gnu::noinline]] void Run::pull_scalars(Node* n) {
    stack_.pop_back();
    for (const std::uint16_t id = id_;;) {
        const double g = n->grad.f64(), y = n->value.f64();
        const Array* saved = n->saved();
        Node* next = nullptr;
        for (std::uint32_t k = 0, end = n->n_inputs; k < end; ++k) {
            Node* in = n->input(k);
            if (!in) continue;
            const double c = n->op->pull64[k](g, saved, y);
            if (in->owner.load(std::memory_order_relaxed) != id) [[unlikely]] {
                add(cotangent(*in), c);
                continue;
            }
            add(in->grad, c);
            if (--in->pending) continue;
            if (next) stack_.push_back(next);
            next = in;
        }
        retire(*n);
        if (!next) return;
        const bool polls = ((ticks_ + 1) & kPollMask) == 0;
        if (Watched || polls || room() < next->n_inputs || !goes_by_numbers(*next)) {
            return stack_.push_back(next);
        }
        ++ticks_;
        n = next;
    }
}

void Run::pull_elementwise(Node& n, Array&& g) {
    for (std::uint32_t k = n.n_inputs; k-- > 0;) {
        Node* in = n.input(k);
        if (!in) continue;
        Array& sum = cotangent(*in);
        const bool last = is_last(n, k);
        if (n.op->passes[k]) {
            accumulate(sum, sum_to(last ? std::move(g) : g, in->value.shape()));
        } else if (!in->value.same_shape(g)) {
            Array full = Array::empty(g.dtype(), g.shape());
            pull_into(*n.op, k, g, n.saved(), n.value, full, false);
            accumulate(sum, sum_to(std::move(full), in->value.shape()));
        } else if (sum && sum.unique() && sum.contiguous()) {
            pull_into(*n.op, k, g, n.saved(), n.value, sum, true);
        } else if (sum) {
            Array out = Array::empty(g.dtype(), g.shape());
            pull_onto(*n.op, k, g, n.saved(), n.value, sum, out);
            sum = std::move(out);
        } else {
            Array out =
                last && g.unique() && g.contiguous() ? g : Array::empty(g.dtype(), g.shape());
            pull_into(*n.op, k, g, n.saved(), n.value, out, false);
            sum = std::move(out);
        }
    }
}

void Run::pull_structural(Node& n, Array&& g) {
    Array in[kMaxArity];
    for (std::uint32_t k = 0; k < n.n_inputs; ++k) {
        if (n.has(Node::kSaves) && n.saved()[k]) {
            in[k] = n.saved()[k];
        } else if (n.input(k)) {
            in[k] = n.input(k)->value;
        }
    }
    for (std::uint32_t k = n.n_inputs; k-- > 0;) {
        Node* to = n.input(k);
        if (!to) continue;
        Array& sum = cotangent(*to);
        if (n.op->accumulate) {
            n.op->accumulate(sum, g, n.params());
            continue;
        }
        Array c = n.op->vjp[k](is_last(n, k) ? std::move(g) : Array(g), in, n.value, n.params());
        accumulate(sum, sum_to(std::move(c), to->value.shape()));
    }
}

void Run::pass(Node& n) {
    stack_.pop_back();
    for (std::uint32_t k = 0; k < n.n_inputs; ++k) {
        if (Node* in = n.input(k)) count_down(*in);
    }
    if (n.grad && !n.grad.is_scalar() && !n.handle.load(std::memory_order_relaxed)) n.grad.reset();
    retire(n);
}

}  // namespace rg

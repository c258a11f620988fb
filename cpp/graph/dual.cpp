#include "graph/dual.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "array/error.hpp"
#include "graph/mode.hpp"
#include "graph/record.hpp"
#include "graph/rules.hpp"
#include "ops/array_ops.hpp"
#include "ops/registry.hpp"
#include "ops/trace.hpp"

namespace rg::dual {

int levels = 0;
std::int64_t carriers = 0;

namespace {

class Dual;

// One tangent of one value, in the list of all of its level.
struct Tangent {
    Tensor t;
    Level level;
    Dual* owner;
    Tangent* previous = nullptr;
    Tangent* next = nullptr;

    void unlink() noexcept {
        previous->next = next;
        if (next) next->previous = previous;
        previous = next = nullptr;
    }
};

struct OpenLevel {
    Level level;
    Tangent first;  // no tangent, the head of the list
};

std::vector<std::unique_ptr<OpenLevel>> open;  // ascending
Level last_level = 0;

// Only levels below it are followed: while a tangent is computed, its own perturbation and those
// inside it are none of its business.
thread_local Level ceiling = kAll;

struct Below {
    explicit Below(Level level) : before(std::exchange(ceiling, level)) {}
    ~Below() { ceiling = before; }
    Level before;
    InRules quiet;
};

// Drops tangents without recursion: one's node may own the next.
void bury(Tangent* dead) noexcept {
    static Tangent* grave = nullptr;
    static bool digging = false;
    dead->next = std::exchange(grave, dead);
    if (digging) return;
    digging = true;
    while (Tangent* t = grave) {
        grave = t->next;
        delete t;
    }
    digging = false;
}

// A tangent that was moved to another value and written to there, and what the write has covered.
struct Taken {
    Tangent *from, *to;
    Array covered;

    void give_back(const Place& p) noexcept {
        from->t.value = std::move(to->t.value);
        write_at(from->t.value, covered, p);
    }
};

// The tangents of a node, around the parameters of its operation.
class Dual final : public Params {
public:
    explicit Dual(ParamsPtr params) : params_(std::move(params)) {}
    ~Dual() override {
        if (carrier) --carriers;
        for (Taken& t : taken) t.give_back(params_as<Place>(own()));
        for (Tangent* t : tangents_) {
            t->unlink();
            bury(t);
        }
    }
    const Params* own() const noexcept override { return params_.get(); }

    // Ascending in level; each is added after those of earlier levels.
    std::span<Tangent* const> tangents() const { return tangents_; }
    Tangent& add(Tensor t, OpenLevel& to) {
        tangents_.reserve(tangents_.size() + 1);
        auto* made = new Tangent{std::move(t), to.level, this, &to.first, to.first.next};
        if (made->next) made->next->previous = made;
        to.first.next = made;
        tangents_.push_back(made);
        return *made;
    }
    void forget(Tangent* t) noexcept { std::erase(tangents_, t); }

    Node* carrier = nullptr;                  // the node, where it is one
    std::array<NodePtr, kMaxArity> operands;  // carriers among what the rules read
    std::vector<Taken> taken;                 // of a write under way

private:
    ParamsPtr params_;
    std::vector<Tangent*> tangents_;
};

Dual* dual_of(Node* n) {
    if (!n || !n->has(Node::kDual)) return nullptr;
    return static_cast<Dual*>(const_cast<Params*>(*n->params_place()));
}

Tangent* find(const Tensor& x, Level level) {
    if (const Dual* d = dual_of(x.node.get())) {
        for (Tangent* t : d->tangents()) {
            if (t->level == level) return t;
        }
    }
    return nullptr;
}

// Levels that operands have tangents of, ascending.
std::vector<OpenLevel*> levels_of(const OpInfo& op, const Tensor* in) {
    std::vector<OpenLevel*> found;
    for (const auto& level : open) {
        if (level->level >= ceiling) break;
        for (int k = 0; k < op.arity; ++k) {
            if (!find(in[k], level->level)) continue;
            found.push_back(level.get());
            break;
        }
    }
    return found;
}

NodePtr new_carrier(const Array& value, const ParamsPtr& held, Dual& dual) {
    NodePtr n = NodePtr::adopt(
        Node::make(Node::carrier_op, 0, unsigned(Node::kParams) | unsigned(Node::kDual)));
    n->value = value.without_value();
    held.get()->retain();
    *n->params_place() = held.get();
    dual.carrier = n.get();
    ++carriers;
    return n;
}

ParamsPtr same_shape(const Tensor& x) { return make_params(Shape{x.value.shape()}); }

// Room for tangents on a node that has parameters, or on a carrier in place of none.
Dual& make_dual(NodePtr& node, const Tensor& x) {
    auto* dual = new Dual(node ? ParamsPtr(node->params()) : ParamsPtr());
    const ParamsPtr held(dual);
    if (node) {
        held.get()->retain();
        std::exchange(*node->params_place(), held.get())->release();
        node->flags |= Node::kDual;
    } else {
        node = new_carrier(x.value, held, *dual);
    }
    return *dual;
}

// Nothing that an operation on it would record or follow.
bool is_plain(const Tensor& x, Level level) {
    if (!x.node) return true;
    const Dual* d = x.recorded() ? nullptr : dual_of(x.node.get());
    return d && (d->tangents().empty() || d->tangents()[0]->level >= level);
}

// The tangent by the kernels of the backward, an operand a pass, where nothing is nested.
Array push_arrays(const OpInfo& op, const Tensor* t, const Tensor* in, const Array& y) {
    Array values[kMaxArity], sum;
    for (int k = 0; k < op.arity; ++k) values[k] = in[k].value;
    for (int k = 0; k < op.arity; ++k) {
        const Array& g = t[k].value;
        if (!g) continue;
        if (y.is_scalar64()) {
            accumulate(sum, Array(op.pull64[k](g.f64(), values, y.f64())));
        } else if (op.passes[k]) {
            accumulate(sum, broadcast_to(g, y.shape()));
        } else if (sum) {
            if (!sum.unique() || !sum.contiguous()) sum = copy(sum);
            pull_into(op, std::uint32_t(k), g, values, y, sum, true);
        } else {
            sum = Array::empty(y.dtype(), y.shape());
            pull_into(op, std::uint32_t(k), g, values, y, sum, false);
        }
    }
    return sum;
}

Tensor push(const OpInfo& op, const Tensor* in, const Tensor& y, Level level,
            const ParamsPtr& params) {
    const Below below(level);
    Tensor t[kMaxArity];
    bool plain = op.elementwise;
    for (int k = 0; k < op.arity; ++k) {
        if (const Tangent* found = find(in[k], level)) t[k] = found->t;
        plain = plain && is_plain(in[k], level) && is_plain(t[k], level);
    }
    if (plain) return Tensor(push_arrays(op, t, in, y.value));
    return push_rule<Tensor>(op, t, in, y, params.get());
}

// A rule in Python may.
bool reads_result(const Node& n) {
    unsigned reads = n.op && n.op->external ? op::kReadsResult : 0;
    for (int k = 0; n.op && k < n.op->arity; ++k) reads |= n.op->reads[k];
    return reads & op::kReadsResult;
}

// A write to the tangent of in[0] where it lies; false where something else needs it as it is.
bool set_in_place(Dual& dual, const Tensor* in, OpenLevel& level, const Place& p) {
    Tangent* from = find(in[0], level.level);
    const Tangent* value = find(in[1], level.level);
    if (!from || from->t.node || (value && value->t.node)) return false;
    Array& t = from->t.value;
    if (t.is_scalar() || !t.unique() || !t.contiguous()) return false;
    dual.taken.reserve(dual.taken.size() + 1);
    Array covered = copy(getitem(t, p));
    Tangent& to = dual.add(Tensor(), level);
    write_at(t, value ? value->t.value : Array::scalar(t.dtype(), 0), p);
    to.t.value = std::move(t);
    dual.taken.push_back({from, &to, std::move(covered)});
    return true;
}

NodePtr record_dual(const OpInfo& op, const Tensor* in, const Array& out, const ParamsPtr& params,
                    bool alone) {
    if (!op.differentiable) return record_plain(op, in, out, params);
    const std::vector<OpenLevel*> found = levels_of(op, in);
    if (found.empty() || !recording()) return record_plain(op, in, out, params);
    auto* dual = new Dual(params);
    const ParamsPtr held(dual);
    NodePtr node = record_plain(op, in, out, held);
    if (node) {
        node->flags |= Node::kDual;
        for (std::uint32_t k = 0; k < op.arity; ++k) {
            if (in[k].node && !in[k].recorded()) dual->operands[k] = in[k].node;
        }
    } else {
        node = new_carrier(out, held, *dual);
    }
    const Tensor y(out, node);
    for (OpenLevel* level : found) {
        if (alone && set_in_place(*dual, in, *level, params_as<Place>(params.get()))) continue;
        dual->add(push(op, in, y, level->level, params), *level);
    }
    return node;
}

OpenLevel& find_level(Level level) {
    for (const auto& l : open) {
        if (l->level == level) return *l;
    }
    throw GraphError("jvp: its level is closed");
}

}  // namespace

Level open_level() {
    if (ceiling != kAll) throw GraphError("jvp: not inside a rule for tangents");
    open.push_back(std::make_unique<OpenLevel>(OpenLevel{++last_level, {}}));
    ++levels;
    ++open_modes;
    return last_level;
}

void close_level(Level level, void (*on_plain)(Node& carrier) noexcept) {
    OpenLevel& closing = find_level(level);
    while (Tangent* t = closing.first.next) {
        t->unlink();
        Dual& owner = *t->owner;
        owner.forget(t);
        const NodePtr carrier = NodePtr::share(owner.tangents().empty() ? owner.carrier : nullptr);
        if (carrier) on_plain(*carrier);
        bury(t);
    }
    std::erase_if(open, [&](const auto& l) { return l.get() == &closing; });
    --levels;
    --open_modes;
}

void give(Tensor& x, const Tensor& tangent, Level level) {
    OpenLevel& to = find_level(level);
    if (!tangent.value.same_shape(x.value)) {
        throw ShapeError("jvp: a tangent of shape " + to_string(tangent.value.shape()) +
                         " came for a primal of shape " + to_string(x.value.shape()));
    }
    Dual* dual = dual_of(x.node.get());
    if (!dual) dual = &make_dual(x.node, x);
    dual->add(cast(tangent, {x.value.dtype()}), to);
}

Tensor attach(const Tensor& x, const Tensor& tangent, Level level) {
    // A view of x has x's node below it, and the tangents of earlier levels.
    const Below below(level);
    const Tensor in[] = {x};
    Tensor made(x.value, rg::record(info<op::Reshape>(), in, x.value, same_shape(x)));
    give(made, tangent, level);
    return made;
}

Tensor variable(const Tensor& x) {
    const Tensor in[] = {{x.value, NodePtr::adopt(Node::leaf(x.value))}};
    NodePtr node = record_plain(info<op::Reshape>(), in, x.value, same_shape(x));
    const Dual* from = dual_of(x.node.get());
    if (!node || !from) return {x.value, std::move(node)};
    Dual& dual = make_dual(node, x);
    for (const Tangent* t : from->tangents()) dual.add(t->t, find_level(t->level));
    return {x.value, std::move(node)};
}

Tensor tangent_of(const Tensor& x, Level level) {
    const Tangent* found = find(x, level);
    return found ? found->t : Tensor();
}

Level top_level(const Tensor& x) {
    Level top = 0;
    if (const Dual* d = levels ? dual_of(x.node.get()) : nullptr) {
        for (const Tangent* t : d->tangents()) {
            if (t->level < ceiling) top = t->level;
        }
    }
    return top;
}

Level follow_below(Level level) { return std::exchange(ceiling, level); }

bool has_tangent(const Tensor& x) {
    const Dual* d = levels ? dual_of(x.node.get()) : nullptr;
    return d && !d->tangents().empty() && d->tangents()[0]->level < ceiling;
}

NodePtr record(const OpInfo& op, const Tensor* in, const Array& out, const ParamsPtr& params) {
    return record_dual(op, in, out, params, false);
}

NodePtr record_write(const OpInfo& op, const Tensor* in, const Array& out,
                     const ParamsPtr& params) {
    const Node* n = in[0].node.get();
    // The caller's value and in[0]: nobody else has it, nor does its own rule read it.
    const bool alone = n && n->count == 2 && !reads_result(*n);
    return record_dual(op, in, out, params, alone);
}

void settle(Node& n) noexcept {
    if (Dual* d = dual_of(&n)) d->taken.clear();
}

void recall_carriers(Node& n, Tensor* in) {
    const Dual* d = dual_of(&n);
    for (std::uint32_t k = 0; k < n.n_inputs; ++k) {
        if (d->operands[k]) in[k].node = d->operands[k];
    }
}

}  // namespace rg::dual

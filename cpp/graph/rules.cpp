#include "graph/rules.hpp"

#include <array>

#include "array/error.hpp"
#include "graph/record.hpp"
#include "ops/derive.hpp"
#include "ops/registry.hpp"

namespace rg {
namespace {

// What an operation has for a carrier V: a cotangent rule per operand, and, where it is not
// elementwise, one for tangents.
template <class V>
struct Rules {
    using Pull = V (*)(V g, const V* in, const V& y, const Params* params);
    using Push = V (*)(const V* t, const V* in, const V& y, const Params* params);

    Pull pull[kMaxArity] = {};
    Push push = nullptr;
};

template <class V>
void add_to(V& sum, V&& part) {
    sum = sum.layout() ? sum + part : std::move(part);
}

template <class V, class Op, int K>
V pull_elementwise(V g, const V* in, const V& y, const Params*) {
    return [&]<std::size_t... J>(std::index_sequence<J...>) -> V {
        return op::call_vjp<Op, K>(g, in[J]..., y);
    }(std::make_index_sequence<op::arity<Op>>{});
}

template <class V>
V zero(V g, const V*, const V&, const Params*) {
    return lift(op::Const{0}, g);
}

template <class V, class Op, int K>
constexpr typename Rules<V>::Pull pull_of() {
    if constexpr (op::vanishes<Op, K>) {
        return zero<V>;
    } else {
        return pull_elementwise<V, Op, K>;
    }
}

template <class V, class Op>
V push_structural(const V* t, const V* in, const V& y, const Params* params) {
    const auto& p = params_as<typename Op::P>(params);
    if constexpr (requires { Op::bilinear; }) {
        V sum;
        if (t[0].layout()) add_to(sum, Op::run(t[0], in[1], p));
        if (t[1].layout()) add_to(sum, Op::run(in[0], t[1], p));
        return sum;
    } else if constexpr (requires { Op::linear; }) {
        return Op::run(t[0], p);
    } else if constexpr (requires { Op::jvp(t[0], t[1], in[0], y, p); }) {
        return Op::jvp(t[0], t[1], in[0], y, p);
    } else if constexpr (requires { Op::jvp(t[0], t[1], p); }) {
        return Op::jvp(t[0], t[1], p);
    } else {
        return Op::jvp(t[0], in[0], y, p);
    }
}

template <class V, class Op>
constexpr Rules<V> rules_of() {
    Rules<V> r{};
    if constexpr (index_in<Op>(op::Elementwise{}) >= 0) {
        r.pull[0] = pull_of<V, Op, 0>();
        if constexpr (op::arity<Op> > 1) r.pull[1] = pull_of<V, Op, 1>();
        if constexpr (op::arity<Op> > 2) r.pull[2] = pull_of<V, Op, 2>();
    } else if constexpr (index_in<Op>(op::Structural{}) >= 0) {
        using P = typename Op::P;
        using T = const V&;
        constexpr bool unary = requires(V g, T t, const P& p) { Op::vjp0(g, t, t, p); };
        if constexpr (unary) {
            r.pull[0] = [](V g, const V* in, T y, const Params* p) {
                return Op::template vjp0<V>(std::move(g), in[0], y, params_as<P>(p));
            };
        } else {
            r.pull[0] = [](V g, const V* in, T y, const Params* p) {
                return Op::template vjp0<V>(std::move(g), in[0], in[1], y, params_as<P>(p));
            };
            r.pull[1] = [](V g, const V* in, T y, const Params* p) {
                return Op::template vjp1<V>(std::move(g), in[0], in[1], y, params_as<P>(p));
            };
        }
        r.push = push_structural<V, Op>;
    }
    return r;
}

template <class V, class... Op>
constexpr std::array<Rules<V>, sizeof...(Op)> all_rules(TypeList<Op...>) {
    return {rules_of<V, Op>()...};
}

template <class V>
constexpr auto rules = all_rules<V>(op::All{});

// Every element of the result is a function of one element of each operand, so the cotangent rule
// is a product with the derivative, and takes a tangent as well.
template <class V>
V push_elementwise(const OpInfo& op, const V* t, const V* in, const V& y, const Params* params) {
    V sum;
    for (int k = 0; k < op.arity; ++k) {
        if (!t[k].layout()) continue;
        V part = rules<V>[op.id].pull[k](t[k], in, y, params);
        add_to(sum, broadcast_to(part, Meta(y).shape()));
    }
    return sum;
}

}  // namespace

template <class V>
V pull_rule(const OpInfo& op, std::uint32_t k, V g, const V* in, const V& y, const Params* params) {
    if (op.external) {
        throw GraphError("custom: a rule written on arrays has no second derivative");
    }
    V c = rules<V>[op.id].pull[k](std::move(g), in, y, params);
    // An elementwise rule may give less than the result's shape, where it is constant: it counts
    // for every element there.
    if (op.elementwise) c = broadcast_to(c, Meta(y).shape());
    return sum_to(std::move(c), Meta(in[k]).shape());
}

template <class V>
V push_rule(const OpInfo& op, const V* t, const V* in, const V& y, const Params* params) {
    if (op.external) throw GraphError("custom: a rule written on arrays takes no tangents");
    if (op.elementwise) return push_elementwise(op, t, in, y, params);
    return rules<V>[op.id].push(t, in, y, params);
}

template Tensor pull_rule(const OpInfo&, std::uint32_t, Tensor, const Tensor*, const Tensor&,
                          const Params*);
template Batched pull_rule(const OpInfo&, std::uint32_t, Batched, const Batched*, const Batched&,
                           const Params*);
template Tensor push_rule(const OpInfo&, const Tensor*, const Tensor*, const Tensor&,
                          const Params*);
template Batched push_rule(const OpInfo&, const Batched*, const Batched*, const Batched&,
                           const Params*);

}  // namespace rg

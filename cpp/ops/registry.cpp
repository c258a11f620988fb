#include "ops/registry.hpp"

#include <array>
#include <atomic>

#include "ops/kernels.hpp"
#include "ops/vector_math.hpp"

namespace rg {
namespace {

// exp and its like take about four times as long as an addition, some of them more.
constexpr std::uint8_t loop_work(bool calls) { return calls ? 4 : 1; }

template <class Op>
constexpr OpInfo head() {
    OpInfo r{};
    r.name = Op::name;
    r.symbol = Op::symbol;
    r.id = std::uint8_t(index_in<Op>(op::All{}));
    return r;
}

// One zero does for all.
template <class Op, int K, class T>
constexpr void add_pull_loops(OpInfo& r) {
    constexpr bool zero = op::vanishes<Op, K>;
    using Rule = std::conditional_t<zero, op::Sign, Op>;
    r.pull[K][int(dtype_of<T>)][0] = op::pull_loop < Rule, zero ? 0 : K, T, false > ;
    r.pull[K][int(dtype_of<T>)][1] = op::pull_loop < Rule, zero ? 0 : K, T, true > ;
}

template <class Op, int K>
constexpr void add_elementwise_rule(OpInfo& r) {
    using namespace op;
    constexpr auto operands = std::make_index_sequence<arity<Op>>{};
    r.reads[K] = std::uint8_t(traced<Op, K>.reads);
    r.passes[K] = traced<Op, K>.is_cotangent;
    r.vjp_flops[K] = std::uint8_t(traced<Op, K>.flops);
    r.vjp_loop_work[K] = loop_work(traced<Op, K>.calls);
    r.pull64[K] = [](double g, const Array* in, double y) {
        return pull64<Op, K>(g, in, y, operands);
    };
    add_pull_loops<Op, K, double>(r);
    add_pull_loops<Op, K, float>(r);
    if constexpr (takes_complex<Op>) {
        add_pull_loops<Op, K, std::complex<double>>(r);
        add_pull_loops<Op, K, std::complex<float>>(r);
    }
}

template <class Op>
constexpr OpInfo elementwise_record() {
    using namespace op;
    constexpr int n = arity<Op>;
    constexpr auto operands = std::make_index_sequence<n>{};
    OpInfo r = head<Op>();
    r.arity = n;
    r.elementwise = true;
    r.differentiable = differentiable<Op>;
    r.direct = !std::is_base_of_v<ByKernel, Op>;
    r.reports = !std::is_base_of_v<Quiet, Op>;
    r.own_kernel = std::is_base_of_v<OwnKernel, Op>;
    r.loop_work = loop_work(!r.direct || (r.own_kernel && !made_of_words<Op>(operands)));
    r.run64 = [](const double* in) { return run64<Op>(in, operands); };
    if constexpr (differentiable<Op>) {
        r.flops = std::uint8_t(run_flops<Op>(operands));
        add_elementwise_rule<Op, 0>(r);
        if constexpr (n > 1) add_elementwise_rule<Op, 1>(r);
        if constexpr (n > 2) add_elementwise_rule<Op, 2>(r);
    }
    return r;
}

// Stands where a rule may not look: it turns into shape and dtype, and into nothing else.
struct ShapeOnly {
    operator Meta() const;
};

template <class Op, int K, class... A>
    requires(K == 0)
auto call_rule(Array&& g, const A&... a) -> decltype(Op::template vjp0<Array>(std::move(g), a...)) {
    return Op::template vjp0<Array>(std::move(g), a...);
}
template <class Op, int K, class... A>
    requires(K == 1)
auto call_rule(Array&& g, const A&... a) -> decltype(Op::template vjp1<Array>(std::move(g), a...)) {
    return Op::template vjp1<Array>(std::move(g), a...);
}

// Whether rule K can be written down with operands, and a result, of these types.
template <class Op, int K, class... A>
concept Takes = requires(Array g, const A&... a, const typename Op::P& p) {
    call_rule<Op, K>(std::move(g), a..., p);
};

template <class Op, int K>
constexpr void add_unary_rule(OpInfo& r) {
    using P = typename Op::P;
    constexpr bool x = !Takes<Op, K, ShapeOnly, Array>, y = !Takes<Op, K, Array, ShapeOnly>;
    r.reads[K] = std::uint8_t((x ? 1 : 0) | (y ? op::kReadsResult : 0));
    r.vjp[K] = [](Array&& g, const Array* in, const Array& out, const Params* p) {
        return call_rule<Op, K>(std::move(g), in[0], out, params_as<P>(p));
    };
}

template <class Op, int K>
constexpr void add_binary_rule(OpInfo& r) {
    using P = typename Op::P;
    constexpr bool a = !Takes<Op, K, ShapeOnly, Array, Array>;
    constexpr bool b = !Takes<Op, K, Array, ShapeOnly, Array>;
    constexpr bool y = !Takes<Op, K, Array, Array, ShapeOnly>;
    r.reads[K] = std::uint8_t((a ? 1 : 0) | (b ? 2 : 0) | (y ? op::kReadsResult : 0));
    r.vjp[K] = [](Array&& g, const Array* in, const Array& out, const Params* p) {
        return call_rule<Op, K>(std::move(g), in[0], in[1], out, params_as<P>(p));
    };
}

template <class Op>
constexpr OpInfo structural_record() {
    using P = typename Op::P;
    OpInfo r = head<Op>();
    r.differentiable = true;
    r.reports = true;
    r.view = requires { Op::view; };
    r.indexes = requires { Op::indexes; };
    r.lazy_vjp = requires { Op::lazy_vjp; };
    if constexpr (requires { &Op::work; }) r.work = Op::work;
    if constexpr (Takes<Op, 0, Array, Array>) {
        r.arity = 1;
        r.run = [](Array* in, const Params* p) { return Op::run(in[0], params_as<P>(p)); };
        add_unary_rule<Op, 0>(r);
    } else {
        r.arity = 2;
        r.run = [](Array* in, const Params* p) { return Op::run(in[0], in[1], params_as<P>(p)); };
        add_binary_rule<Op, 0>(r);
        add_binary_rule<Op, 1>(r);
    }
    if constexpr (requires { &Op::accumulate; }) {
        r.accumulate = [](Array& sum, const Array& g, const Params* p) {
            Op::accumulate(sum, g, params_as<P>(p));
        };
    }
    return r;
}

constexpr OpInfo custom_record() {
    OpInfo r = head<op::Custom>();
    r.differentiable = true;
    r.external = true;
    return r;
}

template <class... E, class... M, class... S>
constexpr std::array<OpInfo, kOpCount> records(TypeList<E...>, TypeList<M...>, TypeList<S...>) {
    return {elementwise_record<E>()..., elementwise_record<M>()..., structural_record<S>()...,
            custom_record()};
}

template <class Op>
std::array<Kernel, kNumberTypes> kernels_of() {
    std::array<Kernel, kNumberTypes> all{
        {{op::run_loop<Op, double>}, {op::run_loop<Op, float>}, {}, {}}};
    if constexpr (op::takes_complex<Op>) {
        all[int(DType::c128)].loop = op::run_loop<Op, std::complex<double>>;
        all[int(DType::c64)].loop = op::run_loop<Op, std::complex<float>>;
    }
    return all;
}

template <class... Op>
std::array<std::array<Kernel, kNumberTypes>, sizeof...(Op)> default_kernels(TypeList<Op...>) {
    return {kernels_of<Op>()...};
}

using AllElementwise = Concat<op::Elementwise, op::Auxiliary>;
using KernelTable = std::array<std::array<Kernel, kNumberTypes>, AllElementwise::size>;
KernelTable kernels = default_kernels(AllElementwise{}), exact_kernels = kernels;
std::atomic<const KernelTable*> current = &kernels;
Replaced replaced[AllElementwise::size][kNumberTypes];

}  // namespace

extern constexpr std::array<OpInfo, kOpCount> op_table =
    records(op::Elementwise{}, op::Auxiliary{}, op::Structural{});

const OpInfo* find(std::string_view name) {
    for (const OpInfo& op : op_table) {
        if (name == op.name) return &op;
    }
    return nullptr;
}

std::span<const OpInfo> all_ops() { return op_table; }

const Kernel& forward_kernel(const OpInfo& op, DType dtype) {
    return (*current.load(std::memory_order_relaxed))[op.id][int(dtype)];
}

void replace_kernel(const OpInfo& op, DType dtype, Kernel theirs, bool vector) {
    Replaced& r = replaced[op.id][int(dtype)] = {theirs, dtype, op.arity};
    exact_kernels[op.id][int(dtype)] = theirs;
    Kernel& ours = kernels[op.id][int(dtype)];
    if (const Loop loop = vector ? vector_loop(op, dtype) : nullptr) {
        ours = {loop, &r};
    } else if (!op.own_kernel) {
        ours = op.direct ? theirs : Kernel{op::dense_loop, &r};
    }
}

void set_exact(bool on) { current = on ? &exact_kernels : &kernels; }
bool is_exact() { return current == &exact_kernels; }

}  // namespace rg

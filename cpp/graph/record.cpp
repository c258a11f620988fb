#include "graph/record.hpp"

#include "array/error.hpp"
#include "array/float_flags.hpp"
#include "graph/anomaly.hpp"
#include "graph/dual.hpp"
#include "graph/mode.hpp"
#include "graph/observe.hpp"
#include "ops/registry.hpp"
#include "ops/trace.hpp"

namespace rg {

int open_modes = 0;
int grad_modes = 0;
bool (*recording_hook)() = nullptr;
thread_local bool force_recording = false;
thread_local int in_rules = 0;
void (*float_error_hook)(const OpInfo& op, int flags) = nullptr;

namespace {

void report_flags(const OpInfo& op) {
    if (!op.reports || !float_error_hook || in_rules) return;
    if (const int flags = float_flags()) float_error_hook(op, flags);
}

double run_scalars(const OpInfo& op, const double* x) {
    if (op.direct) {
        const double y = op.run64(x);
        if (!may_have_raised(y) || !op.reports) [[likely]]
            return y;
    }
    double y;
    char* args[kMaxArity + 1];
    for (int k = 0; k < op.arity; ++k)
        args[k] = reinterpret_cast<char*>(const_cast<double*>(x + k));
    args[op.arity] = reinterpret_cast<char*>(&y);
    const std::intptr_t one = 1, strides[kMaxArity + 1] = {8, 8, 8, 8};
    clear_float_flags();
    forward_kernel(op, DType::f64)(args, &one, strides);
    report_flags(op);
    return y;
}

// Operands of different types meet by a recorded cast.
void promote(const OpInfo& op, Tensor* in) {
    DType met = in[0].value.dtype();
    bool differ = false;
    for (int k = 1; k < op.arity; ++k) {
        differ = differ || in[k].value.dtype() != met;
        met = common(met, in[k].value.dtype());
    }
    for (int k = 0; differ && k < op.arity; ++k) {
        if (in[k].value.dtype() != met) in[k] = cast(in[k], Target{met});
    }
}

}  // namespace

Array keep(const Array& a) {
    const Buffer* b = a.buffer();
    return b && (b->writable_leases || b->borrowed()) ? copy(a) : a;
}

NodePtr record_plain(const OpInfo& op, const Tensor* in, const Array& out,
                     const ParamsPtr& params) {
    const int n = op.arity;
    unsigned need = 0, flags = 0;
    bool any = false, scalars = op.elementwise && out.is_scalar64();
    for (int k = 0; k < n; ++k) {
        scalars = scalars && in[k].value.is_scalar64();
        if (const Node* node = in[k].recorded()) {
            any = true;
            need |= op.reads[k];
            flags |= node->flags & Node::kPython;
        }
    }
    if (!any || !recording() || !op.differentiable) return {};
    if (scalars) flags |= Node::kScalar64;
    if (need & ((1u << n) - 1)) flags |= Node::kSaves;
    if (params.get()) flags |= Node::kParams;
    NodePtr made = NodePtr::adopt(Node::make(op, std::uint32_t(n), flags));
    Node& node = *made;
    for (int k = 0; k < n; ++k) {
        if (need & (1u << k)) node.saved()[k] = keep(in[k].value);
        if (Node* from = in[k].recorded()) {
            from->retain();
            node.inputs()[k] = from;
        }
    }
    if (params.get()) {
        params.get()->retain();
        *node.params_place() = params.get();
    }
    node.value = need & op::kReadsResult ? out : out.without_value();
    return made;
}

NodePtr record(const OpInfo& op, const Tensor* in, const Array& out, const ParamsPtr& params) {
    return dual::levels ? dual::record(op, in, out, params) : record_plain(op, in, out, params);
}

void recall(Node& n, Tensor* in) {
    for (std::uint32_t k = 0; k < n.n_inputs; ++k) {
        if (Node* from = n.input(k)) in[k] = {from->value, NodePtr::share(from)};
        if (n.has(Node::kSaves) && n.saved()[k]) in[k].value = n.saved()[k];
    }
    if (n.has(Node::kDual)) dual::recall_carriers(n, in);
}

namespace {

// Bit k: a rule that will be recorded reads operand k.
unsigned read_later(const OpInfo& op, const Tensor* in) {
    unsigned read = 0;
    for (int k = 0; op.differentiable && recording() && k < op.arity; ++k) {
        if (in[k].recorded()) read |= op.reads[k];
    }
    return read;
}

// An operand that ends here gives its memory to the result, and keeps its shape.
Array run_elementwise(const OpInfo& op, Tensor* in) {
    const Array* values[kMaxArity];
    Array* spare = nullptr;
    for (int k = 0; k < op.arity; ++k) {
        Array& value = in[k].value;
        values[k] = &value;
        if (value.is_scalar() || !value.unique() || dual::levels || anomaly::open_modes) continue;
        if (!(read_later(op, in) & 1u << k)) spare = &value;
    }
    Array out = elementwise(op, values, spare);
    if (spare) *spare = spare->without_value();
    return out;
}

// Gets values of its own, which it may use up.
Array run_structural(const OpInfo& op, const Tensor* in, const Params* params) {
    Array values[kMaxArity];
    for (int k = 0; k < op.arity; ++k) values[k] = in[k].value;
    return op.run(values, params);
}

Tensor compute(const OpInfo& op, Tensor* in, const ParamsPtr& params) {
    bool scalars = op.elementwise;
    for (int k = 0; k < op.arity; ++k) scalars = scalars && in[k].value.is_scalar64();
    Array out;
    if (scalars) {
        double x[kMaxArity];
        for (int k = 0; k < op.arity; ++k) x[k] = in[k].value.f64();
        out = Array(run_scalars(op, x));
    } else {
        promote(op, in);
        clear_float_flags();
        out = op.elementwise ? run_elementwise(op, in) : run_structural(op, in, params.get());
        report_flags(op);
    }
    NodePtr node = record(op, in, out, params);
    return {std::move(out), std::move(node)};
}

Tensor observed(const OpInfo& op, Tensor* in, const ParamsPtr& params) {
    OpScope scope;
    Tensor out = compute(op, in, params);
    const std::span<const Tensor> operands{in, op.arity};
    const std::uint32_t row = scope.finish(op, op.name, operands, out.value, out.recorded());
    if (anomaly::open_modes) anomaly::check_forward(op.name, operands, out.value, row);
    return out;
}

}  // namespace

Tensor apply(const OpInfo& op, Tensor* in, const ParamsPtr& params) {
    if (is_complex(in[0].value.dtype()) && &op == &info<op::Abs>()) [[unlikely]]
        return apply(info<op::Modulus>(), in);
    return observers ? observed(op, in, params) : compute(op, in, params);
}

}  // namespace rg

// Operations of `retrograd.custom`: the rule is a Python callable that gets the cotangent and what
// was saved, and gives the inputs' cotangents; on tensors where the walk records. The name is that
// of a record of its own, so it stands in messages and profiles as any operation's does.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "array/error.hpp"
#include "array/view.hpp"
#include "bind/convert.hpp"
#include "bind/custom.hpp"
#include "bind/gil.hpp"
#include "bind/gradient.hpp"
#include "bind/hooks.hpp"
#include "graph/dual.hpp"
#include "graph/mode.hpp"
#include "graph/observe.hpp"
#include "graph/record.hpp"
#include "ops/array_ops.hpp"
#include "ops/registry.hpp"

namespace rg {
namespace {

// One record a name, kept for good: nodes point at it.
const OpInfo& record_named(const std::string& name) {
    static auto& records = *new std::map<std::string, OpInfo>;
    const auto [it, is_new] = records.try_emplace(name, info<op::Custom>());
    if (is_new) it->second.name = it->second.symbol = it->first.c_str();
    return it->second;
}

PyObject* item(PyObject* tuple, std::uint32_t k) { return PyTuple_GET_ITEM(tuple, k); }

NodePtr make_node(const OpInfo& op, PyObject* inputs, PyObject* values, PyObject* saves,
                  const Array& out) {
    const auto n = std::uint32_t(PyTuple_GET_SIZE(inputs));
    unsigned flags = unsigned(Node::kPython) | unsigned(Node::kSaves);
    if (dual::levels) flags |= unsigned(Node::kParams);  // room for tangents
    NodePtr made = NodePtr::adopt(Node::make(op, n, flags));
    if (dual::levels) {
        const ParamsPtr none = make_params(NoParams{});
        none.get()->retain();
        *made->params_place() = none.get();
    }
    for (std::uint32_t k = 0; k < n; ++k) {
        Tensor in = operand(as_handle(item(inputs, k)));
        if (in.recorded()) made->inputs()[k] = in.node.leave();
        if (item(saves, k) == Py_True) made->saved()[k] = value_of(as_handle(item(values, k)));
    }
    made->value = item(saves, n) == Py_True ? out : out.without_value();
    return made;
}

// custom(name, out, inputs, values, saves, rule): a tensor with the value `out`, made of the
// inputs. `values` are constants with the inputs' values, `saves` says which of them, and last
// whether `out`, the rule will read.
PyObject* custom(PyObject*, PyObject* args) {
    const char* name;
    PyObject *value, *inputs, *values, *saves, *rule;
    if (!PyArg_ParseTuple(args, "sOO!O!O!O:custom", &name, &value, &PyTuple_Type, &inputs,
                          &PyTuple_Type, &values, &PyTuple_Type, &saves, &rule)) {
        return nullptr;
    }
    return guarded([&] {
        std::optional<OpScope> scope;
        if (observers) scope.emplace();
        Array out = any_value(value, name);
        const OpInfo& op = record_named(name);
        NodePtr node = make_node(op, inputs, values, saves, out);
        if (scope) {
            std::vector<Tensor> in;
            for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(inputs); ++k) {
                in.push_back(as_handle(PyTuple_GET_ITEM(inputs, k))->t);
            }
            scope->finish(op, name, in, out, node.get());
        }
        Ref made(wrap(Tensor(std::move(out), std::move(node))));
        as_anchor(as_handle(made.get())->anchor)->rule = Py_NewRef(rule);
        return made.leave();
    });
}

// kept(x): a constant with the value of a tensor as a graph keeps it, safe from later writes; or
// with that of an array.
PyObject* kept(PyObject*, PyObject* x) {
    return guarded([&] {
        return wrap(Tensor(is_tensor(x) ? keep(value_of(as_handle(x))) : any_value(x, "constant")));
    });
}

PyObject* is_recording(PyObject*, PyObject*) {
    return guarded([] { return PyBool_FromLong(recording()); });
}

PyObject* on_arrays(const Array& a, Node*) {
    return a.is_scalar() ? own_array(Array(a)) : lease(a, false);
}
PyObject* on_tensors(const Array& a, Node* node) {
    return wrap_alias(Tensor(a, NodePtr::share(node)));
}

// What the rule reads, by input and last the result; None for the rest.
Ref saved_values(Node& n, PyObject* (*give)(const Array&, Node*)) {
    Ref all(checked(PyTuple_New(Py_ssize_t(n.n_inputs) + 1)));
    for (std::uint32_t k = 0; k <= n.n_inputs; ++k) {
        const bool is_result = k == n.n_inputs;
        const Array& a = is_result ? n.value : n.saved()[k];
        PyObject* o = a.has_value() ? give(a, is_result ? &n : n.input(k)) : Py_NewRef(Py_None);
        PyTuple_SET_ITEM(all.get(), Py_ssize_t(k), o);
    }
    return all;
}

// Calls rule(g, saved, recording) and gives its list of one cotangent an input.
Ref call_rule(const Node& n, Anchor* a, Ref g, Ref saved, bool recording) {
    if (!a || !a->rule) throw GraphError(std::string(n.op->name) + ": its rule was let go");
    const Ref rule = Ref::borrow(a->rule);
    Ref result(checked(PyObject_CallFunctionObjArgs(rule.get(), g.get(), saved.get(),
                                                    recording ? Py_True : Py_False, nullptr)));
    if (!PyList_Check(result.get()) || PyList_GET_SIZE(result.get()) != Py_ssize_t(n.n_inputs)) {
        throw GraphError(std::string(n.op->name) +
                         ": its rule wants to give one cotangent an input");
    }
    return result;
}

template <class Shaped>
void check_shape(const Node& n, std::uint32_t k, const Shaped& came, const Array& wanted) {
    if (came.same_shape(wanted)) return;
    throw ShapeError(std::string(n.op->name) + ": its vjp gave shape " + to_string(came.shape()) +
                     " for input " + std::to_string(k) + " of shape " + to_string(wanted.shape()));
}

void pull(Run& run, Node& n) {
    const GilAcquire gil;
    Anchor* a = find_anchor(n);
    if (a && a->children) return run_notebook_rule(run, n, a);
    const Ref keep = Ref::borrow(reinterpret_cast<PyObject*>(a));
    const Ref given =
        call_rule(n, a, Ref(own_array(copy(n.grad))), saved_values(n, on_arrays), false);
    for (std::uint32_t k = 0; k < n.n_inputs; ++k) {
        Node* in = n.input(k);
        if (!in) continue;
        const DType dtype = in->value.dtype();
        Array c = gradient_array(PyList_GET_ITEM(given.get(), k), dtype, n.op->name, true);
        check_shape(n, k, c, in->value);
        c = cast(c, dtype);
        accumulate(run.cotangent(*in), c.is_scalar() ? c : copy(c));
    }
}

std::vector<Tensor> pull_recording(Node& n, const Tensor& g) {
    Anchor* a = find_anchor(n);
    if (a && a->children) {
        const char* name = PyUnicode_AsUTF8(checked(a->op));
        throw GraphError(std::string(name && *name ? name : n.op->name) +
                         ": a _backward works on arrays and has no second derivative; write the "
                         "rule with retrograd.custom");
    }
    const Ref keep = Ref::borrow(reinterpret_cast<PyObject*>(a));
    Ref given = call_rule(n, a, Ref(wrap_alias(Tensor(g))), saved_values(n, on_tensors), true);
    std::vector<Tensor> out(n.n_inputs);
    for (std::uint32_t k = 0; k < n.n_inputs; ++k) {
        Node* in = n.input(k);
        if (!in) continue;
        PyObject* o = PyList_GET_ITEM(given.get(), k);
        const DType dtype = in->value.dtype();
        out[k] = is_tensor(o) ? operand(as_handle(o))
                              : Tensor(copy(gradient_array(o, dtype, n.op->name, true)));
        check_shape(n, k, out[k].value, in->value);
        out[k] = cast(out[k], Target{dtype});
    }
    RuleResults::keep(std::move(given));
    return out;
}

// A walk that frees what it passes frees what the rule has saved on its own too.
void drop_rule(const Node& n) noexcept {
    if (!n.op || !n.op->external) return;
    const GilAcquire gil;
    if (Anchor* a = find_anchor(n); a && !a->children) Py_CLEAR(a->rule);
}

thread_local RuleResults* results_here = nullptr;

}  // namespace

RuleResults::RuleResults() : outer_(std::exchange(results_here, this)) {}
RuleResults::~RuleResults() { results_here = outer_; }
void RuleResults::keep(Ref result) {
    if (results_here) results_here->kept_.push_back(std::move(result));
}

PyMethodDef custom_functions[] = {
    {"custom", custom, METH_VARARGS, "custom(name, out, inputs, values, saves, rule, /)\n--\n\n"},
    {"is_recording", is_recording, METH_NOARGS, "is_recording()\n--\n\n"},
    {"kept", kept, METH_O, "kept(x, /)\n--\n\n"},
    {nullptr, nullptr, 0, nullptr},
};

void install_rules() {
    python_rules = {pull, pull_recording, run_hooks, run_hooks_recording};
    Node::on_drop = drop_rule;
}

}  // namespace rg

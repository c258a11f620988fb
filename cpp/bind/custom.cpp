#include "bind/custom.hpp"

#include <optional>
#include <string>
#include <vector>

#include "array/error.hpp"
#include "array/view.hpp"
#include "bind/convert.hpp"
#include "bind/gradient.hpp"
#include "graph/anomaly.hpp"
#include "graph/dual.hpp"
#include "graph/observe.hpp"
#include "ops/registry.hpp"

namespace rg {
namespace {

// What `.grad` stands for while rules run, innermost last.
struct Scope {
    Node* node;
    std::vector<std::pair<Ref, Ref>> grads;  // by tensor
};
thread_local std::vector<Scope*> scopes;

struct Enter {
    explicit Enter(Scope& s) { scopes.push_back(&s); }
    ~Enter() { scopes.pop_back(); }
};

std::string name_of(const Anchor* a) {
    const char* text = a && a->op ? PyUnicode_AsUTF8(a->op) : nullptr;
    return text && *text ? text : "custom";
}

// A child's `.grad` as the rule left it, in the child's own shape and dtype.
Array contribution(PyObject* grad, const Node& child, const Anchor* a) {
    Array g = gradient_array(grad, child.value.dtype(), name_of(a).c_str());
    if (g.shape() != child.value.shape()) {
        throw ShapeError(name_of(a) + ": _backward left a grad of shape " + to_string(g.shape()) +
                         " on a child of shape " + to_string(child.value.shape()));
    }
    g = cast(g, child.value.dtype());
    return g.is_scalar() ? g : copy(g);
}

}  // namespace

void attach_children(Handle* h, PyObject* children, PyObject* op) {
    const Ref tuple(checked(PySequence_Tuple(children)));
    const Py_ssize_t n = PyTuple_GET_SIZE(tuple.get());
    for (Py_ssize_t k = 0; k < n; ++k) {
        if (!is_tensor(PyTuple_GET_ITEM(tuple.get(), k))) {
            throw DTypeError("Tensor: children must be Tensors, not " +
                             std::string(Py_TYPE(PyTuple_GET_ITEM(tuple.get(), k))->tp_name));
        }
    }
    std::optional<OpScope> scope;
    if (observers) scope.emplace();
    NodePtr node = NodePtr::adopt(Node::make(info<op::Custom>(), std::uint32_t(n), Node::kPython));
    node->value = h->t.value.without_value();
    std::vector<Tensor> operands;
    for (Py_ssize_t k = 0; k < n; ++k) {
        Tensor child = operand(as_handle(PyTuple_GET_ITEM(tuple.get(), k)));
        if (dual::has_tangent(child)) {
            const char* name = PyUnicode_Check(op) ? PyUnicode_AsUTF8(op) : "";
            if (!name) throw PythonError{};
            throw GraphError(std::string(*name ? name : op::Custom::name) +
                             ": has a _backward and no rule for tangents; inside a jvp build it "
                             "from operations");
        }
        if (!child.recorded()) child.node = {};
        if (scope) operands.push_back(child);
        node->inputs()[k] = child.node.leave();
    }
    if (scope) {
        const char* name = PyUnicode_Check(op) ? PyUnicode_AsUTF8(op) : nullptr;
        if (!name) PyErr_Clear();
        const std::string_view shown = name && *name ? name : op::Custom::name;
        const auto row = scope->finish(*node->op, shown, operands, h->t.value, node.get());
        if (anomaly::open_modes) anomaly::check_forward(shown, operands, h->t.value, row);
    }
    set_node(h, std::move(node));
    Anchor* a = as_anchor(h->anchor);
    a->children = Py_NewRef(tuple.get());
    a->op = Py_NewRef(op);
}

void set_rule(Handle* h, PyObject* rule) {
    if (rule && rule != Py_None && !PyCallable_Check(rule)) {
        throw DTypeError("_backward: wants a callable without arguments, not " +
                         std::string(Py_TYPE(rule)->tp_name));
    }
    const Node* node = h->t.node.get();
    if (!node && !h->requires_grad) return;  // made inside no_grad: a constant needs no rule
    if (!node || !node->op || !node->op->external || !h->anchor ||
        !as_anchor(h->anchor)->children) {
        throw GraphError(
            "_backward: only a tensor made with children, Tensor(value, (x,), 'name'), "
            "takes a rule");
    }
    PyObject* kept = rule == Py_None ? nullptr : rule;
    Py_XINCREF(kept);
    Py_XSETREF(as_anchor(h->anchor)->rule, kept);
}

void run_notebook_rule(Run& run, Node& node, Anchor* a) {
    if (!a || !a->rule) {
        throw GraphError(name_of(a) +
                         ": made with children but without a rule; set out._backward, "
                         "or build it from operations");
    }
    const Ref keep = Ref::borrow(reinterpret_cast<PyObject*>(a));
    Scope scope{&node, {}};
    if (Handle* out = living(node)) {
        scope.grads.emplace_back(Ref::borrow(as_object(out)), Ref(own_array(copy(node.grad))));
    }
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(a->children); ++k) {
        Node* in = node.input(std::uint32_t(k));
        if (!in) continue;
        const Array& sum = run.cotangent(*in);
        Array now = sum ? copy(sum) : Array::zeros(in->value.dtype(), in->value.shape());
        scope.grads.emplace_back(Ref::borrow(PyTuple_GET_ITEM(a->children, k)),
                                 Ref(own_array(std::move(now))));
    }
    {
        const Enter enter(scope);
        const Ref rule = Ref::borrow(a->rule);
        const Ref result(checked(PyObject_CallNoArgs(rule.get())));
    }
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(a->children); ++k) {
        Node* in = node.input(std::uint32_t(k));
        PyObject* child = PyTuple_GET_ITEM(a->children, k);
        for (auto& [tensor, grad] : scope.grads) {
            if (!in || tensor.get() != child || !grad) continue;
            run.cotangent(*in) = contribution(grad.get(), *in, a);
            break;
        }
    }
}

Ref* grad_in_rule(Handle* h) {
    for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
        for (auto& [tensor, grad] : (*scope)->grads) {
            if (tensor.get() == as_object(h)) return &grad;
        }
    }
    return nullptr;
}

}  // namespace rg

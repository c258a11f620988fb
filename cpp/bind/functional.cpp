// What functions of functions need of the core; `retrograd.functional` builds on it.
#include "bind/functional.hpp"

#include <string>
#include <unordered_set>
#include <vector>

#include "array/error.hpp"
#include "bind/backward.hpp"
#include "bind/convert.hpp"
#include "graph/dual.hpp"
#include "graph/record.hpp"
#include "ops/registry.hpp"

namespace rg {
namespace {

// variable(x, connect, who): a new tensor with x's value, to differentiate by. It depends on x if x
// is a tensor, and that is asked for; otherwise it is a leaf.
PyObject* variable(PyObject*, PyObject* args) {
    PyObject* x;
    int connect;
    const char* who;
    if (!PyArg_ParseTuple(args, "Ops:variable", &x, &connect, &who)) return nullptr;
    return guarded([&] {
        if (!is_tensor(x)) {
            Array value = any_value(x, who);
            NodePtr leaf = NodePtr::adopt(Node::leaf(value));
            return wrap(Tensor(std::move(value), std::move(leaf)));
        }
        Tensor in[] = {operand(as_handle(x))};
        if (connect && in[0].recorded()) return wrap(apply(info<op::Pos>(), in));
        if (connect && dual::has_tangent(in[0])) return wrap(dual::variable(in[0]));
        Array value = keep(in[0].value);
        NodePtr leaf = NodePtr::adopt(Node::leaf(value));
        return wrap(Tensor(std::move(value), std::move(leaf)));
    });
}

// alias(t): another Python tensor for the same value and node. `t[i] = v` on the one leaves the
// other as it was.
PyObject* alias(PyObject*, PyObject* t) {
    return guarded([&] { return wrap_alias(operand(as_handle(t))); });
}

PyObject* gradients_of(PyObject*, PyObject* args) {
    PyObject *outputs, *seeds, *inputs;
    int create_graph;
    Py_ssize_t n_own = PY_SSIZE_T_MAX;
    if (!PyArg_ParseTuple(args, "O!O!O!p|n:gradients", &PyTuple_Type, &outputs, &PyTuple_Type,
                          &seeds, &PyTuple_Type, &inputs, &create_graph, &n_own)) {
        return nullptr;
    }
    return guarded(
        [&] { return gradients(outputs, seeds, inputs, std::size_t(n_own), create_graph); });
}

// captured(outputs, variables): the tensors besides the variables that the outputs depend on and
// that somebody else holds.
PyObject* captured(PyObject*, PyObject* args) {
    PyObject *outputs, *variables;
    if (!PyArg_ParseTuple(args, "O!O!:captured", &PyTuple_Type, &outputs, &PyTuple_Type,
                          &variables)) {
        return nullptr;
    }
    return guarded([&] {
        const Ref found(checked(PyList_New(0)));
        std::unordered_set<Node*> seen;
        std::vector<Node*> todo;
        for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(variables); ++k) {
            seen.insert(as_handle(PyTuple_GET_ITEM(variables, k))->t.node.get());
        }
        const auto meet = [&](Node* n, bool is_output) {
            if (!n || !seen.insert(n).second) return;
            Handle* h = living(*n);
            if (h && (n->is_leaf() || !is_output)) {
                checked(PyList_Append(found.get(), as_object(h)));
            } else {
                todo.push_back(n);
            }
        };
        for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(outputs); ++k) {
            meet(as_handle(PyTuple_GET_ITEM(outputs, k))->t.node.get(), true);
        }
        while (!todo.empty()) {
            Node* n = todo.back();
            todo.pop_back();
            for (std::uint32_t k = 0; k < n->n_inputs; ++k) meet(n->input(k), false);
        }
        return checked(PyList_AsTuple(found.get()));
    });
}

// node_id(t): a number that no other living node has.
PyObject* node_id(PyObject*, PyObject* t) { return PyLong_FromVoidPtr(as_handle(t)->t.node.get()); }

}  // namespace

PyMethodDef functional_functions[] = {
    {"variable", variable, METH_VARARGS, "variable(x, connect, who, /)\n--\n\n"},
    {"alias", alias, METH_O, "alias(t, /)\n--\n\n"},
    {"gradients", gradients_of, METH_VARARGS,
     "gradients(outputs, seeds, inputs, create_graph, n_own=..., /)\n--\n\n"},
    {"node_id", node_id, METH_O, "node_id(t, /)\n--\n\n"},
    {"captured", captured, METH_VARARGS, "captured(outputs, variables, /)\n--\n\n"},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace rg

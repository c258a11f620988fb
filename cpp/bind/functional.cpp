// What functions of functions need of the core; `retrograd.functional` builds on it.
#include "bind/functional.hpp"

#include <string>

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
            Array value = leaf_value(x, who);
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
    if (!PyArg_ParseTuple(args, "O!O!O!p:gradients", &PyTuple_Type, &outputs, &PyTuple_Type, &seeds,
                          &PyTuple_Type, &inputs, &create_graph)) {
        return nullptr;
    }
    return guarded([&] { return gradients(outputs, seeds, inputs, create_graph); });
}

}  // namespace

PyMethodDef functional_functions[] = {
    {"variable", variable, METH_VARARGS, "variable(x, connect, who, /)\n--\n\n"},
    {"alias", alias, METH_O, "alias(t, /)\n--\n\n"},
    {"gradients", gradients_of, METH_VARARGS,
     "gradients(outputs, seeds, inputs, create_graph, /)\n--\n\n"},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace rg

// Tensor's attributes and methods, construction included.
#include <string>

#include "array/error.hpp"
#include "array/view.hpp"
#include "bind/backward.hpp"
#include "bind/convert.hpp"
#include "bind/custom.hpp"
#include "bind/gradient.hpp"
#include "bind/handle.hpp"
#include "graph/mode.hpp"
#include "ops/registry.hpp"

namespace rg {
namespace {

PyObject* tuple_of(const Dims& dims) {
    Ref t(checked(PyTuple_New(dims.size())));
    for (int i = 0; i < dims.size(); ++i) {
        PyTuple_SET_ITEM(t.get(), i, checked(PyLong_FromLongLong(dims[i])));
    }
    return t.leave();
}

// Runs f on the handle, for a getter.
template <auto F>
PyObject* get(PyObject* self, void*) {
    return guarded([&] { return F(as_handle(self)); });
}

// And for a setter.
template <auto F>
int set(PyObject* self, PyObject* value, void*) {
    return guarded([&] {
        F(as_handle(self), value);
        return 0;
    });
}

// A read-only array on the value.
PyObject* view_of(Handle* h) {
    const Array& value = value_of(h);
    if (!value.is_scalar()) return lease(value, false);
    PyObject* out = own_array(Array(value));
    PyArray_CLEARFLAGS(reinterpret_cast<PyArrayObject*>(out), NPY_ARRAY_WRITEABLE);
    return out;
}

PyObject* get_data(Handle* h) {
    // A write to a view's own copy would be lost to the tensor that it shows.
    if (h->view) return view_of(h);
    Array& value = private_value(h);
    if (!value.is_scalar()) return lease(value, true);
    // A scalar stands in the tensor itself; its array is read again whenever the value is used.
    if (!h->cell) h->cell = own_array(Array(value));
    return Py_NewRef(h->cell);
}

std::string describe(const Array& a) {
    return std::string(name_of(a.dtype())) + " of shape " + to_string(a.shape());
}

// p.data -= step hands back the very array that `.data` gave out.
bool is_same_memory(PyObject* o, const Array& value) {
    if (!PyArray_CheckExact(o) || !value.has_value()) return false;
    auto* a = reinterpret_cast<PyArrayObject*>(o);
    return PyArray_DATA(a) == value.data() && PyArray_TYPE(a) == numpy_type(value.dtype()) &&
           PyArray_IS_C_CONTIGUOUS(a) && value.contiguous() && PyArray_NDIM(a) == value.ndim() &&
           std::equal(PyArray_DIMS(a), PyArray_DIMS(a) + value.ndim(), value.layout()->shape());
}

void set_data(Handle* h, PyObject* o) {
    if (!o) throw GraphError("data: cannot be deleted");
    if (o == h->cell || is_same_memory(o, h->t.value)) return;
    if (h->view) {
        throw GraphError(
            "data: this tensor is a view of another, which would not see the write; "
            "write to that one, or to a .copy()");
    }
    Array value = leaf_value(o, "data");
    settle(h);
    const Array& old = h->t.value;
    if (!value.same_shape(old) || value.dtype() != old.dtype()) {
        if (!h->is_leaf() || (h->t.node && h->t.node->count > 1)) {
            throw ShapeError("data: " + describe(value) + " came, a graph has this tensor as " +
                             describe(old));
        }
        // Another shape or type: a new leaf, as far as graphs are concerned.
        set_node(h, {});
        clear_gradient(h);
    }
    Py_CLEAR(h->cell);
    h->t.value = std::move(value);
}

PyObject* get_prev(Handle* h) {
    Ref set(checked(PySet_New(nullptr)));
    // A subclass's own __hash__ is Python code, which may re-point this very tensor.
    const NodePtr node = h->t.node;
    const Anchor* a = node && node->has(Node::kPython) ? find_anchor(*node) : nullptr;
    if (a && a->children) {
        const Ref children = Ref::borrow(a->children);
        for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(children.get()); ++k) {
            checked(PySet_Add(set.get(), PyTuple_GET_ITEM(children.get(), k)));
        }
        return set.leave();
    }
    for (std::uint32_t k = 0; node && k < node->n_inputs; ++k) {
        if (!node->input(k)) continue;
        const Ref in(handle_of(node->input(k)));
        checked(PySet_Add(set.get(), in.get()));
    }
    return set.leave();
}

PyObject* get_op(Handle* h) {
    const Node* node = h->t.node.get();
    if (node && node->op) {
        const Anchor* a = node->op->external ? find_anchor(*node) : nullptr;
        return a && a->op ? Py_NewRef(a->op) : PyUnicode_FromString(node->op->symbol);
    }
    PyObject* op = h->dict ? PyDict_GetItemString(h->dict, "_op") : nullptr;
    return op ? Py_NewRef(op) : PyUnicode_FromString("");
}

PyObject* get_rule(Handle* h) {
    const Node* node = h->t.node.get();
    const Anchor* a = node && node->has(Node::kPython) ? find_anchor(*node) : nullptr;
    return Py_NewRef(a && a->children && a->rule ? a->rule : Py_None);
}

PyObject* get_requires_grad(Handle* h) { return PyBool_FromLong(h->requires_grad); }

void set_requires_grad(Handle* h, PyObject* value) {
    const int on = value ? PyObject_IsTrue(value) : 0;
    if (on < 0) throw PythonError{};
    if (!h->is_leaf()) {
        throw GraphError("requires_grad: only a leaf can change it; use .detach() on a result");
    }
    if (!on) set_node(h, {});
    h->requires_grad = on;
}

PyObject* get_dict(PyObject* self, void* context) {
    PyObject* dict = PyObject_GenericGetDict(self, context);
    if (dict) track(as_handle(self));
    return dict;
}

PyObject* backward(PyObject* self, PyObject* args, PyObject* kwargs) {
    static const char* names[] = {"gradient", "retain_graph", "create_graph", nullptr};
    PyObject* gradient = nullptr;
    int retain = 1, create = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O$pp:backward", const_cast<char**>(names),
                                     &gradient, &retain, &create)) {
        return nullptr;
    }
    return guarded([&] {
        run_backward(as_handle(self), gradient, retain, create);
        return Py_NewRef(Py_None);
    });
}

PyObject* zero_grad(PyObject* self, PyObject*) {
    return guarded([&] {
        clear_gradient(as_handle(self));
        return Py_NewRef(Py_None);
    });
}

PyObject* detach(PyObject* self, PyObject*) {
    return guarded([&] { return wrap(Tensor(value_of(as_handle(self)))); });
}

PyObject* view(PyObject* self, PyObject*) {
    return guarded([&] { return view_of(as_handle(self)); });
}

void fill(Handle* h, PyObject* data, PyObject* children, PyObject* op, bool requires_grad) {
    Array value = leaf_value(data, "Tensor");
    // Nothing is left of what the tensor was, should this be a second __init__.
    set_node(h, {});
    Py_CLEAR(h->anchor);
    clear_gradient(h);
    Py_CLEAR(h->cell);
    h->t.value = std::move(value);
    h->view = false;
    h->requires_grad = requires_grad;
    if (children && is_tensor(children)) {
        throw DTypeError("Tensor: children is an iterable of Tensors, (x,) for a single one");
    }
    const int has_children = children ? PyObject_IsTrue(children) : 0;
    checked(has_children);
    const Ref name(op ? Py_NewRef(op) : PyUnicode_FromString(""));
    if (!PyUnicode_Check(name.get())) {
        throw DTypeError(std::string("Tensor: op is a string, not ") + Py_TYPE(op)->tp_name);
    }
    if (has_children && recording()) {
        attach_children(h, children, name.get());
        return;
    }
    if (has_children) h->requires_grad = false;  // nothing is recorded inside no_grad
    if (PyUnicode_GET_LENGTH(name.get())) {
        checked(PyObject_SetAttrString(as_object(h), "_op", name.get()));
    }
}

}  // namespace

int init_tensor(PyObject* self, PyObject* args, PyObject* kwargs) {
    static const char* names[] = {"data", "children", "op", "requires_grad", nullptr};
    PyObject *data, *children = nullptr, *op = nullptr;
    int requires_grad = 1;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OO$p:Tensor", const_cast<char**>(names),
                                     &data, &children, &op, &requires_grad)) {
        return -1;
    }
    return guarded([&] {
        fill(as_handle(self), data, children, op, requires_grad);
        return 0;
    });
}

PyObject* new_tensor(PyObject* type, PyObject* const* args, std::size_t nargsf, PyObject* names) {
    if (PyVectorcall_NARGS(nargsf) == 1 && !names) {
        return guarded([&] {
            Array value = leaf_value(args[0], "Tensor");
            PyObject* made = wrap(Tensor(std::move(value)));
            as_handle(made)->requires_grad = true;
            return made;
        });
    }
    // The general form goes the way of any class.
    auto* cls = reinterpret_cast<PyTypeObject*>(type);
    const Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    const Ref positional(PyTuple_New(n)), keywords(PyDict_New());
    if (!positional || !keywords) return nullptr;
    for (Py_ssize_t i = 0; i < n; ++i) {
        PyTuple_SET_ITEM(positional.get(), i, Py_NewRef(args[i]));
    }
    for (Py_ssize_t i = 0; names && i < PyTuple_GET_SIZE(names); ++i) {
        if (PyDict_SetItem(keywords.get(), PyTuple_GET_ITEM(names, i), args[n + i]) < 0) {
            return nullptr;
        }
    }
    Ref made(cls->tp_new(cls, positional.get(), keywords.get()));
    if (!made || cls->tp_init(made.get(), positional.get(), keywords.get()) < 0) return nullptr;
    return made.leave();
}

namespace {

PyObject* get_shape(Handle* h) { return tuple_of(h->t.value.shape()); }
void set_shape(Handle*, PyObject*) {
    PyErr_SetString(PyExc_AttributeError,
                    "shape: a Tensor keeps its shape; write t = t.reshape(shape)");
    throw PythonError{};
}
PyObject* get_ndim(Handle* h) { return PyLong_FromLong(h->t.value.ndim()); }
PyObject* get_size(Handle* h) { return PyLong_FromLongLong(h->t.value.size()); }
PyObject* get_dtype(Handle* h) {
    return reinterpret_cast<PyObject*>(PyArray_DescrFromType(numpy_type(h->t.value.dtype())));
}
PyObject* get_is_leaf(Handle* h) { return PyBool_FromLong(h->is_leaf()); }

}  // namespace

PyGetSetDef tensor_attributes[] = {
    {"data", get<get_data>, set<set_data>,
     "ndarray of the tensor's shape and dtype: the value. It may be changed in place or assigned; "
     "graphs recorded before keep the old value.",
     nullptr},
    {"grad", get<get_gradient>, set<set_gradient>,
     "ndarray of the tensor's shape and dtype: the gradient, zeros before any backward. A Tensor "
     "after backward(create_graph=True).",
     nullptr},
    {"shape", get<get_shape>, set<set_shape>, "tuple of int", nullptr},
    {"ndim", get<get_ndim>, nullptr, "int: the number of axes", nullptr},
    {"size", get<get_size>, nullptr, "int: the number of elements", nullptr},
    {"dtype", get<get_dtype>, nullptr, "numpy.dtype: float64 or float32", nullptr},
    {"op", get<get_op>, nullptr, "str: the operation that made this tensor, '' for a leaf",
     nullptr},
    {"_prev", get<get_prev>, nullptr, "set of Tensor: what this tensor was made of", nullptr},
    {"_backward", get<get_rule>, set<set_rule>,
     "callable or None: the rule of a tensor made with children; it reads `.grad` of the result "
     "and adds to `.grad` of the children.",
     nullptr},
    {"requires_grad", get<get_requires_grad>, set<set_requires_grad>,
     "bool: whether gradients flow into this tensor", nullptr},
    {"is_leaf", get<get_is_leaf>, nullptr, "bool: whether the user made this tensor", nullptr},
    {"__dict__", get_dict, PyObject_GenericSetDict, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyMethodDef tensor_methods[] = {
    {"backward", reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(backward)),
     METH_VARARGS | METH_KEYWORDS,
     "backward($self, /, gradient=None, *, retain_graph=True, create_graph=False)\n--\n\n"
     "Add the gradients of this tensor to `.grad` of the leaves it was made of.\n\n"
     "Parameters\n----------\n"
     "gradient : array_like, optional\n"
     "    The seed, of exactly this tensor's shape; ones if not given.\n"
     "retain_graph : bool, default True\n"
     "    False frees the saved values as the walk passes them; the graph cannot be walked again,\n"
     "    not even where the walk was interrupted.\n"
     "create_graph : bool, default False\n"
     "    Record the walk, so that `.grad` is a Tensor that can be differentiated.\n\n"
     "Raises\n------\n"
     "GraphError\n"
     "    If the tensor requires no gradient, or the graph was freed or lacks a rule.\n"
     "ShapeError\n"
     "    If the seed has another shape.\n"},
    {"zero_grad", zero_grad, METH_NOARGS,
     "zero_grad($self, /)\n--\n\nForget the gradient: `.grad` is zeros again."},
    {"detach", detach, METH_NOARGS,
     "detach($self, /)\n--\n\nThe same value as a constant, into which no gradient flows."},
    {"_view", view, METH_NOARGS, "_view($self, /)\n--\n\nA read-only array on the value."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace rg

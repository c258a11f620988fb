#include "bind/gradient.hpp"

#include <string>

#include "array/error.hpp"
#include "array/view.hpp"
#include "bind/convert.hpp"
#include "bind/custom.hpp"
#include "bind/gil.hpp"
#include "bind/hooks.hpp"
#include "graph/record.hpp"
#include "ops/array_ops.hpp"
#include "ops/registry.hpp"

namespace rg {
namespace {

PyArrayObject* as_array(PyObject* o) { return reinterpret_cast<PyArrayObject*>(o); }

// Moves what the last walk left in the node to where Python finds it.
void drain(Handle* h) {
    settle(h);
    Node* node = h->t.node.get();
    Array left = node ? Run::take_grad(*node) : Array();
    if (!left) return;
    h->gradient = std::move(left);
    Py_CLEAR(h->grad);
}

// The gradient so far, empty where there is none. Python may have changed the array's shape or type
// in place since it was given out.
Array gradient_so_far(Handle* h) {
    if (!h->grad) return h->gradient;
    const Array& own = h->t.value;
    const bool plain = PyArray_CheckExact(h->grad) &&
                       PyArray_TYPE(as_array(h->grad)) == numpy_type(own.dtype()) &&
                       PyArray_ISBEHAVED_RO(as_array(h->grad));
    Array g =
        plain ? borrow_array(as_array(h->grad)) : gradient_array(h->grad, own.dtype(), "grad");
    if (!g.same_shape(own)) {
        throw ShapeError("grad: its shape was changed to " + to_string(g.shape()) +
                         ", the tensor has " + to_string(own.shape()));
    }
    return g;
}

bool fits(PyObject* o, const Array& value) {
    if (!PyArray_CheckExact(o)) return false;
    PyArrayObject* a = as_array(o);
    if (PyArray_TYPE(a) != numpy_type(value.dtype()) || !PyArray_ISCARRAY(a)) return false;
    return PyArray_NDIM(a) == value.ndim() &&
           std::equal(PyArray_DIMS(a), PyArray_DIMS(a) + value.ndim(), value.layout()->shape());
}

}  // namespace

PyObject* wrap_gradient(const Tensor& g) {
    if (g.node && (g.node->is_leaf() || g.node->handle.load())) {
        Tensor in[] = {g};
        return wrap(apply(info<op::Pos>(), in));
    }
    return wrap(Tensor(g));
}

void settle(Handle* h) {
    const Ref keep = Ref::borrow(as_object(h));
    const NodePtr node = h->t.node;
    if (!node || !Run::claimed(*node)) return;
    const GilRelease released;
    Run::wait_until_free(*node);
}

PyObject* get_gradient(Handle* h) {
    if (Ref* slot = grad_in_rule(h); slot && *slot) return Py_NewRef(slot->get());
    drain(h);
    if (!h->grad) {
        if (!h->gradient) value_of(h);  // or say that it was let go
        const Array& v = h->t.value;
        Array g = h->gradient ? h->gradient : Array::zeros(v.dtype(), v.shape());
        h->gradient.reset();
        h->grad = own_array(std::move(g));
    }
    return Py_NewRef(h->grad);
}

Array gradient_array(PyObject* o, DType dtype, const char* who, bool take_complex) {
    Array g = is_tensor(o) ? value_of(as_handle(o)) : constant_operand(o, dtype, who);
    if (!g) {
        throw DTypeError(std::string(who) + ": a gradient is a number or an array, not " +
                         Py_TYPE(o)->tp_name);
    }
    if (!take_complex && is_complex(g.dtype()) && !is_complex(dtype)) {
        throw DTypeError(std::string(who) + ": " + name_of(g.dtype()) + " came, wanted " +
                         name_of(dtype));
    }
    return g;
}

void set_gradient(Handle* h, PyObject* value) {
    if (value == nullptr || value == Py_None) return clear_gradient(h);
    const Array& own = h->t.value;
    Ref made;
    if (fits(value, own) || (is_tensor(value) && value_of(as_handle(value)).same_shape(own))) {
        made = Ref::borrow(value);
    } else {
        Array g = gradient_array(value, own.dtype(), "grad");
        if (g.ndim() != 0 && !g.same_shape(own)) {
            throw ShapeError("grad: shape " + to_string(g.shape()) + " came, the tensor has " +
                             to_string(own.shape()));
        }
        made = Ref(own_array(copy(broadcast_to(cast(g, own.dtype()), own.shape()))));
    }
    if (Ref* slot = grad_in_rule(h)) {
        *slot = std::move(made);
        return;
    }
    settle(h);
    if (Node* node = h->t.node.get()) Run::take_grad(*node);
    h->gradient.reset();
    Py_XSETREF(h->grad, made.leave());
    if (is_tensor(h->grad)) track(h);
}

void clear_gradient(Handle* h) {
    if (Ref* slot = grad_in_rule(h)) {
        *slot = Ref();
        return;
    }
    settle(h);
    if (Node* node = h->t.node.get()) Run::take_grad(*node);
    h->gradient.reset();
    Py_CLEAR(h->grad);
}

namespace {

// A leaf with the gradient it is to have; after `exchange`, with the one it had.
struct Pending {
    Ref held;
    Array gradient;
    Ref grad;

    void exchange() {
        Handle* h = as_handle(held.get());
        std::swap(h->gradient, gradient);
        Ref old(std::exchange(h->grad, grad.leave()));
        if (h->grad && is_tensor(h->grad)) track(h);
        grad = std::move(old);
    }
};

// Puts all gradients in place, and tells the leaves' hooks. A hook that fails undoes it all.
void commit(std::vector<Pending>& ready) {
    for (Pending& p : ready) p.exchange();
    try {
        for (const Pending& p : ready) run_leaf_hooks(as_handle(p.held.get()));
    } catch (...) {
        for (Pending& p : ready) p.exchange();
        throw;
    }
}

}  // namespace

void commit(Run& run) {
    // Hooks first: they may run walks of their own over other graphs with these leaves.
    for (Node* leaf : run.leaves()) {
        if (!leaf->has(Node::kHooks)) continue;
        if (Array& g = run.cotangent(*leaf)) run_hooks(*leaf, g);
    }
    // Sums are formed next, in memory of this run, and then put in place without fail.
    // A signal's handler may run meanwhile, and drop tensors.
    std::vector<Pending> ready;
    ready.reserve(run.leaves().size());
    for (Node* leaf : run.leaves()) {
        Array& g = run.cotangent(*leaf);
        Handle* h = living(*leaf);
        if (!g || !h) continue;
        Ref held = Ref::borrow(as_object(h));
        if (const Array before = gradient_so_far(h)) {
            accumulate(g, cast(before, g.dtype()));
        }
        ready.push_back({std::move(held), std::move(g), Ref()});
    }
    commit(ready);
}

void commit(Run::Cotangents&& cotangents) {
    for (auto& [node, g] : cotangents) {
        if (node->is_leaf() && node->has(Node::kHooks)) run_hooks_recording(*node, g);
    }
    // Warnings of the sums below are Python code too, which may drop tensors.
    std::vector<Pending> ready;
    for (auto& [node, g] : cotangents) {
        Handle* h = living(*node);
        if (!h) continue;
        Ref held = Ref::borrow(as_object(h));
        const Array before = node->is_leaf() ? gradient_so_far(h) : Array();
        Ref made;
        if (before) {
            const bool recorded = h->grad && is_tensor(h->grad);
            const Tensor old = recorded ? operand(as_handle(h->grad)) : Tensor(copy(before));
            made = Ref(wrap_gradient(old + g));
        } else {
            made = Ref(wrap_gradient(g));
        }
        ready.push_back({std::move(held), Array(), std::move(made)});
    }
    for (const Pending& p : ready) {
        Node* n = as_handle(p.held.get())->t.node.get();
        if (n && !n->is_leaf()) Run::take_grad(*n);
    }
    commit(ready);
}

}  // namespace rg

#include "bind/hooks.hpp"

#include <string>
#include <unordered_map>

#include "array/error.hpp"
#include "array/view.hpp"
#include "bind/anchor.hpp"
#include "bind/convert.hpp"
#include "bind/custom.hpp"
#include "bind/gil.hpp"
#include "bind/gradient.hpp"

namespace rg {
namespace {

// Anchors of nodes whose Python tensor has gone, while consumers without anchors of their own need
// them: those that were there before the first hook. Never destroyed, as Python is gone at exit.
auto& pins = *new std::unordered_map<const Node*, Ref>;

std::string name_of(const Node& n) { return n.op ? n.op->name : "leaf"; }

// The hooks as they are now: one may remove itself or others.
Ref hooks_of(const Node& n) {
    Anchor* a = find_anchor(n);
    if (!a || !a->hooks || !PyDict_GET_SIZE(a->hooks)) return {};
    return Ref(checked(PyDict_Values(a->hooks)));
}

template <class Shaped>
void check_shape(const Node& n, const Shaped& came) {
    if (came.same_shape(n.value)) return;
    throw ShapeError(name_of(n) + ": a hook gave shape " + to_string(came.shape()) +
                     ", the gradient has " + to_string(n.value.shape()));
}

// The cotangent in the type of the value, from what a hook gave.
Array replacement(const Node& n, PyObject* given) {
    const DType dtype = n.value.dtype();
    const Array g = gradient_array(given, dtype, (name_of(n) + " hook").c_str());
    check_shape(n, g);
    return copy(cast(g, dtype));
}

// Calls the hooks one after another, each on what `show` makes of the cotangent so far.
template <class Show, class Take>
void run_all(const Node& n, Show&& show, Take&& take) {
    const Ref hooks = hooks_of(n);
    if (!hooks) return;
    Ref shown = show();
    for (Py_ssize_t k = 0; k < PyList_GET_SIZE(hooks.get()); ++k) {
        Ref given(checked(PyObject_CallOneArg(PyList_GET_ITEM(hooks.get(), k), shown.get())));
        if (given.get() == Py_None) continue;
        take(std::move(given));
        shown = show();
    }
}

// Marks the node, and makes the handle hold its anchor.
Anchor* anchor_for_hooks(Handle* h) {
    Node& n = *h->t.node;
    if (n.is_leaf()) {
        // Not kPython: what is computed from a leaf need not keep its hooks.
        n.flags |= Node::kHooks;
    } else {
        n.flags = std::uint8_t((n.flags | Node::kHooks | Node::kPython) & ~Node::kScalar64);
    }
    if (!h->anchor) h->anchor = anchor_of(n);
    track(h);
    return as_anchor(h->anchor);
}

PyObject* hooks(PyObject*, PyObject* args) {
    PyObject* t;
    int of_leaf;
    if (!PyArg_ParseTuple(args, "O!p:hooks", base_type, &t, &of_leaf)) return nullptr;
    return guarded([&] {
        Handle* h = as_handle(t);
        const char* who = of_leaf ? "register_post_accumulate_grad_hook" : "register_hook";
        operand(h);
        if (!h->t.recorded()) {
            throw GraphError(std::string(who) + ": the tensor does not require a gradient");
        }
        if (of_leaf && !h->is_leaf()) {
            throw GraphError(std::string(who) + ": the result of " + h->t.node->op->name +
                             " is no leaf; use register_hook");
        }
        // A walk of another thread reads the flags.
        settle(h);
        Anchor* a = anchor_for_hooks(h);
        PyObject*& dict = of_leaf ? a->leaf_hooks : a->hooks;
        if (!dict) {
            dict = checked(PyDict_New());
            a->late = h->t.node->count > 1;
        }
        return Py_NewRef(dict);
    });
}

}  // namespace

void run_hooks(Node& n, Array& g) {
    const GilAcquire gil;
    Array now = g;
    run_all(
        n,
        [&] {
            // For reading: what a hook wants changed it gives back.
            Ref shown(own_array(copy(now)));
            PyArray_CLEARFLAGS(reinterpret_cast<PyArrayObject*>(shown.get()), NPY_ARRAY_WRITEABLE);
            return shown;
        },
        [&](Ref given) { now = replacement(n, given.get()); });
    g = std::move(now);
}

void run_hooks_recording(Node& n, Tensor& g) {
    Tensor now = g;
    run_all(
        n, [&] { return Ref(wrap_alias(Tensor(now))); },
        [&](Ref given) {
            if (is_tensor(given.get())) {
                const Tensor t = operand(as_handle(given.get()));
                check_shape(n, t.value);
                now = cast(t, Target{n.value.dtype()});
            } else {
                now = Tensor(replacement(n, given.get()));
            }
            RuleResults::keep(std::move(given));
        });
    g = std::move(now);
}

void run_leaf_hooks(Handle* h) {
    const Node* n = h->t.node.get();
    if (!n || !n->is_leaf() || !n->has(Node::kHooks) || !h->anchor) return;
    PyObject* dict = as_anchor(h->anchor)->leaf_hooks;
    if (!dict) return;
    const Ref hooks(checked(PyDict_Values(dict)));
    for (Py_ssize_t k = 0; k < PyList_GET_SIZE(hooks.get()); ++k) {
        const Ref done(checked(PyObject_CallOneArg(PyList_GET_ITEM(hooks.get(), k), as_object(h))));
    }
}

void move_hooks(PyObject* anchor, Handle* h) {
    if (!anchor) return;
    Anchor* from = as_anchor(anchor);
    if (!from->hooks && !from->leaf_hooks) return;
    if (!h->t.node) {
        // A leaf without a node for now.
        h->anchor = Py_NewRef(anchor);
        return;
    }
    Anchor* to = anchor_for_hooks(h);
    if (to == from) return;
    Py_XSETREF(to->hooks, std::exchange(from->hooks, nullptr));
    Py_XSETREF(to->leaf_hooks, std::exchange(from->leaf_hooks, nullptr));
}

void leave_hooks(Handle* h) noexcept {
    const Anchor* a = as_anchor(h->anchor);
    const Node* n = h->t.node.get();
    if (!a->late || !a->hooks || !n || n->is_leaf() || n->count < 2) return;
    try {
        pins.insert_or_assign(n, Ref::borrow(h->anchor));
    } catch (const std::bad_alloc&) {  // the hook is lost; nothing else can be done here
    }
}

void unpin(const Node& node) noexcept {
    if (const auto it = pins.find(&node); it != pins.end()) {
        const Ref gone = std::move(it->second);
        pins.erase(it);
    }
}

PyMethodDef hook_functions[] = {
    {"hooks", hooks, METH_VARARGS, "hooks(t, of_leaf, /)\n--\n\n"},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace rg

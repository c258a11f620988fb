#include "bind/handle.hpp"

#include <structmember.h>

#include <cstddef>
#include <cstring>
#include <iterator>
#include <vector>

#include "array/error.hpp"
#include "bind/anchor.hpp"
#include "bind/convert.hpp"
#include "bind/hooks.hpp"
#include "graph/run.hpp"

namespace rg {

PyTypeObject* base_type = nullptr;
PyTypeObject* tensor_type = nullptr;

namespace {

#if defined(Py_GIL_DISABLED) || defined(Py_REF_DEBUG) || defined(Py_TRACE_REFS)
constexpr int kFreeHandles = 0;
#else
constexpr int kFreeHandles = 256;
#endif

PyObject* free_handles[kFreeHandles + 1];
int n_free = 0;

void* cell_data(Handle* h) { return PyArray_DATA(reinterpret_cast<PyArrayObject*>(h->cell)); }

[[gnu::always_inline]] inline Handle* construct(PyObject* memory) {
    Handle* h = as_handle(memory);
    new (&h->t) Tensor;
    new (&h->gradient) Array;
    h->grad = h->cell = h->dict = h->weakrefs = h->anchor = nullptr;
    h->requires_grad = true;
    h->view = h->tracked = false;
    return h;
}

[[gnu::always_inline]] inline Handle* allocate(PyTypeObject* type) {
    if (type == tensor_type && n_free > 0) [[likely]] {
        // A handle in the list keeps its type and the count it has on it.
        PyObject* o = free_handles[--n_free];
        Py_SET_REFCNT(o, 1);
        return construct(o);
    }
    if (type != tensor_type) {
        // A subclass may have slots: they start empty, and the collector is to see them.
        Handle* h = construct(checked(type->tp_alloc(type, 0)));
        h->tracked = true;
        return h;
    }
    // PyObject_GC_New leaves the object untracked.
    Handle* h = PyObject_GC_New(Handle, type);
    return construct(checked(as_object(h)));
}

PyObject* tp_new(PyTypeObject* type, PyObject*, PyObject*) {
    return guarded([&] {
        Handle* h = allocate(type);
        h->t.value = Array(0.0);
        return as_object(h);
    });
}

// A scalar's last state outlives its Python tensor, for those who reach the node by `_prev`.
void write_back(Handle* h, Node& node) {
    if (node.count < 2 || !node.value.is_scalar() || Run::claimed(node)) return;
    if (node.is_leaf() && h->t.value.has_value()) node.value = value_of(h);
    if (node.grad) return;
    if (h->gradient) {
        node.grad = h->gradient;
    } else if (h->grad && PyArray_Check(h->grad)) {
        auto* a = reinterpret_cast<PyArrayObject*>(h->grad);
        if (PyArray_TYPE(a) != numpy_type(node.value.dtype()) || PyArray_SIZE(a) != 1) return;
        const void* at = PyArray_DATA(a);
        node.grad = node.value.dtype() == DType::f32 ? Array(*static_cast<const float*>(at))
                                                     : Array(*static_cast<const double*>(at));
    }
}

// Whether it owns more than a value and a node; one test for most tensors.
bool has_more(const Handle* h) {
    const auto bits = [](const void* p) { return reinterpret_cast<std::uintptr_t>(p); };
    return bits(h->grad) | bits(h->cell) | bits(h->dict) | bits(h->weakrefs) | bits(h->anchor) |
           bits(h->gradient.layout());
}

[[gnu::noinline]] void let_go_of_more(Handle* h) {
    if (h->weakrefs) PyObject_ClearWeakRefs(as_object(h));
    // Rules go before the nodes that are their keys.
    if (h->anchor) {
        leave_hooks(h);
        Py_CLEAR(h->anchor);
    }
    Py_CLEAR(h->dict);
    Py_CLEAR(h->grad);
    Py_CLEAR(h->cell);
    h->gradient.reset();
}

[[gnu::always_inline]] inline void destroy(Handle* h) {
    const bool more = has_more(h);
    // The node first: what follows may run Python code, which must not find this tensor again.
    if (Node* node = h->t.node.get()) {
        if (node->handle.load(std::memory_order_relaxed) == h) {
            node->handle.store(nullptr, std::memory_order_relaxed);
            if (more || node->is_leaf()) write_back(h, *node);
        }
    }
    if (more) [[unlikely]]
        let_go_of_more(h);
    h->t.~Tensor();
}

void tp_dealloc(PyObject* self) {
    Handle* h = as_handle(self);
    PyTypeObject* type = Py_TYPE(self);
    // A user's subclass arrives tracked by the interpreter, whatever our own flag says.
    if (h->tracked || type != tensor_type) {
        PyObject_GC_UnTrack(self);
        Py_TRASHCAN_BEGIN(self, tp_dealloc);
        destroy(h);
        type->tp_free(self);
        Py_DECREF(type);
        Py_TRASHCAN_END;
        return;
    }
    destroy(h);
    if (n_free < kFreeHandles) [[likely]] {
        free_handles[n_free++] = self;
        return;
    }
    type->tp_free(self);
    Py_DECREF(type);
}

int tp_traverse(PyObject* self, visitproc visit, void* arg) {
    Handle* h = as_handle(self);
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(h->dict);
    Py_VISIT(h->grad);
    Py_VISIT(h->anchor);
    return 0;
}

int tp_clear(PyObject* self) {
    Handle* h = as_handle(self);
    Py_CLEAR(h->dict);
    Py_CLEAR(h->grad);
    Py_CLEAR(h->anchor);
    return 0;
}

int tp_setattro(PyObject* self, PyObject* name, PyObject* value) {
    const int status = PyObject_GenericSetAttr(self, name, value);
    if (as_handle(self)->dict) track(as_handle(self));
    return status;
}

PyMemberDef members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(Handle, dict), READONLY, nullptr},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Handle, weakrefs), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

template <class F>
void* slot(F* f) {
    return reinterpret_cast<void*>(f);
}

}  // namespace

void track(Handle* h) {
    if (h->tracked) return;
    h->tracked = true;
    PyObject_GC_Track(as_object(h));
}

PyObject* make_base_type(PyObject* module) {
    std::vector<PyType_Slot> slots = {
        {Py_tp_new, slot(tp_new)},         {Py_tp_init, slot(init_tensor)},
        {Py_tp_dealloc, slot(tp_dealloc)}, {Py_tp_traverse, slot(tp_traverse)},
        {Py_tp_clear, slot(tp_clear)},     {Py_tp_setattro, slot(tp_setattro)},
        {Py_tp_members, members},          {Py_tp_getset, tensor_attributes},
        {Py_tp_methods, tensor_methods},
    };
    for (PyType_Slot* s = number_slots; s->slot; ++s) slots.push_back(*s);
    slots.push_back({0, nullptr});
    PyType_Spec spec = {"retrograd._core.Tensor", sizeof(Handle), 0,
                        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
                        slots.data()};
    PyObject* type = checked(PyType_FromModuleAndSpec(module, &spec, nullptr));
    base_type = tensor_type = reinterpret_cast<PyTypeObject*>(type);
    return type;
}

void register_facade(PyTypeObject* cls) {
    if (!PyType_IsSubtype(cls, base_type) || cls->tp_basicsize != base_type->tp_basicsize) {
        PyErr_SetString(PyExc_TypeError, "register: wants a subclass of Tensor without slots");
        throw PythonError{};
    }
    cls->tp_dealloc = tp_dealloc;
    cls->tp_vectorcall = new_tensor;
    Py_INCREF(cls);
    tensor_type = cls;
    n_free = 0;
}

namespace {

// What a new handle is to its node.
[[gnu::always_inline]] inline PyObject* introduce(Handle* h) {
    Node* node = h->t.node.get();
    h->requires_grad = node != nullptr;
    if (node) {
        node->handle.store(h, std::memory_order_relaxed);
        if (!(node->flags & (Node::kPython | Node::kDual))) [[likely]]
            return as_object(h);
        h->requires_grad = !node->is_carrier();
        if (node->has(Node::kPython)) {
            Ref self(as_object(h));
            h->anchor = anchor_of(*node);
            track(h);
            return self.leave();
        }
    }
    return as_object(h);
}

}  // namespace

PyObject* wrap(Tensor&& t, bool view) {
    Handle* h = allocate(tensor_type);
    h->t = std::move(t);
    h->view = view;
    return introduce(h);
}

PyObject* wrap_scalar(double value, Node* node) {
    NodePtr owned = NodePtr::adopt(node);
    Handle* h = allocate(tensor_type);
    new (&h->t) Tensor(Array(value), std::move(owned));
    return introduce(h);
}

PyObject* wrap_alias(Tensor&& t) {
    Handle* h = allocate(tensor_type);
    const Ref self(as_object(h));
    h->t = std::move(t);
    Node* node = h->t.node.get();
    h->requires_grad = node && !node->is_carrier();
    if (node && node->has(Node::kPython)) {
        h->anchor = anchor_of(*node);
        track(h);
    }
    return Py_NewRef(self.get());
}

PyObject* handle_of(Node* node) {
    if (Handle* h = living(*node)) return Py_NewRef(as_object(h));
    return wrap(Tensor(node->value, NodePtr::share(node)));
}

const Array& value_of(Handle* h) {
    if (!h->t.value.has_value()) [[unlikely]] {
        const Node* node = h->t.node.get();
        throw GraphError(std::string(node && node->op ? node->op->name : "tensor") +
                         ": the value of this intermediate was let go; keep the tensor in a "
                         "variable to read its data or grad");
    }
    if (h->cell) [[unlikely]] {
        std::memcpy(h->t.value.data(), cell_data(h), std::size_t(h->t.value.nbytes()));
        // Held by nobody else, it cannot be written any more.
        if (Py_REFCNT(h->cell) == 1) Py_CLEAR(h->cell);
    }
    return h->t.value;
}

void write_cell(Handle* h) {
    if (h->cell) std::memcpy(cell_data(h), h->t.value.data(), std::size_t(h->t.value.nbytes()));
}

Tensor operand(Handle* h) {
    value_of(h);
    if (!h->t.node && h->requires_grad) set_node(h, NodePtr::adopt(Node::leaf(h->t.value)));
    return h->t;
}

void set_node(Handle* h, NodePtr node) {
    if (Node* old = h->t.node.get()) {
        if (old->handle.load() == h) old->handle.store(nullptr);
    }
    h->t.node = std::move(node);
    const Ref old(std::exchange(h->anchor, nullptr));
    if (Node* n = h->t.node.get()) {
        n->handle.store(h, std::memory_order_relaxed);
        if (n->has(Node::kPython)) {
            h->anchor = anchor_of(*n);
            track(h);
        }
    }
    move_hooks(old.get(), h);
}

}  // namespace rg

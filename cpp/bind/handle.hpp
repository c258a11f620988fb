// The Python object: a value, the node that made it, and what only Python tensors have (`.grad`,
// attributes, weak references). Born untracked by the garbage collector; it is tracked as soon as
// it could be part of a cycle.
#pragma once

#include "bind/python_api.hpp"
#include "graph/tensor.hpp"

namespace rg {

struct Handle {
    PyObject_HEAD Tensor t;  // a leaf gets its node when it is first used
    Array gradient;          // of a leaf: what Python has not looked at yet
    PyObject* grad;          // what it has: an ndarray, or a Tensor after create_graph; or null
    PyObject* cell;  // of a scalar: the 0-d array that `.data` gave out; it may have been written
    PyObject* dict;
    PyObject* weakrefs;
    PyObject* anchor;  // keeps rules and hooks written in Python; see anchor.hpp
    bool requires_grad;
    bool view;  // shows part of another tensor: a write through it would be lost
    bool tracked;

    bool is_leaf() const { return !t.node || t.node->is_leaf(); }
};

// The C type, and the facade class that was registered: what operations return.
extern PyTypeObject* base_type;
extern PyTypeObject* tensor_type;

PyObject* make_base_type(PyObject* module);
// Makes `cls` the class of results: its deallocation and construction become ours.
void register_facade(PyTypeObject* cls);

inline bool is_tensor(PyObject* o) {
    return Py_TYPE(o) == tensor_type || PyObject_TypeCheck(o, base_type);
}
inline Handle* as_handle(PyObject* o) { return reinterpret_cast<Handle*>(o); }
inline PyObject* as_object(Handle* h) { return reinterpret_cast<PyObject*>(h); }

// A new Python tensor for a result.
PyObject* wrap(Tensor&& t, bool view = false);
// The same for a float64 number, which travels in a register: through memory it would be stored as
// two words and waited for as one. Takes over a count of the node.
PyObject* wrap_scalar(double value, Node* node);
// The same for a tensor that has a Python tensor already: the node keeps that one as its own.
PyObject* wrap_alias(Tensor&& t);
// The Python tensor of a node: the living one, or a new one that may lack its value.
PyObject* handle_of(Node* node);
// The Python tensor of a node, or null: one that is being freed is none, though Python code may run
// while it goes.
inline Handle* living(const Node& node) {
    void* h = node.handle.load(std::memory_order_relaxed);
    return h && Py_REFCNT(static_cast<PyObject*>(h)) > 0 ? static_cast<Handle*>(h) : nullptr;
}
// The tensor as an operand. Throws GraphError where the value was let go.
Tensor operand(Handle* h);
const Array& value_of(Handle* h);
// After a write to a scalar's value in place: the array that `.data` gave out shows it too.
void write_cell(Handle* h);
void set_node(Handle* h, NodePtr node);
// Tells the garbage collector about a tensor that may be part of a cycle.
void track(Handle* h);

extern PyGetSetDef tensor_attributes[];
extern PyMethodDef tensor_methods[];
extern PyType_Slot number_slots[];
int init_tensor(PyObject* self, PyObject* args, PyObject* kwargs);
PyObject* new_tensor(PyObject* type, PyObject* const* args, std::size_t nargsf, PyObject* names);

}  // namespace rg

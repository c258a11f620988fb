// Rules written in Python: `out = Tensor(v, children, op); out._backward = f`.
//
// The core's references between nodes are invisible to Python's garbage collector, while such a
// rule usually refers to the tensors around it, in a cycle. So every node with a Python rule
// somewhere below it gets an Anchor, a collectable object that mirrors the node's edges: it holds
// the rule, the children, and the anchors of the node's inputs. A tensor holds the anchor of its
// node, and the collector sees the graph as it is. Graphs without Python rules have no anchors.
#pragma once

#include "bind/handle.hpp"
#include "graph/run.hpp"

namespace rg {

struct Anchor {
    PyObject_HEAD Node* node;  // a key only, never followed
    PyObject* rule;            // called without arguments; null until `_backward` is set
    PyObject* children;        // the tuple given to Tensor(...); null for a native node
    PyObject* op;              // the name given there
    PyObject* inputs;          // anchors of the node's inputs
};

// A new reference to the node's anchor, made where it is missing.
PyObject* anchor_of(Node& node);
// Borrowed; null where the node has none.
Anchor* find_anchor(const Node& node);

// Gives `h` a node of its own with the children as inputs.
void attach_children(Handle* h, PyObject* children, PyObject* op);
void set_rule(Handle* h, PyObject* rule);

// Calls the rule: while it runs, `.grad` of the tensor and of its children is this walk's
// cotangent.
void run_python_rule(Run& run, Node& node);
// The place where a running rule of this thread keeps `.grad` of this tensor, or null.
Ref* grad_in_rule(Handle* h);

PyObject* make_anchor_type(PyObject* module);

}  // namespace rg

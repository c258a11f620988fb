// How Python objects in a graph are kept, and seen by the garbage collector.
//
// The core's references between nodes are invisible to the collector, while a rule written in
// Python or a hook usually refers to the tensors around it, in a cycle. So every node with such a
// thing on it or below it gets an Anchor, a collectable object that mirrors the node's edges: it
// holds the Python objects, and the anchors of the node's inputs. A tensor holds the anchor of its
// node, and the collector sees the graph as it is. Graphs without rules or hooks have no anchors.
#pragma once

#include "bind/python_api.hpp"
#include "graph/node.hpp"

namespace rg {

struct Anchor {
    PyObject_HEAD Node* node;  // a key only, never followed
    PyObject* rule;            // null until there is one, and for a native node
    PyObject* children;        // the tuple given to Tensor(...); null for any other node
    PyObject* op;              // the name given there
    PyObject* inputs;          // anchors of the node's inputs
    PyObject* hooks;           // dict of callables for the cotangent, in their order; or null
    PyObject* leaf_hooks;      // dict of callables for a leaf whose gradient has grown; or null
    bool late;                 // the node had consumers when the first hook came
};

// A new reference to the node's anchor, made where it is missing.
PyObject* anchor_of(Node& node);
// Borrowed; null where the node has none.
Anchor* find_anchor(const Node& node);
inline Anchor* as_anchor(PyObject* o) { return reinterpret_cast<Anchor*>(o); }

// No level of forward mode is open any more.
void drop_kept_anchors();

PyObject* make_anchor_type(PyObject* module);

}  // namespace rg

#include "bind/anchor.hpp"

#include <unordered_map>
#include <utility>
#include <vector>

#include "bind/hooks.hpp"
#include "graph/dual.hpp"

namespace rg {
namespace {

PyTypeObject* anchor_type = nullptr;
std::unordered_map<const Node*, Anchor*> anchors;

int anchor_traverse(PyObject* self, visitproc visit, void* arg) {
    Anchor* a = as_anchor(self);
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(a->rule);
    Py_VISIT(a->children);
    Py_VISIT(a->inputs);
    Py_VISIT(a->hooks);
    Py_VISIT(a->leaf_hooks);
    return 0;
}

int anchor_clear(PyObject* self) {
    Anchor* a = as_anchor(self);
    Py_CLEAR(a->rule);
    Py_CLEAR(a->children);
    Py_CLEAR(a->inputs);
    Py_CLEAR(a->hooks);
    Py_CLEAR(a->leaf_hooks);
    return 0;
}

void anchor_dealloc(PyObject* self) {
    PyTypeObject* type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, anchor_dealloc);
    Anchor* a = as_anchor(self);
    if (auto it = anchors.find(a->node); it != anchors.end() && it->second == a) anchors.erase(it);
    anchor_clear(self);
    Py_CLEAR(a->op);
    type->tp_free(self);
    Py_DECREF(type);
    Py_TRASHCAN_END;
}

// Anchors made while a level of forward mode is open: a tangent holds its node and no Python
// object. Never destroyed, as Python is gone at exit.
auto& kept_for_tangents = *new std::vector<Ref>;

Ref new_anchor(Node& node) {
    Ref made(checked(anchor_type->tp_alloc(anchor_type, 0)));
    as_anchor(made.get())->node = &node;
    if (dual::levels) kept_for_tangents.push_back(made);
    anchors[&node] = as_anchor(made.get());
    return made;
}

// An anchor may outlive its node by a little, and another node then come to lie in its place.
void forget(const Node& node) noexcept {
    anchors.erase(&node);
    unpin(node);
}

}  // namespace

Anchor* find_anchor(const Node& node) {
    auto it = anchors.find(&node);
    // One that is being freed is none.
    const bool found = it != anchors.end() && Py_REFCNT(it->second) > 0;
    return found ? it->second : nullptr;
}

PyObject* anchor_of(Node& node) {
    if (Anchor* a = find_anchor(node)) return Py_NewRef(reinterpret_cast<PyObject*>(a));
    // Inputs first. Nodes that operations made in between have no tensor, hence no anchor yet.
    std::vector<Node*> todo = {&node};
    std::vector<Ref> fresh;
    while (!todo.empty()) {
        Node& n = *todo.back();
        const std::size_t before = todo.size();
        const Ref inputs(checked(PyList_New(0)));
        for (std::uint32_t k = 0; k < n.n_inputs; ++k) {
            Node* in = n.input(k);
            if (!in || !in->has(Node::kPython)) continue;
            if (Anchor* a = find_anchor(*in)) {
                checked(PyList_Append(inputs.get(), reinterpret_cast<PyObject*>(a)));
            } else {
                todo.push_back(in);
            }
        }
        if (todo.size() > before) continue;
        todo.pop_back();
        if (find_anchor(n)) continue;
        fresh.push_back(new_anchor(n));
        as_anchor(fresh.back().get())->inputs = checked(PyList_AsTuple(inputs.get()));
    }
    return fresh.back().leave();
}

void drop_kept_anchors() { const std::vector<Ref> gone = std::exchange(kept_for_tangents, {}); }

PyObject* make_anchor_type(PyObject* module) {
    PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(anchor_dealloc)},
                           {Py_tp_traverse, reinterpret_cast<void*>(anchor_traverse)},
                           {Py_tp_clear, reinterpret_cast<void*>(anchor_clear)},
                           {0, nullptr}};
    PyType_Spec spec = {"retrograd._core.Anchor", sizeof(Anchor), 0,
                        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                        slots};
    PyObject* type = checked(PyType_FromModuleAndSpec(module, &spec, nullptr));
    anchor_type = reinterpret_cast<PyTypeObject*>(type);
    Node::on_free = forget;
    return type;
}

}  // namespace rg

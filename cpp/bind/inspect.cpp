#include "bind/python_api.hpp"

#include "bind/inspect.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>
#include <vector>

#include "array/error.hpp"
#include "bind/custom.hpp"

namespace py = pybind11;

namespace rg {
namespace {

// Who reads whom: row i, `inputs[offsets[i] .. offsets[i + 1])`, holds the operands of node i in
// order. -1 is an operand into which no gradient flows.
struct Rows {
    std::vector<std::int64_t> offsets = {0};
    std::vector<std::int32_t> inputs;

    std::size_t size() const { return offsets.size() - 1; }
};

struct Found {
    std::vector<Node*> nodes;  // the root first
    Rows rows;
};

// All nodes below the root; stops where there are more than `limit`, if that is not 0.
Found find_all(Node* root, std::size_t limit) {
    Found f;
    std::unordered_map<const Node*, std::int32_t> places = {{root, 0}};
    f.nodes.push_back(root);
    for (std::size_t i = 0; i < f.nodes.size(); ++i) {
        if (limit && f.nodes.size() > limit) break;
        Node& n = *f.nodes[i];
        for (std::uint32_t k = 0; k < n.n_inputs; ++k) {
            Node* in = n.input(k);
            if (!in) {
                f.rows.inputs.push_back(-1);
                continue;
            }
            const auto [it, fresh] = places.emplace(in, std::int32_t(f.nodes.size()));
            if (fresh) f.nodes.push_back(in);
            f.rows.inputs.push_back(it->second);
        }
        f.rows.offsets.push_back(std::int64_t(f.rows.inputs.size()));
    }
    return f;
}

// Nodes below node 0, operands before who reads them, depth first in the order of the rows.
std::vector<std::int32_t> post_order(const Rows& rows) {
    std::vector<std::int32_t> order, stack = {0};
    std::vector<std::int64_t> next(rows.offsets.begin(), rows.offsets.end() - 1);
    std::vector<bool> seen(rows.size());
    seen[0] = true;
    order.reserve(rows.size());
    while (!stack.empty()) {
        const std::int32_t n = stack.back();
        if (next[n] == rows.offsets[n + 1]) {
            order.push_back(n);
            stack.pop_back();
            continue;
        }
        const std::int32_t in = rows.inputs[next[n]++];
        if (in < 0 || seen[in]) continue;
        seen[in] = true;
        stack.push_back(in);
    }
    return order;
}

// Depth first into the deepest operand: close to the order in which the program made the nodes,
// whichever side of an operation carries the long history.
std::vector<std::int32_t> program_order(const Rows& rows) {
    std::vector<std::int32_t> depth(rows.size());
    for (const std::int32_t n : post_order(rows)) {
        for (auto e = rows.offsets[n]; e < rows.offsets[n + 1]; ++e) {
            const std::int32_t in = rows.inputs[e];
            if (in >= 0) depth[n] = std::max(depth[n], depth[in] + 1);
        }
    }
    Rows deepest_first = rows;
    auto& in = deepest_first.inputs;
    in.erase(std::remove(in.begin(), in.end(), -1), in.end());
    std::int64_t end = 0;
    for (std::size_t n = 0; n < rows.size(); ++n) {
        const std::int64_t begin = end;
        end += std::count_if(rows.inputs.begin() + rows.offsets[n],
                             rows.inputs.begin() + rows.offsets[n + 1],
                             [](std::int32_t i) { return i >= 0; });
        deepest_first.offsets[n + 1] = end;
        std::stable_sort(in.begin() + begin, in.begin() + end,
                         [&](std::int32_t a, std::int32_t b) { return depth[a] > depth[b]; });
    }
    return post_order(deepest_first);
}

template <class T>
py::object array_of(const std::vector<T>& v, int type) {
    npy_intp n = npy_intp(v.size());
    PyObject* a = checked(PyArray_SimpleNew(1, &n, type));
    std::copy(v.begin(), v.end(),
              static_cast<T*>(PyArray_DATA(reinterpret_cast<PyArrayObject*>(a))));
    return py::reinterpret_steal<py::object>(a);
}

// The distinct values seen so far, numbered.
template <class Key>
struct Numbers {
    std::map<Key, std::uint32_t> known;
    std::vector<Key> keys;

    std::uint32_t operator()(const Key& k) {
        const auto [it, fresh] = known.emplace(k, std::uint32_t(keys.size()));
        if (fresh) keys.push_back(k);
        return it->second;
    }
};

struct Table {
    Rows rows;
    std::vector<std::uint32_t> op, type, seq;
    std::vector<double> value;
    std::vector<std::int64_t> held_places, named_places;
    std::vector<Ref> held, names;
    Numbers<const char*> ops;
    Numbers<std::vector<std::int64_t>> types;  // dtype, then shape

    void add(Node& n, std::int64_t place);
    py::dict read() const;
};

// Runs no Python code: nothing goes while nodes are looked at. A walk of another thread may drop
// values meanwhile, but neither shapes nor scalars.
void Table::add(Node& n, std::int64_t place) {
    op.push_back(ops(n.op ? n.op->symbol : ""));
    const Layout& layout = *n.value.layout();
    std::vector<std::int64_t> kind = {std::int64_t(layout.dtype)};
    kind.insert(kind.end(), layout.shape(), layout.shape() + layout.ndim);
    type.push_back(types(kind));
    seq.push_back(n.seq);
    Handle* h = living(n);
    // The user may have written to a scalar that a tensor still shows.
    const bool scalar = n.value.is_scalar();
    value.push_back(!scalar ? std::nan("") : h ? value_of(h).item() : n.value.item());
    if (h) {
        held_places.push_back(place);
        held.push_back(Ref::borrow(as_object(h)));
    }
    if (!n.op || !n.op->external) return;
    if (const Anchor* a = find_anchor(n); a && a->op) {
        named_places.push_back(place);
        names.push_back(Ref::borrow(a->op));
    }
}

py::list list_of(const std::vector<Ref>& refs) {
    py::list out;
    for (const Ref& r : refs) out.append(py::reinterpret_borrow<py::object>(r.get()));
    return out;
}

py::dict Table::read() const {
    py::list op_list, type_list;
    for (const char* symbol : ops.keys) op_list.append(symbol);
    for (const auto& kind : types.keys) {
        py::list shape;
        for (std::size_t i = 1; i < kind.size(); ++i) shape.append(kind[i]);
        type_list.append(py::make_tuple(name_of(DType(kind[0])), py::tuple(shape)));
    }
    py::dict d;
    d["ops"] = op_list;
    d["types"] = type_list;
    d["op"] = array_of(op, NPY_UINT32);
    d["type"] = array_of(type, NPY_UINT32);
    d["value"] = array_of(value, NPY_FLOAT64);
    d["seq"] = array_of(seq, NPY_UINT32);
    d["offsets"] = array_of(rows.offsets, NPY_INT64);
    d["inputs"] = array_of(rows.inputs, NPY_INT32);
    d["held_at"] = array_of(held_places, NPY_INT64);
    d["held"] = list_of(held);
    d["named_at"] = array_of(named_places, NPY_INT64);
    d["names"] = list_of(names);
    return d;
}

py::object graph_nodes(PyObject* o, std::size_t limit) {
    if (!is_tensor(o)) {
        throw DTypeError(std::string("graph: wants a Tensor, not ") + Py_TYPE(o)->tp_name);
    }
    Handle* h = as_handle(o);
    // A tensor that is in no graph yet, or a constant, stands alone.
    const NodePtr root = h->t.node ? h->t.node : NodePtr::adopt(Node::leaf(value_of(h)));
    const Found found = find_all(root.get(), limit);
    if (limit && found.nodes.size() > limit) return py::none();
    const auto order = program_order(found.rows);
    std::vector<std::int32_t> places(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) places[order[i]] = std::int32_t(i);

    Table t;
    for (const std::int32_t n : order) {
        for (auto e = found.rows.offsets[n]; e < found.rows.offsets[n + 1]; ++e) {
            const std::int32_t in = found.rows.inputs[e];
            t.rows.inputs.push_back(in < 0 ? -1 : places[in]);
        }
        t.rows.offsets.push_back(std::int64_t(t.rows.inputs.size()));
        t.add(*found.nodes[n], places[n]);
    }
    py::dict out = t.read();
    out["root"] = order.size() - 1;
    return out;
}

}  // namespace

void install_inspect(py::module_& m) {
    m.def("graph_nodes", [](const py::object& tensor, std::size_t limit) {
        py::object out;
        const bool ok = guarded([&] {
                            out = graph_nodes(tensor.ptr(), limit);
                            return Py_None;
                        }) != nullptr;
        if (!ok) throw py::error_already_set();
        return out;
    });
}

}  // namespace rg

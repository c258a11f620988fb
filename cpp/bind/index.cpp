#include "bind/index.hpp"

#include <cstring>
#include <string>

#include "array/error.hpp"
#include "array/view.hpp"
#include "bind/convert.hpp"
#include "bind/gradient.hpp"
#include "graph/mode.hpp"
#include "graph/record.hpp"
#include "ops/registry.hpp"

namespace rg {
namespace {

PyObject* positions_function = nullptr;

bool is_integer(PyObject* o) {
    return !PyBool_Check(o) && (PyLong_Check(o) || PyArray_IsScalar(o, Integer));
}

bool is_basic(PyObject* o) {
    return is_integer(o) || PySlice_Check(o) || o == Py_None || o == Py_Ellipsis;
}

[[noreturn]] void fail(PyObject* type, const std::string& text) {
    PyErr_SetString(type, text.c_str());
    throw PythonError{};
}

// Walks the parts of a basic key along the axes of `shape`.
class BasicKey {
public:
    BasicKey(Place& place, const char* who) : place_(place), who_(who) {}

    void read(PyObject* const* parts, Py_ssize_t n) {
        Py_ssize_t consumed = 0;
        bool ellipsis = false;
        for (Py_ssize_t i = 0; i < n; ++i) {
            consumed += parts[i] != Py_None && parts[i] != Py_Ellipsis;
            if (parts[i] == Py_Ellipsis && std::exchange(ellipsis, true)) {
                fail(PyExc_IndexError, std::string(who_) + ": more than one ellipsis");
            }
        }
        if (consumed > place_.of.size()) {
            fail(PyExc_IndexError, std::string(who_) + ": " + std::to_string(consumed) +
                                       " indices for shape " + to_string(place_.of));
        }
        for (Py_ssize_t i = 0; i < n; ++i) {
            if (parts[i] == Py_Ellipsis) {
                whole_axes(place_.of.size() - int(consumed));
            } else {
                part(parts[i]);
            }
        }
        whole_axes(place_.of.size() - axis_);
    }

private:
    void add(Index::Item item) {
        place_.index.items.push_back(item);
        if (item.kind == Index::Item::Integer) return;
        if (place_.index.shape.size() == kMaxDims) {
            fail(PyExc_IndexError, std::string(who_) + ": more than 64 dimensions");
        }
        place_.index.shape.push_back(item.count);
    }
    void whole_axes(int n) {
        while (n-- > 0) add({Index::Item::Slice, 0, 1, place_.of[axis_++]});
    }
    void part(PyObject* o) {
        if (o == Py_None) return add({Index::Item::NewAxis, 0, 1, 1});
        const std::int64_t length = place_.of[axis_++];
        if (PySlice_Check(o)) {
            Py_ssize_t start, stop, step;
            checked(PySlice_Unpack(o, &start, &stop, &step));
            const Py_ssize_t count = PySlice_AdjustIndices(length, &start, &stop, step);
            return add({Index::Item::Slice, start, step, count});
        }
        Py_ssize_t at = PyNumber_AsSsize_t(o, PyExc_IndexError);
        if (at == -1 && PyErr_Occurred()) throw PythonError{};
        if (at < -length || at >= length) {
            fail(PyExc_IndexError, std::string(who_) + ": index " + std::to_string(at) +
                                       " is out of bounds for axis " + std::to_string(axis_ - 1) +
                                       " with size " + std::to_string(length));
        }
        add({Index::Item::Integer, at < 0 ? at + length : at, 1, 1});
    }

    Place& place_;
    const char* who_;
    int axis_ = 0;
};

// Integer arrays, masks and mixtures: NumPy's own rules, applied in Python to positions.
void read_positions(Place& place, PyObject* key, const char* who) {
    const Ref shape(checked(PyTuple_New(place.of.size())));
    for (int i = 0; i < place.of.size(); ++i) {
        PyTuple_SET_ITEM(shape.get(), i, checked(PyLong_FromLongLong(place.of[i])));
    }
    if (!positions_function) fail(PyExc_RuntimeError, "import retrograd, not retrograd._core");
    const Ref found(
        checked(PyObject_CallFunction(positions_function, "OOs", shape.get(), key, who)));
    std::int64_t size = 1;
    for (const std::int64_t d : place.of) size *= d;
    place.index = index_of_positions(found.get(), size, who);
}

Place parse(const Dims& shape, PyObject* key, const char* who) {
    Place place{{}, shape};
    PyObject* const* parts = &key;
    Py_ssize_t n = 1;
    if (PyTuple_Check(key)) {
        parts = PySequence_Fast_ITEMS(key);
        n = PyTuple_GET_SIZE(key);
    }
    bool basic = true;
    for (Py_ssize_t i = 0; i < n; ++i) basic = basic && is_basic(parts[i]);
    if (basic) {
        BasicKey(place, who).read(parts, n);
    } else {
        read_positions(place, key, who);
    }
    return place;
}

void refuse_view(const Handle* h, const char* who) {
    if (!h->view) return;
    throw GraphError(std::string(who) +
                     ": this tensor is a view of another, which would not see the write; write to "
                     "that one, A[i, j] = v, or to a .copy()");
}

}  // namespace

Index index_of_positions(PyObject* positions, std::int64_t size, const char* who) {
    const Ref flat(checked(PyArray_FROMANY(positions, NPY_INT64, 0, 0, NPY_ARRAY_CARRAY_RO)));
    auto* a = reinterpret_cast<PyArrayObject*>(flat.get());
    Index index;
    index.basic = false;
    for (int i = 0; i < PyArray_NDIM(a); ++i) index.shape.push_back(PyArray_DIM(a, i));
    const std::int64_t n = PyArray_SIZE(a);
    index.positions = Array::empty(DType::i64, {n});
    const auto* from = static_cast<const std::int64_t*>(PyArray_DATA(a));
    auto* to = index.positions.as<std::int64_t>();
    bool inside = true;
    for (std::int64_t i = 0; i < n; ++i) {
        to[i] = from[i];
        inside &= std::uint64_t(from[i]) < std::uint64_t(size);
    }
    if (!inside) fail(PyExc_IndexError, std::string(who) + ": a position is out of bounds");
    return index;
}

PyObject* index_get(Handle* h, PyObject* key) {
    Tensor in[] = {operand(h)};
    Place place = parse(in[0].value.shape(), key, "getitem");
    const bool view = place.index.basic;
    return wrap(apply(info<op::GetItem>(), in, make_params(std::move(place))), view);
}

void index_set(Handle* h, PyObject* key, PyObject* value) {
    if (!value) fail(PyExc_TypeError, "setitem: elements of a Tensor cannot be deleted");
    refuse_view(h, "setitem");
    settle(h);
    const DType dtype = value_of(h).dtype();
    Place place = parse(h->t.value.shape(), key, "setitem");
    Tensor v;
    if (is_tensor(value)) {
        v = operand(as_handle(value));
    } else {
        v = Tensor(constant_operand(value, dtype, "setitem"));
        if (!v.layout()) {
            throw DTypeError(std::string("setitem: a ") + Py_TYPE(value)->tp_name +
                             " came, a number, an array or a Tensor was wanted");
        }
        v.value = cast(v.value, dtype);
    }
    Dims shape, from = v.value.shape();
    // As in NumPy, leading axes of length one are dropped.
    int extra = 0;
    while (from.size() - extra > place.index.shape.size() && from[extra] == 1) ++extra;
    if (extra) {
        from = Dims(from.data() + extra, from.size() - extra);
        v = reshape(v, from);
    }
    if (!broadcast(from, place.index.shape, shape) || shape != place.index.shape) {
        throw ShapeError("setitem: shape " + to_string(from) + " does not fit the place of shape " +
                         to_string(place.index.shape));
    }
    if (!place.index.basic && v.node) find_winners(place.index, h->t.value.size(), dtype);
    const Array plain = cast(v.value, dtype);
    // The key and the value may have been Python code that gave the tensor another shape.
    if (h->t.value.shape() != place.of || h->t.value.dtype() != dtype) {
        throw GraphError("setitem: the tensor was changed while its index was read");
    }
    if (!recording() && h->is_leaf()) {
        write_at(private_value(h), plain, place);
        write_cell(h);
        return;
    }
    operand(h);  // a leaf has its node from now on
    Tensor before = std::move(h->t), after;
    // A warning or a signal may run Python code before the write is done; it finds a shape.
    h->t.value = before.value.without_value();
    try {
        after = setitem(std::move(before), v, place);
    } catch (...) {
        h->t = std::move(before);
        throw;
    }
    h->t.node = std::move(before.node);
    h->t.value = std::move(after.value);
    Py_CLEAR(h->cell);
    // The tensor is another one now: earlier users of the old value keep the old node.
    clear_gradient(h);
    h->requires_grad = after.recorded() != nullptr;
    set_node(h, std::move(after.node));
}

void write_in_place(Handle* h, const Array& value) {
    refuse_view(h, "in-place");
    const Array& old = value_of(h);
    if (!value.same_shape(old)) {
        throw ShapeError("in-place: a result of shape " + to_string(value.shape()) +
                         " does not fit a tensor of shape " + to_string(old.shape()));
    }
    const Array fitting = contiguous(cast(value, old.dtype()));
    Array& mine = private_value(h);
    std::memcpy(mine.data(), fitting.data(), std::size_t(mine.nbytes()));
    write_cell(h);
}

void set_positions_function(PyObject* f) { Py_XSETREF(positions_function, Py_NewRef(f)); }

}  // namespace rg

#include "bind/arguments.hpp"

#include <string>

#include "array/error.hpp"
#include "bind/handle.hpp"

namespace rg {

Tensor tensor_arg(PyObject* o, const char* who) {
    if (!is_tensor(o)) {
        throw DTypeError(std::string(who) + ": wants a Tensor, got " + Py_TYPE(o)->tp_name);
    }
    return operand(as_handle(o));
}

void want(Py_ssize_t n, Py_ssize_t wanted, const char* who) {
    if (n == wanted) return;
    PyErr_Format(PyExc_TypeError, "%s: wants %zd arguments, got %zd", who, wanted, n);
    throw PythonError{};
}

std::int64_t integer(PyObject* o, const char* who) {
    if (!PyIndex_Check(o)) {
        throw DTypeError(std::string(who) + ": axes and extents are integers, not " +
                         Py_TYPE(o)->tp_name);
    }
    const Py_ssize_t x = PyNumber_AsSsize_t(o, PyExc_OverflowError);
    if (x == -1 && PyErr_Occurred()) throw PythonError{};
    return x;
}

namespace {

// An array of any shape claims to be an index; one that has a length is a sequence.
bool is_sequence(PyObject* o) {
    if (PyLong_Check(o) || !PySequence_Check(o)) return false;
    if (PySequence_Size(o) >= 0) return true;
    PyErr_Clear();
    return false;
}

}  // namespace

Dims integers(PyObject* o, const char* who) {
    if (!is_sequence(o)) return {integer(o, who)};
    const Ref items(checked(PySequence_Fast(o, who)));
    const Py_ssize_t n = PySequence_Fast_GET_SIZE(items.get());
    if (n > kMaxDims) throw ShapeError(std::string(who) + ": more than 64 dimensions");
    Dims out;
    for (Py_ssize_t i = 0; i < n; ++i) {
        out.push_back(integer(PySequence_Fast_GET_ITEM(items.get(), i), who));
    }
    return out;
}

int axis_in(std::int64_t axis, const Dims& shape, const char* who) {
    if (axis < -shape.size() || axis >= shape.size()) {
        throw ShapeError(std::string(who) + ": axis " + std::to_string(axis) +
                         " is out of bounds for shape " + to_string(shape));
    }
    return int(axis < 0 ? axis + shape.size() : axis);
}

PyMethodDef fast(const char* name, PyObject* (*f)(PyObject*, Args, Py_ssize_t), const char* doc) {
    return {name, reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(f)), METH_FASTCALL, doc};
}

}  // namespace rg

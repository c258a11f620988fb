#include "bind/modes.hpp"

#include "graph/mode.hpp"
#include "ops/op.hpp"

namespace rg {
namespace {

PyObject* grad_mode = nullptr;

bool recording_here() {
    PyObject* value = nullptr;
    if (PyContextVar_Get(grad_mode, Py_True, &value) < 0) throw PythonError{};
    const Ref held(value);
    return held.get() == Py_True;
}

PyObject* open_mode(PyObject*, PyObject* change) {
    const long by = PyLong_AsLong(change);
    if (by == -1 && PyErr_Occurred()) return nullptr;
    open_modes += int(by);
    grad_modes += int(by);
    Py_RETURN_NONE;
}

PyObject* set_exact_mode(PyObject*, PyObject* on) {
    set_exact(on == Py_True);
    Py_RETURN_NONE;
}

PyObject* get_exact_mode(PyObject*, PyObject*) { return PyBool_FromLong(is_exact()); }

PyMethodDef functions[] = {
    {"open_mode", open_mode, METH_O, "open_mode(change, /)\n--\n\n"},
    {"set_exact", set_exact_mode, METH_O, "set_exact(on, /)\n--\n\n"},
    {"is_exact", get_exact_mode, METH_NOARGS, "is_exact()\n--\n\n"},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

void install_modes(PyObject* module) {
    grad_mode = checked(PyContextVar_New("retrograd_grad_mode", Py_True));
    checked(PyModule_AddObjectRef(module, "grad_mode", grad_mode));
    checked(PyModule_AddFunctions(module, functions));
    recording_hook = recording_here;
}

}  // namespace rg

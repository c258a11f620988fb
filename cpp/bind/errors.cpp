// The one place where C++ exceptions become Python's.
#include <string>

#include "array/error.hpp"
#include "bind/profile.hpp"
#include "bind/python_api.hpp"

namespace rg {
namespace {

PyObject* graph_error = nullptr;
PyObject* shape_error = nullptr;
PyObject* dtype_error = nullptr;
PyObject* anomaly_error = nullptr;

PyObject* add(PyObject* module, const char* name, const char* doc, PyObject* base) {
    const std::string full = std::string("retrograd.") + name;
    PyObject* type = checked(PyErr_NewExceptionWithDoc(full.c_str(), doc, base, nullptr));
    checked(PyModule_AddObjectRef(module, name, type));
    return type;
}

}  // namespace

void add_exceptions(PyObject* module) {
    graph_error =
        add(module, "GraphError", "The graph cannot do what was asked of it.", PyExc_RuntimeError);
    shape_error = add(module, "ShapeError", "Shapes do not fit the operation.", PyExc_ValueError);
    anomaly_error =
        add(module, "AnomalyError", "A NaN or an infinity was born.", PyExc_FloatingPointError);
    dtype_error =
        add(module, "DTypeError", "An element type that retrograd does not take.", PyExc_TypeError);
}

void translate_exception() noexcept {
    try {
        throw;
    } catch (const PythonError&) {
    } catch (const Anomaly& e) {
        PyErr_SetString(anomaly_error, describe_anomaly(e).c_str());
    } catch (const GraphError& e) {
        PyErr_SetString(graph_error, e.what());
    } catch (const ShapeError& e) {
        PyErr_SetString(shape_error, e.what());
    } catch (const DTypeError& e) {
        PyErr_SetString(dtype_error, e.what());
    } catch (const std::bad_alloc& e) {
        PyErr_SetString(PyExc_MemoryError, e.what());
    } catch (const std::exception& e) {
        PyErr_SetString(PyExc_SystemError, e.what());
    }
}

}  // namespace rg

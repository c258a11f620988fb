#include "bind/threads.hpp"

#include <dlfcn.h>

#include "array/parallel.hpp"

namespace rg {
namespace {

// The function by which NumPy's BLAS tells how many threads it may use; null where it is of a kind
// not known here. NumPy's extension module is loaded, and a look-up in it takes in what it links.
int (*find_blas_threads())() {
    Dl_info numpy;
    if (!dladdr(&PyArray_Type, &numpy)) return nullptr;
    void* library = dlopen(numpy.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    if (!library) return nullptr;
    for (const char* name :
         {"scipy_openblas_get_num_threads64_", "scipy_openblas_get_num_threads",
          "openblas_get_num_threads64_", "openblas_get_num_threads", "MKL_Get_Max_Threads"}) {
        if (void* found = dlsym(library, name)) return reinterpret_cast<int (*)()>(found);
    }
    return nullptr;
}

PyObject* get_num_threads(PyObject*, PyObject*) { return PyLong_FromLong(team::size()); }

PyObject* set_num_threads(PyObject*, PyObject* n) {
    if (!PyIndex_Check(n)) {
        return PyErr_Format(PyExc_TypeError, "set_num_threads: n must be an int, got %s",
                            Py_TYPE(n)->tp_name);
    }
    const Py_ssize_t count = PyNumber_AsSsize_t(n, nullptr);
    if (count == -1 && PyErr_Occurred()) return nullptr;
    if (count < 1 || count > team::kMost) {
        return PyErr_Format(PyExc_ValueError, "set_num_threads: n must be from 1 to %d, got %S",
                            team::kMost, n);
    }
    team::set_size(int(count));
    Py_RETURN_NONE;
}

PyMethodDef functions[] = {
    {"get_num_threads", get_num_threads, METH_NOARGS, "get_num_threads()\n--\n\n"},
    {"set_num_threads", set_num_threads, METH_O, "set_num_threads(n, /)\n--\n\n"},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

void install_threads(PyObject* module) {
    checked(PyModule_AddFunctions(module, functions));
    team::follow(find_blas_threads());
}

}  // namespace rg

// bind: the only layer that knows Python. Start here, then handle.hpp. Everything that runs once an
// operation is plain C API; pybind11 owns the module and what is called rarely (module.cpp).
//
// Convention: C++ functions throw, and entry points called by Python go through `guarded`, which
// turns what was thrown into the Python exception of errors.cpp.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#ifndef NPY_NO_DEPRECATED_API
#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#endif
#define PY_ARRAY_UNIQUE_SYMBOL retrograd_array_api
#define PY_UFUNC_UNIQUE_SYMBOL retrograd_ufunc_api
#ifndef RETROGRAD_IMPORT_NUMPY
#define NO_IMPORT_ARRAY
#define NO_IMPORT_UFUNC
#endif
#include <numpy/arrayobject.h>
#include <numpy/ufuncobject.h>

#include <utility>

namespace rg {

// A Python exception is set; unwinding goes on to the next entry point.
struct PythonError {};

// An owned reference.
class Ref {
public:
    Ref() noexcept = default;
    explicit Ref(PyObject* owned) noexcept : p_(owned) {}
    Ref(const Ref& o) noexcept : p_(o.p_) { Py_XINCREF(p_); }
    Ref(Ref&& o) noexcept : p_(std::exchange(o.p_, nullptr)) {}
    Ref& operator=(Ref o) noexcept {
        std::swap(p_, o.p_);
        return *this;
    }
    ~Ref() { Py_XDECREF(p_); }

    static Ref borrow(PyObject* p) noexcept {
        Py_XINCREF(p);
        return Ref(p);
    }
    PyObject* get() const noexcept { return p_; }
    PyObject* leave() noexcept { return std::exchange(p_, nullptr); }
    explicit operator bool() const noexcept { return p_ != nullptr; }

private:
    PyObject* p_ = nullptr;
};

// The result of a C API call that must not be null.
inline PyObject* checked(PyObject* p) {
    if (!p) throw PythonError{};
    return p;
}
inline int checked(int status) {
    if (status < 0) throw PythonError{};
    return status;
}

// Sets the Python exception for the C++ one in flight.
void translate_exception() noexcept;

// GraphError, ShapeError and DTypeError as Python sees them.
void add_exceptions(PyObject* module);

template <class F>
[[gnu::always_inline]] inline auto guarded(F&& f) noexcept -> decltype(f()) {
    try {
        return f();
    } catch (...) {
        translate_exception();
    }
    if constexpr (std::is_pointer_v<decltype(f())>) {
        return nullptr;
    } else {
        return -1;
    }
}

}  // namespace rg

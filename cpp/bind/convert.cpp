#include "bind/convert.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "array/error.hpp"
#include "array/view.hpp"

namespace rg {
namespace {

PyArrayObject* as_array(const Ref& r) { return reinterpret_cast<PyArrayObject*>(r.get()); }

std::string dtype_name(PyArrayObject* a) {
    const Ref name(PyObject_Str(reinterpret_cast<PyObject*>(PyArray_DESCR(a))));
    const char* text = name ? PyUnicode_AsUTF8(name.get()) : nullptr;
    PyErr_Clear();
    return text ? text : "?";
}

bool is_plain(int type) { return type == NPY_DOUBLE || type == NPY_FLOAT; }
bool is_complex_type(int type) { return type == NPY_CDOUBLE || type == NPY_CFLOAT; }
bool is_integer(int type) { return PyTypeNum_ISINTEGER(type) || PyTypeNum_ISBOOL(type); }

[[noreturn]] void refuse(PyArrayObject* a, const char* who) {
    const int type = PyArray_TYPE(a);
    const std::string head = std::string(who) + ": dtype " + dtype_name(a);
    if (PyTypeNum_ISCOMPLEX(type)) {
        throw DTypeError(head +
                         " is not taken; make leaves of the real and imaginary parts: x + 1j * y");
    }
    if (PyTypeNum_ISFLOAT(type)) {
        throw DTypeError(head + " is not taken; convert with .astype(np.float64) or np.float32");
    }
    throw DTypeError(head + " is not taken; pass numbers or an array of float64 or float32");
}

// The same elements in an aligned native array of the given type.
Ref as_type(PyArrayObject* a, int type) {
    Dims shape;
    for (int i = 0; i < PyArray_NDIM(a); ++i) shape.push_back(PyArray_DIM(a, i));
    count_elements({shape.data(), std::size_t(shape.size())}, PyTypeNum_ISCOMPLEX(type) ? 16
                                                              : type == NPY_FLOAT       ? 4
                                                                                        : 8);
    return Ref(checked(PyArray_FromArray(a, PyArray_DescrFromType(type),
                                         NPY_ARRAY_ALIGNED | NPY_ARRAY_NOTSWAPPED)));
}

bool holds_tensor(PyObject* o) {
    if (is_tensor(o)) return true;
    if (!PyList_Check(o) && !PyTuple_Check(o)) return false;
    PyObject** items = PySequence_Fast_ITEMS(o);
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(o); ++i) {
        if (holds_tensor(items[i])) return true;
    }
    return false;
}

// np.asarray, with one clear line where that fails.
Ref any_array(PyObject* o, const char* who) {
    if (holds_tensor(o)) {
        throw DTypeError(std::string(who) +
                         ": a list of Tensors would lose their gradients; fill an array by "
                         "t[i] = v, or pass plain numbers");
    }
    Ref a(PyArray_FROM_O(o));
    if (a) return a;
    if (!PyErr_ExceptionMatches(PyExc_ValueError)) throw PythonError{};
    PyErr_Clear();
    throw ShapeError(std::string(who) +
                     ": a ragged sequence has no shape; pad it to equal lengths");
}

// int8 to int16 and bool fit float32; everything wider meets at float64, as np.result_type says.
int promoted(PyArrayObject* a, DType other) {
    const bool narrow = PyArray_ITEMSIZE(a) <= 2;
    return other == DType::f32 && narrow ? NPY_FLOAT : NPY_DOUBLE;
}

Array numbers(PyArrayObject* a, DType other, bool take_complex, const char* who) {
    const int type = PyArray_TYPE(a);
    if (is_plain(type) || (take_complex && is_complex_type(type))) {
        if (PyArray_ISBEHAVED_RO(a)) return borrow_array(a);
        return borrow_array(as_array(as_type(a, type)));
    }
    if (is_integer(type)) return borrow_array(as_array(as_type(a, promoted(a, other))));
    refuse(a, who);
}

// Operands that NumPy itself treats as its own; other subclasses have protocols of their own.
bool is_numpy(PyObject* o) {
    if (PyArray_CheckExact(o) || PyArray_CheckScalar(o)) return true;
    return PyArray_Check(o) && std::strcmp(Py_TYPE(o)->tp_name, "memmap") == 0;
}

struct Lease {
    PyObject_HEAD Buffer* buffer;
    bool counted;
    bool writable;
};

PyTypeObject* lease_type = nullptr;

void lease_dealloc(PyObject* self) {
    auto* l = reinterpret_cast<Lease*>(self);
    PyTypeObject* type = Py_TYPE(self);
    if (l->counted) --l->buffer->leases;
    if (l->writable) --l->buffer->writable_leases;
    l->buffer->release();
    type->tp_free(self);
    Py_DECREF(type);
}

// Takes over nothing: the buffer gains an owner.
PyObject* make_lease(Buffer* buffer, bool counted, bool writable) {
    auto* l = reinterpret_cast<Lease*>(checked(lease_type->tp_alloc(lease_type, 0)));
    buffer->retain();
    l->buffer = buffer;
    l->counted = counted;
    l->writable = writable;
    if (counted) ++buffer->leases;
    if (writable) ++buffer->writable_leases;
    return reinterpret_cast<PyObject*>(l);
}

// `base` is stolen.
PyObject* array_on(const Array& a, PyObject* base, bool writable) {
    Ref keeper(base);
    npy_intp shape[kMaxDims], strides[kMaxDims];
    std::copy_n(a.layout()->shape(), a.ndim(), shape);
    std::copy_n(a.layout()->strides(), a.ndim(), strides);
    Ref out(checked(PyArray_NewFromDescr(
        &PyArray_Type, PyArray_DescrFromType(numpy_type(a.dtype())), a.ndim(), shape, strides,
        const_cast<char*>(a.data()), writable ? NPY_ARRAY_WRITEABLE : 0, nullptr)));
    auto* array = reinterpret_cast<PyArrayObject*>(out.get());
    checked(PyArray_SetBaseObject(array, keeper.leave()));
    PyArray_UpdateFlags(array, NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_F_CONTIGUOUS | NPY_ARRAY_ALIGNED);
    return out.leave();
}

PyObject* scalar_array(const Array& a) {
    PyObject* out = checked(PyArray_SimpleNew(0, nullptr, numpy_type(a.dtype())));
    std::memcpy(PyArray_DATA(reinterpret_cast<PyArrayObject*>(out)), a.data(),
                std::size_t(itemsize(a.dtype())));
    return out;
}

}  // namespace

namespace {

constexpr int kTypes[] = {NPY_DOUBLE, NPY_FLOAT, NPY_CDOUBLE, NPY_CFLOAT, NPY_INT64};

DType dtype_of_type(int type) {
    return DType(std::find(kTypes, kTypes + kNumberTypes, type) - kTypes);
}

}  // namespace

int numpy_type(DType t) { return kTypes[int(t)]; }

Array borrow_array(PyArrayObject* a) {
    const DType dtype = dtype_of_type(PyArray_TYPE(a));
    char* data = PyArray_BYTES(a);
    if (PyArray_NDIM(a) == 0 && is_float(dtype)) {
        return dtype == DType::f32 ? Array(*reinterpret_cast<float*>(data))
                                   : Array(*reinterpret_cast<double*>(data));
    }
    Dims shape, strides;
    for (int i = 0; i < PyArray_NDIM(a); ++i) {
        shape.push_back(PyArray_DIM(a, i));
        strides.push_back(PyArray_STRIDE(a, i));
    }
    // Owns the layout, should there be no memory for the buffer.
    const Array shell = Array::adopt(Layout::strided(dtype, shape, strides, 0), nullptr);
    const auto drop = [](void* owner) { Py_DECREF(static_cast<PyObject*>(owner)); };
    Buffer* buffer = Buffer::borrow(data, std::size_t(PyArray_NBYTES(a)), drop, a);
    Py_INCREF(a);
    shell.layout()->retain();
    return Array::adopt(shell.layout(), buffer);
}

Array leaf_value(PyObject* data, const char* who) {
    if (PyFloat_CheckExact(data)) return Array(PyFloat_AS_DOUBLE(data));
    if (PyLong_Check(data)) {
        const double x = PyLong_AsDouble(data);
        if (x == -1.0 && PyErr_Occurred()) throw PythonError{};
        return Array(x);
    }
    const Ref array = is_tensor(data) ? Ref() : any_array(data, who);
    const Array value =
        array ? numbers(as_array(array), DType::f64, false, who) : value_of(as_handle(data));
    if (is_complex(value.dtype())) {
        throw DTypeError(std::string(who) + ": a leaf is real, and a " + name_of(value.dtype()) +
                         " Tensor came; use .detach() for a constant");
    }
    return value.is_scalar() ? value : copy(value);
}

Array any_value(PyObject* data, const char* who) {
    if (is_tensor(data)) return copy(value_of(as_handle(data)));
    const Ref array = any_array(data, who);
    const Array value = numbers(as_array(array), DType::f64, true, who);
    return value.is_scalar() ? value : copy(value);
}

Array constant_operand(PyObject* o, DType other, const char* who) {
    other = real_of(other);
    if (PyFloat_CheckExact(o)) return Array::scalar(other, PyFloat_AS_DOUBLE(o));
    if (PyLong_Check(o)) {
        const double x = PyLong_AsDouble(o);
        if (x == -1.0 && PyErr_Occurred()) throw PythonError{};
        return Array::scalar(other, x);
    }
    if (is_numpy(o)) {
        const Ref a(checked(PyArray_FromAny(o, nullptr, 0, 0, 0, nullptr)));
        return numbers(as_array(a), other, true, who);
    }
    if (PyList_CheckExact(o) || PyTuple_CheckExact(o)) {
        const Ref a = any_array(o, who);
        return numbers(as_array(a), other, true, who);
    }
    if (PyComplex_Check(o)) {
        return Array::complex_scalar(complex_of(other),
                                     {PyComplex_RealAsDouble(o), PyComplex_ImagAsDouble(o)});
    }
    return {};
}

bool parse_operands(PyObject* const* args, int n, Tensor* out, const char* who) {
    DType other = DType::f32;
    bool any = false;
    for (int k = 0; k < n; ++k) {
        if (!is_tensor(args[k])) continue;
        any = true;
        out[k] = operand(as_handle(args[k]));
        if (real_of(out[k].value.dtype()) == DType::f64) other = DType::f64;
    }
    if (!any) return false;
    for (int k = 0; k < n; ++k) {
        if (out[k].layout()) continue;
        out[k].value = constant_operand(args[k], other, who);
        if (!out[k].layout()) return false;
    }
    return true;
}

PyObject* lease(const Array& a, bool writable) {
    return array_on(a, make_lease(a.buffer(), true, writable), writable);
}

PyObject* own_array(Array&& a) {
    if (a.is_scalar()) return scalar_array(a);
    if (!a.unique() || !a.contiguous()) a = copy(a);
    return array_on(a, make_lease(a.buffer(), false, false), true);
}

DType parse_dtype(PyObject* o, const char* who) {
    PyArray_Descr* descr = nullptr;
    if (!PyArray_DescrConverter(o, &descr)) throw PythonError{};
    const int type = descr->type_num;
    const Ref name(PyObject_Str(reinterpret_cast<PyObject*>(descr)));
    Py_DECREF(descr);
    if (is_plain(type) || is_complex_type(type)) return dtype_of_type(type);
    throw DTypeError(std::string(who) + ": dtype " + PyUnicode_AsUTF8(checked(name.get())) +
                     " is not taken; float64, float32, complex128 and complex64 are");
}

Array& private_value(Handle* h) {
    Array& value = h->t.value;
    value_of(h);
    if (const Buffer* b = value.buffer()) {
        const bool shared = b->count.load(std::memory_order_acquire) - b->leases > 1;
        if (shared || b->borrowed() || !value.contiguous()) value = copy(value);
    }
    return value;
}

PyObject* make_lease_type(PyObject* module) {
    PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(lease_dealloc)}, {0, nullptr}};
    PyType_Spec spec = {"retrograd._core.Lease", sizeof(Lease), 0,
                        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
    PyObject* type = checked(PyType_FromModuleAndSpec(module, &spec, nullptr));
    lease_type = reinterpret_cast<PyTypeObject*>(type);
    return type;
}

}  // namespace rg

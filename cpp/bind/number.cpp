// Tensor's operators. Each is one C function in a type slot, in which CPython calls it with the
// operands in either order; anything unknown is answered with NotImplemented.
#include "bind/convert.hpp"
#include "bind/handle.hpp"
#include "bind/index.hpp"
#include "bind/temporary.hpp"
#include "graph/anomaly.hpp"
#include "graph/mode.hpp"
#include "graph/observe.hpp"
#include "graph/record.hpp"
#include "ops/registry.hpp"

namespace rg {
namespace {

// A float64 scalar with its node, or a Python float. False for all else: a leaf that has no node
// yet, or a scalar whose `.data` somebody may have written to.
[[gnu::always_inline]] inline bool scalar_operand(PyObject* o, double& x, Node*& node) {
    if (Py_TYPE(o) == tensor_type) {
        Handle* h = as_handle(o);
        if (!h->t.value || !h->t.value.is_scalar64() || h->cell) return false;
        x = h->t.value.f64();
        node = h->t.node.get();
        return node || !h->requires_grad;
    }
    if (!PyFloat_CheckExact(o)) return false;
    x = PyFloat_AS_DOUBLE(o);
    node = nullptr;
    return true;
}

// The same while a profile is open, and nothing else.
template <class Op>
[[gnu::noinline, gnu::cold]] PyObject* watched_binary_of_scalars(PyObject* a, PyObject* b) {
    OpScope scope;
    double x0, x1;
    Node *n0, *n1;
    if (anomaly::open_modes) return nullptr;
    if (!scalar_operand(a, x0, n0) || !scalar_operand(b, x1, n1)) return nullptr;
    if (!n0 && !n1) return nullptr;
    const double y = Op::run(x0, x1);
    if (may_have_raised(y)) return nullptr;
    Tensor out(Array(y), record_scalars<Op>(n0, n1, x0, x1, y));
    const unsigned with_gradient = (n0 ? 1 : 0) | (n1 ? 2 : 0);
    const Call call{info<Op>(), Op::name, with_gradient, false, false, 2, {&kScalar64, &kScalar64}};
    scope.finish(call, out.value, out.node.get());
    return wrap(std::move(out));
}

// The usual case of a scalar graph, in a few nanoseconds; null where the general way must be taken.
template <class Op>
[[gnu::always_inline]] inline PyObject* binary_of_scalars(PyObject* a, PyObject* b) {
    double x0, x1;
    Node *n0, *n1;
    if (open_modes) [[unlikely]]
        return observers == open_modes ? watched_binary_of_scalars<Op>(a, b) : nullptr;
    if (!scalar_operand(a, x0, n0) || !scalar_operand(b, x1, n1)) return nullptr;
    if (!n0 && !n1) return nullptr;
    const double y = Op::run(x0, x1);
    if (may_have_raised(y)) return nullptr;
    return wrap_scalar(y, record_scalars<Op>(n0, n1, x0, x1, y).leave());
}

template <class Op>
[[gnu::noinline]] PyObject* binary_of_any(PyObject* a, PyObject* b, const void* caller) {
    Tensor in[2];
    PyObject* const args[] = {a, b};
    if (!parse_operands(args, 2, in, Op::name)) Py_RETURN_NOTIMPLEMENTED;
    release_temporaries(args, in, 2, caller);
    return wrap(apply(info<Op>(), in));
}

template <class Op>
PyObject* binary(PyObject* a, PyObject* b) {
    const void* const caller = __builtin_return_address(0);
    return guarded([&]() __attribute__((always_inline)) {
        if constexpr (index_in<Op>(op::Elementwise{}) >= 0) {
            if (PyObject* result = binary_of_scalars<Op>(a, b)) return result;
        }
        return binary_of_any<Op>(a, b, caller);
    });
}

template <class Op>
PyObject* unary(PyObject* a) {
    const void* const caller = __builtin_return_address(0);
    return guarded([&] {
        Tensor in[] = {operand(as_handle(a))};
        release_temporaries(&a, in, 1, caller);
        return wrap(apply(info<Op>(), in));
    });
}

PyObject* power(PyObject* a, PyObject* b, PyObject* modulus) {
    if (modulus != Py_None) Py_RETURN_NOTIMPLEMENTED;
    return binary<op::Pow>(a, b);
}

PyObject* quotient_and_remainder(PyObject* a, PyObject* b) {
    const Ref quotient(binary<op::FloorDivide>(a, b));
    if (!quotient || quotient.get() == Py_NotImplemented) return Py_XNewRef(quotient.get());
    const Ref remainder(binary<op::Remainder>(a, b));
    return remainder ? PyTuple_Pack(2, quotient.get(), remainder.get()) : nullptr;
}

// x += y makes a new tensor, except that inside no_grad a leaf is written in place.
template <PyObject* (*Plain)(PyObject*, PyObject*)>
PyObject* in_place(PyObject* a, PyObject* b) {
    if (open_modes == 0 || !is_tensor(a)) return Plain(a, b);
    return guarded([&]() -> PyObject* {
        Handle* h = as_handle(a);
        if (recording() || !h->is_leaf()) return Plain(a, b);
        const Ref result(checked(Plain(a, b)));
        if (result.get() == Py_NotImplemented) return Py_NewRef(result.get());
        const Array& value = value_of(as_handle(result.get()));
        write_in_place(h, value);
        return Py_NewRef(a);
    });
}

PyObject* power_plain(PyObject* a, PyObject* b) { return binary<op::Pow>(a, b); }
PyObject* in_place_power(PyObject* a, PyObject* b, PyObject*) {
    return in_place<power_plain>(a, b);
}

Py_ssize_t length(PyObject* self) {
    return guarded([&]() -> Py_ssize_t {
        const Array& v = as_handle(self)->t.value;
        if (v.ndim() == 0) {
            PyErr_SetString(PyExc_TypeError, "len() of a 0-d Tensor");
            throw PythonError{};
        }
        return v.layout()->shape()[0];
    });
}

PyObject* get_item(PyObject* self, PyObject* key) {
    return guarded([&] { return index_get(as_handle(self), key); });
}

int set_item(PyObject* self, PyObject* key, PyObject* value) {
    return guarded([&] {
        index_set(as_handle(self), key, value);
        return 0;
    });
}

Py_hash_t hash(PyObject* self) {
    const auto bits = reinterpret_cast<std::uintptr_t>(self);
    return Py_hash_t(bits >> 4 | bits << (8 * sizeof bits - 4));
}

// Comparisons are NumPy's, on the values, and give a plain bool array.
PyObject* compare(PyObject* a, PyObject* b, int how) {
    return guarded([&]() -> PyObject* {
        const Array& value = value_of(as_handle(a));
        const Ref left(value.is_scalar() ? own_array(Array(value)) : lease(value, false));
        Ref right = Ref::borrow(b);
        if (is_tensor(b)) {
            const Array& other = value_of(as_handle(b));
            right = Ref(other.is_scalar() ? own_array(Array(other)) : lease(other, false));
        } else if (!constant_operand(b, value.dtype(), "compare")) {
            Py_RETURN_NOTIMPLEMENTED;
        }
        const Ref result(checked(PyObject_RichCompare(left.get(), right.get(), how)));
        return checked(PyArray_FROM_O(result.get()));
    });
}

template <class F>
void* slot(F* f) {
    return reinterpret_cast<void*>(f);
}

}  // namespace

PyType_Slot number_slots[] = {
    {Py_nb_add, slot(binary<op::Add>)},
    {Py_nb_subtract, slot(binary<op::Sub>)},
    {Py_nb_multiply, slot(binary<op::Mul>)},
    {Py_nb_true_divide, slot(binary<op::Div>)},
    {Py_nb_floor_divide, slot(binary<op::FloorDivide>)},
    {Py_nb_remainder, slot(binary<op::Remainder>)},
    {Py_nb_divmod, slot(quotient_and_remainder)},
    {Py_nb_power, slot(power)},
    {Py_nb_matrix_multiply, slot(binary<op::MatMul>)},
    {Py_nb_negative, slot(unary<op::Neg>)},
    {Py_nb_positive, slot(unary<op::Pos>)},
    {Py_nb_absolute, slot(unary<op::Abs>)},
    {Py_nb_inplace_add, slot(in_place<binary<op::Add>>)},
    {Py_nb_inplace_subtract, slot(in_place<binary<op::Sub>>)},
    {Py_nb_inplace_multiply, slot(in_place<binary<op::Mul>>)},
    {Py_nb_inplace_true_divide, slot(in_place<binary<op::Div>>)},
    {Py_nb_inplace_floor_divide, slot(in_place<binary<op::FloorDivide>>)},
    {Py_nb_inplace_remainder, slot(in_place<binary<op::Remainder>>)},
    {Py_nb_inplace_power, slot(in_place_power)},
    {Py_nb_inplace_matrix_multiply, slot(in_place<binary<op::MatMul>>)},
    {Py_mp_length, slot(length)},
    {Py_mp_subscript, slot(get_item)},
    {Py_mp_ass_subscript, slot(set_item)},
    {Py_tp_hash, slot(hash)},
    {Py_tp_richcompare, slot(compare)},
    {0, nullptr},
};

}  // namespace rg

// Reductions and changes of shape, on tensors: arguments are read and checked here, so that nothing
// is recorded when they do not fit.
#include <bit>
#include <string>

#include "array/error.hpp"
#include "bind/arguments.hpp"
#include "bind/convert.hpp"
#include "bind/operations.hpp"
#include "graph/record.hpp"
#include "ops/registry.hpp"

namespace rg {
namespace {

Axes axes_of(PyObject* axis, PyObject* keepdims, const Dims& shape, const char* who) {
    Axes axes;
    axes.keep = checked(PyObject_IsTrue(keepdims));
    if (axis == Py_None) {
        for (int i = 0; i < shape.size(); ++i) axes.mask |= std::uint64_t{1} << i;
        return axes;
    }
    // As in NumPy, a 0-d operand may be reduced along what would be its axis 0.
    if (shape.size() == 0 && PyIndex_Check(axis)) {
        const std::int64_t a = integer(axis, who);
        if (a == 0 || a == -1) return axes;
    }
    for (std::int64_t a : integers(axis, who)) {
        const std::uint64_t bit = std::uint64_t{1} << axis_in(a, shape, who);
        if (axes.mask & bit) throw ShapeError(std::string(who) + ": an axis is named twice");
        axes.mask |= bit;
    }
    return axes;
}

// sum(t, axis, keepdims) and its like
template <class Op>
PyObject* reduction(PyObject*, Args args, Py_ssize_t n) {
    return guarded([&] {
        want(n, 3, Op::name);
        Tensor in[] = {tensor_arg(args[0], Op::name)};
        const Axes axes = axes_of(args[1], args[2], in[0].value.shape(), Op::name);
        return wrap(apply(info<Op>(), in, make_params(axes)));
    });
}

template <class Op>
PyObject* reshaped(Tensor&& t, ParamsPtr params) {
    Tensor in[] = {std::move(t)};
    Tensor out = apply(info<Op>(), in, params);
    const bool view = out.value.buffer() && out.value.buffer() == in[0].value.buffer();
    return wrap(std::move(out), view);
}

PyObject* py_reshape(PyObject*, Args args, Py_ssize_t n) {
    return guarded([&] {
        want(n, 2, "reshape");
        Tensor t = tensor_arg(args[0], "reshape");
        const Dims wanted = integers(args[1], "reshape");
        Dims shape = wanted;
        int open = -1;
        std::int64_t known = 1;
        for (int i = 0; i < shape.size(); ++i) {
            if (shape[i] == -1 && open < 0) {
                open = i;
            } else if (shape[i] < 0 || __builtin_mul_overflow(known, shape[i], &known)) {
                known = -1;
                break;
            }
        }
        if (open >= 0 && known > 0 && t.value.size() % known == 0) {
            shape[open] = t.value.size() / known;
            known = t.value.size();
        }
        if (known != t.value.size() || (open >= 0 && shape[open] < 0)) {
            throw ShapeError("reshape: shape " + to_string(t.value.shape()) + " does not become " +
                             to_string(wanted));
        }
        return reshaped<op::Reshape>(std::move(t), make_params(Shape{shape}));
    });
}

PyObject* py_transpose(PyObject*, Args args, Py_ssize_t n) {
    return guarded([&] {
        want(n, 2, "transpose");
        Tensor t = tensor_arg(args[0], "transpose");
        const Dims shape = t.value.shape();
        Permutation p;
        std::uint64_t seen = 0;
        if (args[1] == Py_None) {
            for (int i = shape.size(); i-- > 0;) p.axes.push_back(i);
        } else {
            for (std::int64_t a : integers(args[1], "transpose")) {
                p.axes.push_back(axis_in(a, shape, "transpose"));
                seen |= std::uint64_t{1} << p.axes.back();
            }
            if (p.axes.size() != shape.size() || std::popcount(seen) != shape.size()) {
                throw ShapeError("transpose: axes " + to_string(p.axes) + " do not permute shape " +
                                 to_string(shape));
            }
        }
        return reshaped<op::Transpose>(std::move(t), make_params(p));
    });
}

PyObject* py_broadcast_to(PyObject*, Args args, Py_ssize_t n) {
    return guarded([&] {
        want(n, 2, "broadcast");
        Tensor t = tensor_arg(args[0], "broadcast");
        const Dims shape = integers(args[1], "broadcast"), from = t.value.shape();
        Dims both;
        bool fits = broadcast(from, shape, both) && both == shape;
        for (std::int64_t d : shape) fits = fits && d >= 0;
        if (!fits) {
            throw ShapeError("broadcast: shape " + to_string(from) + " does not broadcast to " +
                             to_string(shape));
        }
        return reshaped<op::Broadcast>(std::move(t), make_params(Shape{shape}));
    });
}

// A copy in any case, as NumPy's astype gives.
PyObject* py_astype(PyObject*, Args args, Py_ssize_t n) {
    return guarded([&] {
        want(n, 2, "cast");
        Tensor in[] = {tensor_arg(args[0], "cast")};
        const DType dtype = parse_dtype(args[1], "cast");
        if (dtype == in[0].value.dtype()) return wrap(apply(info<op::Pos>(), in));
        return wrap(cast(in[0], Target{dtype}));
    });
}

// where(c, a, b): the condition only chooses, so its own type plays no part in the result's.
PyObject* py_where(PyObject*, Args args, Py_ssize_t n) {
    return guarded([&]() -> PyObject* {
        want(n, 3, "where");
        Tensor in[3];
        const bool any = parse_operands(args + 1, 2, in + 1, "where");
        if (!any) {
            for (int k = 1; k < 3; ++k) in[k] = Tensor(any_value(args[k], "where"));
        }
        const DType dtype = common(in[1].value.dtype(), in[2].value.dtype());
        in[0] = Tensor(
            cast(is_tensor(args[0]) ? value_of(as_handle(args[0])) : any_value(args[0], "where"),
                 dtype));
        return wrap(apply(info<op::Where>(), in));
    });
}

// real, imag and conj of a complex tensor.
template <class Op>
PyObject* of_complex(PyObject*, Args args, Py_ssize_t n) {
    return guarded([&]() -> PyObject* {
        want(n, 1, Op::name);
        Tensor in[] = {tensor_arg(args[0], Op::name)};
        return wrap(apply(info<Op>(), in));
    });
}

}  // namespace

PyMethodDef structural_functions[] = {
    fast("sum", reduction<op::Sum>, "sum(t, axis, keepdims, /)\n--\n\n"),
    fast("max", reduction<op::Max>, "max(t, axis, keepdims, /)\n--\n\n"),
    fast("min", reduction<op::Min>, "min(t, axis, keepdims, /)\n--\n\n"),
    fast("reshape", py_reshape, "reshape(t, shape, /)\n--\n\n"),
    fast("transpose", py_transpose, "transpose(t, axes, /)\n--\n\n"),
    fast("broadcast_to", py_broadcast_to, "broadcast_to(t, shape, /)\n--\n\n"),
    fast("astype", py_astype, "astype(t, dtype, /)\n--\n\n"),
    fast("real", of_complex<op::Real>, "real(t, /)\n--\n\n"),
    fast("imag", of_complex<op::Imag>, "imag(t, /)\n--\n\n"),
    fast("conj", of_complex<op::Conj>, "conj(t, /)\n--\n\n"),
    fast("where", py_where, "where(condition, a, b, /)\n--\n\n"),
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace rg

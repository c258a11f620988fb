// Joining, gathering and scanning tensors: arguments are read and checked here.
#include <string>
#include <vector>

#include "array/error.hpp"
#include "array/view.hpp"
#include "bind/arguments.hpp"
#include "bind/convert.hpp"
#include "bind/index.hpp"
#include "bind/operations.hpp"
#include "graph/record.hpp"
#include "ops/registry.hpp"

namespace rg {
namespace {

// What is joined, constants among it; the dtype all meet at.
struct Parts {
    std::vector<Tensor> all;
    DType dtype = DType::f32;

    Parts(PyObject* sequence, const char* who) {
        const Ref items(checked(PySequence_Tuple(sequence)));
        all.resize(std::size_t(PyTuple_GET_SIZE(items.get())));
        if (!parse_operands(PySequence_Fast_ITEMS(items.get()), int(all.size()), all.data(), who)) {
            throw DTypeError(std::string(who) +
                             ": wants Tensors and arrays of numbers, one Tensor "
                             "at least");
        }
        for (const Tensor& t : all) dtype = common(dtype, t.value.dtype());
    }
    Dims shape(std::size_t k) const { return all[k].value.shape(); }
};

[[noreturn]] void refuse(const char* who, const Dims& a, const Dims& b, const std::string& wanted) {
    throw ShapeError(std::string(who) + ": shapes " + to_string(a) + " and " + to_string(b) +
                     wanted);
}

// concatenate(parts, axis): one array is made, and every part is written to its place there.
PyObject* py_concatenate(PyObject*, Args args, Py_ssize_t n) {
    return guarded([&] {
        const char* who = "concatenate";
        want(n, 2, who);
        const Parts parts(args[0], who);
        const Dims first = parts.shape(0);
        if (first.empty()) throw ShapeError("concatenate: shape () has no axis to join along");
        const int axis = axis_arg(args[1], first, who);
        Dims whole = first;
        whole[axis] = 0;
        for (std::size_t k = 0; k < parts.all.size(); ++k) {
            Dims shape = parts.shape(k), rest = first;
            if (shape.size() != first.size()) refuse(who, first, shape, " differ in dimensions");
            rest[axis] = shape[axis];
            if (shape != rest) {
                refuse(who, first, shape, " differ beside axis " + std::to_string(axis));
            }
            if (__builtin_add_overflow(whole[axis], shape[axis], &whole[axis])) {
                refuse(who, first, shape, " are too many elements");
            }
        }
        Tensor out(Array::empty(parts.dtype, whole));
        std::int64_t start = 0;
        for (const Tensor& part : parts.all) {
            const std::int64_t length = part.value.layout()->shape()[axis];
            poll();
            out = join(std::move(out), part, range_of(whole, axis, start, length));
            start += length;
        }
        return wrap(std::move(out));
    });
}

// stack(parts, axis): the same along a new axis.
PyObject* py_stack(PyObject*, Args args, Py_ssize_t n) {
    return guarded([&] {
        const char* who = "stack";
        want(n, 2, who);
        const Parts parts(args[0], who);
        const Dims first = parts.shape(0);
        if (first.size() == kMaxDims) throw ShapeError("stack: more than 64 dimensions");
        Dims whole = first;
        whole.push_back(std::int64_t(parts.all.size()));
        const int axis = axis_arg(args[1], whole, who);
        std::rotate(whole.begin() + axis, whole.end() - 1, whole.end());
        for (std::size_t k = 1; k < parts.all.size(); ++k) {
            if (parts.shape(k) != first) refuse(who, first, parts.shape(k), " differ");
        }
        Tensor out(Array::empty(parts.dtype, whole));
        Place place = range_of(whole, axis, 0, 1);
        place.index.shape = first;
        place.index.items[std::size_t(axis)].kind = Index::Item::Integer;
        for (const Tensor& part : parts.all) {
            poll();
            out = join(std::move(out), part, place);
            ++place.index.items[std::size_t(axis)].start;
        }
        return wrap(std::move(out));
    });
}

// gather(t, positions, distinct): elements at C-order positions, in the shape of these; `distinct`
// says that none comes twice.
PyObject* py_gather(PyObject*, Args args, Py_ssize_t n) {
    return guarded([&] {
        want(n, 3, "gather");
        Tensor in[] = {tensor_arg(args[0], "gather")};
        Place place{index_of_positions(args[1], in[0].value.size(), "gather"), in[0].value.shape()};
        place.index.distinct = checked(PyObject_IsTrue(args[2]));
        return wrap(apply(info<op::GetItem>(), in, make_params(std::move(place))));
    });
}

// cumsum(t, axis) and cumprod(t, axis)
template <class Op>
PyObject* py_scan(PyObject*, Args args, Py_ssize_t n) {
    return guarded([&] {
        want(n, 2, Op::name);
        Tensor in[] = {tensor_arg(args[0], Op::name)};
        const int axis = axis_arg(args[1], in[0].value.shape(), Op::name);
        return wrap(apply(info<Op>(), in, make_params(typename Op::P{axis})));
    });
}

// recurrence(a, b, axis, reverse)
PyObject* py_recurrence(PyObject*, Args args, Py_ssize_t n) {
    return guarded([&] {
        const char* who = "recurrence";
        want(n, 4, who);
        Tensor in[2];
        if (!parse_operands(args, 2, in, who)) {
            throw DTypeError("recurrence: wants Tensors and arrays of numbers");
        }
        const Dims shape = in[0].value.shape();
        if (in[1].value.shape() != shape) refuse(who, shape, in[1].value.shape(), " differ");
        const int axis = axis_arg(args[2], shape, who);
        const Scan scan{axis, bool(checked(PyObject_IsTrue(args[3])))};
        return wrap(apply(info<op::Recurrence>(), in, make_params(scan)));
    });
}

}  // namespace

PyMethodDef rearranging_functions[] = {
    fast("concatenate", py_concatenate, "concatenate(parts, axis, /)\n--\n\n"),
    fast("stack", py_stack, "stack(parts, axis, /)\n--\n\n"),
    fast("gather", py_gather, "gather(t, positions, distinct, /)\n--\n\n"),
    fast("cumsum", py_scan<op::CumSum>, "cumsum(t, axis, /)\n--\n\n"),
    fast("cumprod", py_scan<op::CumProd>, "cumprod(t, axis, /)\n--\n\n"),
    fast("recurrence", py_recurrence, "recurrence(a, b, axis, reverse, /)\n--\n\n"),
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace rg

"""The table of operations: one row per operation of the registry, a dozen checks from each.

A row says how NumPy spells the operation and on what to try it; `test_ops*.py` do the rest.
Adding an operation takes one row here.

A row with no domains is *exact*: piecewise polynomial, of degree two at most. Its operands are
distinct non-zero integers, away from every kink, where central differences with a step of 2**-6
have no error at all; its checks compare with `==`. Other rows name an interval per operand and
are differentiated by complex step, so their NumPy reference must accept complex numbers.
"""

import operator

import numpy as np

import retrograd as rg
from op_rows import Case, Row, elementwise, structural
from ufunc_rows import UFUNC_ROWS

INF, NAN = np.inf, np.nan


def relu(x):
    return np.where(x > 0, x, np.where(np.isnan(x), x, np.zeros_like(x)))


def sigmoid(x):
    # By way of float64 (or complex128): 1 + exp(-x) in float32 would be the less accurate side.
    wide = np.asarray(x, np.result_type(x, np.float64))
    return np.asarray(1 / (1 + np.exp(-wide)), x.dtype)


def astype(x, dtype):
    return x.astype(dtype)


def where_less(where, x, y):
    """`where` as a function of two tensors; the condition goes with the value, not the place."""
    return where(x < y, x, y)


def get(index):
    return lambda x: x[index]


def put(index):
    def f(x, v):
        y = x.copy()
        y[index] = v
        return y

    return f


def scatter(label, index, shape):
    """Return a case: the cotangent that `v[index]` sends to `v`, as a function of what came in."""

    def f(x):
        v = rg.Tensor(np.zeros(shape, x.dtype))
        (v[index] * x).sum().backward(create_graph=True)
        return v.grad

    def ref(x):
        out = np.zeros(shape, x.dtype)
        np.add.at(out, index, x)
        return out

    return Case(label, f, (np.empty(shape)[index].shape,), (), ref)


def recurrence(axis, reverse, *shape):
    """Return a case: `y[i] = b[i] + a[i] * y[i-1]`, or from the end with `a[i+1] * y[i+1]`."""

    def f(a, b):
        return rg._core.recurrence(a, b, axis, reverse)

    def ref(a, b):
        a, b = np.moveaxis(a, axis, 0), np.moveaxis(b, axis, 0)
        y = np.zeros_like(a + b)
        order = range(len(a))[::-1] if reverse else range(len(a))
        for k, i in enumerate(order):
            y[i] = b[i] + a[i + reverse] * y[order[k - 1]] if k else b[i]
        return np.moveaxis(y, 0, axis)

    label = f"axis {axis}{' from the end' if reverse else ''}"
    exact = shape[axis] <= 2
    return Case(label, f, (shape,) * 2, () if exact else ((-2, 2),) * 2, ref)


MASK = np.array([[True, False, True], [False, True, True]])
ROW_PICK = np.array([1, 0, 1, 1])  # repeats: their cotangents add up
INDICES = {
    "int": (1, (2, 3)),
    "negative": (-1, (3,)),
    "element": ((1, -2), (2, 3)),
    "slice": (slice(1, None), (3, 2)),
    "backwards": ((slice(None, None, -2), slice(None)), (5, 2)),
    "ellipsis": ((Ellipsis, 0), (2, 3, 2)),
    "newaxis": ((slice(None), None, 1), (2, 3)),
    "nothing": (slice(0, 0), (3, 2)),
    "whole": ((), (2, 3)),
    "array": (ROW_PICK, (2, 3)),
    "list": ([0, -1, 0], (3,)),
    "2d array": (np.array([[0, 2], [2, -3]]), (3, 2)),
    "two arrays": ((ROW_PICK, np.array([2, 0, 2, -1])), (2, 3)),
    "outer arrays": (np.ix_([1, 0, 1], [0, 2]), (2, 3)),
    "array and slice": ((slice(1), ROW_PICK), (2, 3)),
    "split arrays": ((ROW_PICK, slice(None), np.array([0, 1, 0, 0])), (2, 3, 2)),
    "empty array": (np.array([], int), (3, 2)),
    "mask": (MASK, (2, 3)),
    "row mask": (np.array([True, False]), (2, 3)),
}
# Of several writes to one place the last wins, as in NumPy: only it has a gradient.
WRITES = {label: (put(i), s, np.empty(s)[i].shape) for label, (i, s) in INDICES.items()}

ROWS = (
    elementwise("add", np.add, nin=2, operator=operator.add),
    elementwise("sub", np.subtract, nin=2, operator=operator.sub),
    elementwise(
        "mul", np.multiply, nin=2, operator=operator.mul,
        cases={"square": (lambda x: x * x, (), (3,))},
    ),
    elementwise(
        "div", np.true_divide, (-2, 2), (0.5, 2), operator=operator.truediv,
        kinks=(((1, INF), (0, -0.0)), ((3, -2), (-0.5, -0.75)), ((1, 0), (INF, -INF))),
        cases={"reciprocal": (lambda x: 1 / x, ((0.5, 2),), (3,))},
    ),
    elementwise(
        "pow", np.power, (0.5, 2), (-2, 2), operator=operator.pow, ulp=4,
        kinks=(
            ((0, 1), (1, 0)),
            ((0, 2), (0, 0)),
            ((0, 0.5), (INF, 0)),
            ((INF, 1), (1, INF)),
            ((1, 3), (3, 0)),
            ((-2, 3), (12, None)),
            ((3, 0), (0, None)),
            ((0, 0), (0, None)),
            ((INF, 0), (0, None)),
            ((NAN, 0), (0, None)),
        ),
        cases={
            "cube": (lambda x: x**3, ((-2, -0.5),), (3,)),
            "negative exponent": (lambda x: x**-2, ((-2, -0.5),), (3,)),
            "root": (lambda x: x**0.5, ((0.5, 2),), (3,)),
            "power of two": (lambda x: 2.0**x, ((-2, 2),), (3,)),
            "squared": (lambda x: x**2, (), (3,)),
            "first": (lambda x: x**1, (), (3,)),
            "zeroth": (lambda x: x**0, (), (3,)),
        },
    ),
    elementwise("neg", np.negative, operator=operator.neg),
    elementwise("pos", np.positive, operator=operator.pos),
    elementwise(
        "abs", np.absolute, operator=abs,
        kinks=(((0,), (0,)), ((-0.0,), (0,)), ((-INF,), (-1,)), ((INF,), (1,)), ((1e-45,), (1,))),
    ),
    elementwise("sign", np.sign, kinks=(((0,), (0,)), ((INF,), (0,)), ((-INF,), (0,)))),
    elementwise(
        "exp", np.exp, (-3, 3), ulp=2, method=True,
        kinks=(((-INF,), (0,)), ((INF,), (INF,)), ((0,), (1,)), ((1000,), (INF,))),
    ),
    elementwise(
        "log", np.log, (0.5, 3), ulp=2, method=True,
        kinks=(((0,), (INF,)), ((INF,), (0,)), ((1,), (1,))),
    ),
    elementwise(
        "sqrt", np.sqrt, (0.5, 3), method=True,
        kinks=(((0,), (INF,)), ((INF,), (0,)), ((4,), (0.25,))),
    ),
    elementwise(
        "tanh", np.tanh, (-2, 2), ulp=4, method=True,
        kinks=(((INF,), (0,)), ((-INF,), (0,)), ((1000,), (0,)), ((0,), (1,))),
    ),
    elementwise("sin", np.sin, (-3, 3), ulp=4, method=True, kinks=(((0,), (1,)),)),
    elementwise("cos", np.cos, (-3, 3), ulp=4, method=True, kinks=(((0,), (0,)),)),
    elementwise(
        "relu", relu, in_numpy=False, method=True,
        kinks=(((0,), (0,)), ((-0.0,), (0,)), ((INF,), (1,)), ((-INF,), (0,)), ((1e-45,), (1,))),
    ),
    elementwise(
        "sigmoid", sigmoid, (-3, 3), ulp=4, in_numpy=False, method=True,
        kinks=(((0,), (0.25,)), ((INF,), (0,)), ((-INF,), (0,)), ((1000,), (0,)), ((-1000,), (0,))),
    ),
    elementwise(
        "maximum", np.maximum, nin=2,
        kinks=(
            ((2, 2), (0.5, 0.5)),
            ((0, -0.0), (0.5, 0.5)),
            ((INF, INF), (0.5, 0.5)),
            ((INF, 1), (1, 0)),
            ((-INF, 1), (0, 1)),
        ),
    ),
    elementwise(
        "minimum", np.minimum, nin=2,
        kinks=(
            ((2, 2), (0.5, 0.5)),
            ((0, -0.0), (0.5, 0.5)),
            ((-INF, -INF), (0.5, 0.5)),
            ((INF, 1), (0, 1)),
            ((-INF, 1), (1, 0)),
        ),
    ),
    elementwise(
        "where", np.where, nin=2, spell=where_less,
        kinks=(((1, INF), (1, 0)), ((INF, 1), (0, 1)), ((2, 2), (0, 1))),
        cases={"mask": (lambda x: np.where(MASK, x, -1.0), (), (2, 3)),
               "mask broadcasts": (lambda x: np.where(MASK[0], 2.0, x), (), (2, 1))},
    ),
    *UFUNC_ROWS,
    structural("matmul", {
        "1d 1d": (np.matmul, (3,), (3,)),
        "1d 2d": (np.matmul, (3,), (3, 4)),
        "2d 1d": (np.matmul, (2, 3), (3,)),
        "2d 2d": (np.matmul, (2, 3), (3, 4)),
        "operator": (operator.matmul, (2, 3), (3, 1)),
        "transposed": (lambda x, y: x.T @ y.T, (3, 2), (2, 3)),
        "strided": (lambda x, y: x[::2, ::-1] @ y[::-1], (3, 2), (2, 2)),
        "batched": (np.matmul, (2, 2, 3), (2, 3, 2)),
        "batch broadcasts": (np.matmul, (2, 1, 2, 3), (2, 3, 2)),
        "batched 2d": (np.matmul, (2, 2, 3), (3, 2)),
        "2d batched": (np.matmul, (2, 3), (2, 3, 2)),
        "1d batched": (np.matmul, (3,), (2, 3, 2)),
        "batched 1d": (np.matmul, (2, 2, 3), (3,)),
        "gram": (lambda x: x @ x.T, (2, 3)),
        "no terms": (np.matmul, (2, 0), (0, 3)),
        "no rows": (np.matmul, (0, 2), (2, 3)),
        "constant": (lambda x: np.ones((2, 3)) @ x, (3, 2)),
    }, np.matmul, operator=operator.matmul),
    structural("sum", {
        "all": (np.sum, (2, 3)),
        "0d": (np.sum, ()),
        "axis 0": (lambda x: np.sum(x, axis=0), (2, 3)),
        "axis -1": (lambda x: np.sum(x, axis=-1), (2, 3)),
        "axes": (lambda x: x.sum(axis=(0, 2)), (2, 3, 2)),
        "no axes": (lambda x: x.sum(axis=()), (2, 3)),
        "keepdims": (lambda x: np.sum(x, axis=1, keepdims=True), (2, 3)),
        "all keepdims": (lambda x: x.sum(keepdims=True), (2, 3)),
        "empty": (lambda x: x.sum(axis=0), (0, 3)),
        "transposed": (lambda x: x.T.sum(0), (2, 3)),
        "mean": (np.mean, (2, 4)),
        "mean axis": (lambda x: x.mean(axis=1, keepdims=True), (3, 4)),
        "mean axes": (lambda x: np.mean(x, axis=(0, -1)), (2, 3, 2)),
    }, np.sum, method=True),
    structural("max", {
        "all": (np.max, (2, 3)),
        "0d": (np.max, ()),
        "axis 0": (lambda x: np.max(x, axis=0), (2, 3)),
        "axis -1": (lambda x: x.max(axis=-1), (2, 3)),
        "axes": (lambda x: np.max(x, axis=(0, 2)), (2, 3, 2)),
        "keepdims": (lambda x: x.max(axis=1, keepdims=True), (2, 3)),
        "amax": (lambda x: np.amax(x, 0), (2, 3)),
        "empty": (lambda x: x.max(axis=1), (0, 3)),
        "no axes": (lambda x: x.max(axis=()), (2, 3)),
    }, np.max, method=True),
    structural("min", {
        "all": (np.min, (2, 3)),
        "0d": (np.min, ()),
        "axis 0": (lambda x: np.min(x, axis=0), (2, 3)),
        "axes": (lambda x: np.min(x, axis=(0, 2)), (2, 3, 2)),
        "keepdims": (lambda x: x.min(axis=1, keepdims=True), (2, 3)),
        "amin": (lambda x: np.amin(x, 0), (2, 3)),
        "empty": (lambda x: x.min(axis=1), (0, 3)),
    }, np.min, method=True),
    structural("cumsum", {
        "1d": (np.cumsum, (3,)),
        "flat": (np.cumsum, (2, 3)),
        "0d": (np.cumsum, ()),
        "axis 0": (lambda x: np.cumsum(x, axis=0), (3, 2)),
        "middle axis": (lambda x: np.cumsum(x, 1), (2, 3, 2)),
        "axis -1": (lambda x: np.cumsum(x, axis=-1), (2, 3)),
        "one": (lambda x: np.cumsum(x, axis=0), (1, 3)),
        "empty": (lambda x: np.cumsum(x, axis=1), (2, 0)),
        "transposed": (lambda x: np.cumsum(x.T, axis=0), (2, 3)),
        "backwards": (lambda x: np.cumsum(x[::-1, ::2], axis=0), (3, 4)),
    }),
    Row("cumprod", None, (
        Case("pair", np.cumprod, ((2,),)),
        Case("one", lambda x: np.cumprod(x, axis=0), ((1, 3),)),
        Case("empty", np.cumprod, ((0,),)),
        Case("1d", np.cumprod, ((4,),), ((-2, 2),)),
        Case("axis 0", lambda x: np.cumprod(x, 0), ((3, 2),), ((-2, 2),)),
        Case("axis 1", lambda x: np.cumprod(x, axis=1), ((2, 3, 2),), ((-2, 2),)),
        Case("transposed", lambda x: np.cumprod(x.T, axis=0), ((2, 3),), ((-2, 2),)),
    )),
    Row("recurrence", None, (
        recurrence(0, False, 2), recurrence(0, True, 2), recurrence(1, False, 2, 4),
        recurrence(1, True, 2, 4), recurrence(0, True, 3, 2), recurrence(0, False, 4, 2, 2),
    )),
    structural("concatenate", {
        "two": (lambda x, y: np.concatenate([x, y]), (2, 3), (1, 3)),
        "axis": (lambda x, y: np.concatenate([x, y], axis=-1), (2, 1), (2, 2)),
        "three": (lambda x, y, z: np.concatenate((x, y, z)), (1,), (0,), (2,)),
        "twice": (lambda x: np.concatenate([x, x]), (3,)),
        "one": (lambda x: np.concatenate([x]), (3,)),
        "constants": (lambda x: np.concatenate([np.ones(2), x, np.zeros(1)]), (2,)),
        "strided": (lambda x, y: np.concatenate([x.T, y[::2]], axis=1), (3, 2), (4, 2)),
        "flat": (lambda x, y: np.concatenate([x, y], axis=None), (2, 2), (3,)),
        "square": (lambda x, y: np.concatenate([x * y, y]), (2,), (2,)),
    }),
    structural("reshape", {
        "tuple": (lambda x: np.reshape(x, (3, 2)), (2, 3)),
        "numbers": (lambda x: x.reshape(1, 6), (2, 3)),
        "guess": (lambda x: x.reshape(-1), (2, 3)),
        "to 0d": (lambda x: x.reshape(()), (1, 1)),
        "from 0d": (lambda x: x.reshape(1, 1), ()),
        "empty": (lambda x: x.reshape(3, 0, 2), (0, 3)),
        "transposed": (lambda x: x.T.reshape(6), (2, 3)),
    }, np.reshape, method=True),
    structural("transpose", {
        "2d": (np.transpose, (2, 3)),
        "T": (lambda x: x.T, (2, 3, 2)),
        "axes": (lambda x: np.transpose(x, (2, 0, 1)), (2, 3, 2)),
        "negative axes": (lambda x: x.transpose(0, -1, -2), (2, 3, 2)),
        "0d": (lambda x: x.T, ()),
    }, np.transpose, method=True),
    structural("broadcast", {
        "0d": (lambda x: np.broadcast_to(x, (3,)), ()),
        "new axis": (lambda x: np.broadcast_to(x, (2, 3)), (3,)),
        "stretch": (lambda x: np.broadcast_to(x, (4, 2, 3)), (2, 1)),
        "to nothing": (lambda x: np.broadcast_to(x, (0, 3)), (1, 3)),
        "same": (lambda x: np.broadcast_to(x, (2, 3)), (2, 3)),
    }, np.broadcast_to),
    structural("getitem", {label: (get(i), shape) for label, (i, shape) in INDICES.items()}),
    structural("setitem", {
        **WRITES,
        "broadcasts": (put(slice(1, None)), (3, 2), (2,)),
        "stretches": (put(MASK), (2, 3), ()),
        "constant": (lambda x: put(1)(x, 7.0), (3,)),
        "all": (put(Ellipsis), (2, 3), (2, 1)),
    }),
    Row("scatter", None, tuple(scatter(label, *given) for label, given in INDICES.items())),
    structural("real", {
        "of real": (np.real, (2,)),
        "product": (lambda x, y: np.real((x + 1j * y) * (2 - 3j)), (2, 3), (3,)),
        "property": (lambda x, y: (x * (1 + 2j) - y).real, (), ()),
    }, np.real),
    structural("imag", {
        "of real": (np.imag, (2,)),
        "square": (lambda x, y: np.imag((x + 1j * y) ** 2), (2, 3), (3,)),
        "property": (lambda x, y: (x * (1 + 2j) - y).imag, (), ()),
    }, np.imag),
    structural("conj", {
        "of real": (np.conjugate, (2,)),
        "norm": (lambda x, y: np.real((x + 1j * y) * np.conj(x + 1j * y)), (2, 3), (3,)),
        "product": (lambda x, y: np.imag(np.conj(x * (3 - 1j)) * y), (2,), (2,)),
    }, np.conj, method=True),
    Row("modulus", None, (
        Case("abs", lambda x, y: abs(x + 1j * y), ((2, 3), (3,)), ((0.5, 2),) * 2, ulp=1,
             real=True),
        Case("strided", lambda x: np.abs((x * (1 - 2j))[::-2] + 1), ((5,),), ((0.5, 2),), ulp=1,
             real=True),
    )),
    structural("complex", {  # the cotangent of imag, and its own
        "imag twice": (lambda x, y: np.imag(np.imag(x * 1j) * 1j * y), (2, 3), (3,)),
    }),
    structural("cast", {
        "float32": (lambda x: x.astype(np.float32), (2, 3)),
        "float64": (lambda x: x.astype(np.float64), (2, 3)),
        "there and back": (lambda x: x.astype("f4").astype("f8"), ()),
        "mixed": (lambda x: x.astype(np.float32) * x.astype(np.float64), (3,)),
    }, astype, in_numpy=False, method=True),
)  # fmt: skip

ELEMENTWISE = tuple(row for row in ROWS if row.nin)
BINARY = tuple(row for row in ROWS if row.nin == 2)
CASES = {f"{row.name}-{case.label}": case for row in ROWS for case in row.cases}

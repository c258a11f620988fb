"""Products of two arrays: `np.dot` and its relatives, all on one matrix product."""

from math import prod
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from .. import _core
from ..values import operand, shape_text
from .arrays import arranged, conjugated, transposed
from .table import implements


@implements(np.dot, derivative="g @ b.T, a.T @ g")
def dot(a: Any, b: Any) -> Any:
    """The last axis of `a` against the last but one of `b`; a number scales."""
    a, b = operand("np.dot", a), operand("np.dot", b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    return _contract("np.dot", a, b, (a.ndim - 1,), (max(b.ndim - 2, 0),))


@implements(np.vdot, derivative="g*b, g*a")
def vdot(a: Any, b: Any, /) -> Any:
    """The sum of the products of all elements, those of `a` conjugated."""
    a, b = operand("np.vdot", a), operand("np.vdot", b)
    return _contract("np.vdot", conjugated(a.reshape(-1)), b.reshape(-1), (0,), (0,))


@implements(np.inner, derivative="g @ b, g.T @ a")
def inner(a: Any, b: Any, /) -> Any:
    """The last axis of `a` against the last one of `b`; a number scales."""
    a, b = operand("np.inner", a), operand("np.inner", b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    return _contract("np.inner", a, b, (a.ndim - 1,), (b.ndim - 1,))


@implements(np.outer, derivative="g @ b, g.T @ a")
def outer(a: Any, b: Any) -> Any:
    """Every element of `a` times every element of `b`."""
    a, b = operand("np.outer", a), operand("np.outer", b)
    return a.reshape(-1, 1) * b.reshape(1, -1)


@implements(np.linalg.outer, derivative="g @ b, g.T @ a")
def linalg_outer(x1: Any, x2: Any, /) -> Any:
    x1, x2 = operand("np.linalg.outer", x1), operand("np.linalg.outer", x2)
    if x1.ndim != 1 or x2.ndim != 1:
        raise _core.ShapeError(
            f"np.linalg.outer: shapes {shape_text(x1.shape, x2.shape)}, wanted two vectors"
        )
    return outer(x1, x2)


@implements(np.linalg.matmul, derivative="g @ b.T, a.T @ g")
def linalg_matmul(x1: Any, x2: Any, /) -> Any:
    return np.matmul(x1, x2)


@implements(np.tensordot, derivative="tensordot of g with the other operand")
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Sum over pairs of axes: so many last and first ones, or two lists."""
    a, b = operand("np.tensordot", a), operand("np.tensordot", b)
    try:
        first, second = axes
    except TypeError:
        first, second = range(-int(axes), 0), range(int(axes))
    first, second = normalize_axis_tuple(first, a.ndim), normalize_axis_tuple(second, b.ndim)
    return _contract("np.tensordot", a, b, first, second)


@implements(np.linalg.tensordot, derivative="tensordot of g with the other operand")
def linalg_tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    return tensordot(x1, x2, axes)


@implements(np.kron, derivative="sums of g*b and of g*a over the blocks")
def kron(a: Any, b: Any) -> Any:
    """Blocks: every element of `a` times the whole of `b`."""
    a, b = operand("np.kron", a), operand("np.kron", b)
    ndim = max(a.ndim, b.ndim)
    rows = (1,) * (ndim - a.ndim) + a.shape
    columns = (1,) * (ndim - b.ndim) + b.shape
    # Axis k of the result is the pair (axis k of a, axis k of b).
    spread = a.reshape([n for row in rows for n in (row, 1)])
    spread = spread * b.reshape([n for column in columns for n in (1, column)])
    return spread.reshape([m * n for m, n in zip(rows, columns, strict=True)])


def _contract(who: str, a: Any, b: Any, first: tuple[int, ...], second: tuple[int, ...]) -> Any:
    """Sum over the pairs of axes `first` of `a` and `second` of `b`, as one matrix product."""
    summed = [a.shape[i] for i in first]
    if summed != [b.shape[i] for i in second]:
        raise _core.ShapeError(
            f"{who}: shapes {shape_text(a.shape, b.shape)} do not fit, axes {first} and "
            f"{second} of them differ"
        )
    rows = tuple(i for i in range(a.ndim) if i not in first)
    columns = tuple(i for i in range(b.ndim) if i not in second)
    shape = [a.shape[i] for i in rows] + [b.shape[i] for i in columns]
    left = arranged(a, [*rows, *first], [prod(shape[: len(rows)]), prod(summed)])
    if columns == (b.ndim - 1,) and len(second) == 1:
        made = left @ b
    else:
        # The summed axes stay last, as they are in memory for np.inner.
        right = arranged(b, [*columns, *second], [prod(shape[len(rows) :]), prod(summed)])
        made = left @ transposed(right)
    return arranged(made, [0, 1], shape)

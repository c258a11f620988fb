"""Products of stacks of vectors: cross products, and NumPy's generalized ufuncs."""

import warnings
from typing import Any

import numpy as np

from .. import _core
from .arrays import axis_of, conjugated, operand, text
from .table import implements

_NEXT, _LAST = [1, 2, 0], [2, 0, 1]  # the coordinates behind and before each one, in a circle


@implements(np.cross, derivative="cross(b, g), cross(g, a)")
def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    """The vector product of 3-vectors; of two 2-vectors the third coordinate alone."""
    a, b = operand("np.cross", a), operand("np.cross", b)
    if axis is not None:
        axisa = axisb = axisc = axis
    if a.ndim == 0 or b.ndim == 0:
        raise _core.ShapeError("np.cross: a number came, wanted vectors")
    a, b = _last(a, axisa, "axisa"), _last(b, axisb, "axisb")
    lengths = (a.shape[-1], b.shape[-1])
    if not {*lengths} <= {2, 3}:
        raise _core.ShapeError(f"np.cross: vectors of lengths {lengths}, wanted 2 or 3")
    if 2 in lengths:
        warnings.warn(
            "np.cross: 2-dimensional vectors are deprecated in NumPy; pass 3-dimensional ones",
            DeprecationWarning,
            stacklevel=2,
        )
    if lengths == (2, 2):
        return _third(a, b)
    if lengths == (3, 3):
        made = a[..., _NEXT] * b[..., _LAST] - a[..., _LAST] * b[..., _NEXT]
    elif lengths == (2, 3):
        made = np.stack((a[..., 1] * b[..., 2], -(a[..., 0] * b[..., 2]), _third(a, b)), -1)
    else:
        made = np.stack((-(a[..., 2] * b[..., 1]), a[..., 2] * b[..., 0], _third(a, b)), -1)
    order = [*range(made.ndim - 1)]
    order.insert(axis_of(axisc, made.ndim, "axisc"), made.ndim - 1)
    return made.transpose(order)


@implements(np.linalg.cross, derivative="cross(b, g), cross(g, a)")
def linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    x1, x2 = operand("np.linalg.cross", x1), operand("np.linalg.cross", x2)
    if x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise _core.ShapeError(
            f"np.linalg.cross: shapes {text(x1.shape)} and {text(x2.shape)}, wanted 3-dimensional "
            f"vectors along axis {axis}"
        )
    return cross(x1, x2, axis=axis)


def _third(a: Any, b: Any) -> Any:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _last(a: Any, axis: int, name: str) -> Any:
    k = axis_of(axis, a.ndim, name)
    return a.transpose((*range(k), *range(k + 1, a.ndim), k))


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The products of pairs of vectors, those of `x1` conjugated."""
    x1, x2 = _operands("vecdot", x1, 1, x2, 1)
    x1, x2 = _last(x1, axis, "axis"), _last(x2, axis, "axis")
    _fit("vecdot", x1, x2, x1.shape[-1], x2.shape[-1])
    return (conjugated(x1)[..., None, :] @ x2[..., :, None])[..., 0, 0]


def matvec(x1: Any, x2: Any, /) -> Any:
    """Matrices times vectors."""
    x1, x2 = _operands("matvec", x1, 2, x2, 1)
    _fit("matvec", x1, x2, x1.shape[-1], x2.shape[-1])
    return (x1 @ x2[..., None])[..., 0]


def vecmat(x1: Any, x2: Any, /) -> Any:
    """Vectors, conjugated, times matrices."""
    x1, x2 = _operands("vecmat", x1, 1, x2, 2)
    _fit("vecmat", x1, x2, x1.shape[-1], x2.shape[-2])
    return (conjugated(x1)[..., None, :] @ x2)[..., 0, :]


implements(np.linalg.vecdot, np.vecdot, derivative="g*b, g*a")(vecdot)
if hasattr(np, "matvec"):  # NumPy 2.2
    implements(np.matvec, derivative="outer(g, b), a.T @ g")(matvec)
    implements(np.vecmat, derivative="b @ g, outer(a, g)")(vecmat)


def _operands(name: str, x1: Any, n1: int, x2: Any, n2: int) -> tuple[Any, Any]:
    """The operands, with at least the axes of their vectors and matrices."""
    x1, x2 = operand(f"np.{name}", x1), operand(f"np.{name}", x2)
    for x, n in ((x1, n1), (x2, n2)):
        if x.ndim < n:
            raise _core.ShapeError(f"np.{name}: shape {text(x.shape)}, wanted at least {n}-d")
    return x1, x2


def _fit(name: str, x1: Any, x2: Any, n1: int, n2: int) -> None:
    if n1 != n2:
        raise _core.ShapeError(
            f"np.{name}: shapes {text(x1.shape)} and {text(x2.shape)} do not multiply"
        )

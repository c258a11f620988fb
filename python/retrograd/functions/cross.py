"""Vector products."""

import warnings
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from .. import _core
from ..values import operand, shape_text
from .arrays import axes_last
from .table import implements


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
    a = axes_last(a, (normalize_axis_index(axisa, a.ndim, "axisa"),))
    b = axes_last(b, (normalize_axis_index(axisb, b.ndim, "axisb"),))
    lengths = (a.shape[-1], b.shape[-1])
    if not {*lengths} <= {2, 3}:
        raise _core.ShapeError(f"np.cross: vectors of lengths {lengths}, wanted 2 or 3")
    if 2 in lengths:
        warnings.warn(
            "np.cross: 2-dimensional vectors are deprecated in NumPy; pass 3-dimensional ones",
            DeprecationWarning,
            stacklevel=2,
        )
    a0, a1, a2 = _coordinates(a)
    b0, b1, b2 = _coordinates(b)
    third = a0 * b1 - a1 * b0
    if lengths == (2, 2):
        return third
    if lengths == (3, 3):
        first, second = a1 * b2 - a2 * b1, a2 * b0 - a0 * b2
    elif lengths == (2, 3):
        first, second = a1 * b2, -(a0 * b2)
    else:
        first, second = -(a2 * b1), a2 * b0
    made = np.stack((first, second, third), axis=-1)
    return np.moveaxis(made, -1, normalize_axis_index(axisc, made.ndim, "axisc"))


@implements(np.linalg.cross, derivative="cross(b, g), cross(g, a)")
def linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    x1, x2 = operand("np.linalg.cross", x1), operand("np.linalg.cross", x2)
    if x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise _core.ShapeError(
            f"np.linalg.cross: shapes {shape_text(x1.shape, x2.shape)}, wanted 3-dimensional "
            f"vectors along axis {axis}"
        )
    return cross(x1, x2, axis=axis)


def _coordinates(a: Any) -> tuple[Any, Any, Any]:
    return a[..., 0], a[..., 1], a[..., 2] if a.shape[-1] == 3 else None

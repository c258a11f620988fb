"""Norms of vectors and matrices, and condition numbers."""

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ... import _core
from ...values import operand
from ..arrays import axes_last, conjugated, held, real_part
from ..primitive import Primitive
from ..table import implements, on_values, value
from .symmetric import rounding

_KINK = "zero at 0; equal maxima share; a singular value that vanishes has none"


def _p_norm_value(x: Any, p: Any, axis: Any, keepdims: Any) -> Any:
    # NumPy sums a single long vector by BLAS.
    if axis is None:
        return np.linalg.norm(x, keepdims=keepdims)
    if len(axis) == 1 or p != 2:
        return np.linalg.norm(x, p, axis[0], keepdims)
    return np.sqrt(np.add.reduce((conjugated(x) * x).real, axis, keepdims=keepdims))


def _p_norm_vjp(g: Any, y: Any, x: Any, p: Any, axis: Any, keepdims: Any) -> Any:
    """Ratios of the elements to the norm, so that no power overflows."""
    axes = range(x.ndim) if axis is None else axis
    kept = [1 if i in axes else n for i, n in enumerate(x.shape)]
    g, y = g.reshape(kept), y.reshape(kept)
    is_zero = value(y) == 0
    y = np.where(is_zero, 1.0, y)
    if p == 2:
        ratios = conjugated(x) / y
    else:
        size = np.where(value(x) == 0, 1.0, np.abs(x))
        ratios = conjugated(x) / size * (size / y) ** (p - 1)
    return np.where(is_zero, 0.0, g) * ratios


_p_norm = Primitive("norm", _p_norm_value, _p_norm_vjp)


def _vectors(x: Any, order: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    """Norms of the vectors along one axis."""
    if isinstance(order, str):
        raise ValueError(f"np.linalg.norm: order {order!r} came for vectors, wanted a number")
    if order is None or order == 2:
        return _p_norm(x, p=2, axis=axis, keepdims=keepdims)
    if order == np.inf:
        return np.max(np.abs(x), axis=axis, keepdims=keepdims)
    if order == -np.inf:
        return np.min(np.abs(x), axis=axis, keepdims=keepdims)
    if order == 0:
        size = real_part(x)
        return held((value(x) != 0).astype(size.dtype), size).sum(axis=axis, keepdims=keepdims)
    if order == 1:
        return np.abs(x).sum(axis=axis, keepdims=keepdims)
    return _p_norm(x, p=order, axis=axis, keepdims=keepdims)


def _matrices(x: Any, order: Any, axis: tuple[int, int], keepdims: bool) -> Any:
    """Norms of the matrices that two axes span."""
    if order is None or order in ("fro", "f"):
        return _p_norm(x, p=2, axis=axis, keepdims=keepdims)
    m = axes_last(x, axis)
    if order == "nuc":
        made = np.linalg.svdvals(m).sum(axis=-1)
    elif isinstance(order, str) or order not in (1, -1, 2, -2, np.inf, -np.inf):
        raise ValueError(
            f"np.linalg.norm: order {order!r} came for matrices, wanted 1, 2, inf, ..."
        )
    else:
        size, along = abs(order), -2 if abs(order) == 1 else -1
        each = np.linalg.svdvals(m) if size == 2 else np.abs(m).sum(axis=along)
        made = (np.max if order > 0 else np.min)(each, axis=-1)
    if keepdims:
        made = made.reshape([1 if i in axis else n for i, n in enumerate(x.shape)])
    return made


@implements(
    np.linalg.norm,
    derivative="g * sign(x) * (abs(x) / y)**(ord-1); of matrices, through svdvals, abs, sum, max",
    kink=_KINK,
)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Norms of vectors or matrices, of every order that NumPy has."""
    x = operand("np.linalg.norm", x)
    if axis is None and ord is None:
        return _p_norm(x, p=2, axis=None, keepdims=keepdims)
    axes = tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim)
    if len(axes) == 1:
        return _vectors(x, ord, axes, keepdims)
    if len(axes) == 2:
        return _matrices(x, ord, axes, keepdims)
    raise ValueError(f"np.linalg.norm: {len(axes)} axes came, wanted one or two")


@implements(
    np.linalg.matrix_norm,
    derivative="as np.linalg.norm",
    kink=_KINK,
)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """Norms of matrices."""
    return norm(x, ord, (-2, -1), keepdims)


@implements(np.linalg.vector_norm, derivative="as np.linalg.norm", kink=_KINK)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """Norms of vectors, which several axes may make together."""
    x = operand("np.linalg.vector_norm", x)
    if isinstance(axis, int):
        return _vectors(x, ord, (normalize_axis_index(axis, x.ndim),), keepdims)
    axes = tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim)
    rest = [n for i, n in enumerate(x.shape) if i not in axes]
    made = _vectors(axes_last(x, axes).reshape([*rest, -1]), ord, (len(rest),), False)
    if keepdims:
        made = made.reshape([1 if i in axes else n for i, n in enumerate(x.shape)])
    return made


def _refuse(g: Any, y: Any, x: Any, p: Any) -> Any:
    raise _core.GraphError("np.linalg.cond: a singular matrix has no derivative")


_cond_of_singular = Primitive("cond", np.linalg.cond, _refuse, reads_result=False)


@implements(
    np.linalg.cond,
    derivative="that of the norms of x and inv(x)",
    kink="a singular matrix: GraphError",
)
def cond(x: Any, p: Any = None) -> Any:
    """Condition numbers by any norm of matrices."""
    x = operand("np.linalg.cond", x)
    largest = np.linalg.cond(value(x))  # refuses what is empty or no matrix
    if p != -2 and np.any(largest * rounding(np.ones((), largest.dtype), max(x.shape[-2:])) >= 1):
        return _cond_of_singular(x, p=p)
    if p is None or p in (2, -2):
        s = np.linalg.svdvals(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return norm(x, p, (-2, -1)) * norm(np.linalg.inv(x), p, (-2, -1))


on_values(np.linalg.matrix_rank)

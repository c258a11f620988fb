"""Running sums and products, and products over axes: exact where factors are zero."""

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from .. import _core
from .joining import concatenate
from .places import as_part, cast
from .reductions import start
from .table import implements, is_tensor, value

_SUMS = "sums of g from the end"
_PRODUCTS = "products without the element; nothing is divided"


def _scanned(scan: Any, a: Any, axis: int | None, dtype: Any, who: str) -> Any:
    a = as_part(a)
    if dtype is not None:
        a = cast(a, np.dtype(dtype), "unsafe", who)
    if axis is None:
        a, axis = a.reshape(-1), 0
    return scan(a, normalize_axis_index(axis, a.ndim))


@implements(np.cumsum, derivative=_SUMS)
def cumsum(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    return _scanned(_core.cumsum, a, axis, dtype, "cumsum")


@implements(np.cumprod, derivative=_PRODUCTS)
def cumprod(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    return _scanned(_core.cumprod, a, axis, dtype, "cumprod")


def _cumulative(
    scan: Any, start: float, x: Any, axis: int | None, dtype: Any, initial: bool, who: str
) -> Any:
    """The array API's scan: an axis must be named where there are several."""
    x = as_part(x)
    if axis is None:
        if x.ndim > 1:
            raise ValueError(f"np.{who}: shape {x.shape} came without an axis; name one")
        x, axis = x.reshape(-1), 0
    out = _scanned(scan, x, axis, dtype, who)
    if not initial:
        return out
    axis = normalize_axis_index(axis, x.ndim)
    before = np.full((*x.shape[:axis], 1, *x.shape[axis + 1 :]), start, out.dtype)
    return concatenate((before, out), axis)


def cumulative_sum(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    return _cumulative(_core.cumsum, 0, x, axis, dtype, include_initial, "cumulative_sum")


if hasattr(np, "cumulative_sum"):  # NumPy 2.1
    implements(np.cumulative_sum, derivative=_SUMS)(cumulative_sum)


def cumulative_prod(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    return _cumulative(_core.cumprod, 1, x, axis, dtype, include_initial, "cumulative_prod")


if hasattr(np, "cumulative_prod"):  # NumPy 2.1
    implements(np.cumulative_prod, derivative=_PRODUCTS)(cumulative_prod)


@implements(np.prod, derivative=_PRODUCTS)
def prod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = 1,
    where: Any = True,
) -> Any:
    a = as_part(a)
    if dtype is not None:
        a = cast(a, np.dtype(dtype), "unsafe", "prod")
    if where is not True:
        a = np.where(np.broadcast_to(value(where), a.shape), a, np.ones((), a.dtype))
    if not a.ndim and axis in (0, -1):  # as NumPy has it
        axis = None
    axes = tuple(range(a.ndim)) if axis is None else normalize_axis_tuple(axis, a.ndim)
    out = _product(a, axes) if axes else +a
    if is_tensor(initial) or initial != 1:
        out = out * start(initial, out.dtype)
    return out.reshape([1 if k in axes else n for k, n in enumerate(a.shape)]) if keepdims else out


def _product(a: Any, axes: tuple[int, ...]) -> Any:
    """The last of the running products along the axes, which are made one."""
    rest = [k for k in range(a.ndim) if k not in axes]
    size = math.prod(a.shape[k] for k in axes)
    lines = np.transpose(a, (*rest, *axes)).reshape([*(a.shape[k] for k in rest), size])
    return _core.cumprod(lines, len(rest))[..., -1] if size else lines.sum(-1) + 1.0

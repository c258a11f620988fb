"""Reductions: the keywords of sum, mean, max and min, and what is made of them."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core
from ..ufuncs import as_mask
from ..values import UNSET, store
from .table import implements, on_values

on_values(np.any, np.all, np.count_nonzero)


def given(**options: Any) -> dict[str, Any]:
    """The keywords that were given."""
    return {k: v for k, v in options.items() if v is not UNSET}


def in_dtype(a: Any, dtype: Any) -> Any:
    """`a` with its elements cast first, as NumPy computes in the dtype asked for."""
    return a if dtype is None or a.dtype == np.dtype(dtype) else a.astype(dtype)


def taken(a: Any, where: Any, otherwise: float) -> Any:
    """`a` with something neutral where the mask is false; no gradient flows there."""
    if where is UNSET or where is True:
        return a
    return np.where(as_mask(where, a.shape), a, otherwise)


def counted(a: Any, axis: Any, keepdims: bool, where: Any) -> Any:
    """How many elements each result is made of: a number, or an array if there is a mask."""
    if where is UNSET or where is True:
        axes = range(a.ndim) if axis is None or not a.ndim else np.atleast_1d(axis)
        return int(np.prod([a.shape[i] for i in axes], dtype=int))
    mask = as_mask(where, a.shape)
    return np.sum(mask, axis=axis, keepdims=keepdims, dtype=np.intp)


def start(initial: Any, dtype: Any) -> Any:
    """The value to begin with, in the dtype of the result: a wider one does not widen it."""
    # A Python number has no dtype of its own, and `dtype == None` is true of float64.
    if not hasattr(initial, "dtype") or initial.dtype == dtype:
        return initial
    return initial.astype(dtype, casting="same_kind")


def total(a: Any, axis: Any, dtype: Any, out: Any, keepdims: bool, initial: Any, where: Any) -> Any:
    """`np.sum` with all its keywords."""
    y = _core.sum(taken(in_dtype(a, dtype), where, 0.0), axis, keepdims)
    return store(out, y if initial is UNSET else start(initial, y.dtype) + y, "sum")


def mean_of(a: Any, axis: Any, dtype: Any, out: Any, keepdims: bool, where: Any) -> Any:
    """`np.mean` with all its keywords."""
    y = _core.sum(taken(in_dtype(a, dtype), where, 0.0), axis, keepdims)
    count = counted(a, axis, keepdims, where)
    if not np.all(count):
        warnings.warn("Mean of empty slice", RuntimeWarning, stacklevel=4)
    return store(out, y / in_counts(count, y), "mean")


def in_counts(count: Any, y: Any) -> Any:
    """Numbers of elements such that to divide by them keeps the dtype of `y`."""
    return count.astype(y.dtype) if isinstance(count, (np.ndarray, np.generic)) else float(count)


_PAIRS = {np.max: np.maximum, np.min: np.minimum}


def extremum(
    function: Callable[..., Any],
    a: Any,
    axis: Any,
    out: Any,
    keepdims: bool,
    initial: Any,
    where: Any,
) -> Any:
    """`np.max` and `np.min` with all their keywords."""
    name = function.__name__
    worst = -np.inf if function is np.max else np.inf
    if initial is UNSET:
        if where is not UNSET and where is not True:
            raise ValueError(f"np.{name}: keyword 'where' needs initial=, for what is left empty")
        return store(out, function(a, axis, keepdims=keepdims), name)
    a = taken(a, where, worst)
    if counted(a, axis, keepdims, UNSET):
        y = function(a, axis, keepdims=keepdims)
    else:
        y = np.sum(a, axis, keepdims=keepdims) + worst
    return store(out, _PAIRS[function](y, start(initial, y.dtype)), name)


@implements(np.ptp, derivative="max(a) - min(a)", kink="equal extrema share, 1/n each")
def ptp(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return np.max(a, axis, keepdims=keepdims) - np.min(a, axis, keepdims=keepdims)


@implements(np.trace, derivative="g on the diagonal, zero elsewhere")
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    if a.ndim < 2:
        raise _core.ShapeError(f"np.trace: shape {a.shape} came, two axes were wanted")
    axes = [axis % a.ndim if -a.ndim <= axis < a.ndim else axis for axis in (axis1, axis2)]
    rest = [i for i in range(a.ndim) if i not in axes]
    turned = a.transpose((*rest, *axes))
    rows, columns = turned.shape[-2:]
    i = np.arange(max(0, -offset), max(0, min(rows, columns - offset), -offset))
    return np.sum(turned[..., i, i + offset], axis=-1, dtype=dtype)

"""Sorting, and taking elements by index: every result is a choice of elements."""

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from .. import _core
from .places import as_part, places_along, sorted_places
from .table import implements, on_values, value

on_values(
    np.argsort, np.lexsort, np.argpartition, np.searchsorted,
    np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.isin,
)  # fmt: skip


def _in_order(a: Any, order: Any, axis: int) -> Any:
    """`a` in the order of an argsort along an axis."""
    return _core.gather(a, sorted_places(a.shape, order, axis), True)


@implements(np.sort, derivative="g in the order of a", kink="ties in the order argsort gives")
def sort(
    a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None
) -> Any:
    a = as_part(a)
    if axis is None:
        a, axis = a.reshape(-1), 0
    places = np.argsort(value(a), axis, kind, order, stable=stable)
    return _in_order(a, places, normalize_axis_index(axis, a.ndim))


@implements(np.partition, derivative="g in the order of a", kink="as sort")
def partition(
    a: Any, kth: Any, axis: int | None = -1, kind: Any = "introselect", order: Any = None
) -> Any:
    a = as_part(a)
    if axis is None:
        a, axis = a.reshape(-1), 0
    places = np.argpartition(value(a), value(kth), axis, kind, order)
    return _in_order(a, places, normalize_axis_index(axis, a.ndim))


@implements(np.take_along_axis, derivative="g added up at the places taken")
def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    arr, indices = as_part(arr), np.asarray(value(indices))
    if axis is None:
        arr, axis = arr.reshape(-1), 0
    if not np.issubdtype(indices.dtype, np.integer):
        raise IndexError(f"np.take_along_axis: indices of {indices.dtype} came, not integers")
    if indices.ndim != arr.ndim:
        raise ValueError(
            f"np.take_along_axis: indices of {indices.ndim} dimensions came for {arr.ndim}"
        )
    axis = normalize_axis_index(axis, arr.ndim)
    return _core.gather(arr, places_along(arr.shape, indices, axis, "take_along_axis"), False)


@implements(np.take, derivative="g added up at the places taken")
def take(a: Any, indices: Any, axis: int | None = None, *, mode: str = "raise") -> Any:
    a, rows = as_part(a), np.asarray(value(indices))
    if axis is None:
        a, axis = a.reshape(-1), 0
    axis = normalize_axis_index(axis, a.ndim)
    return a[(slice(None),) * axis + (rows_of(rows, a.shape[axis], mode, "take"),)]


def rows_of(rows: Any, n: int, mode: str, who: str) -> Any:
    """Indices along an axis of length `n`, brought inside as `mode` says."""
    rows = np.asarray(rows)
    rows = rows.astype(np.intp, casting="safe" if rows.size else "unsafe")  # an empty list is float
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"np.{who}: mode {mode!r} came; 'raise', 'wrap' and 'clip' are known")
    if mode == "raise":
        return rows
    if n == 0 and rows.size:
        raise IndexError(f"np.{who}: an axis of length zero has nothing to take")
    return rows % n if mode == "wrap" else np.clip(rows, 0, n - 1)


@implements(np.unique, derivative="g at the first of equal elements, zero at the others")
def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> Any:
    ar = as_part(ar)
    numpys: Any = np.unique
    _, first, *rest = numpys(
        value(ar), True, return_inverse, return_counts, axis, equal_nan=equal_nan
    )
    # Sorted in any case, as NumPy may do where nothing is asked of the order.
    found = _core.gather(ar, first, True) if axis is None else take(ar, first, axis)
    extra = (first,) * return_index + tuple(rest)
    return (found, *extra) if extra else found

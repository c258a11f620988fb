"""NumPy's functions that write into their first argument: a Tensor there takes the new value on."""

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..values import holds_tensor, is_tensor, value
from .places import as_part, cast, cycled, places_along
from .sorting import rows_of
from .table import implements

_WRITTEN = "g to the values where they are written, to the target elsewhere"


def _refuse(who: str) -> NoReturn:
    raise TypeError(
        f"np.{who}: a Tensor written into a plain array loses its gradient; make the target a "
        "Tensor, such as np.zeros_like(t)"
    )


def _is_plain(function: Callable[..., Any], target: Any, values: Any) -> bool:
    """Whether NumPy itself does it: the target is an array, and so is what is written."""
    if is_tensor(target):
        return False
    if holds_tensor(values):
        _refuse(function.__name__)
    return True


def _write(target: Any, places: Any, values: Any) -> None:
    """Write at C-order positions; of several values for one place the last counts."""
    if places.size:
        target[np.unravel_index(places, target.shape)] = values


@implements(np.copyto, derivative=_WRITTEN)
def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    where = value(where)
    if _is_plain(np.copyto, dst, src):
        return np.copyto(dst, src, casting, where)
    src = cast(as_part(src), dst.dtype, casting, "copyto")
    where = np.asarray(where)
    if where.dtype != bool:
        raise TypeError(f"np.copyto: where of {where.dtype} came, booleans were wanted")
    dst[...] = src if where.all() else np.where(np.broadcast_to(where, dst.shape), src, dst)


@implements(np.putmask, derivative=_WRITTEN)
def putmask(a: Any, /, mask: Any, values: Any) -> None:
    mask = value(mask)
    if _is_plain(np.putmask, a, values):
        return np.putmask(a, mask, values)
    if np.size(mask) != a.size:
        raise ValueError(f"np.putmask: a mask of {np.size(mask)} elements came for {a.size}")
    if np.size(values):
        a[...] = np.where(np.reshape(mask, a.shape), cycled(values, a.size).reshape(a.shape), a)


@implements(np.place, derivative=_WRITTEN)
def place(arr: Any, mask: Any, vals: Any) -> None:
    mask = value(mask)
    if _is_plain(np.place, arr, vals):
        return np.place(arr, mask, vals)
    if np.size(mask) != arr.size:
        raise ValueError(f"np.place: a mask of {np.size(mask)} elements came for {arr.size}")
    places = np.flatnonzero(mask)
    if places.size and not np.size(vals):
        raise ValueError("np.place: no values came to write")
    _write(arr, places, cycled(vals, places.size))


@implements(np.put, derivative=_WRITTEN)
def put(a: Any, ind: Any, v: Any, mode: Any = "raise") -> None:
    ind = value(ind)
    if _is_plain(np.put, a, v):
        return np.put(a, ind, v, mode)
    rows = rows_of(ind, a.size, mode, "put").reshape(-1)
    if rows.size and not -a.size <= rows.min() <= rows.max() < a.size:
        raise IndexError(f"np.put: an index is out of bounds for size {a.size}")
    if rows.size and np.size(v):
        _write(a, rows % a.size, cycled(v, rows.size))


@implements(np.put_along_axis, derivative=_WRITTEN)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None) -> None:
    indices = np.asarray(value(indices))
    if _is_plain(np.put_along_axis, arr, values):
        return np.put_along_axis(arr, indices, values, axis)
    if axis is None:
        shape, axis = (arr.size,), 0
    else:
        shape, axis = arr.shape, normalize_axis_index(axis, arr.ndim)
    _write(arr, places_along(shape, indices, axis, "put_along_axis"), values)


@implements(np.fill_diagonal, derivative=_WRITTEN)
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    # Which places those are NumPy tells by filling marks.
    marks = np.zeros(a.shape, bool)
    np.fill_diagonal(marks, True, wrap)
    places = np.flatnonzero(marks)
    _write(a, places, cycled(val, places.size))

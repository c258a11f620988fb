"""Joining arrays, taking them apart, and repeating them."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from .. import _core
from .places import as_part, cast, positions, rearranged
from .table import implements, is_tensor, value

_PIECES = "the pieces of g"


def _meet(parts: list[Any], dtype: Any, casting: str, who: str) -> list[Any]:
    """The parts in the dtype of the result, as far as NumPy's rule allows it."""
    if dtype is None and casting == "same_kind":
        return parts  # what is joined meets at the widest type
    wanted = np.result_type(*(x.dtype for x in parts)) if dtype is None else np.dtype(dtype)
    return [cast(x, wanted, casting, who) for x in parts]


def _joined(join: Callable[..., Any], parts: list[Any], axis: int) -> Any:
    if any(map(is_tensor, parts)):
        return getattr(_core, join.__name__)(parts, axis)
    return join(parts, axis)


@implements(np.concatenate, derivative=_PIECES)
def concatenate(
    arrays: Any, /, axis: int | None = 0, *, dtype: Any = None, casting: Any = "same_kind"
) -> Any:
    parts = _meet([as_part(x) for x in arrays], dtype, casting, "concatenate")
    if axis is None:
        parts, axis = [x.reshape(-1) for x in parts], 0
    axis = normalize_axis_index(axis, max(parts[0].ndim, 1))
    return _joined(np.concatenate, parts, axis)


@implements(np.stack, derivative=_PIECES)
def stack(arrays: Any, axis: int = 0, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    parts = _meet([as_part(x) for x in arrays], dtype, casting, "stack")
    axis = normalize_axis_index(axis, parts[0].ndim + 1)
    return _joined(np.stack, parts, axis)


def _with_axes(shape: tuple[int, ...], n: int) -> tuple[int, ...]:
    """A shape that NumPy's atleast_1d, 2d or 3d gives."""
    if len(shape) >= n:
        return shape
    if n == 3:
        return (1, *shape, 1)[-3:] if len(shape) == 1 else (*shape, 1) if shape else (1, 1, 1)
    return (1,) * (n - len(shape)) + shape


def _with_axes_each(arrays: Any, n: int) -> list[Any]:
    parts = [as_part(x) for x in arrays]
    return [x.reshape(_with_axes(x.shape, n)) for x in parts]


@implements(np.vstack, derivative=_PIECES)
def vstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    return concatenate(_with_axes_each(tup, 2), 0, dtype=dtype, casting=casting)


@implements(np.hstack, derivative=_PIECES)
def hstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    parts = _with_axes_each(tup, 1)
    return concatenate(parts, min(parts[0].ndim - 1, 1), dtype=dtype, casting=casting)


@implements(np.dstack, derivative=_PIECES)
def dstack(tup: Any) -> Any:
    return concatenate(_with_axes_each(tup, 3), 2)


@implements(np.column_stack, derivative=_PIECES)
def column_stack(tup: Any) -> Any:
    parts = [as_part(x) for x in tup]
    return concatenate([x.reshape(-1, 1) if x.ndim < 2 else x for x in parts], 1)


@implements(np.block, derivative=_PIECES)
def block(arrays: Any) -> Any:
    depth, ndim = _nesting(arrays)
    whole = _block(arrays, depth, max(depth, ndim))
    return whole if depth else +whole  # a copy in any case


def _nesting(arrays: Any) -> tuple[int, int]:
    """How deep the lists go, and the most dimensions of what they hold."""
    if isinstance(arrays, tuple):
        raise TypeError("np.block: a tuple came; only lists are nested")
    if not isinstance(arrays, list):
        return 0, np.ndim(value(arrays))
    if not arrays:
        raise ValueError("np.block: an empty list came")
    depths, ndims = zip(*map(_nesting, arrays), strict=True)
    if min(depths) != max(depths):
        raise ValueError(f"np.block: lists of depths {min(depths)} and {max(depths)} came together")
    return depths[0] + 1, max(ndims)


def _block(arrays: Any, depth: int, ndim: int) -> Any:
    if depth == 0:
        x = as_part(arrays)
        return x.reshape((1,) * (ndim - x.ndim) + x.shape)
    return concatenate([_block(x, depth - 1, ndim) for x in arrays], -depth)


@implements(np.append, derivative=_PIECES)
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    return concatenate((arr, values), axis)


@implements(np.insert, derivative="g at the old places, g at the new ones")
def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    arr, values = as_part(arr), as_part(values)
    if arr.dtype.kind not in "fc":
        raise _core.DTypeError(f"np.insert: Tensors do not fit an array of {arr.dtype}; convert it")
    # NumPy's own rules, on positions in the two arrays one after the other.
    places = np.insert(
        positions(arr.shape), value(obj), positions(values.shape) + arr.size, axis=axis
    )
    both = concatenate([arr.reshape(-1), cast(values, arr.dtype, "unsafe", "insert").reshape(-1)])
    return _core.gather(both, places, False)


@implements(np.delete, derivative="g at the places that were kept, zero at the others")
def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    return rearranged(arr, lambda p: np.delete(p, value(obj), axis), distinct=True)


def _split(
    name: str, ary: Any, cuts: Any, axis: int, least: int = 1, cut: Any = np.split
) -> list[Any]:
    """Views of the pieces. Where they lie is NumPy's business: `cut` is given a row of places."""
    ary = as_part(ary)
    if ary.ndim < least:
        raise _core.ShapeError(
            f"np.{name}: shape {ary.shape} came, {least} dimensions or more were wanted"
        )
    axis = normalize_axis_index(axis, ary.ndim)
    before = (slice(None),) * axis
    pieces = cut(np.arange(ary.shape[axis]), value(cuts))
    return [ary[(*before, slice(p[0], p[-1] + 1) if p.size else slice(0))] for p in pieces]


@implements(np.split, derivative=_PIECES)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    return _split("split", ary, indices_or_sections, axis)


@implements(np.array_split, derivative=_PIECES)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    return _split("array_split", ary, indices_or_sections, axis, cut=np.array_split)


@implements(np.hsplit, derivative=_PIECES)
def hsplit(ary: Any, indices_or_sections: Any) -> Any:
    return _split("hsplit", ary, indices_or_sections, min(np.ndim(ary) - 1, 1))


@implements(np.vsplit, derivative=_PIECES)
def vsplit(ary: Any, indices_or_sections: Any) -> Any:
    return _split("vsplit", ary, indices_or_sections, 0, least=2)


@implements(np.dsplit, derivative=_PIECES)
def dsplit(ary: Any, indices_or_sections: Any) -> Any:
    return _split("dsplit", ary, indices_or_sections, 2, least=3)


def unstack(x: Any, /, *, axis: int = 0) -> Any:
    if x.ndim == 0:
        raise ValueError("np.unstack: shape () came, 1 dimension or more was wanted")
    before = (slice(None),) * normalize_axis_index(axis, x.ndim)
    return tuple(x[(*before, i)] for i in range(x.shape[axis]))


if hasattr(np, "unstack"):  # NumPy 2.1
    implements(np.unstack, derivative=_PIECES)(unstack)


@implements(np.tile, derivative="g summed over the copies")
def tile(A: Any, reps: Any) -> Any:
    A, reps = as_part(A), np.atleast_1d(value(reps))
    n = max(A.ndim, reps.size)
    shape = (1,) * (n - A.ndim) + A.shape
    times = (1,) * (n - reps.size) + tuple(map(int, reps))
    # An axis of copies before each axis, and the two made one.
    apart = A.reshape([d for length in shape for d in (1, length)])
    copies = np.broadcast_to(apart, [d for pair in zip(times, shape, strict=True) for d in pair])
    whole = copies.reshape([r * length for r, length in zip(times, shape, strict=True)])
    return +whole if set(times) == {1} else whole


@implements(np.repeat, derivative="g summed over the copies")
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    return rearranged(a, lambda p: np.repeat(p, value(repeats), axis), distinct=False)

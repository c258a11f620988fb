"""Shapes: the same elements in other places."""

from typing import Any

import numpy as np

from ..ops import broadcast_to
from .probe import asked, picked, shaped, turned
from .table import implements, is_tensor, on_values

# The result says something about an array, and has no derivative.
on_values(
    np.array2string,
    np.array_repr,
    np.array_str,
    np.can_cast,
    np.common_type,
    np.iscomplexobj,
    np.isrealobj,
    np.may_share_memory,
    np.min_scalar_type,
    np.result_type,
    np.save,
    np.savetxt,
    np.savez,
    np.savez_compressed,
    np.shares_memory,
)


def reshaped(a: Any, shape: Any, order: str, copy: bool | None) -> Any:
    """What `reshape` does in orders other than C, and where it is told about copies."""
    asked(np.reshape, np.broadcast_to(0.0, a.shape), shape, order=order)
    if copy is False:
        asked(np.reshape, a._view(), shape, order=order, copy=False)
    if order.upper() == "F" or (order.upper() == "A" and a._view().flags.fnc):
        extents = shape if isinstance(shape, (tuple, list)) else (shape,)
        out = a.T.reshape(tuple(reversed(extents))).T
    else:
        out = a.reshape(shape)
    return +out if copy else out


@implements(np.ravel, derivative="reshaped back")
def ravel(a: Any, order: str = "C") -> Any:
    if order.upper() == "K":
        # NumPy reads its own memory: places laid out as `a` is come out in that order.
        places = np.empty_like(a._view(), np.intp)
        places[...] = np.arange(a.size).reshape(a.shape)
        return a.reshape(-1)[places.ravel("K")]
    return a.reshape(-1, order=order)


@implements(np.squeeze, derivative="reshaped back")
def squeeze(a: Any, axis: Any = None) -> Any:
    return shaped(np.squeeze, a, axis)


@implements(np.expand_dims, derivative="reshaped back")
def expand_dims(a: Any, axis: Any) -> Any:
    return shaped(np.expand_dims, a, axis)


def _at_least(f: Any, arrays: tuple[Any, ...]) -> Any:
    out = tuple(shaped(f, a) if is_tensor(a) else f(a) for a in arrays)
    return out[0] if len(out) == 1 else out


@implements(np.atleast_1d, derivative="reshaped back")
def atleast_1d(*arys: Any) -> Any:
    return _at_least(np.atleast_1d, arys)


@implements(np.atleast_2d, derivative="reshaped back")
def atleast_2d(*arys: Any) -> Any:
    return _at_least(np.atleast_2d, arys)


@implements(np.atleast_3d, derivative="reshaped back")
def atleast_3d(*arys: Any) -> Any:
    return _at_least(np.atleast_3d, arys)


@implements(np.swapaxes, derivative="axes swapped back")
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    return turned(np.swapaxes, a, axis1, axis2)


@implements(np.moveaxis, derivative="axes moved back")
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    return turned(np.moveaxis, a, source, destination)


@implements(np.rollaxis, derivative="axes moved back")
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    return turned(np.rollaxis, a, axis, start)


@implements(np.matrix_transpose, derivative="axes swapped back")
def matrix_transpose(x: Any, /) -> Any:
    return turned(np.matrix_transpose, x)


@implements(np.flip, derivative="flipped back")
def flip(m: Any, axis: Any = None) -> Any:
    return turned(np.flip, m, axis)


@implements(np.fliplr, derivative="flipped back")
def fliplr(m: Any) -> Any:
    return turned(np.fliplr, m)


@implements(np.flipud, derivative="flipped back")
def flipud(m: Any) -> Any:
    return turned(np.flipud, m)


@implements(np.rot90, derivative="turned back")
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    return turned(np.rot90, m, k, axes)


@implements(np.roll, derivative="rolled back")
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    return picked(np.roll, a, shift, axis, distinct=True)


@implements(np.resize, derivative="summed over the repeats")
def resize(a: Any, new_shape: Any) -> Any:
    if not a.size:
        return np.zeros_like(a, shape=new_shape)
    return picked(np.resize, a, new_shape, distinct=False)


@implements(np.broadcast_arrays, derivative="summed over the broadcast axes")
def broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    shape = asked(np.broadcast_shapes, *(np.shape(a) for a in args))
    return tuple(broadcast_to(a, shape, subok) for a in args)


@implements(np.lib.stride_tricks.sliding_window_view, derivative="summed over the windows")
def sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    if writeable:
        raise TypeError("np.sliding_window_view: keyword 'writeable': windows are copies")
    view = np.lib.stride_tricks.sliding_window_view
    return picked(view, x, window_shape, axis, distinct=False)


@implements(np.copy, derivative="g")
def copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    asked(np.copy, 0.0, order)  # the layout in memory is the tensor's own business
    return +a


@implements(np.astype, derivative="g in the operand's own type")
def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: str | None = None) -> Any:
    if device not in (None, "cpu"):
        raise ValueError(f"np.astype: device {device!r} is not there, only 'cpu'")
    return x.astype(dtype, copy=copy)

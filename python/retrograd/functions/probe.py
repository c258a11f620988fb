"""NumPy asked about axes, shapes and places, so that its rules are not written again.

A stand-in of the operand's shape takes no memory; what NumPy makes of it says what becomes of the
tensor, and NumPy's complaints about the arguments come before any node exists.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core
from .places import rearranged


def asked(f: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Give what a NumPy function gives; its errors get its name and fit one line."""
    try:
        return f(*args, **kwargs)
    except (TypeError, ValueError, IndexError) as error:
        raise _named(f.__name__, error) from None


def _named(who: str, error: Exception) -> Exception:
    if type(error) not in (TypeError, ValueError, IndexError, np.exceptions.AxisError):
        return error  # has more to tell than its text
    kind = _core.ShapeError if type(error) is ValueError else type(error)
    return kind(f"np.{who}: {' '.join(str(error).split())}")


def shaped(f: Callable[..., Any], a: Any, *args: Any, **kwargs: Any) -> Any:
    """Reshape `a` as `f` does."""
    stand_in = np.broadcast_to(np.zeros(()), a.shape)
    return a.reshape(asked(f, stand_in, *args, **kwargs).shape)


def turned(f: Callable[..., Any], a: Any, *args: Any, **kwargs: Any) -> Any:
    """Reorder and reverse the axes of `a` as `f` does: a view."""
    # The strides name the axes, and their signs the directions.
    names = range(1, a.ndim + 1)
    stand_in = np.lib.stride_tricks.as_strided(np.zeros((), np.int8), (2,) * a.ndim, names)
    strides = asked(f, stand_in, *args, **kwargs).strides
    out = a.transpose([abs(s) - 1 for s in strides])
    if min(strides, default=0) < 0:
        out = out[tuple(slice(None, None, 1 if s > 0 else -1) for s in strides)]
    return out


def front(a: Any, axis: int) -> Any:
    """`a` with an axis in front of the others."""
    return a if axis == 0 else np.moveaxis(a, axis, 0)


def back(a: Any, axis: int) -> Any:
    """The inverse of `front`, in memory of its own: what NumPy makes anew can be written to."""
    return a if axis == 0 else np.copy(np.moveaxis(a, 0, axis))


def picked(f: Callable[..., Any], a: Any, *args: Any, distinct: bool, **kwargs: Any) -> Any:
    """Pick the elements of `a` that `f` picks; `distinct` says that it takes none twice."""
    return rearranged(a, lambda places: asked(f, places, *args, **kwargs), distinct=distinct)


def axes_of(who: str, axis: Any, ndim: int) -> tuple[int, ...]:
    """Axes counted from the front; all of them for None."""
    if axis is None:
        return tuple(range(ndim))
    try:
        return np.lib.array_utils.normalize_axis_tuple(axis, ndim)
    except (TypeError, ValueError) as error:
        raise _named(who, error) from None

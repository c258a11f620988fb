"""NumPy asked about axes, shapes and places, so that its rules are not written again.

A stand-in of the operand's shape takes no memory; what NumPy makes of it says what becomes of the
tensor, and NumPy's complaints about the arguments come before any node exists.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core


def asked(f: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Give what a NumPy function gives; its errors get its name and fit one line."""
    try:
        return f(*args, **kwargs)
    except (TypeError, ValueError, IndexError) as error:
        raise _named(f, error) from None


def _named(f: Callable[..., Any], error: Exception) -> Exception:
    kind = _core.ShapeError if type(error) is ValueError else type(error)
    text = " ".join(str(error).split())
    name = f.__name__
    return kind(text if text.startswith(f"{name}:") else f"np.{name}: {text}")


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


def picked(f: Callable[..., Any], a: Any, *args: Any, **kwargs: Any) -> Any:
    """Pick the elements of `a` that `f` picks, repeats included."""
    places = np.arange(a.size).reshape(a.shape)
    return a.reshape(-1)[asked(f, places, *args, **kwargs)]


def axes(who: str, axis: Any, ndim: int) -> tuple[int, ...]:
    """Axes counted from the front; all of them for None."""
    if axis is None:
        return tuple(range(ndim))
    try:
        return np.lib.array_utils.normalize_axis_tuple(axis, ndim)
    except (TypeError, ValueError) as error:
        raise type(error)(f"np.{who}: {error}") from None

"""Elements by place: what NumPy's rearranging functions do to positions, done to a Tensor."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core
from ..values import holds_tensor, is_tensor


def as_part(x: Any) -> Any:
    """A Tensor as it is, a list that holds some as a stack of them, all else as an array."""
    if is_tensor(x):
        return x
    if holds_tensor(x):
        return _core.stack([as_part(y) for y in x], 0)
    return np.asarray(x)


def positions(shape: tuple[int, ...]) -> Any:
    """The C-order positions of an array of this shape, in that shape."""
    return np.arange(math.prod(shape)).reshape(shape)


def rearranged(x: Any, f: Callable[[Any], Any], *, distinct: bool) -> Any:
    """`x` with its elements where `f` puts their positions.

    Parameters
    ----------
    x : array_like
    f : callable
        A NumPy function that moves elements about: its own rules, and its errors, are those of the
        result.
    distinct : bool
        Whether no element comes twice.
    """
    x = as_part(x)
    places = f(positions(x.shape))
    return _core.gather(x, places, distinct) if is_tensor(x) else x.reshape(-1)[places]


def places_along(shape: tuple[int, ...], indices: Any, axis: int, who: str) -> Any:
    """The positions of `x[..., indices, ...]`, an index at `axis` for each line of `x`."""
    n = shape[axis]
    if indices.size and not -n <= indices.min() <= indices.max() < n:
        raise IndexError(f"np.{who}: an index is out of bounds for axis {axis} with size {n}")
    indices = np.where(indices < 0, indices + n, indices)
    found: Any = 0
    step = 1
    for k in reversed(range(len(shape))):
        column = (-1,) + (1,) * (len(shape) - k - 1)
        line = indices if k == axis else np.arange(shape[k]).reshape(column)
        found, step = found + line * step, step * shape[k]
    return found


def sorted_places(shape: tuple[int, ...], order: Any, axis: int) -> Any:
    """The positions that an argsort along `axis` names; its indices need no check."""
    if len(shape) == 1:
        return order
    rest = [1 if k == axis else n for k, n in enumerate(shape)]
    step = math.prod(shape[axis + 1 :])
    lines = np.arange(math.prod(rest))
    first = lines // max(step, 1) * (step * shape[axis]) + lines % max(step, 1)
    return order * step + first.reshape(rest)


def cycled(x: Any, n: int) -> Any:
    """The first `n` elements of `x` in C order, which begin anew where they are too few."""
    x = as_part(x).reshape(-1)
    if x.size == n:
        return x
    if is_tensor(x):
        return _core.gather(x, np.resize(np.arange(x.size), n), x.size >= n)
    return np.resize(x, n)


def cast(x: Any, dtype: Any, casting: Any, who: str) -> Any:
    """`x` in another dtype, where NumPy's rule of that name allows it."""
    if x.dtype == dtype:
        return x
    if not np.can_cast(x.dtype, dtype, casting):
        raise TypeError(f"np.{who}: {x.dtype} is not cast to {dtype} by the rule {casting!r}")
    if dtype.kind not in "fc":
        raise _core.DTypeError(f"np.{who}: dtype {dtype} has no gradient; a floating one has")
    return x.astype(dtype)

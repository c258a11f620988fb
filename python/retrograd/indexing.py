"""Keys that are not basic: integer arrays, boolean masks and mixtures of them."""

import math
from typing import Any

import numpy as np

from . import _core

_SMALL = 4096  # elements that are numbered sooner than one axis is broadcast


def positions(shape: tuple[int, ...], key: Any, who: str) -> Any:
    """Give the C-order positions that `key` selects from an array of the given shape.

    NumPy applies its own rules. Of a small array the numbered elements are indexed; of another,
    every axis is, as a row of its coordinates that is broadcast over the others, which costs the
    size of the result, not of the array.

    Parameters
    ----------
    shape : tuple of int
    key : any index NumPy takes
    who : str
        The operation, for messages.

    Returns
    -------
    ndarray of int64
        Of the result's shape.

    Raises
    ------
    IndexError
        As NumPy for an index out of bounds, or of a wrong type or shape.
    """
    parts = key if isinstance(key, tuple) else (key,)
    if any(isinstance(part, _core.Tensor) for part in parts):
        raise IndexError(f"{who}: a Tensor is no index; use an integer or boolean array")
    try:
        if (size := math.prod(shape)) <= _SMALL:
            return np.arange(size, dtype=np.int64).reshape(shape)[key]
        found: Any = np.zeros((), dtype=np.int64)
        step = 1
        for axis in reversed(range(len(shape))):
            coordinates = np.arange(shape[axis], dtype=np.int64) * step
            line = coordinates.reshape((-1,) + (1,) * (len(shape) - axis - 1))
            found = found + np.broadcast_to(line, shape)[key]
            step *= shape[axis]
    except IndexError as error:
        raise IndexError(f"{who}: {error}") from None
    return found

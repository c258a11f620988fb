"""Keys that are not basic: integer arrays, boolean masks and mixtures of them."""

from typing import Any

import numpy as np

from . import _core


def positions(shape: tuple[int, ...], key: Any, who: str) -> Any:
    """Give the C-order positions that `key` selects from an array of the given shape.

    NumPy applies its own rules: every axis is indexed as a row of its coordinates that is broadcast
    over the others, which costs the size of the result, not of the array.

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
        found: Any = np.zeros((), dtype=np.int64)
        if not shape:
            return found[key]
        step = 1
        for axis in reversed(range(len(shape))):
            coordinates = np.arange(shape[axis], dtype=np.int64) * step
            line = coordinates.reshape((-1,) + (1,) * (len(shape) - axis - 1))
            found = found + np.broadcast_to(line, shape)[key]
            step *= shape[axis]
    except IndexError as error:
        raise IndexError(f"{who}: {error}") from None
    return found

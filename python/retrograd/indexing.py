"""Keys that are not basic: integer arrays, boolean masks and mixtures of them."""

from typing import Any

import numpy as np

from . import _core


def positions(shape: tuple[int, ...], key: Any) -> Any:
    """Give the C-order positions that `key` selects from an array of the given shape.

    NumPy applies its own rules: every axis is indexed as a row of its coordinates that is broadcast
    over the others, which costs the size of the result, not of the array.

    Parameters
    ----------
    shape : tuple of int
    key : any index NumPy takes

    Returns
    -------
    ndarray of int64
        Of the result's shape.

    Raises
    ------
    IndexError
        As NumPy for an index out of bounds, or of a wrong type or shape.
    """
    if any(isinstance(part, _core.Tensor) for part in (key if isinstance(key, tuple) else (key,))):
        raise IndexError("getitem: a Tensor is no index; use an integer or boolean array")
    found: Any = np.zeros((), dtype=np.int64)
    step = 1
    for axis in reversed(range(len(shape))):
        coordinates = np.arange(shape[axis], dtype=np.int64) * step
        line = coordinates.reshape((-1,) + (1,) * (len(shape) - axis - 1))
        found = found + np.broadcast_to(line, shape)[key]
        step *= shape[axis]
    return found if shape else np.zeros((), dtype=np.int64)[key]


_core.set_positions_function(positions)

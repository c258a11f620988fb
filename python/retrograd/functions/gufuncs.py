"""Generalized ufuncs (`np.matmul`, `np.vecdot`) whose core axes stand anywhere."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..values import value


def along(
    ufunc: np.ufunc,
    operation: Callable[..., Any],
    inputs: tuple[Any, ...],
    axes: Any = None,
    axis: Any = None,
    keepdims: bool = False,
) -> Any:
    """Carry out a generalized ufunc with NumPy's `axes=`, `axis=` and `keepdims=`.

    The operation has its core axes last: they are moved there, and those of the result from there.
    """
    options = {"axes": axes, "axis": axis, "keepdims": keepdims or None}
    # NumPy refuses in its words what does not fit.
    plain = ufunc(*map(value, inputs), **{k: v for k, v in options.items() if v is not None})
    if axes is None:
        cores = [
            len(re.findall(r"\w+", core)) for core in re.findall(r"\(.*?\)", str(ufunc.signature))
        ]
        axes = [(axis,) if axis is not None and n else tuple(range(-n, 0)) for n in cores]
    axes = [(at,) if isinstance(at, int) else tuple(at) for at in axes]
    moved = [np.moveaxis(x, at, range(-len(at), 0)) for x, at in zip(inputs, axes, strict=False)]
    y = operation(*moved)
    if len(axes) > ufunc.nin and axes[ufunc.nin]:
        at = axes[ufunc.nin]
        y = np.moveaxis(y, range(-len(at), 0), at)
    return y.reshape(plain.shape) if keepdims else y

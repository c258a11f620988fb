"""Ranges between ends that are tensors, and grids of them."""

from typing import Any

import numpy as np

from ..ops import broadcast_to
from .creation import lifted
from .primitive import Primitive
from .probe import asked
from .table import implements, is_tensor, value


def _meet(*xs: Any) -> Any:
    """Operands of one dtype and one shape; Python numbers take the others' dtype."""
    xs = tuple(map(lifted, xs))
    dtype = np.result_type(*map(value, xs))
    return np.broadcast_arrays(
        *(x.astype(dtype) if is_tensor(x) else np.asarray(x, dtype) for x in xs)
    )


def _weights(g: Any, num: int, endpoint: bool, axis: int) -> tuple[Any, Any]:
    """The cotangent with the range's axis in front, and how much of the stop is in each place."""
    g = np.moveaxis(g, axis, 0)
    w = np.linspace(0.0, 1.0, num, endpoint=endpoint, dtype=g.dtype)
    return g, w.reshape((num,) + (1,) * (g.ndim - 1))


def _line_start(g: Any, y: Any, start: Any, stop: Any, **settings: Any) -> Any:
    g, w = _weights(g, **settings)
    return np.sum(g * (1.0 - w), axis=0)


def _line_stop(g: Any, y: Any, start: Any, stop: Any, **settings: Any) -> Any:
    g, w = _weights(g, **settings)
    return np.sum(g * w, axis=0)


def _curve_start(g: Any, y: Any, start: Any, stop: Any, **settings: Any) -> Any:
    return _line_start(g * y, y, start, stop, **settings) / start


def _curve_stop(g: Any, y: Any, start: Any, stop: Any, **settings: Any) -> Any:
    return _line_stop(g * y, y, start, stop, **settings) / stop


_linspace = Primitive("linspace", np.linspace, _line_start, _line_stop, reads_result=False)
_geomspace = Primitive("geomspace", np.geomspace, _curve_start, _curve_stop)


@implements(np.linspace, derivative="(1-w)*g and w*g summed, w from 0 to 1")
def linspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: str | None = None,
) -> Any:
    start, stop = _meet(start, stop)
    if device not in (None, "cpu"):
        raise ValueError(f"np.linspace: device {device!r} is not there, only 'cpu'")
    settings = {"num": num, "endpoint": endpoint, "axis": axis}
    if dtype is not None and np.dtype(dtype).kind in "biu":
        # Rounded down, which has no derivative.
        y = asked(np.linspace, value(start), value(stop), dtype=dtype, **settings)
    else:
        y = asked(_linspace, start, stop, **settings)
        y = y if dtype is None else y.astype(dtype)
    return (y, (stop - start) / (num - bool(endpoint) or np.nan)) if retstep else y


@implements(np.logspace, derivative="that of base**linspace(start, stop)")
def logspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    base = lifted(base)
    if np.ndim(base):
        start, stop, base = np.broadcast_arrays(*map(lifted, (start, stop, base)))
        base = np.expand_dims(base, axis)
    y = np.power(base, np.linspace(start, stop, num, endpoint, axis=axis))
    return y if dtype is None else np.astype(y, dtype)


@implements(np.geomspace, derivative="(1-w)*g*y/start and w*g*y/stop summed, w from 0 to 1")
def geomspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    start, stop = _meet(start, stop)
    y = asked(_geomspace, start, stop, num=num, endpoint=endpoint, axis=axis)
    return y if dtype is None else np.astype(y, dtype)


@implements(np.meshgrid, derivative="g summed over the other axes")
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    xi = tuple(map(lifted, xi))
    # Where NumPy puts each vector, asked of stand-ins.
    stand_ins = [np.broadcast_to(0.0, np.size(x)) for x in xi]
    places = asked(np.meshgrid, *stand_ins, copy=False, sparse=True, indexing=indexing)
    grids = tuple(np.reshape(x, place.shape) for x, place in zip(xi, places, strict=True))
    if not sparse:
        shape = np.broadcast_shapes(*(place.shape for place in places))
        grids = tuple(broadcast_to(grid, shape) for grid in grids)
    return tuple(np.copy(grid) for grid in grids) if copy else grids

"""Choosing elements by conditions, and applying functions to parts."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ops import broadcast_to
from .creation import lifted
from .primitive import Primitive
from .probe import asked, axes_of, back, front
from .table import implements, is_tensor, on_values, value

# Places, and answers to questions: they have no derivative.
on_values(
    np.argwhere,
    np.array_equiv,
    np.flatnonzero,
    np.iscomplex,
    np.isreal,
    np.nonzero,
)


@implements(np.ix_, derivative="g in the operand's shape; none of a mask's places")
def ix_(*args: Any) -> Any:
    args = tuple(map(lifted, args))
    grid = np.ix_(*map(value, args))
    return tuple(
        x.reshape(places.shape) if is_tensor(x) else places
        for x, places in zip(args, grid, strict=True)
    )


@implements(np.choose, derivative="g to the chosen")
def choose(a: Any, choices: Any, *, mode: str = "raise") -> Any:
    choices = [lifted(choice) for choice in choices]
    shape = asked(np.broadcast_shapes, np.shape(a), *map(np.shape, choices))
    # NumPy checks the indices, on rows that take no memory.
    number = np.arange(len(choices)).reshape((-1,) + (1,) * len(shape))
    which = asked(np.choose, value(a), number, mode=mode)
    which = np.broadcast_to(which, shape)
    out = broadcast_to(choices[0], shape)
    for i, choice in enumerate(choices[1:], 1):
        out = np.where(which == i, choice, out)
    return np.copy(out) if len(choices) == 1 else out


@implements(np.compress, derivative="g to the kept")
def compress(condition: Any, a: Any, axis: int | None = None) -> Any:
    if not is_tensor(a):  # the condition alone is one
        return np.compress(value(condition), a, axis)
    if axis is None:
        a = a.reshape(-1)
    (axis,) = axes_of("compress", axis, a.ndim)
    kept = asked(np.compress, value(condition), np.arange(a.shape[axis]))
    return back(front(a, axis)[kept], axis)


@implements(np.extract, derivative="g to the kept")
def extract(condition: Any, arr: Any) -> Any:
    return np.ravel(arr)[np.flatnonzero(condition)]


@implements(np.select, derivative="g to the chosen")
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    conditions = [np.asarray(value(condition)) for condition in condlist]
    choices = [lifted(choice) for choice in (*choicelist, default)]
    # NumPy checks everything on one element of each.
    stand_ins = [x if np.isscalar(x) else np.zeros((), x.dtype) for x in map(_array, choices)]
    corners = [np.zeros((), condition.dtype) for condition in conditions]
    dtype = asked(np.select, corners, stand_ins[:-1], stand_ins[-1]).dtype
    shapes = [np.shape(x) for x in (*conditions, *choices)]
    out = np.broadcast_to(choices[-1], asked(np.broadcast_shapes, *shapes))
    for condition, choice in zip(conditions[::-1], choices[-2::-1], strict=True):
        out = np.where(condition, choice, out)
    return np.astype(out, dtype, copy=False)


def _array(x: Any) -> Any:
    return x if type(x) in (int, float, complex) or is_tensor(x) else np.asarray(x)


@implements(np.piecewise, derivative="that of the function in whose part x lies")
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    single = np.isscalar(condlist) or (x.ndim and not isinstance(condlist[0], (list, np.ndarray)))
    conditions = np.asarray(value([condlist] if single else condlist), bool)
    if len(conditions) == len(funclist) - 1:  # the last is for the rest
        conditions = np.concatenate([conditions, ~np.any(conditions, axis=0, keepdims=True)])
    if len(conditions) != len(funclist):
        n = len(conditions)
        raise ValueError(
            f"np.piecewise: with {n} condition(s), either {n} or {n + 1} functions are expected"
        )
    out = np.zeros_like(x)
    for condition, function in zip(conditions, funclist, strict=True):
        if not callable(function):
            out[condition] = function
        elif condition.any():
            out[condition] = function(x[condition], *args, **kw)
    return out


@implements(np.apply_along_axis, derivative="that of the function, row by row")
def apply_along_axis(
    func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any
) -> Any:
    (axis,) = axes_of("apply_along_axis", axis, arr.ndim)
    rows = np.moveaxis(arr, axis, -1)
    outer = rows.shape[:-1]
    if 0 in outer:
        raise ValueError("np.apply_along_axis: wants no other axis of length 0")
    results = [func1d(rows[i], *args, **kwargs) for i in np.ndindex(outer)]
    out = np.stack(results).reshape(outer + np.shape(results[0]))
    # The axes of a result go where the axis was.
    inner = range(len(outer), out.ndim)
    return np.copy(np.moveaxis(out, inner, range(axis, axis + len(inner))))


@implements(np.apply_over_axes, derivative="that of the function, axis by axis")
def apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Any:
    out = a
    for given in np.atleast_1d(axes):
        (axis,) = axes_of("apply_over_axes", given, a.ndim)
        result = func(out, axis)
        out = result if result.ndim == out.ndim else np.expand_dims(result, axis)
        if out.ndim != a.ndim:
            raise ValueError(f"np.apply_over_axes: {result.ndim} axes came for {a.ndim}")
    return out


@implements(np.trim_zeros, derivative="g to the kept")
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    trim = trim.lower()
    if trim not in {"fb", "bf", "f", "b"}:
        raise ValueError(f"np.trim_zeros: unexpected character(s) in trim: {trim!r}")
    places = np.argwhere(filt)
    index = [slice(None)] * filt.ndim
    for k in axes_of("trim_zeros", axis, filt.ndim):
        if not len(places):
            index[k] = slice(0)
            continue
        start, stop = int(places[:, k].min()), int(places[:, k].max()) + 1
        index[k] = slice(start if "f" in trim else None, stop if "b" in trim else None)
    return filt[tuple(index)]


_unwrap = Primitive("unwrap", np.unwrap, lambda g, y, p, **settings: g, reads_result=False)


@implements(np.unwrap, derivative="g", kink="jumps: none of their own")
def unwrap(
    p: Any, discont: float | None = None, axis: int = -1, *, period: float = 2 * np.pi
) -> Any:
    if is_tensor(period):
        raise TypeError("np.unwrap: keyword 'period' is a Tensor; its gradient is not supported")
    return asked(_unwrap, p, discont=discont, axis=axis, period=period)

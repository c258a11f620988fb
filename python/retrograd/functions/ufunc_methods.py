"""The methods of ufuncs on tensors: reduce, accumulate, reduceat, outer and at.

The common ones are functions with a name (`np.add.reduce` is `np.sum`). The rest are folds: the
ufunc itself, applied along the axis, after NumPy has checked the call on the values.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..functional.nesting import constant
from ..ops import UFUNCS
from ..ufuncs import as_mask, call
from ..values import UNSET, is_tensor, operand, value
from .reductions import given
from .scatter import add_at, segment_sums


def _log_sum(ufunc: np.ufunc, exp: Any, log: Any) -> Callable[..., Any]:
    def reduce(a: Any, axis: Any, keepdims: bool, initial: Any = UNSET, where: Any = True) -> Any:
        """log(sum(exp(a))), shifted by the largest so that nothing overflows."""
        if where is not True:
            a = np.where(as_mask(where, a.shape), a, -np.inf)
        shift = np.max(value(a), axis=axis, keepdims=True, initial=-np.inf)
        shift = np.where(np.isfinite(shift), shift, 0.0)
        total = np.sum(exp(a - shift), axis=axis, keepdims=keepdims)
        nothing = np.equal(total, 0.0)  # all are -inf
        y = log(np.where(nothing, 1.0, total)) + shift.reshape(total.shape)
        y = np.where(nothing, -np.inf, y)
        return y if initial is UNSET else UFUNCS[ufunc](y, initial)

    return reduce


def _skipping_nan(function: Any, worst: float) -> Callable[..., Any]:
    def reduce(a: Any, axis: Any, **options: Any) -> Any:
        """The extremum without the NaNs: NaN where there is nothing else."""
        nan = np.isnan(a)
        y = function(np.where(nan, worst, a), axis=axis, **options)
        if "initial" in options or not nan.any():
            return y
        kept = {k: v for k, v in options.items() if k == "keepdims"}
        return np.where(np.all(nan, axis=axis, **kept), np.nan, y)

    return reduce


fmax_reduce = _skipping_nan(np.max, -np.inf)
fmin_reduce = _skipping_nan(np.min, np.inf)

_REDUCTIONS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.fmax: fmax_reduce,
    np.fmin: fmin_reduce,
    np.logaddexp: _log_sum(np.logaddexp, np.exp, np.log),
    np.logaddexp2: _log_sum(np.logaddexp2, np.exp2, np.log2),
}


def _reduce(
    ufunc: np.ufunc,
    a: Any,
    axis: Any = 0,
    dtype: Any = None,
    keepdims: bool = False,
    initial: Any = UNSET,
    where: Any = True,
) -> Any:
    a = a if dtype is None else a.astype(dtype)
    if not a.ndim and axis in (0, -1):  # as NumPy has it
        axis = None
    options = given(initial=initial)
    if where is not True:
        options["where"] = where
    named = _REDUCTIONS.get(ufunc)
    if named is not None and initial is not None:
        return named(a, axis=axis, keepdims=keepdims, **options)
    plain = _checked(ufunc.reduce, a, axis=axis, dtype=dtype, keepdims=keepdims, **options)
    if initial is None:  # not even the identity: the first element begins
        initial = UNSET
    elif initial is UNSET and ufunc.identity is not None:
        initial = ufunc.identity
    return _fold(ufunc, *_front(a, axis, where), initial).reshape(np.shape(plain))


def _checked(method: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """NumPy's own answer on the values: it refuses in its words what does not fit."""
    with np.errstate(all="ignore"):
        return method(*map(value, args), **{k: value(v) for k, v in options.items()})


def _front(a: Any, axis: Any, where: Any) -> tuple[Any, Any]:
    """The array with its reduced axes made one, the first, and the mask likewise."""
    every = range(a.ndim)
    reduced = every if axis is None else np.atleast_1d(axis) % max(a.ndim, 1)
    order = (*reduced, *(i for i in every if i not in reduced))
    n = int(np.prod([a.shape[i] for i in reduced], dtype=int))
    rest = tuple(a.shape[i] for i in every if i not in reduced)
    mask = None if where is True else as_mask(where, a.shape)
    turned = [x if x is None else x.transpose(order).reshape((n, *rest)) for x in (a, mask)]
    return turned[0], turned[1]


def _fold(ufunc: np.ufunc, a: Any, mask: Any = None, initial: Any = UNSET) -> Any:
    rows = list(a)
    if initial is UNSET:
        y = rows.pop(0)
    else:
        start = initial if is_tensor(initial) else constant(np.asarray(initial, a.dtype))
        y = np.broadcast_to(start, a.shape[1:])
    for i, row in enumerate(rows):
        if mask is None:
            y = UFUNCS[ufunc](y, row)
        else:
            y = call(ufunc, (y, row), (y.copy(),), where=mask[i])
    return y


_SCANS: dict[np.ufunc, Callable[..., Any]] = {np.add: np.cumsum, np.multiply: np.cumprod}
_RUNNING = (np.maximum, np.minimum, np.fmax, np.fmin)


def _accumulate(ufunc: np.ufunc, a: Any, axis: int = 0, dtype: Any = None) -> Any:
    a = a if dtype is None else a.astype(dtype)
    plain = _checked(ufunc.accumulate, a, axis=axis, dtype=dtype)
    if ufunc in _SCANS:
        return _SCANS[ufunc](a, axis=axis)
    order = list(range(a.ndim))
    order.insert(0, order.pop(axis))
    rows = a.transpose(order)
    if ufunc in _RUNNING:
        y = rows[_holders(plain.transpose(order))]
    else:
        y = np.stack([*_steps(ufunc, rows)]) if len(rows) else rows
    return y.transpose([int(i) for i in np.argsort(order)])


def _steps(ufunc: np.ufunc, rows: Any) -> Any:
    y = None
    for row in rows:
        y = row if y is None else UFUNCS[ufunc](y, row)
        yield y


def _holders(running: Any) -> Any:
    """For a running extremum, the index of the element that it is; the first of equal ones."""
    changed = np.zeros(running.shape, bool)
    before, after = running[:-1], running[1:]
    changed[1:] = (before != after) & ~(np.isnan(before) & np.isnan(after))
    at = np.arange(len(running)).reshape((-1,) + (1,) * (running.ndim - 1))
    first = np.maximum.accumulate(np.where(changed, at, 0))
    return (first, *np.indices(running.shape, sparse=True)[1:])


def _reduceat(ufunc: np.ufunc, a: Any, indices: Any, axis: int = 0, dtype: Any = None) -> Any:
    a = a if dtype is None else a.astype(dtype)
    _checked(ufunc.reduceat, a, indices, axis=axis, dtype=dtype)
    if ufunc is np.add and np.all(np.diff(indices) > 0):
        return segment_sums(a, starts=np.asarray(indices), axis=axis % a.ndim)
    starts = [int(i) for i in value(indices)]
    ends = [*starts[1:], a.shape[axis]]
    rows = np.moveaxis(a, axis, 0)
    named = _REDUCTIONS.get(ufunc)
    parts = []
    for i, j in zip(starts, ends, strict=True):
        if i >= j:
            parts.append(rows[i])
        elif named is not None:
            parts.append(named(rows[i:j], axis=0, keepdims=False))
        else:  # unlike in `reduce`, no segment begins with the identity
            parts.append(_fold(ufunc, rows[i:j]))
    return np.stack(parts, axis)


def _outer(ufunc: np.ufunc, a: Any, b: Any, **options: Any) -> Any:
    a, b = (operand(ufunc.__name__, x) for x in (a, b))
    return call(ufunc, (a.reshape(a.shape + (1,) * b.ndim), b), (None,) * ufunc.nout, **options)


def _at(ufunc: np.ufunc, target: Any, key: Any, *values: Any) -> None:
    name = ufunc.__name__
    if not is_tensor(target):
        raise TypeError(
            f"np.{name}.at: a Tensor added to a plain array loses its gradient; make the target a "
            "Tensor"
        )
    values = tuple(operand(name, v) for v in values)
    places = np.arange(target.size).reshape(target.shape)[key]
    values = tuple(np.broadcast_to(v, places.shape) for v in values)
    _checked(ufunc.at, target.data.copy(), key, *values)
    if ufunc is np.add or ufunc is np.subtract:
        (v,) = values
        target[...] = add_at(target, key, v if ufunc is np.add else -v)
    else:
        _in_rounds(ufunc, target, places.reshape(-1), [v.reshape(-1) for v in values])


def _in_rounds(ufunc: np.ufunc, target: Any, places: Any, values: list[Any]) -> None:
    """The n-th visit of every place in the n-th round: repeats meet in NumPy's order."""
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    visit = np.empty_like(places)
    visit[order] = np.arange(len(places)) - np.searchsorted(ordered, ordered)
    flat = target.reshape(-1).copy()
    for n in range(int(visit.max(initial=-1)) + 1):
        now = visit == n
        flat[places[now]] = UFUNCS[ufunc](flat[places[now]], *(v[now] for v in values))
    target[...] = flat.reshape(target.shape)


UFUNC_METHODS: dict[str, Callable[..., Any]] = {
    "reduce": _reduce,
    "accumulate": _accumulate,
    "reduceat": _reduceat,
    "outer": _outer,
    "at": _at,
}

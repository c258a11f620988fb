"""Reductions that leave NaNs out: their gradient is zero."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ufuncs import as_mask
from ..values import UNSET, value
from .reductions import given
from .statistics import ddof_of, root, spread
from .table import implements
from .ufunc_methods import fmax_reduce, fmin_reduce


def _without(a: Any, otherwise: float) -> Any:
    nan = np.isnan(a)
    return np.where(nan, otherwise, a) if nan.any() else a


def _numbers(a: Any, where: Any) -> Any:
    """The mask of what counts."""
    numbers = ~np.isnan(a)
    return numbers if where is UNSET else numbers & as_mask(where)


@implements(np.nansum, derivative="that of sum, zero at NaN")
def nansum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    keepdims: Any = False,
    initial: Any = UNSET,
    where: Any = UNSET,
) -> Any:
    more = given(initial=initial, where=where)
    return np.sum(_without(a, 0.0), axis=axis, dtype=dtype, keepdims=keepdims, **more)


@implements(np.nanprod, derivative="that of prod, zero at NaN")
def nanprod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    keepdims: Any = False,
    initial: Any = UNSET,
    where: Any = UNSET,
) -> Any:
    more = given(initial=initial, where=where)
    return np.prod(_without(a, 1.0), axis=axis, dtype=dtype, keepdims=keepdims, **more)


@implements(np.nancumsum, derivative="that of cumsum, zero at NaN")
def nancumsum(a: Any, axis: Any = None, dtype: Any = None) -> Any:
    return np.cumsum(_without(a, 0.0), axis=axis, dtype=dtype)


@implements(np.nancumprod, derivative="that of cumprod, zero at NaN")
def nancumprod(a: Any, axis: Any = None, dtype: Any = None) -> Any:
    return np.cumprod(_without(a, 1.0), axis=axis, dtype=dtype)


@implements(np.nanmean, derivative="that of mean, zero at NaN")
def nanmean(
    a: Any, axis: Any = None, dtype: Any = None, *, keepdims: Any = False, where: Any = UNSET
) -> Any:
    numbers = _numbers(a, where)
    with np.errstate(invalid="ignore"):
        return np.mean(a, axis=axis, dtype=dtype, keepdims=keepdims, where=numbers)


def _nanspread(
    a: Any, axis: Any, dtype: Any, ddof: Any, keepdims: Any, where: Any, mean: Any
) -> Any:
    numbers = _numbers(a, where)
    with np.errstate(divide="ignore", invalid="ignore"):
        y = spread(a, axis, dtype, ddof, keepdims, numbers, mean)
    empty = np.sum(numbers, axis=axis, keepdims=keepdims) <= ddof
    return np.where(empty, np.nan, y) if np.any(empty) else y


@implements(np.nanvar, derivative="that of var, zero at NaN")
def nanvar(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    ddof: Any = 0,
    keepdims: Any = False,
    where: Any = UNSET,
    mean: Any = UNSET,
    correction: Any = UNSET,
) -> Any:
    return _nanspread(a, axis, dtype, ddof_of(ddof, correction), keepdims, where, mean)


@implements(np.nanstd, derivative="that of std, zero at NaN", kink="zero where all are equal")
def nanstd(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    ddof: Any = 0,
    keepdims: Any = False,
    where: Any = UNSET,
    mean: Any = UNSET,
    correction: Any = UNSET,
) -> Any:
    return root(_nanspread(a, axis, dtype, ddof_of(ddof, correction), keepdims, where, mean))


def _extremum(reduce: Callable[..., Any], a: Any, axis: Any, **options: Any) -> Any:
    y = reduce(a, axis=axis, **options)
    if np.isnan(value(y)).any():
        warnings.warn("All-NaN slice encountered", RuntimeWarning, stacklevel=5)
    return y


@implements(np.nanmax, derivative="that of max, zero at NaN", kink="equal maxima share, 1/n each")
def nanmax(
    a: Any, axis: Any = None, *, keepdims: Any = False, initial: Any = UNSET, where: Any = UNSET
) -> Any:
    more = given(initial=initial, where=where)
    return _extremum(fmax_reduce, a, axis, keepdims=keepdims, **more)


@implements(np.nanmin, derivative="that of min, zero at NaN", kink="equal minima share, 1/n each")
def nanmin(
    a: Any, axis: Any = None, *, keepdims: Any = False, initial: Any = UNSET, where: Any = UNSET
) -> Any:
    more = given(initial=initial, where=where)
    return _extremum(fmin_reduce, a, axis, keepdims=keepdims, **more)

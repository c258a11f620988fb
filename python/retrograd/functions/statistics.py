"""Variance, averages, covariance and counts with weights."""

import warnings
from typing import Any

import numpy as np

from ..values import UNSET, is_tensor, value
from .creation import lifted
from .places import as_part
from .reductions import counted, given, in_counts, in_dtype, taken
from .table import implements


@implements(np.var, derivative="2*(a - mean(a))*g/(n - ddof); zero along mean= if given")
def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    ddof: Any = 0,
    keepdims: bool = False,
    where: Any = UNSET,
    mean: Any = UNSET,
    correction: Any = UNSET,
) -> Any:
    return spread(a, axis, dtype, ddof_of(ddof, correction), keepdims, where, mean)


@implements(np.std, derivative="that of sqrt(var(a))", kink="zero where all are equal")
def std(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    ddof: Any = 0,
    keepdims: bool = False,
    where: Any = UNSET,
    mean: Any = UNSET,
    correction: Any = UNSET,
) -> Any:
    return root(spread(a, axis, dtype, ddof_of(ddof, correction), keepdims, where, mean))


def ddof_of(ddof: Any, correction: Any) -> Any:
    """The one of two keywords with the same meaning."""
    if correction is UNSET:
        return ddof
    if ddof != 0:
        raise ValueError("ddof and correction can't be provided simultaneously.")
    return correction


def spread(a: Any, axis: Any, dtype: Any, ddof: Any, keepdims: bool, where: Any, mean: Any) -> Any:
    """The mean squared distance from the mean, over `n - ddof`."""
    a = as_part(a)
    a = a if is_tensor(a) else a.astype(np.result_type(a, np.float32), copy=False)
    count = counted(a, axis, True, where)
    if np.any(np.less_equal(count, ddof)):
        warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=5)
    if mean is UNSET or mean is None:
        middle = np.sum(taken(a, where, 0.0), axis, dtype, keepdims=True)
        mean = middle / in_counts(count, middle)
    distance = taken(a - mean, where, 0.0)
    if distance.dtype.kind == "c":
        squares = np.real(distance) ** 2 + np.imag(distance) ** 2
    else:
        squares = distance * distance
    y = np.sum(squares, axis, dtype, keepdims=keepdims)
    freedom = np.maximum(np.subtract(count, ddof), 0)
    return y / in_counts(freedom.reshape(y.shape) if freedom.ndim else freedom[()], y)


def root(y: Any) -> Any:
    """The square root of a variance, with derivative zero at zero."""
    still = np.equal(y, 0.0)
    return np.where(still, 0.0, np.sqrt(np.where(still, 1.0, y))) if still.any() else np.sqrt(y)


@implements(np.average, derivative="that of sum(a*weights)/sum(weights)")
def average(
    a: Any,
    axis: Any = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: Any = UNSET,
) -> Any:
    a = as_part(a)
    options = given(keepdims=keepdims)
    if weights is None:
        y = np.mean(a, axis=axis, **options)
        scale: Any = np.full((), a.size / y.size, y.dtype)
    else:
        w = weights_along(weights, a, axis)
        dtype = np.result_type(a.dtype, w.dtype)
        scale = np.sum(np.broadcast_to(w, a.shape), axis=axis, dtype=dtype, **options)
        if np.any(np.equal(scale, 0.0)):
            raise ZeroDivisionError("Weights sum to zero, can't be normalized")
        y = np.sum(in_dtype(a, dtype) * in_dtype(w, dtype), axis=axis, **options) / scale
    return (y, np.broadcast_to(scale, y.shape) + 0.0) if returned else y


def weights_along(weights: Any, a: Any, axis: Any) -> Any:
    """Weights in a shape that goes with `a`: its own, or that of the axes reduced."""
    w = as_part(weights)
    if w.shape == a.shape:
        return w
    if axis is None:
        raise TypeError("Axis must be specified when shapes of a and weights differ.")
    axes = [int(i) % a.ndim for i in np.atleast_1d(axis)]
    if w.shape != tuple(a.shape[i] for i in axes):
        raise ValueError("Shape of weights must be consistent with shape of a along axis.")
    shape = [a.shape[i] if i in axes else 1 for i in range(a.ndim)]
    return w.transpose([int(i) for i in np.argsort(axes)]).reshape(shape)


@implements(np.cov, derivative="that of (x - mean) @ (x - mean).T / (n - ddof)")
def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    if dtype is None:
        dtype = np.result_type(np.float64, *(v.dtype for v in (m, y) if hasattr(v, "dtype")))
    fweights, aweights = lifted(fweights), lifted(aweights)
    x = _variables(m, rowvar, dtype)
    if y is not None:
        x = np.concatenate([x, _variables(y, rowvar, dtype)])
    n = x.shape[1]
    # NumPy refuses what does not fit, and warns, on as many observations of nothing.
    weights = {"fweights": value(fweights), "aweights": value(aweights)}
    np.cov(np.zeros((1, n)), bias=bias, ddof=ddof, **weights)
    given_weights = [v for v in (fweights, aweights) if v is not None]
    ddof = ddof if ddof is not None else 0 if bias else 1
    if not given_weights:
        freedom: Any = n - ddof
        x = x - np.mean(x, axis=1, keepdims=True)
        other = x
    else:
        w = given_weights[0] if len(given_weights) == 1 else np.multiply(*given_weights)
        w = in_dtype(as_part(w), dtype)
        all_of_it = np.sum(w)
        freedom = all_of_it - ddof
        if ddof and aweights is not None:
            freedom = all_of_it - ddof * np.sum(w * aweights) / all_of_it
        x = x - np.average(x, axis=1, weights=w, keepdims=True)
        other = x * w
    freedom = freedom if np.greater(freedom, 0) else 0.0
    with np.errstate(divide="ignore"):
        scale = np.true_divide(1, freedom)
    scale = scale if is_tensor(scale) else float(scale)  # that keeps the dtype
    c = np.matmul(x, np.conjugate(np.transpose(other))) * scale
    return c if len(c) > 1 else c.reshape(())


def _variables(m: Any, rowvar: bool, dtype: Any) -> Any:
    """One row for each variable."""
    m = as_part(m)
    if m.ndim > 2:
        raise ValueError("np.cov: more than 2 dimensions came, one row a variable was wanted")
    rows = in_dtype(m, dtype).reshape((1, -1) if m.ndim < 2 else m.shape)
    return rows if rowvar or m.ndim < 2 else np.transpose(rows)


@implements(
    np.corrcoef,
    derivative="that of c[i, j]/sqrt(c[i, i]*c[j, j]), c = cov(x)",
    kink="an entry that is clipped to 1 or -1 has none",
)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    c = np.cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    i = np.arange(len(c))
    deviation = np.sqrt(np.real(c[i, i]))
    c = c / deviation[:, None] / deviation[None, :]
    if c.dtype.kind == "c":
        return np.clip(np.real(c), -1, 1) + 1j * np.clip(np.imag(c), -1, 1)
    return np.clip(c, -1, 1)

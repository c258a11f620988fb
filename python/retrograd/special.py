"""What `scipy.special` has as Python functions, which would drop a Tensor's gradient, for tensors.

SciPy's ufuncs (`erf`, `gammaln`, ...) take tensors themselves. The functions here have SciPy's
signatures; they import SciPy where they need its values, so an array goes in and out as well.
"""

from math import log, pi
from typing import Any

import numpy as np

from . import _core

__all__ = ["factorial", "log_softmax", "logsumexp", "multigammaln", "polygamma", "softmax"]


def logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False
) -> Any:
    """Logarithm of a sum of exponentials, without overflow.

    Parameters
    ----------
    a : Tensor or array_like
    axis : int or tuple of int, optional
        All axes if not given.
    b : Tensor or array_like, optional
        Factors of the exponentials; they may be negative.
    keepdims : bool, default False
        Keep reduced axes with length one.
    return_sign : bool, default False
        Return the pair of the logarithm of the absolute value, and the sign.

    Returns
    -------
    Tensor, or a pair of Tensors
    """
    a, b = _at_least_array(a), None if b is None else _at_least_array(b)
    if b is not None:
        a = np.where(_plain(b) == 0, -np.inf, a)
    shift = _shift(a, axis)
    terms = np.exp(a - shift)
    total = np.sum(terms if b is None else b * terms, axis=axis, keepdims=keepdims)
    sign = np.sign(total)
    whole = np.log(np.abs(total) if return_sign else total)
    out = whole + shift.reshape(np.shape(whole))
    return (out, sign) if return_sign else out


def softmax(x: Any, axis: Any = None) -> Any:
    """Exponentials divided by their sum; parameters as for `logsumexp`."""
    x = _at_least_array(x)
    terms = np.exp(x - _shift(x, axis))
    return terms / np.sum(terms, axis=axis, keepdims=True)


def log_softmax(x: Any, axis: Any = None) -> Any:
    """Logarithm of `softmax`, without underflow; parameters as for `logsumexp`."""
    x = _at_least_array(x)
    moved = x - _shift(x, axis)
    return moved - np.log(np.sum(np.exp(moved), axis=axis, keepdims=True))


def polygamma(n: Any, x: Any) -> Any:
    """The n-th derivative of the digamma function.

    Parameters
    ----------
    n : int or array_like of int
        The order, not negative.
    x : Tensor or array_like
    """
    from scipy import special

    if isinstance(n, _core.Tensor):
        raise TypeError("polygamma: the order n has no derivative; pass an integer")
    if np.ndim(n) == 0 and n == 0:
        return special.digamma(x)
    order = np.asarray(n)
    factor = (-1.0) ** (order + 1) * special.gamma(order + 1.0)
    # A number is weak, so that float32 stays.
    factor, s = (factor, order + 1.0) if order.ndim else (float(factor), float(order + 1))
    higher = factor * special.zeta(s, x)
    return np.where(order == 0, special.digamma(x), higher) if order.ndim else higher


def multigammaln(a: Any, d: int) -> Any:
    """Logarithm of the multivariate gamma function of dimension `d`, elementwise in `a`."""
    from scipy import special

    if not np.isscalar(d) or np.floor(d) != d or d < 1:
        raise ValueError(f"multigammaln: d={d!r} came; a positive integer was wanted")
    if np.any(_plain(a) <= 0.5 * (d - 1)):
        raise ValueError(f"multigammaln: a must be above (d - 1) / 2 = {0.5 * (d - 1):g}")
    total = d * (d - 1) * 0.25 * log(pi)
    for j in range(int(d)):
        total = total + special.gammaln(a - j / 2.0)
    return total


def factorial(n: Any) -> Any:
    """`gamma(n + 1)`, elementwise and continued between the integers; zero where `n < 0`."""
    from scipy import special

    return np.where(_plain(n) < 0, 0.0, special.gamma(n + 1.0))


def _at_least_array(x: Any) -> Any:
    return x if isinstance(x, _core.Tensor) else np.asarray(x)


def _plain(x: Any) -> Any:
    return x._view() if isinstance(x, _core.Tensor) else np.asarray(x)


def _shift(x: Any, axis: Any) -> Any:
    """The largest value, a constant: the result does not depend on it."""
    largest = np.max(_plain(x), axis=axis, keepdims=True, initial=-np.inf)
    return np.where(np.isfinite(largest), largest, 0).astype(largest.dtype)

"""Functions that ask whether numbers are real, and `np.emath`, whose results may be complex."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib import scimath

from .places import as_part
from .table import implements, is_tensor, value


@implements(np.angle, derivative="that of arctan2(imag(z), real(z))", kink="zero at 0")
def angle(z: Any, deg: bool = False) -> Any:
    turned = np.arctan2(np.imag(z), np.real(z))
    return turned * (180 / np.pi) if deg else turned


@implements(np.real_if_close, derivative="g, or that of real(a)")
def real_if_close(a: Any, tol: float = 100) -> Any:
    plain = value(a)
    close = plain.dtype.kind == "c" and not np.iscomplexobj(np.real_if_close(plain, tol))
    return np.real(a) if close else +a


@implements(np.sort_complex, derivative="that of sort, in complex numbers")
def sort_complex(a: Any) -> Any:
    ordered = np.sort(a)
    return ordered if np.iscomplexobj(value(a)) else ordered.astype(np.complex128)


def _negative(x: Any) -> Any:
    return x < 0


def _beyond_one(x: Any) -> Any:
    return np.abs(x) > 1


def _opened(x: Any, outside: Callable[..., Any]) -> Any:
    """`x`, as complex numbers if one of them is real and outside of the real function's domain."""
    x = as_part(x)
    plain = value(x)
    if np.iscomplexobj(plain) or not outside(plain).any():
        return x
    return x.astype(np.result_type(plain.dtype, np.complex64)) if is_tensor(x) else plain + 0j


_THAT = "that of the function in complex numbers where it leaves the real ones"


@implements(scimath.sqrt, derivative=_THAT)
def sqrt(x: Any) -> Any:
    return np.sqrt(_opened(x, _negative))


@implements(scimath.log, derivative=_THAT)
def log(x: Any) -> Any:
    return np.log(_opened(x, _negative))


@implements(scimath.log2, derivative=_THAT)
def log2(x: Any) -> Any:
    return np.log2(_opened(x, _negative))


@implements(scimath.log10, derivative=_THAT)
def log10(x: Any) -> Any:
    return np.log10(_opened(x, _negative))


@implements(scimath.logn, derivative="that of log(x) / log(n)")
def logn(n: Any, x: Any) -> Any:
    return log(x) / log(n)


@implements(scimath.power, derivative=_THAT)
def power(x: Any, p: Any) -> Any:
    p = as_part(p)
    if not is_tensor(p) and (p < 0).any():
        p = p * 1.0  # an integer to a negative power leaves the integers
    return np.power(_opened(x, _negative), p)


@implements(scimath.arccos, derivative=_THAT)
def arccos(x: Any) -> Any:
    return np.arccos(_opened(x, _beyond_one))


@implements(scimath.arcsin, derivative=_THAT)
def arcsin(x: Any) -> Any:
    return np.arcsin(_opened(x, _beyond_one))


@implements(scimath.arctanh, derivative=_THAT)
def arctanh(x: Any) -> Any:
    return np.arctanh(_opened(x, _beyond_one))

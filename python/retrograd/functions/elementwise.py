"""Elementwise functions that are compositions: those with two results or with options."""

from typing import Any

import numpy as np

from .places import as_part
from .primitive import Primitive
from .table import implements, on_values, value

on_values(np.isposinf, np.isneginf)


@implements(np.fabs, derivative="g*sign(x)", kink="zero at 0")
def fabs(x: Any) -> Any:
    if x.dtype.kind == "c":
        raise TypeError("np.fabs: complex numbers came; np.abs takes them")
    return np.abs(x)


@implements(np.deg2rad, np.radians, derivative="g*pi/180")
def deg2rad(x: Any) -> Any:
    return x * (np.pi / 180)


@implements(np.rad2deg, np.degrees, derivative="g*180/pi")
def rad2deg(x: Any) -> Any:
    return x * (180 / np.pi)


@implements(np.fix, derivative="zero")
def fix(x: Any) -> Any:
    return np.trunc(x)


@implements(np.round, np.around, derivative="zero")
def round(a: Any, decimals: int = 0) -> Any:
    scale = 10.0 ** abs(decimals)
    if decimals > 0:
        return np.rint(a * scale) / scale
    return np.rint(a / scale) * scale if decimals else np.rint(a)


@implements(np.float_power, derivative="that of power, in float64")
def float_power(x1: Any, x2: Any) -> Any:
    return np.power(_double(x1), _double(x2))


def _double(x: Any) -> Any:
    x = as_part(x)
    return x.astype(np.result_type(x.dtype, np.float64))


@implements(np.divmod, derivative="those of floor_divide and of remainder")
def divmod(x1: Any, x2: Any) -> Any:
    return np.floor_divide(x1, x2), np.remainder(x1, x2)


@implements(np.modf, derivative="g of the fraction; the integer's is zero")
def modf(x: Any) -> Any:
    far = np.isinf(x)
    # The fraction of an infinity is a zero of its sign.
    near = np.where(far, np.copysign(0.0, value(x)), x) if far.any() else x
    return np.fmod(near, 1.0), np.trunc(x)


# A product with a power of two, exact also where that power is no number of the type itself.
_ldexp = Primitive(
    "ldexp",
    lambda x, exponent: np.ldexp(x, exponent),
    lambda g, y, x, exponent: np.ldexp(g, exponent),
    reads_result=False,
)


@implements(np.ldexp, derivative="g*2**x2")
def ldexp(x1: Any, x2: Any) -> Any:
    exponent = value(x2)
    if np.asarray(exponent).dtype.kind not in "iub":
        np.ldexp(value(x1), exponent)  # NumPy's own TypeError
    shape = np.broadcast_shapes(np.shape(x1), np.shape(exponent))
    return _ldexp(np.broadcast_to(x1, shape), exponent=exponent)


@implements(np.frexp, derivative="g/2**e of the mantissa; e is a plain array")
def frexp(x: Any) -> Any:
    exponent = np.frexp(value(x))[1]
    return ldexp(x, -exponent), exponent


@implements(np.nan_to_num, derivative="g where x is kept, zero where it is replaced")
def nan_to_num(
    x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    numbers = nan, posinf, neginf
    if x.dtype.kind == "c":
        y = _filled(x.real, *numbers) + 1j * _filled(x.imag, *numbers)
    else:
        y = _filled(x, *numbers)
    if copy:
        return y
    x[...] = y
    return x


def _filled(x: Any, nan: Any, posinf: Any, neginf: Any) -> Any:
    limits = np.finfo(x.dtype)
    places = (
        (np.isnan(x), nan),
        (np.isposinf(x), limits.max if posinf is None else posinf),
        (np.isneginf(x), limits.min if neginf is None else neginf),
    )
    for mask, number in places:
        x = np.where(mask, as_part(number).astype(x.dtype), x)
    return x

"""Determinants, with derivatives that need no inverse.

d det(a) = <cof(a), da> for every matrix, singular ones included; where `a` is well conditioned the
cofactors are det(a) * inv(a).T, elsewhere they come from the singular values, of which each
cofactor leaves one out.
"""

from typing import Any

import numpy as np

from ... import _core
from ...values import operand
from ..arrays import conjugated, is_complex, real_part, transposed
from ..primitive import Primitive
from ..table import implements, value

SlogdetResult: Any = type(np.linalg.slogdet(np.eye(1)))


def _sound_inverse(a: Any) -> Any:
    """The inverse, if products of two, as second derivatives have, keep half of the digits."""
    try:
        inverse = np.linalg.inv(a)
    except np.linalg.LinAlgError:
        return None
    sizes = (np.abs(value(m)).sum(-1).max(-1, initial=0.0) for m in (a, inverse))
    limit = np.finfo(a.dtype).eps ** -0.25 * a.shape[-1]
    return None if np.any(np.multiply(*sizes) > limit) else inverse


def _shifted(s: Any) -> Any:
    return np.concatenate((np.ones_like(s[..., :1]), s[..., :-1]), axis=-1)


def _products_around(s: Any) -> tuple[Any, Any]:
    """The products of all singular values before each one, and of all behind it."""
    before = np.cumprod(_shifted(s), axis=-1)
    return before, np.flip(np.cumprod(_shifted(np.flip(s, -1)), axis=-1), -1)


def _products_without_two(s: Any) -> Any:
    """The products of all singular values but the i-th and the j-th; zero for i = j."""
    before, behind = _products_around(s)
    i, j = np.indices((s.shape[-1],) * 2)
    between = np.cumprod(np.where(j > i + 1, _shifted(s)[..., None, :], 1.0), axis=-1)
    upper = np.where(j > i, before[..., :, None] * between * behind[..., None, :], 0.0)
    return upper + transposed(upper)


def _rotated(a: Any) -> tuple[Any, Any, Any, Any]:
    """Singular values and vectors, conjugated, and the determinant of those: 1, -1, a phase."""
    u, s, vh = np.linalg.svd(a)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return conjugated(u), s, conjugated(vh), sign[..., None, None]


def _cofactors_value(a: Any) -> Any:
    u, s, vh, sign = _rotated(a)
    before, behind = _products_around(s)
    return (sign * u * (before * behind)[..., None, :]) @ vh


def _slope_value(h: Any, a: Any) -> Any:
    """The cotangent of the cofactors: a linear map of `h`, equal to its own transpose."""
    u, s, vh, sign = _rotated(a)
    without = _products_without_two(s)
    h = transposed(u) @ h @ transposed(vh)
    own = np.diagonal(h, axis1=-2, axis2=-1)[..., None, :]
    turned = np.where(np.eye(s.shape[-1], dtype=bool), 0.0, -transposed(h) * without)
    kept = np.sum(without * own, axis=-1)
    turned = turned + np.eye(s.shape[-1], dtype=a.dtype) * kept[..., None, :]
    return sign * (u @ turned @ vh)


def _third(g: Any, y: Any, h: Any, a: Any) -> Any:
    raise _core.GraphError(
        "np.linalg.det: no third derivative at a matrix that is singular or nearly so"
    )


_slope: Primitive = Primitive(
    "det", _slope_value, lambda g, y, h, a: _slope(g, a), _third, reads_result=False
)
_cofactors = Primitive("det", _cofactors_value, lambda g, y, a: _slope(g, a), reads_result=False)


def _det_vjp(g: Any, y: Any, a: Any) -> Any:
    g = g[..., None, None]
    inverse = _sound_inverse(a)
    return g * (_cofactors(a) if inverse is None else y[..., None, None] * transposed(inverse))


_det = Primitive("det", np.linalg.det, _det_vjp)


@implements(
    np.linalg.det,
    derivative="g * cofactors(a)",
    kink="singular matrices have derivatives of order one and two",
)
def det(a: Any) -> Any:
    """Determinants."""
    return _det(operand("np.linalg.det", a))


def _slogdet_value(a: Any) -> tuple[Any, Any]:
    sign, logarithm = np.linalg.slogdet(a)
    return np.asarray(sign), np.asarray(logarithm)


def _slogdet_vjp(g: Any, y: Any, a: Any) -> Any:
    if not value(y[0]).all():
        raise _core.GraphError("np.linalg.slogdet: a singular matrix has no derivative; use det")
    slope = real_part(g[1])
    if is_complex(a):  # a phase turns with the imaginary part of the logarithm
        slope = slope + 1j * (g[0] * y[0]).imag
    return slope[..., None, None] * transposed(np.linalg.inv(a))


_slogdet = Primitive("slogdet", _slogdet_value, _slogdet_vjp)


@implements(
    np.linalg.slogdet,
    derivative="zero for the sign, g * inv(a).T",
    kink="a singular matrix: GraphError",
)
def slogdet(a: Any) -> Any:
    """Sign, and logarithm of the absolute value, of determinants."""
    sign, logarithm = _slogdet(operand("np.linalg.slogdet", a))
    return SlogdetResult(sign, real_part(logarithm))

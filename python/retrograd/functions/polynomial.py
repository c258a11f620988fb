"""Polynomials by their coefficients, the highest power first."""

from typing import Any

import numpy as np

from .creation import array
from .places import as_part
from .primitive import Primitive
from .probe import asked
from .table import implements, value


def _coefficients(p: Any) -> Any:
    return as_part(p.coeffs if isinstance(p, np.poly1d) else p)


def _poly1d_like(out: Any, *operands: Any) -> Any:
    """A poly1d where an operand is one, as NumPy has it."""
    return np.poly1d(out) if any(isinstance(p, np.poly1d) for p in operands) else out


@implements(np.polyval, derivative="that of Horner's scheme")
def polyval(p: Any, x: Any) -> Any:
    p = _coefficients(p)
    if isinstance(x, np.poly1d):
        y: Any = 0
    else:
        x = as_part(x)
        y = np.zeros_like(x)
    for c in p:
        y = y * x + c
    return y


def _aligned(a1: Any, a2: Any) -> tuple[Any, Any]:
    a1, a2 = np.atleast_1d(_coefficients(a1), _coefficients(a2))
    n = max(a1.size, a2.size)
    a1, a2 = (a if a.size == n else np.pad(a, (n - a.size, 0)) for a in (a1, a2))
    return a1, a2


@implements(np.polyadd, derivative="g, g")
def polyadd(a1: Any, a2: Any) -> Any:
    return _poly1d_like(np.add(*_aligned(a1, a2)), a1, a2)


@implements(np.polysub, derivative="g, -g")
def polysub(a1: Any, a2: Any) -> Any:
    return _poly1d_like(np.subtract(*_aligned(a1, a2)), a1, a2)


@implements(np.polymul, derivative="that of np.convolve")
def polymul(a1: Any, a2: Any) -> Any:
    factors: list[Any] = [np.trim_zeros(np.atleast_1d(_coefficients(a)), "f") for a in (a1, a2)]
    # A polynomial that vanishes has the one coefficient 0.
    factors = [a if a.size else np.zeros(1, a.dtype) for a in factors]
    return _poly1d_like(np.convolve(*factors), a1, a2)


@implements(np.polydiv, derivative="that of the long division")
def polydiv(u: Any, v: Any) -> Any:
    r, w = np.atleast_1d(_coefficients(u) + 0.0, _coefficients(v) + 0.0)
    r = array(r, np.result_type(r.dtype, w.dtype))  # a Tensor, written to step by step
    scale = 1.0 / w[0]
    quotient = []
    for k in range(r.size - w.size + 1):
        quotient.append(scale * r[k])
        r[k : k + w.size] = r[k : k + w.size] - quotient[k] * w
    while r.size > 1 and np.allclose(r[0], 0, rtol=1e-14):
        r = r[1:]
    q = np.stack(quotient) if quotient else np.zeros_like(r, shape=1)
    return _poly1d_like(q, u, v), _poly1d_like(r, u, v)


@implements(np.polyder, derivative="g times the powers")
def polyder(p: Any, m: int = 1) -> Any:
    if m < 0:
        raise ValueError(f"np.polyder: m = {m} is negative")
    out = _coefficients(p)
    for _ in range(int(m)):
        out = out[:-1] * np.arange(out.size - 1, 0, -1)
    return _poly1d_like(out, p)


@implements(np.polyint, derivative="g over the powers; g of the last for k")
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    if m < 0:
        raise ValueError(f"np.polyint: m = {m} is negative")
    k = np.atleast_1d(np.zeros(m) if k is None else _coefficients(k))
    if k.size == 1 and m > 1:
        k = np.broadcast_to(k, (m,))
    if k.size < m:
        raise ValueError(f"np.polyint: {k.size} constants of integration came for m = {m}")
    out = _coefficients(p)
    for i in range(int(m)):
        out = np.concatenate([out / np.arange(out.size, 0, -1), k[i : i + 1]])
    return _poly1d_like(out, p)


def _roots_vjp(g: Any, y: Any, p: Any) -> Any:
    """A root moves by -x**k / p'(x) with the coefficient of the power k."""
    slopes = np.polyval(np.polyder(p), y)
    return -np.sum(np.vander(y, p.size) * np.expand_dims(g / slopes, 1), axis=0)


_roots = Primitive("roots", np.roots, _roots_vjp)


@implements(
    np.roots, derivative="-g * x**k / p'(x), summed over the roots x", kink="inf at a double root"
)
def roots(p: Any) -> Any:
    return asked(_roots, np.atleast_1d(p))


@implements(np.poly, derivative="that of the product of x - root")
def poly(seq_of_zeros: Any) -> Any:
    zeros = np.atleast_1d(seq_of_zeros)
    if zeros.ndim == 2:
        zeros = np.linalg.eigvals(zeros)
    out = np.ones_like(zeros, shape=1)
    for zero in zeros:
        out = np.convolve(out, array([1.0, -zero], zeros.dtype))
    # Complex roots in conjugate pairs have real coefficients.
    plain = value(zeros)
    if plain.dtype.kind == "c" and np.all(np.sort(plain) == np.sort(plain.conj())):
        out = np.real(out)
    return out


@implements(np.polyfit, derivative="that of np.linalg.lstsq on np.vander")
def polyfit(
    x: Any,
    y: Any,
    deg: int,
    rcond: float | None = None,
    full: bool = False,
    w: Any = None,
    cov: Any = False,
) -> Any:
    x, y, w = (v if v is None else _coefficients(v) + 0.0 for v in (x, y, w))
    # NumPy checks the arguments, and warns of a rank that is too small.
    asked(np.polyfit, value(x), value(y), deg, rcond, w=value(w), cov=cov)
    order = int(deg) + 1
    rcond = x.size * np.finfo(x.dtype).eps if rcond is None else rcond
    lhs, rhs = np.vander(x, order), y
    if w is not None:
        lhs = lhs * np.expand_dims(w, 1)
        rhs = rhs * (np.expand_dims(w, 1) if rhs.ndim == 2 else w)
    scale = np.sqrt(np.sum(lhs * lhs, axis=0))
    c, residuals, rank, singular = np.linalg.lstsq(lhs / scale, rhs, rcond)
    c = c / (scale if y.ndim == 1 else np.expand_dims(scale, 1))
    if full:
        return c, residuals, rank, singular, rcond
    if not cov:
        return c
    lhs = lhs / scale
    base = np.linalg.inv(np.matmul(np.transpose(lhs), lhs)) / (np.expand_dims(scale, 1) * scale)
    factor = 1.0 if isinstance(cov, str) and cov == "unscaled" else residuals / (x.size - order)
    return c, (base if y.ndim == 1 else np.expand_dims(base, 2)) * factor

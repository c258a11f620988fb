"""Cholesky and QR."""

from typing import Any

import numpy as np

from ... import _core
from ...values import operand
from ..arrays import adjoint, conjugated, transposed
from ..primitive import Primitive
from ..table import implements, value
from .symmetric import folded, mirrored, rounding
from .unused import first_vectors

QRResult: Any = type(np.linalg.qr(np.eye(1)))


def _cholesky_vjp(g: Any, y: Any, a: Any, upper: bool) -> Any:
    """Murray 2016, "Differentiation of the Cholesky decomposition", equation 8."""
    if upper:
        g, y = adjoint(g), adjoint(y)
    back = transposed(y)
    n = y.shape[-1]
    halves = np.tri(n, dtype=value(y).real.dtype) - np.eye(n, dtype=value(y).real.dtype) / 2
    lower = np.where(halves != 0, (back @ g) * halves, 0.0)
    whole = transposed(np.linalg.solve(adjoint(y), transposed(np.linalg.solve(back, lower))))
    return folded((whole + adjoint(whole)) / 2, not upper)


_cholesky = Primitive("cholesky", np.linalg.cholesky, _cholesky_vjp)


@implements(
    np.linalg.cholesky,
    derivative="y.T^-1 @ phi(y.T @ g) @ y^-1, in the triangle that is read",
)
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """The factor y of a = y @ y.T; one triangle of `a` is read and has the cotangent."""
    return _cholesky(operand("np.linalg.cholesky", a), upper=upper)


def _pull(g: Any, y: Any, a: Any) -> Any:
    """Liao et al. 2019, "Differentiable programming tensor networks", equation 3.

    Of a wide matrix the columns behind the square are q.T @ a there.
    """
    k = min(a.shape[-2:])
    q, gq = first_vectors(g[0], y[0], k, "np.linalg.qr: mode='complete'")
    r, gr = y[1][..., :k, :], g[1][..., :k, :]
    wide = a.shape[-1] > k
    if wide:
        behind = conjugated(q) @ gr[..., k:]
        gq = gq + conjugated(a[..., k:]) @ adjoint(gr[..., k:])
        r, gr = r[..., :k], gr[..., :k]
    _check_rank(value(r))
    m = r @ transposed(gr) - transposed(gq) @ q
    whole = transposed(np.linalg.solve(r, transposed(gq + conjugated(q @ mirrored(m)))))
    return np.concatenate((whole, behind), -1) if wide else whole


def _check_rank(r: Any) -> None:
    d = np.abs(np.diagonal(r, axis1=-2, axis2=-1))
    if np.any(d <= rounding(d.max(-1, keepdims=True, initial=0.0), d.shape[-1])):
        raise _core.GraphError(
            "np.linalg.qr: no derivative where the leading columns are linearly dependent"
        )


def _pull_r(g: Any, r: Any, a: Any, mode: str) -> Any:
    q, r = np.linalg.qr(a)
    return _pull((np.zeros(q.shape, value(q).dtype), g), (q, r), a)


_qr = Primitive("qr", np.linalg.qr, lambda g, y, a, mode: _pull(g, y, a))
_qr_r = Primitive("qr", np.linalg.qr, _pull_r, reads_result=False)


@implements(
    np.linalg.qr,
    derivative="(gq + q @ sym(tril(r @ gr.T - gq.T @ q))) @ r.T^-1",
    kink="dependent leading columns, and what depends on how completing columns turn: GraphError",
)
def qr(a: Any, mode: str = "reduced") -> Any:
    """Orthogonal columns times an upper triangle. The modes are reduced, complete and r."""
    a = operand("np.linalg.qr", a)
    if mode == "r":
        return _qr_r(a, mode=mode)
    if mode not in ("reduced", "complete"):
        raise TypeError(f"np.linalg.qr: keyword 'mode' is {mode!r}, wanted reduced, complete or r")
    return QRResult(*_qr(a, mode=mode))

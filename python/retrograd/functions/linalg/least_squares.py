"""Pseudoinverses and least squares.

Their derivative exists along changes that keep the rank, and that is the one given (Golub and
Pereyra 1973); at full rank it is the derivative. Where `rcond` cuts off singular values that are
not zero, that of the singular value decomposition is taken.
"""

from typing import Any

import numpy as np

from ...values import UNSET, operand
from ..arrays import adjoint, conjugated, real_part, transposed
from ..primitive import Primitive
from ..table import implements, is_tensor, value
from .singular import svdvals
from .symmetric import folded, mirrored


def _pinv_vjp(g: Any, p: Any, a: Any, hermitian: bool = False, **_: Any) -> Any:
    if hermitian:
        a = mirrored(a)
    pt, gt, ph = transposed(p), transposed(g), adjoint(p)
    left, right = gt - a @ (p @ gt), gt - (gt @ p) @ a
    whole = conjugated(left @ p @ ph + ph @ p @ right) - pt @ g @ pt
    return folded(whole) if hermitian else whole


_pinv = Primitive("pinv", np.linalg.pinv, _pinv_vjp)


@implements(
    np.linalg.pinv,
    derivative="(1 - a@y) @ g.T @ y @ y.T + y.T @ y @ g.T @ (1 - y@a) - y.T @ g @ y.T",
    kink="where the rank changes: the derivative at constant rank",
)
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = UNSET) -> Any:
    """Moore-Penrose pseudoinverses; `hermitian` reads, and has cotangents in, lower triangles."""
    settings = {} if rtol is UNSET else {"rtol": value(rtol)}
    if rcond is not None:
        settings["rcond"] = value(rcond)
    a = operand("np.linalg.pinv", a)
    cut = next((v for v in settings.values() if v is not None), None)
    if cut is not None:
        whole = mirrored(a) if hermitian else a
        np.linalg.pinv(value(a), hermitian=hermitian, **settings)  # NumPy checks the arguments
        kept = _kept(np.linalg.svd(value(whole), compute_uv=False), cut, a.shape)
        if kept is not None:
            return _truncated(whole, kept)
    return _pinv(a, hermitian=hermitian, **settings)


def _kept(s: Any, cut: Any, shape: Any) -> Any:
    """Which singular values are above the cut, if one below it is not zero by rounding alone."""
    largest = s.max(axis=-1, keepdims=True, initial=0)
    kept = s > np.expand_dims(np.asarray(cut), -1) * largest
    nothing = s <= largest * np.finfo(s.dtype).eps * max(shape[-2:])
    return None if (kept | nothing).all() else kept


def _truncated(a: Any, kept: Any) -> Any:
    """The pseudoinverse of the part of `a` that is kept: it has the derivative of the parts."""
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    inverse = np.where(kept, 1 / np.where(kept, s, 1.0), 0.0)
    return (adjoint(vh) * np.expand_dims(inverse, -2)) @ adjoint(u)


def _lstsq_value(a: Any, b: Any, rcond: Any) -> tuple[Any, Any]:
    x, residuals, _, _ = np.linalg.lstsq(a, b, rcond)
    return x, residuals


def _misfit(g: Any, x: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """The residual vectors, and their cotangent by way of the sums of squares."""
    r = b - a @ x
    return r, 2 * conjugated(r) * g[1] if g[1].size else None


def _lstsq_matrix(g: Any, y: Any, a: Any, b: Any, rcond: Any) -> Any:
    p, x, gx = np.linalg.pinv(a, rcond), y[0], g[0]
    r, gr = _misfit(g, x, a, b)
    ph, gt, back = adjoint(p), transposed(gx), transposed(p) @ gx
    whole = conjugated(r @ (gt @ p @ ph) + (ph @ x) @ (gt - (gt @ p) @ a))
    # The residual is orthogonal to what `a` changes of it by way of x.
    return whole - (back if gr is None else back + gr) @ transposed(x)


def _lstsq_right(g: Any, y: Any, a: Any, b: Any, rcond: Any) -> Any:
    _, gr = _misfit(g, y[0], a, b)
    back = transposed(np.linalg.pinv(a, rcond)) @ g[0]
    return back if gr is None else back + gr


_lstsq = Primitive("lstsq", _lstsq_value, _lstsq_matrix, _lstsq_right)


@implements(
    np.linalg.lstsq,
    derivative="through y = pinv(a) @ b",
    kink="where the rank changes: the derivative at constant rank",
)
def lstsq(a: Any, b: Any, rcond: Any = None) -> tuple[Any, Any, Any, Any]:
    """Give x that minimises |b - a @ x|, the sums of squares, the rank, the singular values."""
    a, b = operand("np.linalg.lstsq", a), operand("np.linalg.lstsq", b)
    dtype = np.result_type(a.dtype, b.dtype, np.float32)
    precision = np.finfo(dtype).eps
    if rcond is None:
        rcond = precision * max(a.shape, default=1)
    elif rcond < 0:
        rcond = precision
    rank, s = np.linalg.lstsq(value(a), value(b), rcond)[2:]
    columns = b.reshape(-1, 1) if b.ndim == 1 else b
    kept = _kept(s, rcond, a.shape)
    if kept is None:
        x, residuals = _lstsq(a, columns, rcond=rcond)
    else:
        x, residuals = _truncated(a, kept) @ columns, np.zeros(0, s.dtype)
    residuals = real_part(residuals)
    if is_tensor(a):
        s = svdvals(a.astype(dtype))
    return x[:, 0] if b.ndim == 1 else x, residuals, rank, s

"""Singular values and vectors."""

from typing import Any

import numpy as np

from ...values import operand
from ..arrays import adjoint, conjugated, is_complex, real_part, transposed
from ..primitive import Primitive
from ..table import implements, value
from .symmetric import (
    diagonal_only,
    folded,
    off_diagonal,
    over_gap,
    refuse_phase,
    refuse_tied,
    rounding,
)
from .unused import first_vectors

SVDResult: Any = type(np.linalg.svd(np.eye(1)))

_REASON = (
    "np.linalg.svd: vectors of repeated or vanishing singular values (a gap of rounding) have no "
    "derivative"
)


def _svd_vjp(g: Any, y: Any, a: Any, full_matrices: bool, hermitian: bool) -> Any:
    """Townsend 2016, "Differentiating the singular value decomposition", section 1.1.

    Vectors that complete a basis belong to the singular value zero.
    """
    s, k = real_part(y[1]), y[1].shape[-1]
    who = "np.linalg.svd: full_matrices=True"
    u, gu = first_vectors(g[0], y[0], k, who)
    v, gv = first_vectors(adjoint(g[2]), adjoint(y[2]), k, who)
    row, column = s[..., None, :], s[..., :, None]
    least = rounding(value(s)[..., :1, None], max(a.shape[-2:]))
    tied = (np.abs(value(row) - value(column)) <= least) & ~np.eye(k, dtype=bool)
    gap = off_diagonal((row - column) * (row + column), 1.0)

    def turn(x: Any, gx: Any) -> Any:
        refuse_tied(gx, tied, _REASON)
        m = over_gap(off_diagonal(transposed(x) @ gx), gap, tied=tied, reason=_REASON)
        return m + adjoint(m)

    def beyond(x: Any, gx: Any) -> Any:
        """What turns the vectors out of the space that they span, over the singular values."""
        lost = value(row) <= least
        refuse_tied(gx, lost, _REASON)
        part = gx - conjugated(x) @ (transposed(x) @ gx)
        return over_gap(
            part,
            np.broadcast_to(row, part.shape),
            tied=np.broadcast_to(lost, part.shape),
            reason=_REASON,
        )

    middle = turn(u, gu) * row + column * turn(v, gv) + diagonal_only(real_part(g[1]))
    if is_complex(u):
        middle = middle + diagonal_only(_phases(u, gu, v, gv, s))
    back = conjugated(u)
    whole = back @ middle @ transposed(v)
    if u.shape[-2] > k:
        whole = whole + beyond(u, gu) @ transposed(v)
    if v.shape[-2] > k:
        whole = whole + back @ adjoint(beyond(v, gv))
    return folded(whole) if hermitian else whole


def _phases(u: Any, gu: Any, v: Any, gv: Any, s: Any) -> Any:
    """What the phase of a left vector against the right one adds; both together are free."""
    left, right = (u * gu).sum(axis=-2), (v * gv).sum(axis=-2)
    scale = np.abs(value(gu)).max(initial=0.0) + np.abs(value(gv)).max(initial=0.0)
    refuse_phase(left + right, scale, "np.linalg.svd")
    lost = value(s) <= rounding(value(s)[..., :1], s.shape[-1])
    return 1j * over_gap(left.imag, s, tied=lost, reason=_REASON)


def _svdvals_vjp(g: Any, y: Any, a: Any, hermitian: bool) -> Any:
    u, s, vh = np.linalg.svd(a, full_matrices=False, hermitian=hermitian)
    # One that vanishes, by the rule of matrix_rank, is the kink of an absolute value.
    least = value(s)[..., :1] * max(a.shape[-2:]) * np.finfo(s.dtype).eps
    lost = value(s) <= least
    whole = (conjugated(u) * np.where(lost, 0.0, g)[..., None, :]) @ conjugated(vh)
    return folded(whole) if hermitian else whole


def _values(a: Any, hermitian: bool) -> Any:
    return np.linalg.svd(a, compute_uv=False, hermitian=hermitian)


_svd = Primitive("svd", np.linalg.svd, _svd_vjp)
_svdvals = Primitive("svdvals", _values, _svdvals_vjp, reads_result=False)


@implements(
    np.linalg.svd,
    derivative="u @ (turn(u.T@gu)*s + s*turn(v.T@gv) + diag(gs)) @ v.T + what leaves the spans",
    kink="vectors of repeated or vanishing singular values, and what depends on a turn or a phase: "
    "GraphError",
)
def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """Singular values and vectors; `hermitian` reads, and has cotangents in, lower triangles."""
    a = operand("np.linalg.svd", a)
    if not compute_uv:
        return _svdvals(a, hermitian=hermitian)
    u, s, vh = _svd(a, full_matrices=full_matrices, hermitian=hermitian)
    return SVDResult(u, real_part(s), vh)


@implements(
    np.linalg.svdvals,
    derivative="u @ diag(g) @ v.T",
    kink="a singular value that vanishes has none, as abs at 0",
)
def svdvals(x: Any, /) -> Any:
    """Singular values."""
    return _svdvals(operand("np.linalg.svdvals", x), hermitian=False)

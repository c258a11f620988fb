"""Eigenvalues and eigenvectors, of symmetric matrices and of others."""

from typing import Any

import numpy as np

from ... import _core
from ...values import operand
from ..arrays import conjugated, is_complex, real_part, transposed
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

EighResult: Any = type(np.linalg.eigh(np.eye(1)))
EigResult: Any = type(np.linalg.eig(np.eye(1)))


def _over_gaps(m: Any, w: Any, gv: Any, who: str) -> Any:
    """Divide m[i, j], made of the cotangent `gv`, by w[j] - w[i]; zero on the diagonal."""
    gap = w[..., None, :] - w[..., :, None]
    scale = np.abs(value(w)).max(-1, initial=0.0)[..., None, None]
    near = np.abs(value(gap)) <= rounding(scale, w.shape[-1])
    tied = near & ~np.eye(w.shape[-1], dtype=bool)
    reason = f"{who}: vectors of repeated eigenvalues (a gap of rounding) have no derivative"
    refuse_tied(gv, tied, reason)
    return over_gap(off_diagonal(m), off_diagonal(gap, 1.0), tied=tied, reason=reason)


def _eigh_vjp(g: Any, y: Any, a: Any, UPLO: Any) -> Any:
    """Giles 2008, section 3.1, for hermitian matrices."""
    (gw, gv), (w, v) = g, y
    refuse_phase((v * gv).sum(axis=-2), gv, "np.linalg.eigh")
    m = transposed(v) @ gv
    turned = diagonal_only(real_part(gw)) + _over_gaps(m, real_part(w), gv, "np.linalg.eigh")
    return folded(conjugated(v) @ turned @ transposed(v), UPLO.upper() == "L")


def _eigvalsh_vjp(g: Any, y: Any, a: Any, UPLO: Any) -> Any:
    v = np.linalg.eigh(a, UPLO)[1]
    return folded((conjugated(v) * g[..., None, :]) @ transposed(v), UPLO.upper() == "L")


_eigh = Primitive("eigh", np.linalg.eigh, _eigh_vjp)
_eigvalsh = Primitive("eigvalsh", np.linalg.eigvalsh, _eigvalsh_vjp, reads_result=False)


@implements(
    np.linalg.eigh,
    derivative="v @ (diag(gw) + (v.T @ gv) / (w[j] - w[i])) @ v.T, in the triangle that is read",
    kink="vectors of repeated eigenvalues, and what depends on a phase: GraphError",
)
def eigh(a: Any, UPLO: Any = "L") -> Any:
    """Eigenvalues and vectors of symmetric matrices, of which one triangle is read."""
    w, v = _eigh(operand("np.linalg.eigh", a), UPLO=UPLO)
    return EighResult(real_part(w), v)


@implements(
    np.linalg.eigvalsh,
    derivative="v @ diag(g) @ v.T, in the triangle that is read",
    kink="repeated eigenvalues: as the vectors that eigh gives tell them apart",
)
def eigvalsh(a: Any, UPLO: Any = "L") -> Any:
    """Eigenvalues of symmetric matrices, of which one triangle is read."""
    return _eigvalsh(operand("np.linalg.eigvalsh", a), UPLO=UPLO)


def _pulled_back(turned: Any, v: Any, a: Any) -> Any:
    s = np.linalg.svd(value(v), compute_uv=False)
    if np.any(s[..., -1:] <= rounding(s[..., :1], v.shape[-1])):
        raise _core.GraphError("np.linalg.eig: no derivative where the matrix is defective")
    whole = np.linalg.solve(transposed(v), turned @ transposed(v))
    return whole if is_complex(a) else real_part(whole)


def _eig_vjp(g: Any, y: Any, a: Any) -> Any:
    """Boeddeker et al. 2017, "On the computation of complex-valued gradients", section 4.2.

    The vectors have norm one, hence what is subtracted; the largest element of each is real.
    """
    (gw, gv), (w, v) = g, y
    vt, along = transposed(v), (v * gv).sum(axis=-2)
    moved = vt @ gv - (vt @ conjugated(v)) * real_part(along)[..., None, :]
    if is_complex(v):
        moved = moved - 1j * _by_phase(v, along, gv)
    return _pulled_back(diagonal_only(gw) + _over_gaps(moved, w, gv, "np.linalg.eig"), v, a)


def _by_phase(v: Any, along: Any, gv: Any) -> Any:
    """What the phase adds that LAPACK gives a vector: it makes the largest of the elements real."""
    size = np.abs(value(v))
    place = np.where(value(v).imag == 0, size, -1.0).argmax(-2)
    if v.shape[-1] > 1:
        second, first = np.moveaxis(np.sort(size, -2)[..., -2:, :], -2, 0)
        tied = first - second <= rounding(first, v.shape[-1])
        refuse_phase(np.where(tied, value(along), 0.0), gv, "np.linalg.eig")
    chosen = np.moveaxis(np.arange(v.shape[-1]) == place[..., None], -1, -2)  # [element, vector]
    rows = transposed(v) @ chosen.astype(v.dtype)
    return rows * (along.imag / (v * chosen).sum(axis=-2).real)[..., None, :]


def _eigvals_vjp(g: Any, y: Any, a: Any) -> Any:
    w, v = np.linalg.eig(a)
    g = np.take_along_axis(g, _same_order(value(y), value(w)), axis=-1)
    return _pulled_back(diagonal_only(g), v, a)


def _same_order(y: Any, w: Any) -> Any:
    """The places in `y` of the eigenvalues in `w`: without vectors LAPACK may order otherwise."""
    order = np.broadcast_to(np.arange(w.shape[-1]), w.shape)
    if np.all(np.abs(y - w) <= 1e3 * rounding(np.abs(w), w.shape[-1])):
        return order
    found = np.argmin(np.abs(y[..., None, :] - w[..., :, None]), axis=-1)
    if np.any(np.sort(found, -1) != order):
        raise _core.GraphError("np.linalg.eigvals: no derivative where eigenvalues nearly meet")
    return found


_eig = Primitive("eig", np.linalg.eig, _eig_vjp)
_eigvals = Primitive("eigvals", np.linalg.eigvals, _eigvals_vjp)


@implements(
    np.linalg.eig,
    derivative="v.T^-1 @ (diag(gw) + (v.T@gv - v.T@v.conj()*diag(v.T@gv)) / (w[j] - w[i])) @ v.T",
    kink="vectors of repeated eigenvalues, and defective matrices: GraphError",
)
def eig(a: Any) -> Any:
    """Eigenvalues and vectors, complex where an eigenvalue is."""
    return EigResult(*_eig(operand("np.linalg.eig", a)))


@implements(
    np.linalg.eigvals,
    derivative="v.T^-1 @ diag(g) @ v.T",
    kink="defective matrices: GraphError",
)
def eigvals(a: Any) -> Any:
    """Eigenvalues, complex where one is."""
    return _eigvals(operand("np.linalg.eigvals", a))

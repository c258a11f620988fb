"""Cotangents of matrices of which NumPy reads one triangle, and of differences that may vanish."""

from typing import Any

import numpy as np

from ... import _core
from ..arrays import adjoint, is_complex, real_part
from ..primitive import Primitive
from ..table import is_tensor, value


def folded(s: Any, lower: bool = True) -> Any:
    """The cotangent of the triangle that is read, for `s` that of the whole hermitian matrix.

    An element beside the diagonal stands for two, of which one is its conjugate.
    """
    n = s.shape[-1]
    ones = np.ones((n, n), value(s).real.dtype)
    weight = np.tril(ones, -1) if lower else np.triu(ones, 1)
    weight = weight + np.eye(n, dtype=weight.dtype) / 2
    return np.where(weight != 0, (s + adjoint(s)) * weight, 0.0)


def mirrored(m: Any) -> Any:
    """The hermitian matrix with the lower triangle of `m`."""
    lower = np.where(np.tri(m.shape[-1], k=-1, dtype=bool), m, 0.0)
    diagonal = np.where(np.eye(m.shape[-1], dtype=bool), real_part(m), 0.0)
    return lower + adjoint(lower) + diagonal


def diagonal_only(d: Any) -> Any:
    """Matrices with these diagonals."""
    return np.where(np.eye(d.shape[-1], dtype=bool), d[..., None, :], 0.0)


def off_diagonal(m: Any, filling: float = 0.0) -> Any:
    """Square matrices with another diagonal."""
    return np.where(np.eye(m.shape[-1], dtype=bool), filling, m)


def _quotient(m: Any, gap: Any, tied: Any, reason: str) -> Any:
    if np.any(tied & (m != 0)):
        raise _core.GraphError(reason)
    return np.where(tied, 0.0, m / np.where(tied, 1.0, gap)).astype(m.dtype)


_over_gap = Primitive(
    "over_gap",
    _quotient,
    lambda g, y, m, gap, **settings: over_gap(g, gap, **settings),
    lambda g, y, m, gap, **settings: over_gap(-g * y, gap, **settings),
)


def over_gap(m: Any, gap: Any, tied: Any, reason: str) -> Any:
    """Divide `m` by `gap`; where that is nothing but rounding, `m` must be zero, as the result.

    A rule's term over a difference of eigenvalues is right as long as nothing depends on it. The
    rule of this operation asks the same again, so that no order and no tangent is lost in silence.

    Parameters
    ----------
    m, gap : Tensor or ndarray
        Of one shape.
    tied : ndarray of bool
        Where the gap is no more than rounding.
    reason : str
        The text of the GraphError.
    """
    if is_tensor(m) or is_tensor(gap):
        return _over_gap(m, gap, tied=tied, reason=reason)
    return _quotient(m, gap, tied, reason)


def refuse_tied(vectors: Any, tied: Any, reason: str) -> None:
    """Raise where a cotangent of vectors reaches any of those that a tie leaves undetermined.

    Its part along the other vectors of the tie may vanish, which is no sign of a derivative.
    """
    used = np.any(value(vectors) != 0, axis=-2)
    if np.any(tied & (used[..., None, :] | used[..., :, None])):
        raise _core.GraphError(reason)


def refuse_phase(along: Any, scale: Any, who: str) -> None:
    """Raise where a function of complex vectors changes with their phase, which is arbitrary.

    `along` is what the cotangent says of the vectors' own direction, `scale` how large it is.
    """
    along = value(along)
    if is_complex(along) and np.any(np.abs(along.imag) > negligible(scale)):
        raise _core.GraphError(
            f"{who}: a function that changes with the phase of vectors has no derivative"
        )


def negligible(cotangent: Any) -> Any:
    """What in a sum of this cotangent's elements need not mean more than rounding on its way."""
    size = np.abs(value(cotangent)).max(initial=0.0)
    return size * np.sqrt(np.finfo(size.dtype).eps)


def rounding(scale: Any, n: int) -> Any:
    """What is rounding in an eigenvalue of n-by-n matrices of this scale."""
    scale = value(scale)
    return 4 * n * np.finfo(scale.dtype).eps * scale

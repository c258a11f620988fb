"""Diagonals and triangles."""

from typing import Any

import numpy as np

from ..functional.nesting import constant
from .primitive import Primitive
from .probe import asked, picked
from .table import implements, on_values

on_values(np.diag_indices_from, np.tril_indices_from, np.triu_indices_from)


@implements(np.tril, derivative="the lower triangle of g")
def tril(m: Any, k: int = 0) -> Any:
    return np.where(asked(np.tri, *m.shape[-2:], k=k, dtype=bool), m, 0.0)


@implements(np.triu, derivative="the upper triangle of g")
def triu(m: Any, k: int = 0) -> Any:
    return np.where(asked(np.tri, *m.shape[-2:], k=k - 1, dtype=bool), 0.0, m)


@implements(np.diagonal, derivative="g on the diagonal")
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return picked(np.diagonal, a, offset, axis1, axis2, distinct=True)


@implements(np.diag, derivative="g on the diagonal, or the diagonal of g")
def diag(v: Any, k: int = 0) -> Any:
    if v.ndim == 2:
        return np.diagonal(v, k)
    asked(np.diag, np.zeros((1,) * v.ndim), k)
    n = v.size + abs(k)
    out = constant(np.zeros((n, n), v.dtype))
    rows = np.arange(v.size) + max(-k, 0)
    out[rows, rows + k] = v
    return out


@implements(np.diagflat, derivative="the diagonal of g")
def diagflat(v: Any, k: int = 0) -> Any:
    return np.diag(v.reshape(-1), k)


def _vander_vjp(g: Any, y: Any, x: Any, N: int, increasing: bool) -> Any:
    if N < 2:
        return np.zeros(x.shape, g.dtype)
    powers = np.arange(1.0, N, dtype=g.dtype)
    weighted = g[:, 1:] * powers if increasing else g[:, :-1] * powers[::-1]
    return np.sum(weighted * np.vander(x, N - 1, increasing), axis=1)


_vander = Primitive("vander", np.vander, _vander_vjp, reads_result=False)


@implements(np.vander, derivative="the sum of g * n * x**(n-1)")
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    return asked(_vander, x, N=x.size if N is None else N, increasing=increasing)

"""Vectors that complete a basis: any rotation of them is as good."""

from typing import Any

import numpy as np

from ... import _core
from ..arrays import adjoint, conjugated, transposed
from ..table import value
from .symmetric import negligible


def first_vectors(gx: Any, x: Any, k: int, who: str) -> tuple[Any, Any]:
    """The first `k` columns of orthogonal matrices, and the cotangent they have for all.

    The columns behind span what is orthogonal to the first ones, and turn with them. How they turn
    among themselves is not determined: a function that this matters to has no derivative. (Tangents
    of theirs are those of no such turning.)
    """
    first, g = x[..., :k], gx[..., :k]
    if k == x.shape[-1]:
        return first, g
    rest, g_rest = x[..., k:], gx[..., k:]
    turn = transposed(value(rest)) @ value(g_rest)
    if np.any(np.abs(turn - adjoint(turn)) > negligible(g_rest)):
        raise _core.GraphError(f"{who}: the vectors that complete the basis have no derivative")
    return first, g - conjugated(rest) @ adjoint(transposed(first) @ g_rest)

"""Vectors that complete a basis: any rotation of them is as good."""

from typing import Any

import numpy as np

from ..arrays import transposed
from ..table import is_tensor, value
from .symmetric import over_gap, rounding


def first_vectors(gx: Any, x: Any, k: int, who: str) -> tuple[Any, Any]:
    """The first `k` columns of orthogonal matrices, and the cotangent they have for all.

    The columns behind span what is orthogonal to the first ones, and turn with them. How they turn
    among themselves is not determined: of a function that this matters to there is no derivative.
    """
    first, g = x[..., :k], gx[..., :k]
    n = x.shape[-1] - k
    if not n:
        return first, g
    rest, g_rest = x[..., k:], gx[..., k:]
    g = g - rest @ (transposed(g_rest) @ first)
    if n > 1:
        turn = transposed(rest) @ g_rest
        turn = turn - transposed(turn)
        least = rounding(np.abs(value(g_rest)).max(initial=0.0), x.shape[-1])
        if not is_tensor(turn):
            turn = np.where(np.abs(turn) <= least, 0.0, turn)
        none = over_gap(
            turn,
            np.zeros(turn.shape, value(turn).dtype),
            tied=np.ones(turn.shape, bool),
            reason=f"{who}the vectors that complete the basis have no derivative",
        )
        g = g + none.sum()
    return first, g

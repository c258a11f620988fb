"""The parts and arrangements of matrices that `np.linalg` has names for."""

from typing import Any

import numpy as np

from ... import _core
from ...values import operand, shape_text
from ..arrays import transposed
from ..table import implements


def _matrices(who: str, x: Any) -> Any:
    x = operand(f"np.linalg.{who}", x)
    if x.ndim < 2:
        raise _core.ShapeError(f"np.linalg.{who}: shape {shape_text(x.shape)}, wanted matrices")
    return x


@implements(np.linalg.matrix_transpose, derivative="g.T")
def matrix_transpose(x: Any, /) -> Any:
    """Matrices, each transposed."""
    return transposed(_matrices("matrix_transpose", x))


@implements(np.linalg.diagonal, derivative="g on the diagonal, zero elsewhere")
def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """Diagonals of matrices."""
    x = _matrices("diagonal", x)
    rows, columns = x.shape[-2:]
    start = max(-offset, 0)
    index = np.arange(start, max(start, min(rows, columns - offset)))
    return x[..., index, index + offset]


@implements(np.linalg.trace, derivative="g on the diagonal, zero elsewhere")
def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """Sums of the diagonals of matrices."""
    x = diagonal(_matrices("trace", x), offset=offset)
    return (x if dtype is None else x.astype(dtype)).sum(axis=-1)

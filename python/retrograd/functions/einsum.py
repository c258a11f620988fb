"""`np.einsum`, of matrix products by BLAS; so it has derivatives of any order."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from .. import _core
from ..values import operand
from .contraction import steps_of
from .subscripts import from_lists, parsed
from .table import implements, on_values


@implements(np.einsum, derivative="that of the matrix products which it is made of")
def einsum(*operands: Any, optimize: Any = False, dtype: Any = None, casting: str = "safe") -> Any:
    """Sums of products over labelled axes, in NumPy's notation, also the one with lists.

    The order in which more than two operands meet is that of `np.einsum_path`.
    """
    if operands and isinstance(operands[0], str):
        arrays = [operand("np.einsum", x) for x in operands[1:]]
        terms, output = parsed(operands[0], tuple(x.ndim for x in arrays))
    else:
        last = operands[-1] if len(operands) % 2 else None
        arrays = [operand("np.einsum", x) for x in operands[: len(operands) // 2 * 2 : 2]]
        terms, output = from_lists([*operands[1::2]], last, tuple(x.ndim for x in arrays))
    find = _remembered if isinstance(optimize, (bool, str)) else steps_of
    steps = find(terms, output, tuple(x.shape for x in arrays), optimize)
    values = _of_one_type(arrays, dtype, casting)
    for operation, places in steps:
        values.append(operation(*[values[i] for i in places]))
    return values[-1]


on_values(np.einsum_path)

_remembered = lru_cache(512)(steps_of)


def _of_one_type(arrays: Sequence[Any], dtype: Any, casting: str) -> list[Any]:
    """The operands in the type of the result, in which NumPy computes."""
    wanted = np.result_type(*(x.dtype for x in arrays)) if dtype is None else np.dtype(dtype)
    for x in arrays:
        if not np.can_cast(x.dtype, wanted, casting):  # type: ignore[arg-type]
            raise _core.DTypeError(
                f"np.einsum: an operand of {x.dtype} is not cast to {wanted} by {casting!r} casting"
            )
    return [x if x.dtype == wanted else x.astype(wanted) for x in arrays]

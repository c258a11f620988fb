"""Products of many matrices."""

from itertools import pairwise
from operator import index
from typing import Any

import numpy as np

from ... import _core
from ...values import operand, shape_text
from ..arrays import held
from ..table import implements


@implements(np.linalg.matrix_power, derivative="that of the products, and of inv")
def matrix_power(a: Any, n: Any) -> Any:
    """Whole powers of square matrices, by repeated squaring as NumPy does it."""
    a = operand("np.linalg.matrix_power", a)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise np.linalg.LinAlgError(f"np.linalg.matrix_power: {shape_text(a.shape)} is not square")
    n = index(n)
    if n == 0:
        return held(np.eye(a.shape[-1], dtype=a.dtype), a)
    if n < 0:
        a, n = np.linalg.inv(a), -n
    if n == 3:
        return (a @ a) @ a
    square = result = None
    while n:
        square = a if square is None else square @ square
        n, is_odd = divmod(n, 2)
        if is_odd:
            result = square if result is None else result @ square
    return +result if result is a else result


@implements(np.linalg.multi_dot, derivative="that of the products")
def multi_dot(arrays: Any) -> Any:
    """Matrices multiplied in the cheapest order; a vector may be first or last."""
    factors = [operand("np.linalg.multi_dot", a) for a in arrays]
    if len(factors) < 2:
        raise ValueError("np.linalg.multi_dot: wanted at least two arrays")
    if len(factors) == 2:
        return np.dot(*factors)
    starts, ends = factors[0].ndim == 1, factors[-1].ndim == 1
    if starts:
        factors[0] = factors[0].reshape(1, -1)
    if ends:
        factors[-1] = factors[-1].reshape(-1, 1)
    for a, b in pairwise(factors):
        if a.ndim != 2 or b.ndim != 2:
            raise np.linalg.LinAlgError("np.linalg.multi_dot: wanted matrices, and vectors outside")
        if a.shape[1] != b.shape[0]:
            raise _core.ShapeError(
                f"np.linalg.multi_dot: shapes {shape_text(a.shape, b.shape)} do not multiply"
            )
    sizes = [a.shape[0] for a in factors] + [factors[-1].shape[1]]
    made = _product(factors, _splits(sizes), 0, len(factors) - 1)
    if starts and ends:
        return made[0, 0]
    return made[0] if starts else made[:, 0] if ends else made


def _splits(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Where to part each run of factors: Cormen et al., "Matrix-chain multiplication"."""
    n = len(sizes) - 1
    cost, split = {(i, i): 0 for i in range(n)}, {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i, j], split[i, j] = min(
                (cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            )
    return split


def _product(factors: list[Any], splits: dict[tuple[int, int], int], i: int, j: int) -> Any:
    """The product of the factors `i` to `j`."""
    if i == j:
        return factors[i]
    k = splits[i, j]
    return _product(factors, splits, i, k) @ _product(factors, splits, k + 1, j)

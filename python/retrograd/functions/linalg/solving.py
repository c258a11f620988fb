"""Inverses and linear systems."""

from math import prod
from typing import Any

import numpy as np

from ...values import operand
from ..arrays import sum_to, transposed
from ..primitive import Primitive
from ..table import implements

_inv = Primitive(
    "inv",
    np.linalg.inv,
    lambda g, y, a: -(transposed(y) @ g @ transposed(y)),
)


def _pulled_to_matrix(g: Any, y: Any, a: Any, b: Any) -> Any:
    right = np.linalg.solve(transposed(a), g)
    return sum_to(-(right @ transposed(y)), a.shape)


_solve = Primitive(
    "solve",
    np.linalg.solve,
    _pulled_to_matrix,
    lambda g, y, a, b: sum_to(np.linalg.solve(transposed(a), g), b.shape),
)


@implements(np.linalg.inv, derivative="-y.T @ g @ y.T")
def inv(a: Any) -> Any:
    """Inverse matrices. Source of this and of `solve`: Giles 2008, sections 2.2.3 and 2.3.1."""
    return _inv(operand("np.linalg.inv", a))


@implements(np.linalg.solve, derivative="-solve(a.T, g) @ y.T, solve(a.T, g)")
def solve(a: Any, b: Any) -> Any:
    """Give x with a @ x == b, for one vector `b` or for the columns of matrices."""
    a, b = operand("np.linalg.solve", a), operand("np.linalg.solve", b)
    if b.ndim == 1:
        return _solve(a, b.reshape(-1, 1))[..., 0]
    return _solve(a, b)


@implements(np.linalg.tensorsolve, derivative="as solve, on the flattened axes")
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """Give x with tensordot(a, x, x.ndim) == b."""
    a, b = operand("np.linalg.tensorsolve", a), operand("np.linalg.tensorsolve", b)
    if axes is not None:
        order = [*range(a.ndim)]
        for axis in axes:
            order.remove(axis)
            order.append(axis)
        a = a.transpose(order)
    shape = a.shape[b.ndim :]
    if a.size != prod(shape) ** 2:
        raise np.linalg.LinAlgError(
            f"np.linalg.tensorsolve: shape {a.shape} is not square, wanted as many unknowns as "
            f"the equations of {b.shape}"
        )
    return solve(a.reshape(prod(shape), prod(shape)), b.reshape(-1)).reshape(shape)


@implements(np.linalg.tensorinv, derivative="as inv, on the flattened axes")
def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse of the map that tensordot(a, x, x.ndim) is, with `ind` axes in its result."""
    a = operand("np.linalg.tensorinv", a)
    if ind <= 0:
        raise ValueError(f"np.linalg.tensorinv: ind={ind} came, wanted a positive number")
    shape = a.shape[ind:] + a.shape[:ind]
    return inv(a.reshape(-1, prod(a.shape[ind:]))).reshape(shape)

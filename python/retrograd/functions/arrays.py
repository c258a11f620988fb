"""What the products and `np.linalg` share: axes, conjugates, and sums over broadcast axes."""

from typing import Any

import numpy as np


def axes_last(a: Any, axes: tuple[int, ...]) -> Any:
    """Give `a` with these axes (counted from the front) moved behind all others."""
    rest = tuple(i for i in range(a.ndim) if i not in axes)
    return a if rest + axes == tuple(range(a.ndim)) else a.transpose(rest + axes)


def arranged(a: Any, order: list[int], shape: list[int]) -> Any:
    """Give `a` with its axes in this order, then in this shape; itself where that is no change."""
    if order != [*range(a.ndim)]:
        a = a.transpose(order)
    return a if [*a.shape] == shape else a.reshape(shape)


def transposed(a: Any) -> Any:
    """The matrices of a stack, each transposed."""
    return a.transpose((*range(a.ndim - 2), a.ndim - 1, a.ndim - 2))


def is_complex(a: Any) -> bool:
    """Whether the elements are complex numbers."""
    return bool(a.dtype.kind == "c")


def conjugated(a: Any) -> Any:
    """The complex conjugate; what is real as it is."""
    return np.conj(a) if is_complex(a) else a


def adjoint(a: Any) -> Any:
    """The matrices of a stack, each transposed and conjugated."""
    return conjugated(transposed(a))


def real_part(a: Any) -> Any:
    """The real part; what is real as it is."""
    return a.real if is_complex(a) else a


def sum_to(a: Any, shape: tuple[int, ...]) -> Any:
    """The transpose of broadcasting from `shape`: sums over the axes that were stretched."""
    extra = a.ndim - len(shape)
    stretched = tuple(i for i, n in enumerate(shape, extra) if n == 1 != a.shape[i])
    if extra or stretched:
        a = a.sum(axis=(*range(extra), *stretched))
    return a.reshape(shape)


def held(constant: Any, of: Any) -> Any:
    """A constant as a result of `of`, of its shape: the derivative is zero, and there is one."""
    return np.where(np.ones(of.shape, bool), constant, of)

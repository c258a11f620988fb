"""What the products and `np.linalg` share: operands, axes, and sums over broadcast axes."""

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np

from .. import _core


def operand(who: str, x: Any) -> Any:
    """A Tensor as it is, anything else as an array; a list of Tensors is refused by name."""
    if isinstance(x, (_core.Tensor, np.ndarray)):
        return x
    inside = [x]
    while inside:
        part = inside.pop()
        if isinstance(part, (list, tuple)):
            inside.extend(part)
        elif isinstance(part, _core.Tensor):
            raise _core.DTypeError(
                f"{who}: a list of Tensors would lose their gradients; pass np.stack(list)"
            )
    return np.asarray(x)


def axes_of(axes: Any, ndim: int) -> tuple[int, ...]:
    """Axes, one or several, counted from the front; AxisError and ValueError as NumPy's."""
    found = tuple(axes) if isinstance(axes, Sequence | np.ndarray) else (axes,)
    found = tuple(axis_of(axis, ndim) for axis in found)
    if len(set(found)) != len(found):
        raise ValueError("repeated axis")
    return found


def axis_of(axis: Any, ndim: int, name: str | None = None) -> int:
    """One axis counted from the front; AxisError as NumPy's, `name` in front of its text."""
    place = index(axis)
    if not -ndim <= place < ndim:
        raise np.exceptions.AxisError(place, ndim, name)
    return place % ndim


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


def text(shape: tuple[int, ...]) -> str:
    """A shape as messages write it."""
    return str(tuple(shape)).replace(" ", "")


def held(constant: Any, of: Any) -> Any:
    """A constant as a result of `of`, of its shape: the derivative is zero, and there is one."""
    return np.where(np.ones(of.shape, bool), constant, of)

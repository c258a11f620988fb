"""NumPy's generalized ufuncs: products of stacks of vectors and matrices."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core
from ..values import operand, shape_text, value
from .arrays import conjugated
from .table import implements


@implements(np.vecdot, derivative="g*b, g*a")
def vecdot(x1: Any, x2: Any, /) -> Any:
    """The products of pairs of vectors, those of `x1` conjugated."""
    x1, x2 = _operands("vecdot", x1, 1, x2, 1)
    _fit("vecdot", x1, x2, x1.shape[-1], x2.shape[-1])
    return (conjugated(x1)[..., None, :] @ x2[..., :, None])[..., 0, 0]


def matvec(x1: Any, x2: Any, /) -> Any:
    """Matrices times vectors."""
    x1, x2 = _operands("matvec", x1, 2, x2, 1)
    _fit("matvec", x1, x2, x1.shape[-1], x2.shape[-1])
    return (x1 @ x2[..., None])[..., 0]


def vecmat(x1: Any, x2: Any, /) -> Any:
    """Vectors, conjugated, times matrices."""
    x1, x2 = _operands("vecmat", x1, 1, x2, 2)
    _fit("vecmat", x1, x2, x1.shape[-1], x2.shape[-2])
    return (conjugated(x1)[..., None, :] @ x2)[..., 0, :]


@implements(np.linalg.vecdot, derivative="g*b, g*a")
def linalg_vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    x1, x2 = (operand("np.linalg.vecdot", x) for x in (x1, x2))
    return vecdot(np.moveaxis(x1, axis, -1), np.moveaxis(x2, axis, -1))


if hasattr(np, "matvec"):  # NumPy 2.2
    implements(np.matvec, derivative="outer product of g and b, a.T @ g")(matvec)
    implements(np.vecmat, derivative="b @ g, outer product of a and g")(vecmat)


def along_axes(
    ufunc: np.ufunc,
    operation: Callable[..., Any],
    inputs: tuple[Any, ...],
    axes: Any = None,
    axis: Any = None,
    keepdims: bool = False,
) -> Any:
    """Carry out a generalized ufunc with NumPy's `axes=`, `axis=` and `keepdims=`.

    The operation has its core axes last: they are moved there, and those of the result from there.
    """
    options = {"axes": axes, "axis": axis, "keepdims": keepdims or None}
    # NumPy refuses in its words what does not fit.
    plain = ufunc(*map(value, inputs), **{k: v for k, v in options.items() if v is not None})
    if axes is None:
        cores = [
            len(re.findall(r"\w+", core)) for core in re.findall(r"\(.*?\)", str(ufunc.signature))
        ]
        axes = [(axis,) if axis is not None and n else tuple(range(-n, 0)) for n in cores]
    axes = [(at,) if isinstance(at, int) else tuple(at) for at in axes]
    moved = [np.moveaxis(x, at, range(-len(at), 0)) for x, at in zip(inputs, axes, strict=False)]
    y = operation(*moved)
    if len(axes) > ufunc.nin and axes[ufunc.nin]:
        at = axes[ufunc.nin]
        y = np.moveaxis(y, range(-len(at), 0), at)
    return y.reshape(plain.shape) if keepdims else y


def _operands(name: str, x1: Any, n1: int, x2: Any, n2: int) -> tuple[Any, Any]:
    """The operands, with at least the axes of their vectors and matrices."""
    x1, x2 = operand(f"np.{name}", x1), operand(f"np.{name}", x2)
    for x, n in ((x1, n1), (x2, n2)):
        if x.ndim < n:
            raise _core.ShapeError(f"np.{name}: shape {shape_text(x.shape)}, wanted at least {n}-d")
    return x1, x2


def _fit(name: str, x1: Any, x2: Any, n1: int, n2: int) -> None:
    if n1 != n2:
        raise _core.ShapeError(
            f"np.{name}: shapes {shape_text(x1.shape, x2.shape)} do not multiply"
        )

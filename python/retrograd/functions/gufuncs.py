"""NumPy's generalized ufuncs: products of stacks of vectors and matrices."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core
from ..ops import UFUNCS
from .arrays import axes_last, axes_of, axes_placed, conjugated, operand, text
from .table import implements


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1, keepdims: bool = False) -> Any:
    """The products of pairs of vectors, those of `x1` conjugated."""
    x1, x2 = _operands("vecdot", x1, 1, x2, 1)
    x1, x2 = (axes_last(x, axes_of(axis, x.ndim)) for x in (x1, x2))
    _fit("vecdot", x1, x2, x1.shape[-1], x2.shape[-1])
    made = conjugated(x1)[..., None, :] @ x2[..., :, None]
    return axes_placed(made[..., 0], (axis,)) if keepdims else made[..., 0, 0]


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
    return vecdot(x1, x2, axis=axis)


UFUNCS[np.vecdot] = vecdot
if hasattr(np, "matvec"):  # NumPy 2.2
    UFUNCS[np.matvec] = matvec
    UFUNCS[np.vecmat] = vecmat


def along(
    ufunc: np.ufunc, operation: Callable[..., Any], inputs: Any, axes: Any, **more: Any
) -> Any:
    """Carry out a generalized ufunc along other axes than the last ones: NumPy's keyword `axes`."""
    arrays = [operand(f"np.{ufunc.__name__}", x) for x in inputs]
    axes = [axis if isinstance(axis, tuple) else (axis,) for axis in axes]
    terms = str(ufunc.signature).partition("->")[0][1:-1].split("),(")
    cores = [min(t.count(",") + 1, x.ndim) for t, x in zip(terms, arrays, strict=True)]
    # One axis of each is summed; what is left of it is of length one, behind all others.
    cores.append(1 if more.get("keepdims") else sum(cores) - 2)
    if len(axes) == ufunc.nin and str(ufunc.signature).endswith("()"):
        axes.append((-1,) * cores[-1])
    if [len(axis) for axis in axes] != cores:
        raise ValueError(f"np.{ufunc.__name__}: axes {axes}, wanted as many as {cores}")
    last = [axes_last(x, axes_of(k, x.ndim)) for x, k in zip(arrays, axes[:-1], strict=True)]
    return axes_placed(operation(*last, **more), axes[-1])


def _operands(name: str, x1: Any, n1: int, x2: Any, n2: int) -> tuple[Any, Any]:
    """The operands, with at least the axes of their vectors and matrices."""
    x1, x2 = operand(f"np.{name}", x1), operand(f"np.{name}", x2)
    for x, n in ((x1, n1), (x2, n2)):
        if x.ndim < n:
            raise _core.ShapeError(f"np.{name}: shape {text(x.shape)}, wanted at least {n}-d")
    return x1, x2


def _fit(name: str, x1: Any, x2: Any, n1: int, n2: int) -> None:
    if n1 != n2:
        raise _core.ShapeError(
            f"np.{name}: shapes {text(x1.shape)} and {text(x2.shape)} do not multiply"
        )

"""Tensors as plain values, and results written into tensors: what NumPy's two protocols share."""

from collections.abc import Callable
from typing import Any

import numpy as np

from . import _core

# NumPy's own mark of a keyword that was not given, so that it can be handed on.
UNSET = np._NoValue


def is_tensor(x: object) -> bool:
    """Whether `x` is a Tensor."""
    return isinstance(x, _core.Tensor)


def holds_tensor(x: object) -> bool:
    """Whether `x` is a Tensor, or a list or tuple with one in it."""
    return is_tensor(x) or (isinstance(x, (list, tuple)) and any(map(holds_tensor, x)))


def value(x: Any) -> Any:
    """The array behind a Tensor, also inside tuples and lists; anything else as it is."""
    if isinstance(x, _core.Tensor):
        return x._view()
    if type(x) in (list, tuple) and any(isinstance(y, (_core.Tensor, list, tuple)) for y in x):
        return type(x)(map(value, x))
    return x


def no_tensors(who: str, x: Any) -> Any:
    """Give back what is no Tensor; refuse a list of them, whose gradients NumPy would drop."""
    if isinstance(x, (list, tuple)) and holds_tensor(x):
        raise _core.DTypeError(
            f"{who}: a list of Tensors would lose their gradients; join it by retrograd.array"
        )
    return x


def operand(who: str, x: Any) -> Any:
    """A Tensor as it is, anything else as an array; a list of Tensors is refused by name."""
    if isinstance(x, (_core.Tensor, np.ndarray)):
        return x
    return np.asarray(no_tensors(who, x))


def shape_text(*shapes: tuple[int, ...]) -> str:
    """Shapes as messages write them: (2,3) and (4,)."""
    return " and ".join(str(tuple(shape)).replace(" ", "") for shape in shapes)


class Evaluate:
    """A NumPy function on the values of the tensors among its arguments: the result is plain."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.__name__ = function.__name__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*map(value, args), **{k: value(v) for k, v in kwargs.items()})


def check_target(out: Any, name: str) -> None:
    """Refuse `out=` that is no Tensor: a gradient would end there."""
    if not isinstance(out, _core.Tensor):
        raise TypeError(
            f"np.{name}: out= is a plain array, where a Tensor loses its gradient; pass a Tensor, "
            "such as np.empty_like(t), or use the result (z = z + t instead of z += t)"
        )


def store(out: Any, result: Any, name: str, stretch: bool = False) -> Any:
    """Write a result into the Tensor given as `out=`, which then is that result.

    Parameters
    ----------
    out : Tensor or None
        None gives back the result.
    result : Tensor or array_like
    name : str
        NumPy's name of the function, for messages.
    stretch : bool
        Whether the result may be broadcast to the shape of `out`, as a ufunc's may.
    """
    if out is None:
        return result
    check_target(out, name)
    shape = np.shape(result)
    if out.shape != shape and not (stretch and _stretches(shape, out.shape)):
        raise _core.ShapeError(
            f"np.{name}: out= has shape {shape_text(out.shape)}, the result {shape_text(shape)}"
        )
    if not np.can_cast(result.dtype, out.dtype, "same_kind"):
        raise _core.DTypeError(f"np.{name}: a result of {result.dtype} does not fit {out.dtype}")
    out[...] = result
    return out


def _stretches(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    pairs = zip(reversed(shape), reversed(target), strict=False)
    return len(shape) <= len(target) and all(a in (1, b) for a, b in pairs)

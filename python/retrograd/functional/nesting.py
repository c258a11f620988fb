"""Transforms inside transforms: which results stay part of a graph.

A transform that nobody else differentiates gives plain arrays. One that runs inside another, or is
given a tensor that requires a gradient, records its own derivative and gives tensors.
"""

from collections.abc import Iterable
from contextvars import ContextVar, Token
from typing import Any

import numpy as np

from .. import _core

_depth: ContextVar[int] = ContextVar("retrograd_depth", default=0)


class Transform:
    """The time in which a transform runs the user's function: operations are recorded."""

    __slots__ = ("_tokens",)

    def __enter__(self) -> None:
        self._tokens: tuple[Token[int], Token[bool]] = (
            _depth.set(_depth.get() + 1),
            _core.grad_mode.set(True),
        )

    def __exit__(self, *error: object) -> None:
        depth, mode = self._tokens
        _depth.reset(depth)
        _core.grad_mode.reset(mode)


def needs_gradient(x: Any) -> bool:
    """Whether a cotangent flows into `x`."""
    return isinstance(x, _core.Tensor) and x.requires_grad


def is_variable(x: Any) -> bool:
    """Whether a gradient may flow into `x`, or `x` has a tangent."""
    return isinstance(x, _core.Tensor) and (x.requires_grad or _core.has_tangent(x))


def is_nested(leaves: Iterable[Any]) -> bool:
    """Whether what is computed from these leaves now may be differentiated again."""
    return _core.is_recording() and (_depth.get() > 0 or any(map(is_variable, leaves)))


def constant(x: Any) -> Any:
    """A floating array as a tensor without a gradient; what has another type as it is."""
    return _core.kept(x) if x.dtype.kind in "fc" else x


def plain(x: Any) -> Any:
    """The value of a tensor: an array of its own, or a NumPy scalar. Other things as they are."""
    if not isinstance(x, _core.Tensor):
        return x
    value = x._view()
    return np.array(value) if value.ndim else value[()]


def released(x: Any, nested: bool) -> Any:
    """A transform's result for its caller: a tensor only where it can be differentiated again."""
    return x if nested and is_variable(x) else plain(x)

"""Operations whose value NumPy computes, and whose cotangents are written in NumPy's functions.

A cotangent's text runs on arrays in the plain walk, and on tensors in one that records, where the
very same functions are operations on tensors: so a rule is written once and holds to every order.
Tangents come from the transpose of the cotangents.
"""

from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np

from .. import _core
from ..functional.nesting import constant, needs_gradient
from ..functional.push import levels_of, push
from ..functional.tree import flatten

Vjp = Callable[..., Any]


class Primitive:
    """An operation that is one node of the graph.

    Parameters
    ----------
    name : str
        What errors and profiles call it.
    forward : callable
        `forward(*operands, **settings)` on arrays gives an array, or a tuple of arrays of one
        dtype.
    *vjps : callable or None
        One for each operand: `vjp(g, y, *operands, **settings)` gives the cotangent, of the
        operand's shape. `g` is the cotangent of the result `y`, a tuple of them where the result is
        one. None where the operand has no derivative.
    reads_result : bool
        Whether a rule reads `y`; else the graph does not keep it and `y` is None.
    """

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        *vjps: Vjp | None,
        reads_result: bool = True,
    ) -> None:
        self.__name__ = name
        self._forward, self._vjps, self._reads_result = forward, vjps, reads_result

    def __call__(self, *operands: Any, **settings: Any) -> Any:
        if not any(isinstance(x, _core.Tensor) for x in operands):
            return self._forward(*operands, **settings)  # inside the rule of another
        recording = _core.is_recording()
        kept = [_core.kept(x) if isinstance(x, _core.Tensor) else None for x in operands]
        values = [
            _constant(x) if t is None else t._view() for x, t in zip(operands, kept, strict=True)
        ]
        out = self._forward(*values, **settings)
        joined = _Joined(out)
        moving = [i for i, x in enumerate(operands) if recording and needs_gradient(x)]
        if not moving:
            whole = constant(joined.join(out))
        else:
            rule = _Rule(self, joined, values, moving, settings)
            whole = _core.custom(
                self.__name__,
                joined.join(out),
                tuple(operands[i] for i in moving),
                tuple(kept[i] for i in moving),
                (True,) * len(moving) + (self._reads_result,),
                rule,
            )
        for level in levels_of(operands) if recording else ():
            pushed = push(self, None, level, list(operands), flatten(operands)[1], settings)
            _core.give(whole, joined.join(tuple(pushed)), level)
        return joined.split(whole)


def _constant(x: Any) -> Any:
    # A Python number is weak in promotion, an array of it would not be.
    return x if type(x) in (bool, int, float, complex) else np.asarray(x)


class _Joined:
    """A tuple of results as one vector, since a node has one value."""

    def __init__(self, out: Any) -> None:
        self._shapes = [x.shape for x in out] if isinstance(out, tuple) else None

    def join(self, parts: Any) -> Any:
        if self._shapes is None:
            return np.asarray(parts) if isinstance(parts, np.generic) else _only(parts)
        return np.concatenate([np.ravel(x) for x in parts])

    def split(self, whole: Any) -> Any:
        if self._shapes is None:
            return whole
        parts, start = [], 0
        for shape in self._shapes:
            end = start + int(np.prod(shape))
            parts.append(whole[start:end].reshape(shape))
            start = end
        return tuple(parts)


def _only(parts: Any) -> Any:
    return parts[0] if isinstance(parts, tuple) else parts


class _Rule:
    """The cotangents of one node, called by the walk."""

    def __init__(
        self,
        operation: Primitive,
        joined: _Joined,
        values: list[Any],
        moving: list[int],
        settings: dict[str, Any],
    ) -> None:
        self._operation, self._joined, self._settings = operation, joined, settings
        self._moving = moving
        # What moves is kept by the graph; the rest may be written to by whoever else has it.
        self._constants = [None if i in moving else copy(x) for i, x in enumerate(values)]

    def __call__(self, g: Any, kept: tuple[Any, ...], recording: bool) -> list[Any]:
        operands: list[Any] = list(self._constants)
        for k, i in enumerate(self._moving):
            operands[i] = kept[k]
        y = None if kept[-1] is None else self._joined.split(kept[-1])
        parts = self._joined.split(g)
        cotangents = []
        # A walk does not warn: an infinite derivative is an answer.
        with np.errstate(all="ignore"):
            for i in self._moving:
                vjp = self._operation._vjps[i]
                if vjp is None:
                    cotangents.append(np.zeros(operands[i].shape))
                else:
                    cotangents.append(vjp(parts, y, *operands, **self._settings))
        return cotangents

"""Convolution and correlation of vectors."""

from typing import Any

import numpy as np

from .creation import lifted
from .primitive import Primitive
from .probe import asked
from .table import implements

# In the rules the first operand is the longer one, and a cotangent of mode "same" is widened.


def _widened(g: Any, a: Any, v: Any, mode: str) -> Any:
    """The cotangent of all places where the operands overlap."""
    if mode == "full":
        return g
    before = (v.size - 1) // 2
    return np.pad(g, (before, v.size - 1 - before))


def _vjp_a(g: Any, y: Any, a: Any, v: Any, mode: str) -> Any:
    if mode == "valid":
        return np.convolve(g, v[::-1], "full")
    return np.convolve(_widened(g, a, v, mode), v[::-1], "valid")


def _vjp_v(g: Any, y: Any, a: Any, v: Any, mode: str) -> Any:
    if mode == "valid":
        return np.convolve(a, g[::-1], "valid")[::-1]
    return np.convolve(_widened(g, a, v, mode), a[::-1], "valid")


_convolve = Primitive("convolve", np.convolve, _vjp_a, _vjp_v, reads_result=False)


@implements(np.convolve, derivative="g correlated with the other operand")
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"np.convolve: mode is 'full', 'same' or 'valid', not {mode!r}")
    a, v = np.atleast_1d(lifted(a), lifted(v))
    if a.size < v.size:
        a, v = v, a
    return asked(_convolve, a, v, mode=mode)


@implements(np.correlate, derivative="g convolved or correlated with the other operand")
def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    a, v = np.atleast_1d(lifted(a), lifted(v))
    if v.dtype.kind == "c":
        v = np.conj(v)
    if a.size >= v.size:
        return np.convolve(a, v[::-1], mode)
    # NumPy exchanges the operands, and reads the result from its end.
    return np.copy(np.convolve(v, a[::-1], mode)[::-1])

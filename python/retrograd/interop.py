"""NumPy's protocols: `np.f(t)` finds the operation in the tables, or says that there is none."""

import sys
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from . import _core
from .ops import FUNCTIONS, UFUNCS

# Questions about values: the answer has no derivative and is plain.
_COMPARISONS = (np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal)
_QUESTIONS = (np.isnan, np.isinf, np.isfinite, np.signbit)
_METADATA = (np.shape, np.ndim, np.size, np.array_equal, np.allclose, np.isclose)
_PLAIN = (np.ndarray, np.generic, bool, int, float, complex, list, tuple)


def _values(x: Any) -> Any:
    return x._view() if isinstance(x, _core.Tensor) else x


def _on_values(f: Callable[..., Any]) -> Callable[..., Any]:
    def evaluate(*args: Any, **kwargs: Any) -> Any:
        return f(*map(_values, args), **{k: _values(v) for k, v in kwargs.items()})

    evaluate.__name__ = f.__name__
    return evaluate


UFUNCS.update({f: _on_values(f) for f in (*_COMPARISONS, *_QUESTIONS)})
FUNCTIONS.update({f: _on_values(f) for f in _METADATA})


# What is nearest in meaning, where the spelling does not tell.
_NEAREST = {
    **dict.fromkeys(("dot", "vdot", "inner", "outer", "einsum", "tensordot"), "matmul"),
    **dict.fromkeys(("square", "reciprocal", "cbrt", "float_power"), "power"),
    **dict.fromkeys(("min", "amin", "sort", "argmax", "argmin"), "max"),
    **dict.fromkeys(("std", "var", "average", "median"), "mean"),
    **dict.fromkeys(("ravel", "squeeze", "expand_dims"), "reshape"),
    **dict.fromkeys(("swapaxes", "moveaxis"), "transpose"),
    **dict.fromkeys(("clip", "fmax"), "maximum"),
    **dict.fromkeys(("cumsum", "prod", "trace"), "sum"),
}


def _refuse(function: Callable[..., Any], table: Any) -> NoReturn:
    from difflib import get_close_matches

    name = function.__name__
    known = sorted({f.__name__ for f in table})
    near = _NEAREST.get(name) or get_close_matches(name, known, 1, 0.0)[0]
    # np.linalg.norm and the like are called by their whole name.
    where = (getattr(function, "__module__", None) or "numpy").replace("numpy", "np", 1)
    if isinstance(function, np.ufunc) and not hasattr(np, name):
        where = "scipy.special"
    raise TypeError(
        f"{where}.{name}: not supported on a Tensor (nearest: np.{near}); compose it from "
        f"supported operations, or define it: out = Tensor(value, (t,), {name!r}); "
        "out._backward = rule"
    )


def array_ufunc(self: Any, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """Carry out a NumPy ufunc on tensors: NumPy's `__array_ufunc__` protocol."""
    for x in inputs:
        if not isinstance(x, (_core.Tensor, *_PLAIN)) and hasattr(x, "__array_ufunc__"):
            return NotImplemented
    name = ufunc.__name__
    if method != "__call__":
        raise TypeError(f"np.{name}.{method}: not supported on a Tensor; use np.sum or a loop")
    if "out" in kwargs:
        raise TypeError(
            f"np.{name}: a Tensor cannot be written into a plain array; write z = z + t instead of "
            "z += t, or use t.detach() to mean a copy of the value"
        )
    operation = UFUNCS.get(ufunc)
    if operation is None:
        operation = late(ufunc, UFUNCS)
    for key in kwargs:
        raise TypeError(f"np.{name}: keyword {key!r} is not supported on a Tensor")
    return operation(*inputs)


def array_function(
    self: Any,
    function: Callable[..., Any],
    types: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """Carry out a NumPy function on tensors: NumPy's `__array_function__` protocol."""
    for t in types:
        if not issubclass(t, (_core.Tensor, *_PLAIN)):
            return NotImplemented
    operation = FUNCTIONS.get(function)
    if operation is None:
        operation = late(function, FUNCTIONS)
    if "out" in kwargs:
        kwargs = dict(kwargs)
        return store(kwargs.pop("out"), operation(*args, **kwargs), function)
    return operation(*args, **kwargs)


def late(function: Callable[..., Any], table: Any) -> Callable[..., Any]:
    """A function or ufunc of a family that is imported now, at the first use of any."""
    from . import functions  # noqa: F401

    if "scipy.special" in sys.modules:
        from .functions import special  # noqa: F401
    operation: Callable[..., Any] | None = table.get(function)
    if operation is None:
        _refuse(function, table)
    return operation


def store(out: Any, result: Any, function: Callable[..., Any]) -> Any:
    """Write a result into the Tensor given as `out=`, which then is that result."""
    if out is None:
        return result
    name = function.__name__
    if not isinstance(out, _core.Tensor):
        raise TypeError(
            f"np.{name}: out= is a plain array, where a Tensor loses its gradient; pass a Tensor, "
            f"such as np.empty_like(t), or use the result"
        )
    if out.shape != np.shape(result):
        raise _core.ShapeError(
            f"np.{name}: out= has shape {out.shape}, the result {np.shape(result)}"
        )
    out[...] = result
    return out

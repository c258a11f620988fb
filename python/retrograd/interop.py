"""NumPy's `__array_function__`: `np.f(t)` finds the function in the table, or is refused."""

import sys
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from . import _core
from .ops import FUNCTIONS
from .values import Evaluate, check_target, holds_tensor, is_tensor, store

# Questions about values: the answer has no derivative and is plain.
_METADATA = (np.shape, np.ndim, np.size, np.array_equal, np.allclose, np.isclose)
FUNCTIONS.update({f: Evaluate(f) for f in _METADATA})

# Types without a protocol of their own; other subclasses of ndarray have a mask or a unit to lose.
_OWN = (np.ndarray, np.memmap)


def _refuse(function: Callable[..., Any], table: Any) -> NoReturn:
    from difflib import get_close_matches

    name = function.__name__
    known = {f.__name__: f for f in table}
    near = _whole_name(known[get_close_matches(name, sorted(known), 1, 0.0)[0]])
    raise TypeError(
        f"{_whole_name(function)}: not supported on a Tensor (nearest: {near}); compose it from "
        f"supported operations, or define it: out = Tensor(value, (t,), {name!r}); "
        "out._backward = rule"
    )


def _whole_name(function: Callable[..., Any]) -> str:
    """The name by which a function is called: `np.linalg.norm`."""
    name = function.__name__
    if function in vars(sys.modules.get("scipy.special", sys)).values():
        return f"scipy.special.{name}"
    where = (getattr(function, "__module__", None) or "numpy").replace("numpy", "np", 1)
    return f"{where}.{name}"


def array_function(
    self: Any,
    function: Callable[..., Any],
    types: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """Carry out a NumPy function on tensors: NumPy's `__array_function__` protocol."""
    for t in types:
        if t not in _OWN and not issubclass(t, _core.Tensor):
            return NotImplemented
    operation = FUNCTIONS.get(function)
    if operation is None:
        operation = late(function, FUNCTIONS)
    if "out" not in kwargs:
        return operation(*args, **kwargs)
    out = kwargs["out"]
    if isinstance(operation, Evaluate) and not is_tensor(out):
        return operation(*args, **kwargs)
    kwargs = {k: v for k, v in kwargs.items() if k != "out"}
    if out is None:
        return operation(*args, **kwargs)
    check_target(out, function.__name__)
    # Without a Tensor to differentiate NumPy itself computes what `out=` takes.
    carried = operation if holds_tensor([*args, *kwargs.values()]) else function
    return store(out, carried(*args, **kwargs), function.__name__)


def late(function: Callable[..., Any], table: Any) -> Callable[..., Any]:
    """A function or ufunc of a family that is imported now, at the first use of any."""
    from . import functions  # noqa: F401

    if "scipy.special" in sys.modules:
        from .functions import special  # noqa: F401
    operation: Callable[..., Any] | None = table.get(function)
    if operation is None:
        _refuse(function, table)
    return operation

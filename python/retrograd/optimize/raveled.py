"""Functions of containers as functions of one float64 vector, which is what SciPy calls."""

from collections.abc import Callable
from numbers import Real
from operator import pos
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..functional.tree import flatten, ravel
from ..tensor import Tensor

Vector = NDArray[np.float64]


def scipy_optimize() -> Any:
    """Import `scipy.optimize` at the first use; without SciPy, say what brings it."""
    try:
        import scipy.optimize
    except ModuleNotFoundError as error:
        if error.name != "scipy":
            raise
        raise ModuleNotFoundError(
            "retrograd.optimize needs SciPy: pip install 'retrograd[optimize]'", name="scipy"
        ) from None
    return scipy.optimize


def container(x: Any) -> Any:
    """Make a plain list or tuple of numbers the array it stands for in SciPy's signatures."""
    plain = type(x) in (list, tuple) and len(x) > 0
    return np.array(x, dtype=np.float64) if plain and all(isinstance(v, Real) for v in x) else x


class Variables:
    """What an optimiser varies: a container, seen as one vector.

    `x0` is the vector, and `unravel` takes a vector, of numbers or a Tensor, back to the container.
    `is_array` tells a lone array or number from a container.
    """

    def __init__(self, x0: Any) -> None:
        tree = container(x0)
        self._leaves, self._treedef = flatten(tree)
        self.is_array = self._treedef.kind is None
        x, self.unravel = ravel(tree)
        if self.is_array and np.ndim(tree) == 1 and x.dtype == np.float64:
            self.unravel = pos  # a copy: nothing to cut, and a step of small problems is quick
        self.x0: Vector = np.array(_numbers(x), dtype=np.float64)

    def of_vector(self, f: Callable[..., Any], args: Any = ()) -> Callable[[Any], Any]:
        """`f(x, *args)` as a function of the vector alone; differentiable when that is a Tensor.

        SciPy takes for `args` a tuple, or one that is none.
        """
        more = args if isinstance(args, tuple) else (args,)
        return lambda v: f(self.unravel(v), *more)

    def bounds(self, pair: Any) -> tuple[Vector, Vector]:
        """Two vectors from (lower, upper), each a number or a container of x0's structure."""
        lower, upper = pair
        return self._side(lower), self._side(upper)

    def _side(self, bound: Any) -> Vector:
        if isinstance(bound, Real):
            return np.full(self.x0.size, float(bound))
        limits = self._treedef.leaves_of(container(bound), "bounds")
        parts = [
            np.broadcast_to(np.asarray(b, dtype=np.float64), np.shape(x)).ravel()
            for b, x in zip(limits, self._leaves, strict=True)
        ]
        return np.concatenate([*parts, np.empty(0)])


def value_of(f: Callable[[Any], Any]) -> Callable[[Vector], float]:
    """The scalar result of a function of a vector; nothing is recorded."""
    return lambda v: float(_numbers(f(_constant(v))))


def vector_of(f: Callable[[Any], Any]) -> Callable[[Vector], Vector]:
    """The result of a function of a vector, raveled; nothing is recorded."""
    return lambda v: np.asarray(_numbers(ravel(f(_constant(v)))[0]), dtype=np.float64)


def restoring(callback: Callable[..., Any] | None, unravel: Callable[..., Any]) -> Any:
    """A callback that is given x in its container, by whichever of SciPy's conventions it asks."""
    if callback is None:
        return None
    import inspect

    by_result = set(inspect.signature(callback).parameters) == {"intermediate_result"}

    def called(x: Any, *state: Any) -> Any:
        return callback(unravel(x), *state)

    def called_by_result(intermediate_result: Any) -> Any:
        # TNC and COBYLA know the older convention only, and give x itself.
        if not isinstance(intermediate_result, dict):
            intermediate_result = scipy_optimize().OptimizeResult(x=intermediate_result)
        seen = intermediate_result.copy()
        seen["x"] = unravel(seen["x"])
        return callback(intermediate_result=type(intermediate_result)(seen))

    return called_by_result if by_result else called


def _constant(v: Any) -> Tensor:
    return Tensor(v, requires_grad=False)


def _numbers(x: Any) -> Any:
    return x.data if isinstance(x, _core.Tensor) else x

"""First-order optimisers on containers: SGD with momentum, RMSProp and Adam.

Each is one function that runs the whole descent, in the manner of HIPS autograd's `optimizers`: the
loop, the progress bar and the callback are then written once, and the state never leaves this
file. Each takes the objective itself, as `minimize` does, and calls it `f(x, i)` with the number of
the iteration, by which an objective chooses its minibatch.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..functional.reverse import value_and_grad
from ..functional.tree import flatten
from .raveled import container

# Of a parameter at iteration i: value, gradient, state (updated in place) -> the next value.
_Rule = Callable[[int, Any, Any, Sequence[Any]], Any]
_Rate = float | Callable[[int], float]


def sgd(
    f: Callable[..., Any],
    x0: Any,
    num_iters: int = 200,
    step_size: _Rate = 0.1,
    momentum: float = 0.9,
    nesterov: bool = False,
    *,
    callback: Callable[..., Any] | None = None,
    progress: bool = False,
) -> Any:
    """Stochastic gradient descent with momentum: v = momentum*v + g, x -= step*v.

    Parameters
    ----------
    f : callable
        The objective `f(x, i) -> scalar` at iteration i = 0, 1, …
    x0 : array_like or container
        Where to begin: tuples, lists, dicts, namedtuples and dataclasses of arrays in any nesting.
        A plain list or tuple of numbers is an array. Not written to.
    num_iters : int, default 200
        Number of steps.
    step_size : float or callable, default 0.1
        The step, or a schedule `i -> step`.
    momentum : float, default 0.9
        What is kept of the velocity v from step to step; 0 is plain gradient descent.
    nesterov : bool, default False
        Look ahead along the velocity: x -= step*(g + momentum*v).
    callback : callable, optional
        Called `callback(x, i, value, gradient)` before each step, with x in its container;
        StopIteration from it ends the run.
    progress : bool, default False
        Show a bar with the objective on stderr: tqdm's when installed, otherwise one line.

    Returns
    -------
    array or container
        x after the last step, in the structure and the dtypes of `x0`; integers become float64.

    Raises
    ------
    TypeError
        If the objective is not a scalar.
    DTypeError
        If `x0` is not made of real numbers in float64, float32 or integers.
    """

    def rule(i: int, x: Any, g: Any, state: Sequence[Any]) -> Any:
        (v,) = state
        v *= momentum
        v += g
        return x - _at(step_size, i) * (g + momentum * v if nesterov else v)

    return _descend(rule, 1, f, x0, num_iters, callback, progress)


def rmsprop(
    f: Callable[..., Any],
    x0: Any,
    num_iters: int = 100,
    step_size: _Rate = 0.1,
    gamma: float = 0.9,
    eps: float = 1e-8,
    *,
    callback: Callable[..., Any] | None = None,
    progress: bool = False,
) -> Any:
    """RMSProp: s = gamma*s + (1-gamma)*g², x -= step*g/(√s + eps), s beginning at zero.

    Parameters
    ----------
    gamma : float, default 0.9
        What is kept of the mean square s from step to step.
    eps : float, default 1e-8
        Keeps the step finite where the gradient stays zero.

    Notes
    -----
    The other parameters, the result and the errors are those of `sgd`.
    """

    def rule(i: int, x: Any, g: Any, state: Sequence[Any]) -> Any:
        (s,) = state
        s *= gamma
        s += (1 - gamma) * g * g
        return x - _at(step_size, i) * g / (np.sqrt(s) + eps)

    return _descend(rule, 1, f, x0, num_iters, callback, progress)


def adam(
    f: Callable[..., Any],
    x0: Any,
    num_iters: int = 100,
    step_size: _Rate = 0.001,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
    *,
    callback: Callable[..., Any] | None = None,
    progress: bool = False,
) -> Any:
    """Adam (Kingma and Ba, 2015): x -= step*m/(√v + eps), m and v corrected for their start.

    Parameters
    ----------
    b1, b2 : float, default 0.9, 0.999
        What is kept from step to step of the running means m of g and v of g².
    eps : float, default 1e-8
        Keeps the step finite where the gradient stays zero.

    Notes
    -----
    The other parameters, the result and the errors are those of `sgd`.
    """

    def rule(i: int, x: Any, g: Any, state: Sequence[Any]) -> Any:
        m, v = state
        m *= b1
        m += (1 - b1) * g
        v *= b2
        v += (1 - b2) * g * g
        step = _at(step_size, i) / (1 - b1 ** (i + 1))
        return x - step * m / (np.sqrt(v / (1 - b2 ** (i + 1))) + eps)

    return _descend(rule, 2, f, x0, num_iters, callback, progress)


def _at(step_size: _Rate, i: int) -> float:
    return float(step_size(i) if callable(step_size) else step_size)


def _descend(
    rule: _Rule,
    states: int,
    f: Callable[..., Any],
    x0: Any,
    num_iters: int,
    callback: Callable[..., Any] | None,
    progress: bool,
) -> Any:
    leaves, treedef = flatten(container(x0))
    leaves = [_parameter(x) for x in leaves]
    state = [[np.zeros_like(x, subok=False) for _ in range(states)] for x in leaves]
    differentiate = value_and_grad(f)
    steps = _Bar(num_iters) if progress else range(num_iters)
    for i in steps:
        x = treedef.unflatten(leaves)
        value, gradient = differentiate(x, i)
        if isinstance(steps, _Bar):
            steps.show(value)
        if callback is not None:
            try:
                callback(x, i, value, gradient)
            except StopIteration:
                break
        gradients = flatten(gradient)[0]
        leaves = [rule(i, *each) for each in zip(leaves, gradients, state, strict=True)]
    return treedef.unflatten(leaves)


def _parameter(x: Any) -> Any:
    """A copy in floating point; what is no real number is left for `grad` to refuse."""
    array = np.array(x)
    return (array.astype(np.float64) if array.dtype.kind in "iub" else array)[()]


class _Bar:
    """Count iterations on stderr and show the objective beside them."""

    def __init__(self, total: int) -> None:
        self.total, self.value = total, np.nan
        try:
            from tqdm import tqdm
        except ModuleNotFoundError:
            self.tqdm = None
        else:
            self.tqdm = tqdm(total=total)

    def show(self, value: Any) -> None:
        self.value = float(value)
        if self.tqdm is not None:
            self.tqdm.set_postfix_str(f"f={self.value:.6g}", refresh=False)

    def __iter__(self) -> Iterator[int]:
        import sys

        try:
            for i in range(self.total):
                yield i
                if self.tqdm is not None:
                    self.tqdm.update()
                # A hundred lines at most: a terminal can cost more than a step.
                elif (i + 1) * 100 // self.total > i * 100 // self.total:
                    print(f"\r{i + 1}/{self.total} f={self.value:.6g}", end="", file=sys.stderr)
        finally:
            if self.tqdm is not None:
                self.tqdm.close()
            else:
                print(file=sys.stderr)

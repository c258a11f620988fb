"""Trading time for memory: a function whose intermediates are computed again in backward."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .. import _core
from .nesting import Transform, is_variable, plain
from .rule import Results
from .tree import flatten


def checkpoint(f: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function that keeps its arguments only, and runs again when its gradient is needed.

    Parameters
    ----------
    f : callable
        Of arrays, tensors or containers of them, and any keyword arguments. It must do the same
        each time it runs: give the same values, and have no effects that must not come twice.

    Returns
    -------
    callable
        The same function with the same derivatives, of any order. Tensors that `f` uses without
        getting them as arguments have their gradients too.

    Raises
    ------
    GraphError
        By a later backward, if a tensor that `f` uses but does not get as an argument has changed
        meanwhile, or if `f` used other tensors when it ran again.

    Examples
    --------
    >>> grad(checkpoint(lambda x: np.sin(np.sin(x))))(0.0)
    np.float64(1.0)
    """

    @wraps(f)
    def run(*args: Any, **kwargs: Any) -> Any:
        # Forward mode keeps nothing by itself, and pushes tangents as the function runs.
        if _core.open_levels() or not _core.is_recording():
            return f(*args, **kwargs)
        return _Segment(f, args, kwargs).result()

    return run


class _Segment:
    """One call of the function; as a rule, what runs it again."""

    def __init__(
        self, f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self._f, self._kwargs = f, kwargs
        self._name = f"checkpoint({getattr(f, '__name__', type(f).__name__)})"
        leaves, self._args = flatten(args)
        self._places = [i for i, x in enumerate(leaves) if is_variable(x)]
        self._arguments = [leaves[i] for i in self._places]
        # The others are kept as they are now: their memory may be written to.
        for i, x in enumerate(leaves):
            if isinstance(x, _core.Tensor):
                leaves[i] = None if i in self._places else _core.kept(x)
            elif isinstance(x, np.ndarray):
                leaves[i] = x.copy()
        self._leaves = leaves

    def result(self) -> Any:
        """Run the function for its value; what it computed on the way is let go."""
        arguments, self._arguments = self._arguments, []
        values = [*map(_core.kept, arguments)]
        out, places, variables = self._run(values, connect=False)
        leaves, treedef = out
        used = _core.captured(tuple(leaves[k] for k in places), variables)
        inputs = (*arguments, *used)
        if not inputs or not places:
            return treedef.unflatten(leaves)
        self._results = Results(tuple(plain(leaves[k]) for k in places), self._name)
        self._used = tuple(map(_core.alias, used))
        self._used_values = [*map(_core.kept, used)]
        whole = _core.custom(
            self._name,
            self._results.join(),
            inputs,
            (*values, *used),
            (*[True] * len(values), *[False] * (len(used) + 1)),
            self,
        )
        self._results.forget_values()
        parts = self._results.split(whole)
        for k, part in zip(places, parts.values(), strict=True):
            leaves[k] = part
        return treedef.unflatten(leaves)

    def _run(
        self, values: list[Any], connect: bool
    ) -> tuple[tuple[list[Any], Any], list[int], tuple[Any, ...]]:
        """Run the function on variables.

        Returns
        -------
        leaves and structure of what it gave, the places of those with a gradient, the variables
        """
        leaves = list(self._leaves)
        given = [_core.variable(v, connect, self._name) for v in values]
        variables = tuple(map(_core.alias, given))
        for i, x in zip(self._places, given, strict=True):
            leaves[i] = x
        with Transform():
            out = flatten(self._f(*self._args.unflatten(leaves), **self._kwargs))
        return out, [k for k, y in enumerate(out[0]) if is_variable(y)], variables

    def __call__(self, g: Any, kept: tuple[Any, ...], recording: bool) -> list[Any]:
        n = len(self._places)
        out, places, variables = self._run(list(kept[:n]), connect=recording)
        outputs = tuple(out[0][k] for k in places)
        self._check(_core.captured(outputs, variables))
        seeds = tuple(self._results.split(g).values())
        if [y.shape for y in outputs] != [np.shape(s) for s in seeds]:
            raise _core.GraphError(f"{self._name}: gave other shapes when it was run again")
        inputs = (*variables, *self._used)
        # Hooks of what is only used are called where its gradient is complete.
        found = _core.gradients(outputs, seeds, inputs, recording, n)
        return [
            np.zeros(x.shape, x.dtype) if c is None else c
            for x, c in zip(inputs, found, strict=True)
        ]

    def _check(self, used: tuple[Any, ...]) -> None:
        """Refuse to go on where the function's surroundings are no longer what they were."""
        before = {_core.node_id(t): t for t in self._used}
        if {*map(_core.node_id, used)} != {*before}:
            raise _core.GraphError(
                f"{self._name}: used other tensors when it was run again; pass them as arguments"
            )
        values = dict(zip(before, self._used_values, strict=True))
        for t in used:
            now, then = t._view(), values[_core.node_id(t)]._view()
            if not np.may_share_memory(now, then) and not np.array_equal(now, then, equal_nan=True):
                raise _core.GraphError(
                    f"{self._name}: a tensor that it uses has changed since; pass it as an argument"
                )

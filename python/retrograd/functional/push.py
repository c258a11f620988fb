"""Custom operations in forward mode: by the user's rule, or by the transpose of the vjp."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core
from ..modes import strict
from .nesting import constant, is_variable, plain
from .reverse import vjp
from .rule import call, check
from .tree import TreeDef, flatten


def push(
    operation: Any,
    rule: Callable[[Any, Any], Any] | None,
    level: int,
    leaves: list[Any],
    args: TreeDef,
    kwargs: dict[str, Any],
) -> Any:
    """Give the operation's results with their tangents of the given level.

    Parameters
    ----------
    operation : custom
    rule : callable or None
        What `defjvp` was given.
    level : int
        The latest level of which a leaf has a tangent.
    leaves, args : list and TreeDef
        The operation's positional arguments.
    kwargs : dict
    """
    primals = [_core.primal(x, level) if isinstance(x, _core.Tensor) else x for x in leaves]
    moved = {
        i: _core.tangent_of(x, level) for i, x in enumerate(leaves) if isinstance(x, _core.Tensor)
    }
    moved = {i: t for i, t in moved.items() if t is not None}
    by = _by_rule if rule else _by_transpose
    outputs, treedef, tangents = by(operation, rule, primals, moved, args, kwargs)
    return treedef.unflatten(
        _core.attach(y, t, level) if t is not None else y
        for y, t in zip(outputs, tangents, strict=True)
    )


Pushed = tuple[list[Any], TreeDef, list[Any]]


def _by_rule(
    operation: Any,
    rule: Any,
    primals: list[Any],
    moved: dict[int, Any],
    args: TreeDef,
    kwargs: dict[str, Any],
) -> Pushed:
    name = operation.__name__
    tangents = [moved.get(i, _zeros(x)) for i, x in enumerate(primals)]
    nested = any(map(is_variable, (*primals, *tangents)))
    if not nested:
        primals, tangents = [*map(plain, primals)], [*map(plain, tangents)]
    given = args.unflatten(primals), args.unflatten(tangents)
    if nested:
        # A tensor that the rule turns into an array would lose its derivative in silence.
        with strict():
            result = call(name, "jvp", rule, *given)
    else:
        result = call(name, "jvp", rule, *given)
    if not isinstance(result, tuple) or len(result) != 2:
        raise _core.GraphError(f"{name}: its jvp must give a pair (out, tangent_out)")
    # Where the value has derivatives of its own they come from the operation's other rules.
    outputs, treedef = flatten(operation(*given[0], **kwargs) if nested else result[0])
    outputs = [y if isinstance(y, _core.Tensor) else constant(np.asarray(y)) for y in outputs]
    pushed = treedef.leaves_of(result[1], f"{name}: its jvp")
    return (
        outputs,
        treedef,
        [
            check(name, f"the jvp's tangent of {path}", t, y)
            if isinstance(y, _core.Tensor)
            else None
            for y, t, path in zip(outputs, pushed, treedef.paths("out"), strict=True)
        ],
    )


def _by_transpose(
    operation: Any,
    rule: Any,
    primals: list[Any],
    moved: dict[int, Any],
    args: TreeDef,
    kwargs: dict[str, Any],
) -> Pushed:
    """The vjp is linear in the cotangent; its own vjp is the jvp."""

    def f(*xs: Any) -> Any:
        leaves = list(primals)
        for i, x in zip(moved, xs, strict=True):
            leaves[i] = x
        return operation(*args.unflatten(leaves), **kwargs)

    out, pull = vjp(f, *(primals[i] for i in moved))
    outputs, treedef = flatten(out)
    floats = [k for k, y in enumerate(outputs) if _zeros(y) is not None]

    def pull_floats(*g: Any) -> Any:
        seeds = [np.zeros(np.shape(y)) for y in outputs]
        for k, c in zip(floats, g, strict=True):
            seeds[k] = c
        return pull(treedef.unflatten(seeds))

    try:
        _, transpose = vjp(pull_floats, *(_zeros(outputs[k]) for k in floats))
        found = dict(zip(floats, transpose(tuple(moved.values())), strict=True))
    except _core.GraphError as error:
        raise _core.GraphError(
            f"{operation.__name__}: has no jvp, and its vjp gives none ({error}); define it by "
            "defjvp(rule)"
        ) from error
    return outputs, treedef, [found.get(k) for k in range(len(outputs))]


def _zeros(x: Any) -> Any:
    """Zeros like an array of a floating type; None for all else."""
    value = x if isinstance(x, _core.Tensor) else np.asarray(x)
    return np.zeros(value.shape, value.dtype) if value.dtype.kind == "f" else None

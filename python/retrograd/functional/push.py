"""Custom operations in forward mode: by the user's rule, or by the transpose of the vjp."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import _core
from ..modes import strict
from .nesting import Transform, is_nested, is_variable, needs_gradient, plain, released
from .reverse import Variables
from .rule import call, check
from .tree import TreeDef, flatten


@contextmanager
def _below(level: int) -> Iterator[None]:
    """Follow earlier levels only: what gives a tangent has no part in its perturbation."""
    before = _core.follow_below(level)
    try:
        yield
    finally:
        _core.follow_below(before)


def levels_of(leaves: Iterable[Any]) -> list[int]:
    """The levels of which the leaves have tangents, earlier ones first."""
    leaves = list(leaves)
    level = max(map(_core.top_level, leaves), default=0)
    if not level:
        return []
    with _below(level):
        return [*levels_of(leaves), level]


def push(
    operation: Any,
    rule: Callable[[Any, Any], Any] | None,
    level: int,
    leaves: list[Any],
    args: TreeDef,
    kwargs: dict[str, Any],
) -> list[Any]:
    """Give the tangents of an operation's results, by leaf; None for what has none.

    Parameters
    ----------
    operation : custom
    rule : callable or None
        What `defjvp` was given.
    level : int
        The level to give tangents of.
    leaves, args : list and TreeDef
        The operation's positional arguments.
    kwargs : dict
    """
    found = [_core.tangent_of(x, level) if isinstance(x, _core.Tensor) else None for x in leaves]
    moved = {i: t for i, t in enumerate(found) if t is not None}
    with _below(level):
        if rule:
            return _by_rule(operation.__name__, rule, leaves, moved, args)
        return _by_transpose(operation, leaves, moved, args, kwargs)


def _by_rule(
    name: str, rule: Any, primals: list[Any], moved: dict[int, Any], args: TreeDef
) -> list[Any]:
    tangents = [moved.get(i, _zeros(x)) for i, x in enumerate(primals)]
    nested = any(map(is_variable, (*primals, *tangents)))
    if nested:
        # A tensor that the rule turns into an array would lose its derivative in silence.
        with strict():
            result = call(name, "jvp", rule, args.unflatten(primals), args.unflatten(tangents))
    else:
        given = (args.unflatten(map(plain, x)) for x in (primals, tangents))
        result = call(name, "jvp", rule, *given)
    if not isinstance(result, tuple) or len(result) != 2:
        raise _core.GraphError(f"{name}: its jvp must give a pair (out, tangent_out)")
    outputs, treedef = flatten(result[0])
    pushed = treedef.leaves_of(result[1], f"{name}: its jvp")
    return [
        check(name, f"the jvp's tangent of {path}", t, like) if like is not None else None
        for like, t, path in zip(map(_zeros, outputs), pushed, treedef.paths("out"), strict=True)
    ]


def _by_transpose(
    operation: Any,
    primals: list[Any],
    moved: dict[int, Any],
    args: TreeDef,
    kwargs: dict[str, Any],
) -> list[Any]:
    """The vjp is linear in the cotangent; its own vjp is the jvp.

    Both walks end at the operands, of whatever these are made: this may be the rule of an operation
    inside a walk that is under way through just that.
    """
    places = [i for i, x in enumerate(primals) if i in moved or needs_gradient(x)]
    operands = _variables(primals[i] for i in places)
    leaves = list(primals)
    for i, x in zip(places, operands.args, strict=True):
        leaves[i] = x
    nested = is_nested((*primals, *moved.values()))
    with Transform():
        outputs = flatten(operation(*args.unflatten(leaves), **kwargs))[0]
        found: list[Any] = [*map(_zeros, outputs)]
        chosen = [k for k, y in enumerate(outputs) if isinstance(y, _core.Tensor)]
        seeds = _variables(found[k] for k in chosen)
        try:
            pulled = operands.cotangents(tuple(outputs[k] for k in chosen), seeds.args, True)
            ends = [(g, moved[i]) for i, g in zip(places, pulled, strict=True) if i in moved]
            ends = [(g, tangent) for g, tangent in ends if needs_gradient(g)]
            if ends:
                roots, tangents = zip(*ends, strict=True)
                inputs = (*seeds.inputs, *operands.inputs)
                given = _core.gradients(roots, tangents, inputs, nested)
                for k, g in zip(chosen, given, strict=False):
                    found[k] = found[k] if g is None else released(g, nested)
        except _core.GraphError as error:
            raise _core.GraphError(
                f"{operation.__name__}: has no jvp, and its vjp gives none ({error}); define it by "
                "defjvp(rule)"
            ) from error
    return found


def _variables(leaves: Iterable[Any]) -> Variables:
    leaves = tuple(leaves)
    return Variables(leaves, tuple(range(len(leaves))), "vjp")


def _zeros(x: Any) -> Any:
    """Zeros like an array of a floating type; None for all else."""
    value = x if isinstance(x, _core.Tensor) else np.asarray(x)
    return np.zeros(value.shape, value.dtype) if value.dtype.kind in "fc" else None

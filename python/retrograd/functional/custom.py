"""Operations of the user's own: forward in plain NumPy, derivative by a rule."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from .. import _core
from .nesting import constant, needs_gradient
from .push import levels_of, push
from .rule import Results, Rule
from .tree import TreeDef, flatten


class custom:
    """Make a function an operation with derivatives of its own.

    The function gets plain arrays and may use anything that works on them. It is differentiated by
    the rule that `defvjp` gives it, and in forward mode by that of `defjvp`.

    Parameters
    ----------
    f : callable
        Positional arguments are arrays, numbers, or containers of them; derivatives are with
        respect to those that are differentiated by. Anything else (strings, callables, settings by
        keyword) is passed on as it is. The result is an array of float64 or float32, or a container
        of arrays; integer and bool arrays in it have no gradient.

    Examples
    --------
    >>> @custom
    ... def cube(x):
    ...     return x**3
    >>> cube.defvjp(lambda x: (cube(x), x), lambda x, g: (3 * x**2 * g,))
    >>> grad(cube)(2.0), grad(grad(cube))(2.0)
    (np.float64(12.0), np.float64(12.0))
    """

    __name__: str

    def __init__(self, f: Callable[..., Any]) -> None:
        self._f = f
        self._fwd: Callable[..., Any] | None = None
        self._bwd: Callable[[Any, Any], Any] | None = None
        self._jvp: Callable[[Any, Any], Any] | None = None
        self.__name__ = type(self).__name__
        update_wrapper(self, f)

    def __repr__(self) -> str:
        return f"<custom operation {self.__name__!r}>"

    def defvjp(self, fwd: Callable[..., Any], bwd: Callable[[Any, Any], Any]) -> None:
        """Say how cotangents are pulled back.

        Parameters
        ----------
        fwd : callable
            With the arguments of the function. It gives `(out, saved)`: the function's result, and
            what `bwd` needs, in any container. Nothing else is kept for backward.
        bwd : callable
            `bwd(saved, g)`, where `g` is the cotangent of `out`, in its structure. It gives a tuple
            with one cotangent for each positional argument, in that argument's structure and
            shapes; None for what is not differentiated by.

        Notes
        -----
        In a walk that records (`create_graph=True`, or a gradient of a gradient), saved arguments
        and results are tensors, and so is `g`. A rule that is written in operations on tensors is
        then differentiated in its turn. What is saved must be arguments or results themselves for
        that: how other arrays were computed is not known. Integers and booleans are free.

        The backward that calls the rule raises GraphError, ShapeError or DTypeError, in one line
        with the operation's name, if the rule fails or gives something else.
        """
        self._fwd, self._bwd = fwd, bwd

    def defjvp(self, rule: Callable[[Any, Any], Any]) -> None:
        """Say how tangents are pushed forward.

        Parameters
        ----------
        rule : callable
            `rule(primals, tangents)`, two tuples with one entry for each positional argument, gives
            `(out, tangent_out)`. Tangents of what does not move are zeros, and None for what is no
            array. It gets arrays, or tensors where their derivatives are wanted in turn.

        Notes
        -----
        Without it the operation is pushed forward by the transpose of its vjp, if that is written
        in operations on tensors.
        """
        self._jvp = rule

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        leaves, treedef = flatten(args)
        if any(isinstance(x, _core.Tensor) for x in flatten(kwargs)[0]):
            raise TypeError(f"{self.__name__}: a Tensor came by keyword; pass it by position")
        if not any(isinstance(x, _core.Tensor) for x in leaves):
            return self._f(*args, **kwargs)
        kept = [_core.kept(x) if isinstance(x, _core.Tensor) else None for x in leaves]
        values = [
            x if t is None else t._view() if t.ndim else t._view()[()]
            for x, t in zip(leaves, kept, strict=True)
        ]
        recording = _core.is_recording()
        inputs = [i for i, x in enumerate(leaves) if recording and needs_gradient(x)]
        if inputs:
            results, rule = self._forward(values, inputs, leaves, treedef, kwargs)
        else:
            results = Results(self._f(*treedef.unflatten(values), **kwargs), self.__name__)
        outputs = [*map(constant, results.leaves)]
        if not results.floats:
            return results.treedef.unflatten(outputs)
        whole: Any
        if not inputs:
            whole = constant(results.join())
        else:
            whole = _core.custom(
                self.__name__,
                results.join(),
                tuple(leaves[i] for i in inputs),
                tuple(kept[i] for i in inputs),
                rule.saves(),
                rule,
            )
        results.forget_values()
        # Earlier levels first: tangents of later ones have tangents of those.
        for level in levels_of(leaves) if recording else ():
            pushed = push(self, self._jvp, level, leaves, treedef, kwargs)
            _core.give(whole, results.join_tangents(pushed), level)
        for k, part in results.split(whole).items():
            outputs[k] = part
        return results.treedef.unflatten(outputs)

    def _forward(
        self,
        values: list[Any],
        inputs: list[int],
        leaves: list[Any],
        args: TreeDef,
        kwargs: dict[str, Any],
    ) -> tuple[Results, Rule]:
        """Run the user's fwd, and make its rule of what it saves."""
        if self._fwd is None or self._bwd is None:
            raise _core.GraphError(f"{self.__name__}: has no vjp; define it by defvjp(fwd, bwd)")
        given = self._fwd(*args.unflatten(values), **kwargs)
        if not isinstance(given, tuple) or len(given) != 2:
            raise _core.GraphError(f"{self.__name__}: its fwd must give a pair (out, saved)")
        results = Results(given[0], self.__name__)
        rule = Rule(self.__name__, self._bwd, values, inputs, leaves, args, results, given[1])
        return results, rule

"""Operations of the user's own: forward in plain NumPy, derivative by a rule."""

from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any

from .. import _core
from .nesting import constant, is_variable
from .rule import Results, Rule
from .tree import flatten


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
            `(out, tangent_out)`.
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
        plain = treedef.unflatten(values)
        inputs = [i for i, x in enumerate(leaves) if is_variable(x)]
        if not inputs or not _core.is_recording():
            results = Results(self._f(*plain, **kwargs), self.__name__)
            return results.treedef.unflatten(map(constant, results.leaves))
        if level := max(_core.top_level(leaves[i]) for i in inputs):
            from .forward import push_custom

            again = partial(self, *args, **kwargs)
            return push_custom(self.__name__, again, self._jvp, leaves, treedef, level)
        if self._fwd is None or self._bwd is None:
            raise _core.GraphError(f"{self.__name__}: has no vjp; define it by defvjp(fwd, bwd)")
        given = self._fwd(*plain, **kwargs)
        if not isinstance(given, tuple) or len(given) != 2:
            raise _core.GraphError(f"{self.__name__}: its fwd must give a pair (out, saved)")
        results = Results(given[0], self.__name__)
        outputs = [*map(constant, results.leaves)]
        if results.floats:
            rule = Rule(self.__name__, self._bwd, values, inputs, treedef, results, given[1])
            whole = _core.custom(
                self.__name__,
                results.join(),
                tuple(leaves[i] for i in inputs),
                tuple(kept[i] for i in inputs),
                rule.saves(),
                rule,
            )
            results.forget_values()
            for k, part in results.split(whole).items():
                outputs[k] = part
        return results.treedef.unflatten(outputs)

"""Reverse mode: `grad`, `value_and_grad`, `elementwise_grad` and `vjp`, with JAX's signatures.

The chosen arguments are replaced by variables, the function runs and records, and one walk back
gives their cotangents. Nothing is added to the `.grad` of any leaf.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .. import _core
from .nesting import Transform, is_nested, released
from .tree import TreeDef, flatten, map_leaves

Argnums = int | tuple[int, ...]


class Variables:
    """Arguments of a function with variables in place of the chosen ones.

    Attributes
    ----------
    args : tuple
        What to call the function with.
    inputs : tuple of Tensor
        The variables: the leaves of the chosen arguments, in order.
    nested : bool
        Whether the variables are themselves functions of other variables.
    """

    def __init__(self, args: tuple[Any, ...], argnums: Argnums, who: str) -> None:
        chosen = argnums if isinstance(argnums, tuple) else (argnums,)
        for i in chosen:
            if not -len(args) <= i < len(args):
                raise TypeError(f"{who}: argnums has {i}, and {len(args)} arguments came")
        self._tuple = isinstance(argnums, tuple)
        self._trees: list[TreeDef] = []
        leaves: list[Any] = []
        for i in chosen:
            found, treedef = flatten(args[i])
            leaves += found
            self._trees.append(treedef)
        self.nested = is_nested(leaves)
        # What the function gets may be written to, `x[i] = v`; the alias still stands for x.
        given = [_core.variable(x, self.nested, who) for x in leaves]
        self.inputs = tuple([_core.alias(x) for x in given])
        if who != "vjp" and any(x.dtype.kind == "c" for x in given):
            raise _core.DTypeError(
                f"{who}: a complex argument came; differentiate by its real and imaginary parts, "
                "or use vjp"
            )
        self._given = given  # hooks that the function registers live with these
        replaced = list(args)
        for i, part in zip(chosen, self._parts(given), strict=True):
            replaced[i] = part
        self.args = tuple(replaced)

    def _parts(self, leaves: list[Any]) -> list[Any]:
        parts, start = [], 0
        for treedef in self._trees:
            parts.append(treedef.unflatten(leaves[start : start + treedef.size]))
            start += treedef.size
        return parts

    def cotangents(
        self, outputs: tuple[Any, ...], seeds: tuple[Any, ...], nested: bool
    ) -> list[Any]:
        """Walk back; give one result for each leaf, zeros where nothing arrives."""
        found = _core.gradients(outputs, seeds, self.inputs, nested)
        return [
            np.zeros(x.shape, x.dtype)[()]
            if g is None
            else released(g, nested)
            if nested
            else g[()]
            for x, g in zip(self.inputs, found, strict=True)
        ]

    def like_arguments(self, leaves: list[Any]) -> Any:
        """Results in the structure of the chosen arguments; a tuple if argnums was one."""
        parts = self._parts(leaves)
        return tuple(parts) if self._tuple else parts[0]


def split_aux(result: Any, has_aux: bool, who: str) -> tuple[Any, Any]:
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError(f"{who}: with has_aux=True the function must return a pair (out, aux)")
    return result


def _scalar(out: Any, who: str) -> Any:
    """The result of a function that can have a gradient."""
    if isinstance(out, _core.Tensor):
        if out.ndim:
            raise TypeError(
                f"{who}: wants a function with a scalar result, this one has shape {out.shape}; "
                "use jacobian, or elementwise_grad where element i depends on element i only"
            )
        if out.dtype.kind == "c":
            raise TypeError(
                f"{who}: wants a function with a real result, this one is {out.dtype}; use abs(z) "
                "or z.real, or vjp"
            )
    elif isinstance(out, (tuple, list, dict, str)) or out is None or np.ndim(out):
        raise TypeError(
            f"{who}: wants a function with a scalar result, this one gave {type(out).__name__}; "
            "use jacobian for an array, vjp for a container, has_aux=True for (out, aux)"
        )
    return out


def _differentiate(
    f: Callable[..., Any],
    who: str,
    argnums: Argnums,
    has_aux: bool,
    check: Callable[[Any, str], Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> tuple[Any, Any, Any]:
    """Value, auxiliary result and gradient, the seed being ones."""
    variables = Variables(args, argnums, who)
    with Transform():
        out, aux = split_aux(f(*variables.args, **kwargs), has_aux, who)
    check(out, who)
    outputs = (out,) if isinstance(out, _core.Tensor) else ()
    nested = variables.nested
    gradients = variables.cotangents(outputs, (None,) * len(outputs), nested)
    value = released(out, nested)
    aux = map_leaves(lambda x: released(x, nested), aux)
    return value, aux, variables.like_arguments(gradients)


def grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """Make the function that computes the gradient of `f`.

    Parameters
    ----------
    f : callable
        Gives a scalar. It is written with NumPy, operators and the functions of `retrograd`.
    argnums : int or tuple of int, default 0
        The positional arguments to differentiate by: arrays, numbers, or containers of them.
    has_aux : bool, default False
        `f` gives a pair, of which only the first part is differentiated.

    Returns
    -------
    callable
        With the arguments of `f`. It gives the gradient in the structure of the argument (a tuple
        of them for a tuple of argnums), or `(gradient, aux)`. Leaves are arrays of the argument's
        shape and floating dtype, NumPy scalars for 0-d ones. Inside another transform, or for
        tensors that require a gradient, they are tensors instead, part of the graph.

    Raises
    ------
    TypeError
        By the returned function, if the result of `f` is no scalar.

    Examples
    --------
    >>> grad(lambda x: x**3)(2.0)
    np.float64(12.0)
    >>> grad(grad(lambda x: x**3))(2.0)
    np.float64(12.0)
    """

    @wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        _, aux, g = _differentiate(f, "grad", argnums, has_aux, _scalar, args, kwargs)
        return (g, aux) if has_aux else g

    return gradient


def value_and_grad(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Make the function that computes `f` and its gradient in one evaluation.

    Parameters and errors are those of `grad`.

    Returns
    -------
    callable
        It gives `(value, gradient)`, or `((value, aux), gradient)`.

    Examples
    --------
    >>> value_and_grad(lambda x: x**3)(2.0)
    (np.float64(8.0), np.float64(12.0))
    """

    @wraps(f)
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        value, aux, g = _differentiate(f, "value_and_grad", argnums, has_aux, _scalar, args, kwargs)
        return ((value, aux) if has_aux else value), g

    return value_and_gradient


def elementwise_grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """Make the derivative of a function that works element by element.

    It is the gradient of the sum of `f`'s elements, so it is the derivative only if each element of
    the result depends on the same element of the argument alone.

    Parameters
    ----------
    f : callable
        Gives one array.
    argnums : int or tuple of int, default 0
        As for `grad`.

    Returns
    -------
    callable
        It gives arrays of the argument's shape.

    Examples
    --------
    >>> elementwise_grad(np.sin)(np.array([0.0, np.pi]))
    array([ 1., -1.])
    """

    def is_array(out: Any, who: str) -> None:
        if isinstance(out, (tuple, list, dict, str)) or out is None:
            raise TypeError(f"{who}: wants a function with one array as its result")

    @wraps(f)
    def derivative(*args: Any, **kwargs: Any) -> Any:
        return _differentiate(f, "elementwise_grad", argnums, False, is_array, args, kwargs)[2]

    return derivative


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """Evaluate `f`, and give the function that pulls cotangents back through it.

    Parameters
    ----------
    f : callable
        Of positional arguments; its result may be a container.
    *primals : arrays or containers of them
        Where to evaluate; all are differentiated by.
    has_aux : bool, default False
        `f` gives a pair `(out, aux)`.

    Returns
    -------
    out : array or container
        The result of `f`.
    vjp_fn : callable
        From a cotangent in the structure, shapes and dtypes of `out` to the tuple of cotangents of
        the primals. It may be called any number of times.
    aux
        Only with `has_aux`.

    Examples
    --------
    >>> out, pull = vjp(lambda x, y: x * y, 2.0, 3.0)
    >>> out, pull(1.0)
    (np.float64(6.0), (np.float64(3.0), np.float64(2.0)))
    """
    variables = Variables(primals, tuple(range(len(primals))), "vjp")
    with Transform():
        out, aux = split_aux(f(*variables.args), has_aux, "vjp")
    outputs, treedef = flatten(out)

    def vjp_fn(cotangent: Any) -> Any:
        seeds = treedef.leaves_of(cotangent, "vjp")
        chosen = [i for i, y in enumerate(outputs) if isinstance(y, _core.Tensor)]
        for i in chosen:
            if np.shape(seeds[i]) != outputs[i].shape:
                raise _core.ShapeError(
                    f"vjp: a cotangent of shape {np.shape(seeds[i])} came for "
                    f"{treedef.paths('out')[i]} of shape {outputs[i].shape}"
                )
        nested = variables.nested or is_nested(seeds)
        ends, starts = tuple(outputs[i] for i in chosen), tuple(seeds[i] for i in chosen)
        return variables.like_arguments(variables.cotangents(ends, starts, nested))

    def give(x: Any) -> Any:
        return released(x, variables.nested)

    value = treedef.unflatten(map(give, outputs))
    return (value, vjp_fn, map_leaves(give, aux)) if has_aux else (value, vjp_fn)


def stop_gradient(tree: Any) -> Any:
    """The same values as constants: no gradient flows back through them.

    Parameters
    ----------
    tree : array, Tensor or container of them

    Returns
    -------
    The same structure; tensors are replaced by constant ones, everything else is given back.

    Examples
    --------
    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    np.float64(3.0)
    """
    return map_leaves(lambda x: x.detach() if isinstance(x, _core.Tensor) else x, tree)

"""Forward mode: `jvp`, `linearize` and `hvp`, with JAX's signatures.

`jvp` runs the function on values that carry a tangent, and records nothing for it. `linearize`
records once and pushes any number of tangents through the graph; `hvp` does that to a gradient.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .. import _core
from .nesting import Transform, is_nested, plain, released
from .reverse import Argnums, Variables, grad, split_aux
from .tree import TreeDef, flatten, map_leaves


def jvp(
    f: Callable[..., Any],
    primals: tuple[Any, ...],
    tangents: tuple[Any, ...],
    has_aux: bool = False,
) -> Any:
    """Evaluate `f` and its derivative along `tangents` together.

    Parameters
    ----------
    f : callable
        Of positional arguments; its result may be a container.
    primals : tuple of arrays or containers of them
        Where to evaluate: one for each argument of `f`.
    tangents : tuple
        The direction, in the structure and shapes of `primals`.
    has_aux : bool, default False
        `f` gives a pair `(out, aux)`, of which only the first part is differentiated.

    Returns
    -------
    out : array or container
        The result of `f`.
    tangent_out : array or container
        The derivative along the direction, in the structure, shapes and dtypes of `out`.
    aux
        Only with `has_aux`.

    Raises
    ------
    TypeError
        If the tangents have another structure.
    ShapeError
        If a tangent has another shape than its primal.
    GraphError
        If `f` uses an operation whose rule, written in Python, takes no tangents.

    Examples
    --------
    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
    (np.float64(6.0), np.float64(3.0))
    """
    if not isinstance(primals, tuple):
        raise TypeError(f"jvp: primals is a tuple of arguments, not {type(primals).__name__}")
    leaves, treedef = flatten(primals)
    directions = treedef.leaves_of(tangents, "jvp")
    nested = is_nested([*leaves, *directions])
    if not nested:
        leaves, directions = list(map(plain, leaves)), list(map(plain, directions))
    level = _core.open_level()
    try:
        with Transform():
            pairs = zip(leaves, directions, strict=True)
            args = treedef.unflatten([_core.attach(x, v, level) for x, v in pairs])
            out, aux = split_aux(f(*args), has_aux, "jvp")
            outputs, out_tree = flatten(out)
            moved = [_tangent_of(y, level) for y in outputs]
    finally:
        _core.close_level(level)
    value = out_tree.unflatten(released(y, nested) for y in outputs)
    tangent = out_tree.unflatten(released(t, nested) for t in moved)
    if not has_aux:
        return value, tangent
    return value, tangent, map_leaves(lambda x: released(x, nested), aux)


def _tangent_of(y: Any, level: int) -> Any:
    """The tangent of a result, zeros where it does not depend on the primals."""
    t = _core.tangent_of(y, level) if isinstance(y, _core.Tensor) else None
    return zeros_like(y) if t is None else t


def zeros_like(x: Any) -> Any:
    """Zeros of x's shape, and of its dtype if that is a floating one."""
    value = x if isinstance(x, _core.Tensor) else np.asarray(x)
    dtype = value.dtype if value.dtype.kind in "fc" else np.float64
    return np.zeros(value.shape, dtype)[()]


class Linear:
    """A function at a point as a linear map: its graph, recorded once.

    Attributes
    ----------
    variables : Variables
    outputs : list
        The leaves of the result; those that depend on the variables are tensors.
    treedef : TreeDef
        The result's structure.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        argnums: Argnums,
        has_aux: bool,
        who: str,
    ) -> None:
        self.variables = Variables(args, argnums, who)
        with Transform():
            out, self.aux = split_aux(f(*self.variables.args, **kwargs), has_aux, who)
        self.outputs, self.treedef = flatten(out)
        self.tensors = [y for y in self.outputs if isinstance(y, _core.Tensor)]
        self.nested = self.variables.nested
        self.sweep = _core.Sweep(self.variables.inputs, self.tensors, self.nested)

    def value(self) -> Any:
        """The result, for the caller of the transform."""
        return self.treedef.unflatten(self.released(y) for y in self.outputs)

    def released(self, x: Any) -> Any:
        return released(x, self.nested)


def linearize(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """Evaluate `f` once and give its derivative there as a function of the direction.

    Parameters
    ----------
    f : callable
        Of positional arguments; its result may be a container.
    *primals : arrays or containers of them
        Where to evaluate.

    Returns
    -------
    out : array or container
        The result of `f`.
    f_jvp : callable
        From tangents, in the structure and shapes of the primals, to the tangent of `out`. It
        goes through the recorded graph and does not call `f` again, unless rules written in Python
        are in it.

    Examples
    --------
    >>> out, f_jvp = linearize(np.sin, 0.0)
    >>> out, f_jvp(2.0)
    (np.float64(0.0), np.float64(2.0))
    """
    linear = Linear(f, primals, {}, tuple(range(len(primals))), False, "linearize")
    _, primal_tree = flatten(primals)

    def f_jvp(*tangents: Any) -> Any:
        if linear.sweep.external:
            return jvp(f, primals, tangents)[1]
        return _push(linear, primal_tree, tangents)

    return linear.value(), f_jvp


def _push(linear: Linear, treedef: TreeDef, tangents: Any) -> Any:
    directions = treedef.leaves_of(tangents, "linearize")
    for x, v, path in zip(
        linear.variables.inputs, directions, treedef.paths("tangents"), strict=True
    ):
        if np.shape(v) != x.shape:
            raise _core.ShapeError(
                f"linearize: {path} of shape {np.shape(v)} came for a primal of shape {x.shape}"
            )
    pushed = iter(linear.sweep.push(directions, False))
    nested = linear.nested or is_nested(directions)
    results = []
    for y in linear.outputs:
        found = next(pushed) if isinstance(y, _core.Tensor) else None
        results.append(zeros_like(y) if found is None else released(found[0], nested))
    return linear.treedef.unflatten(results)


def hvp(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """Make the function that multiplies the Hessian of `f` with a direction.

    Forward over reverse: the gradient's graph is recorded, and the direction pushed through it.
    The Hessian itself is never formed.

    Parameters
    ----------
    f : callable
        Gives a scalar.
    argnums : int, default 0
        The argument to differentiate by.

    Returns
    -------
    callable
        With the arguments of `f` and then the direction, in the structure of the argument; it
        gives the product in that structure: `hvp(f)(x, v)`.

    Examples
    --------
    >>> hvp(lambda x: (x**3).sum())(np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    array([6., 0.])
    """

    @wraps(f)
    def product(*args: Any, **kwargs: Any) -> Any:
        if len(args) < 2:
            raise TypeError("hvp: wants the arguments of the function and then a direction")
        *at, v = args
        gradient = grad(f, argnums)

        def of_one(x: Any) -> Any:
            moved = list(at)
            moved[argnums] = x
            return gradient(*moved, **kwargs)

        return linearize(of_one, at[argnums])[1](v)

    return product

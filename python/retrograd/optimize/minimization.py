"""`minimize`: SciPy's, with every derivative it can use."""

from collections.abc import Callable
from typing import Any

from ..functional.reverse import value_and_grad
from ..functional.tree import ravel
from .derivatives import hessian, hessian_product, jacobian
from .raveled import Variables, Vector, restoring, scipy_optimize, value_of, vector_of

# SciPy's methods by what they can use; the others use the gradient alone.
_VALUES = {"nelder-mead", "powell", "cobyla", "cobyqa"}
_PRODUCTS = {"newton-cg", "trust-ncg", "trust-krylov", "trust-constr"}
_MATRICES = {"dogleg", "trust-exact"}


def minimize(
    f: Callable[..., Any],
    x0: Any,
    args: Any = (),
    method: Any = None,
    *,
    hess: Any = None,
    bounds: Any = None,
    constraints: Any = (),
    tol: float | None = None,
    callback: Callable[..., Any] | None = None,
    options: dict[str, Any] | None = None,
) -> Any:
    """Minimise a scalar function by `scipy.optimize.minimize`, with exact derivatives.

    The gradient comes with the value from one evaluation. Methods that take second derivatives get
    Hessian-vector products (Newton-CG, trust-ncg, trust-krylov, trust-constr and methods of your
    own) or the Hessian (dogleg, trust-exact).

    Parameters
    ----------
    f : callable
        `f(x, *args) -> scalar`, in plain NumPy on what `x0` holds.
    x0 : array_like or container
        Where to begin: tuples, lists, dicts, namedtuples and dataclasses of arrays in any nesting.
        A plain list or tuple of numbers is an array.
    args : tuple, default ()
        Further arguments of `f`; constants.
    method : str or callable, optional
        As in SciPy, which chooses BFGS, L-BFGS-B or SLSQP when none is given.
    hess : callable, str or HessianUpdateStrategy, optional
        Passed to SciPy in place of the exact second derivatives; a callable `hess(x, *args)` gets
        x in its container and gives the matrix of the raveled vector.
    bounds : optional
        SciPy's own forms, on the raveled vector. When `x0` is a container: `Bounds`, or (lower,
        upper), each a number or of `x0`'s structure.
    constraints : dict, NonlinearConstraint, LinearConstraint, or a list of them, default ()
        Functions in dicts without `jac`, and in `NonlinearConstraint`, take x in its container,
        may return one, and are differentiated. `LinearConstraint` acts on the raveled vector.
    tol, options : optional
        As in SciPy.
    callback : callable, optional
        `callback(x)` or `callback(intermediate_result)` as in SciPy, with x in its container.

    Returns
    -------
    scipy.optimize.OptimizeResult
        SciPy's, with `x` in the structure and the dtypes of `x0`; other fields stay raveled.

    Raises
    ------
    ModuleNotFoundError
        Without SciPy, which the extra `optimize` brings.
    TypeError
        If `f` is not a scalar.

    Examples
    --------
    >>> def f(p):
    ...     return (p["a"] - 1.0) ** 2 + (p["b"] - p["a"]) ** 4
    >>> fit = minimize(f, {"a": 3.0, "b": 1.0}, method="Newton-CG")
    >>> round(fit.x["a"], 3)
    np.float64(1.0)
    """
    scipy = scipy_optimize()
    variables = Variables(x0)
    flat = variables.of_vector(f, args)
    name = method.lower() if isinstance(method, str) else method
    use: dict[str, Any] = {}
    if name in _VALUES:
        objective: Callable[..., Any] = value_of(flat)
    else:
        objective, use["jac"] = _with_gradient(flat), True
    if hess is not None:
        use["hess"] = variables.of_vector(hess, args) if callable(hess) else hess
    elif name in _MATRICES:
        use["hess"] = hessian(flat)
    elif name in _PRODUCTS or callable(method):
        use["hessp"] = hessian_product(flat)
    result = scipy.minimize(
        objective,
        variables.x0,
        method=method,
        bounds=_bounds(bounds, variables, scipy),
        constraints=_constraints(constraints, variables, scipy),
        tol=tol,
        callback=restoring(callback, variables.unravel),
        options=options,
        **use,
    )
    result.x = variables.unravel(result.x)
    return result


def _with_gradient(flat: Callable[[Any], Any]) -> Callable[[Vector], tuple[float, Vector]]:
    both = value_and_grad(flat)

    def value_and_gradient(v: Vector) -> tuple[float, Vector]:
        value, gradient = both(v)
        return float(value), gradient

    return value_and_gradient


def _bounds(bounds: Any, variables: Variables, scipy: Any) -> Any:
    if bounds is None or variables.is_array or isinstance(bounds, scipy.Bounds):
        return bounds
    return scipy.Bounds(*variables.bounds(bounds))


def _constraints(constraints: Any, variables: Variables, scipy: Any) -> list[Any]:
    """The constraints as functions of the vector, with derivatives where none were given."""
    single = isinstance(constraints, (dict, scipy.NonlinearConstraint, scipy.LinearConstraint))
    return [_constraint(c, variables, scipy) for c in ([constraints] if single else constraints)]


def _constraint(c: Any, variables: Variables, scipy: Any) -> Any:
    if isinstance(c, scipy.LinearConstraint):
        return c
    if isinstance(c, dict):
        args, own = c.get("args", ()), c.get("jac")
        flat = variables.of_vector(c["fun"], args)
        derivative = variables.of_vector(own, args) if callable(own) else jacobian(flat)
        return {**c, "fun": vector_of(flat), "jac": derivative, "args": ()}
    flat = variables.of_vector(c.fun)

    def curvature(v: Vector, multipliers: Vector) -> Vector:
        summed: Vector = hessian(lambda x: (ravel(flat(x))[0] * multipliers).sum())(v)
        return summed

    def own_curvature(v: Vector, multipliers: Vector) -> Any:
        return c.hess(variables.unravel(v), multipliers)

    # Its defaults are finite differences and a quasi-Newton strategy; both are replaced.
    return scipy.NonlinearConstraint(
        vector_of(flat),
        c.lb,
        c.ub,
        jac=variables.of_vector(c.jac) if callable(c.jac) else jacobian(flat),
        hess=own_curvature if callable(c.hess) else curvature,
        keep_feasible=c.keep_feasible,
    )

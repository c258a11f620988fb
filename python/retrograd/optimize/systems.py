"""`least_squares` and `root`: SciPy's, with the exact Jacobian."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .derivatives import jacobian
from .raveled import Variables, restoring, scipy_optimize, vector_of

_WITH_JACOBIAN = {"hybr", "lm"}


def least_squares(
    residuals: Callable[..., Any],
    x0: Any,
    bounds: Any = (-np.inf, np.inf),
    method: str = "trf",
    args: tuple[Any, ...] = (),
    kwargs: dict[str, Any] | None = None,
    *,
    callback: Callable[..., Any] | None = None,
    **options: Any,
) -> Any:
    """Minimise half the sum of squared residuals by `scipy.optimize.least_squares`.

    Parameters
    ----------
    residuals : callable
        `residuals(x, *args, **kwargs)`: an array or a container of m numbers in all.
    x0 : array_like or container
        Where to begin; as for `minimize`.
    bounds : (lower, upper) or Bounds, optional
        Each a number or of `x0`'s structure.
    method : {'trf', 'dogbox', 'lm'}, default 'trf'
        As in SciPy.
    args, kwargs : optional
        Further arguments of `residuals`; constants.
    callback : callable, optional
        As for `minimize`; needs SciPy 1.16.
    **options
        SciPy's other parameters: `loss`, `x_scale`, `ftol`, `max_nfev`, …

    Returns
    -------
    scipy.optimize.OptimizeResult
        SciPy's, with `x` in the structure of `x0`; `fun` is (m,) and `jac` (m, n), raveled.

    Raises
    ------
    ModuleNotFoundError
        Without SciPy, which the extra `optimize` brings.
    TypeError
        If a bound has not the structure of `x0`.
    """
    scipy = scipy_optimize()
    variables = Variables(x0)
    flat = variables.of_vector(partial(residuals, **(kwargs or {})), args)
    if callback is not None:
        options["callback"] = restoring(callback, variables.unravel)
    result = scipy.least_squares(
        vector_of(flat),
        variables.x0,
        jac=jacobian(flat),
        bounds=bounds if isinstance(bounds, scipy.Bounds) else variables.bounds(bounds),
        method=method,
        **options,
    )
    result.x = variables.unravel(result.x)
    return result


def root(
    f: Callable[..., Any],
    x0: Any,
    args: Any = (),
    method: str = "hybr",
    *,
    tol: float | None = None,
    callback: Callable[..., Any] | None = None,
    options: dict[str, Any] | None = None,
) -> Any:
    """Find a root of n equations in n unknowns by `scipy.optimize.root`.

    Parameters
    ----------
    f : callable
        `f(x, *args)`: an array or a container of as many numbers as `x0` has.
    x0 : array_like or container
        Where to begin; as for `minimize`.
    args : tuple, default ()
        Further arguments of `f`; constants.
    method : str, default 'hybr'
        As in SciPy; 'hybr' and 'lm' use the exact Jacobian, the others use none.
    tol, options : optional
        As in SciPy.
    callback : callable, optional
        `callback(x, f)` as in SciPy, with x in its container; 'hybr' and 'lm' know none.

    Returns
    -------
    scipy.optimize.OptimizeResult
        SciPy's, with `x` in the structure of `x0`; other fields stay raveled.

    Raises
    ------
    ModuleNotFoundError
        Without SciPy, which the extra `optimize` brings.
    """
    scipy = scipy_optimize()
    variables = Variables(x0)
    flat = variables.of_vector(f, args)
    result = scipy.root(
        vector_of(flat),
        variables.x0,
        method=method,
        jac=jacobian(flat) if method.lower() in _WITH_JACOBIAN else None,
        tol=tol,
        callback=restoring(callback, variables.unravel),
        options=options,
    )
    result.x = variables.unravel(result.x)
    return result

"""`curve_fit`: SciPy's, with the exact Jacobian and parameters of any structure."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .derivatives import jacobian
from .raveled import Variables, scipy_optimize, vector_of


def curve_fit(
    f: Callable[..., Any],
    xdata: Any,
    ydata: Any,
    p0: Any = None,
    sigma: Any = None,
    absolute_sigma: bool = False,
    *,
    bounds: Any = (-np.inf, np.inf),
    method: str | None = None,
    **options: Any,
) -> Any:
    """Fit a curve to data by `scipy.optimize.curve_fit`.

    Parameters
    ----------
    f : callable
        The model `f(xdata, *parameters)`, or `f(xdata, **parameters)` if `p0` is a dict.
    xdata : Any
        What `f` takes; a constant.
    ydata : array_like
        The m numbers to be fitted.
    p0 : array_like, sequence or dict, optional
        The parameters at the beginning: numbers, or arrays and containers of them. Ones for the
        arguments of `f`, or inside the bounds, when none are given.
    sigma, absolute_sigma : optional
        The errors of `ydata`, as in SciPy.
    bounds : (lower, upper) or Bounds, optional
        Each a number or of `p0`'s structure.
    method : {'lm', 'trf', 'dogbox'}, optional
        As in SciPy.
    **options
        SciPy's other parameters: `full_output`, `nan_policy`, `max_nfev`, …

    Returns
    -------
    popt : ndarray or container
        The parameters, an ndarray if `p0` is plain numbers, otherwise in the structure of `p0`.
    pcov : ndarray
        (n, n), the covariance of the raveled parameters. SciPy's further results follow.

    Raises
    ------
    ModuleNotFoundError
        Without SciPy, which the extra `optimize` brings.
    RuntimeError
        If the fit does not converge.

    Examples
    --------
    >>> t = np.linspace(0.0, 1.0, 9)
    >>> popt, _ = curve_fit(lambda t, a, k: a * np.exp(-k * t), t, 3.0 * np.exp(-2.0 * t))
    >>> popt.round(6)
    array([3., 2.])
    """
    scipy = scipy_optimize()
    # Without p0 SciPy reads the number of parameters from f's signature, which `wraps` shows it.
    variables = None if p0 is None else Variables(p0)

    def model(x: Any) -> Callable[[Any], Any]:
        def of_vector(v: Any) -> Any:
            p = v if variables is None else variables.unravel(v)
            return f(x, **p) if isinstance(p, dict) else f(x, *p)

        return of_vector

    @wraps(f)
    def curve(x: Any, *p: float) -> Any:
        return vector_of(model(x))(np.array(p))

    def slope(x: Any, *p: float) -> Any:
        return jacobian(model(x))(np.array(p))

    if variables is not None and not isinstance(bounds, scipy.Bounds):
        bounds = variables.bounds(bounds)
    popt, *more = scipy.curve_fit(
        curve,
        xdata,
        ydata,
        None if variables is None else variables.x0,
        sigma,
        absolute_sigma,
        bounds=bounds,
        method=method,
        jac=slope,
        **options,
    )
    return (popt if variables is None else variables.unravel(popt), *more)

"""The derivatives that SciPy asks for, of functions of one vector.

The one place that says how: everything above the first order is a reverse pass through a recorded
reverse pass.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..functional.reverse import grad, vjp
from ..functional.tree import ravel
from .raveled import Vector


def jacobian(f: Callable[[Any], Any]) -> Callable[[Vector], Vector]:
    """The matrix (m, n) of a function from n numbers to a container of m, by min(m, n) passes."""

    def raveled(x: Any) -> Any:
        return ravel(f(x))[0]

    def matrix(v: Vector) -> Vector:
        out, pull = vjp(raveled, v)
        m, n = np.size(out), v.size
        if m <= n:
            return np.array([pull(e)[0] for e in np.eye(m)]).reshape(m, n)
        # The map u -> u @ J is linear: its own transpose is v -> J @ v, one column a pass.
        _, push = vjp(lambda u: vjp(raveled, v)[1](u)[0], np.zeros(m))
        return np.array([push(e)[0] for e in np.eye(n)]).reshape(n, m).T

    return matrix


def hessian(f: Callable[[Any], Any]) -> Callable[[Vector], Vector]:
    """The matrix (n, n) of second derivatives of a scalar function."""
    return jacobian(grad(f))


def hessian_product(f: Callable[[Any], Any]) -> Callable[[Vector, Vector], Vector]:
    """The product of the Hessian at v with p, without the matrix.

    Solvers ask for many products at one point, so the gradient's graph is recorded once a point.
    The Hessian is symmetric: pulling p back through the gradient multiplies by it.
    """
    point: Any = None
    pull: Any = None

    def multiply(v: Vector, p: Vector) -> Vector:
        nonlocal point, pull
        if point is None or not np.array_equal(point, v):
            pull = vjp(grad(f), v)[1]
            point = np.array(v)  # solvers write into the array they hand over
        return np.asarray(pull(p)[0])

    return multiply

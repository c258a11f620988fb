"""The derivatives that SciPy asks for, of functions of one vector."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..functional.jacobian import hessian as hessian
from ..functional.jacobian import jacobian as _jacobian
from ..functional.reverse import grad, vjp
from ..functional.tree import ravel
from .raveled import Vector


def jacobian(f: Callable[[Any], Any]) -> Callable[[Vector], Vector]:
    """The matrix (m, n) of a function from n numbers to a container of m."""
    return _jacobian(lambda x: ravel(f(x))[0])


def hessian_product(f: Callable[[Any], Any]) -> Callable[[Vector, Vector], Vector]:
    """The product of the Hessian at v with p, without the matrix.

    Solvers ask for many products at one point, so the gradient's graph is recorded once a point.
    The Hessian is symmetric: pulling p back through the gradient multiplies by it. Reverse over
    reverse asks less of a custom operation than forward mode: a rule written in tensors.
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

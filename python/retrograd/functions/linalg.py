"""Inverses, and the products that go with them."""

from typing import Any

import numpy as np

from .primitive import Primitive
from .table import implements


def _t(a: Any) -> Any:
    return np.swapaxes(a, -1, -2)


_inv = Primitive(
    "inv",
    np.linalg.inv,
    lambda g, y, a: -(_t(y) @ g @ _t(y)),
)


@implements(np.linalg.inv, derivative="-y.T @ g @ y.T")
def inv(a: Any) -> Any:
    return _inv(a)


@implements(np.swapaxes, derivative="axes swapped back", method="swapaxes")
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    order = list(range(a.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return a.transpose(order)

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

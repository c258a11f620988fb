"""Stopping at the first value that is none."""

from typing import Any

from .. import _core
from ..modes import Scope


class detect_anomaly(Scope):
    """Raise at the first NaN or infinity that is born, in a forward or a backward operation.

    The message says which operation, which element, the operands' shapes and ranges, and the line
    that called the operation; for a gradient that broke, the forward line. A value is born where
    the result has a NaN (or an infinity) and no operand has one: a mask of -inf that the user put
    in passes. Every value is looked at, so this is for finding an error, not for every day.

    A context manager and a decorator, for the whole process.

    Raises
    ------
    AnomalyError
        A FloatingPointError, from the operation or from `backward`; gradients stay as they were.

    Examples
    --------
    >>> import numpy as np, retrograd
    >>> x = retrograd.Tensor([1.0, 0.0])
    >>> with retrograd.detect_anomaly():
    ...     np.sqrt(x).sum().backward()
    Traceback (most recent call last):
    retrograd.AnomalyError: sqrt: backward made inf at element (1,) ...
    """

    def __enter__(self) -> "detect_anomaly":
        _core.open_anomaly(1)
        return self

    def __exit__(self, *error: Any) -> None:
        _core.open_anomaly(-1)

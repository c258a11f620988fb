"""The table of NumPy functions: what carries each out, and what its derivative is.

A function is one definition below its `implements`, with NumPy's own parameters in NumPy's order.
What it does not list is refused by name: Python itself raises the TypeError. `out=` is no business
of a function's: `interop.py` writes a result into a Tensor that is given there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from ..ops import FUNCTIONS, UFUNCS
from ..values import Evaluate
from ..values import is_tensor as is_tensor
from ..values import value as value

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Entry:
    """One NumPy function.

    Attributes
    ----------
    call : callable
        What carries it out on tensors.
    derivative : str
        The cotangents of the operands for a cotangent `g` of the result `y`; for a composition, in
        words, what it is made of. Empty where the result has no derivative: integers, booleans.
    kink : str
        What is given where there is no derivative.
    """

    call: Callable[..., Any]
    derivative: str
    kink: str = ""


ENTRIES: dict[Callable[..., Any], Entry] = {}


def implements(*functions: Callable[..., Any], derivative: str, kink: str = "") -> Callable[[F], F]:
    """Enter a function on tensors under the NumPy functions that it carries out.

    Parameters
    ----------
    *functions : callable
        NumPy's functions, all with the same meaning.
    derivative, kink : str
        For the table in the documentation, see `Entry`.
    """

    def enter(f: F) -> F:
        entry = Entry(f, derivative, kink)
        for function in functions:
            ENTRIES[function] = entry
            if isinstance(function, np.ufunc):
                UFUNCS[function] = f
            else:
                FUNCTIONS[function] = f
        return f

    return enter


def on_values(*functions: Callable[..., Any]) -> None:
    """Enter functions whose results have no derivative: they see the tensors' values."""
    for function in functions:
        evaluate = Evaluate(function)
        ENTRIES[function] = Entry(evaluate, "")
        FUNCTIONS[function] = evaluate

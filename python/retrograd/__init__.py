"""Reverse-mode automatic differentiation for NumPy with a C++ core.

`Tensor` is the class; the functions of `retrograd.ops` are here as well, and plain NumPy functions
take tensors too. `retrograd.functional` has `grad` and its like, whose names are here as well;
`retrograd.pure` is the same idea in one readable page of Python.
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from . import ops as ops
from ._core import AnomalyError as AnomalyError
from ._core import DTypeError as DTypeError
from ._core import GraphError as GraphError
from ._core import ShapeError as ShapeError
from ._version import __version__ as __version__
from .allocation import Memory as Memory
from .allocation import empty_cache as empty_cache
from .allocation import memory as memory
from .modes import no_grad as no_grad
from .modes import strict as strict
from .ops import *
from .picture import graph as graph
from .profiler.anomaly import detect_anomaly as detect_anomaly
from .profiler.regions import region as region
from .profiler.session import profile as profile
from .settings import config as config
from .tensor import Tensor as Tensor
from .threads import get_num_threads as get_num_threads
from .threads import set_num_threads as set_num_threads

SimpleTensor = Tensor  # the notebook's first stage, under its own name

if _TYPE_CHECKING:
    from .functional import checkpoint as checkpoint
    from .functional import custom as custom
    from .functional import elementwise_grad as elementwise_grad
    from .functional import grad as grad
    from .functional import hessian as hessian
    from .functional import hvp as hvp
    from .functional import jacobian as jacobian
    from .functional import jvp as jvp
    from .functional import linearize as linearize
    from .functional import stop_gradient as stop_gradient
    from .functional import value_and_grad as value_and_grad
    from .functional import vjp as vjp
    from .functions.creation import array as array

_MODULES = ("functional", "optimize", "special", "testing")
_FUNCTIONAL = (
    "checkpoint",
    "custom",
    "elementwise_grad",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "linearize",
    "stop_gradient",
    "value_and_grad",
    "vjp",
)


def __getattr__(name: str) -> _Any:
    """Import what a program asks for when it asks: plain `import retrograd` stays quick."""
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name in _FUNCTIONAL:
        found = globals()[name] = getattr(import_module(f"{__name__}.functional"), name)
        return found
    if name == "array":
        found = globals()[name] = import_module(f"{__name__}.functions.creation").array
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES, *_FUNCTIONAL, "array"})

"""Reverse-mode automatic differentiation for NumPy with a C++ core.

`Tensor` is the class; the functions of `retrograd.ops` are here as well, and plain NumPy functions
take tensors too. `retrograd.pure` is the same idea in one readable page of Python.
"""

from . import ops as ops
from ._core import AnomalyError as AnomalyError
from ._core import DTypeError as DTypeError
from ._core import GraphError as GraphError
from ._core import ShapeError as ShapeError
from ._version import __version__ as __version__
from .modes import no_grad as no_grad
from .modes import strict as strict
from .ops import *
from .picture import graph as graph
from .profiler.anomaly import detect_anomaly as detect_anomaly
from .profiler.regions import region as region
from .profiler.session import profile as profile
from .tensor import Tensor as Tensor

SimpleTensor = Tensor  # the notebook's first stage, under its own name

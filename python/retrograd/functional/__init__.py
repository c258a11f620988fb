"""Functions of functions: derivatives of plain NumPy code, in the signatures of JAX."""

from .checkpoint import checkpoint as checkpoint
from .custom import custom as custom
from .forward import hvp as hvp
from .forward import jvp as jvp
from .forward import linearize as linearize
from .jacobian import hessian as hessian
from .jacobian import jacobian as jacobian
from .reverse import elementwise_grad as elementwise_grad
from .reverse import grad as grad
from .reverse import stop_gradient as stop_gradient
from .reverse import value_and_grad as value_and_grad
from .reverse import vjp as vjp

"""Optimisation with exact derivatives, over containers: SciPy's solvers and first-order descent.

`minimize`, `least_squares`, `root` and `curve_fit` have SciPy's signatures without the derivatives;
`sgd`, `rmsprop` and `adam` need NumPy alone.
"""

from .first_order import adam as adam
from .first_order import rmsprop as rmsprop
from .first_order import sgd as sgd
from .fitting import curve_fit as curve_fit
from .minimization import minimize as minimize
from .systems import least_squares as least_squares
from .systems import root as root

"""Minimise the Rosenbrock function in 2 to 100 dimensions.

    python docs/examples/rosenbrock.py

The function is one line of NumPy. SciPy ships its gradient, Hessian and Hessian product written by
hand; `retrograd.optimize` derives all three, and the solvers then take the same steps.
"""

import numpy as np
from scipy import optimize as by_hand
from side_by_side import check, same_derivative, same_fit

import retrograd
from retrograd.optimize import minimize

DIMENSIONS = [2, 5, 10, 30, 100]
START = [1.3, 0.7, 0.8, 1.9, 1.2]  # SciPy's tutorial's, repeated to the dimension
METHODS = {
    "BFGS": ({"gtol": 1e-6}, {}),
    "L-BFGS-B": ({"ftol": 1e-14, "gtol": 1e-8}, {}),
    "Newton-CG": ({"xtol": 1e-8}, {"hessp": by_hand.rosen_hess_prod}),
    "trust-ncg": ({"gtol": 1e-8}, {"hessp": by_hand.rosen_hess_prod}),
    "trust-exact": ({"gtol": 1e-8}, {"hess": by_hand.rosen_hess}),
}


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def compare(start):
    condition = np.linalg.cond(by_hand.rosen_hess(start))
    gradient = retrograd.grad(rosenbrock)(start)
    same_derivative("gradient", gradient, by_hand.rosen_der(start), condition)
    for method, (options, second) in METHODS.items():
        options = {"maxiter": 5000, **options}
        ours = minimize(rosenbrock, start, method=method, options=options)
        theirs = by_hand.minimize(
            by_hand.rosen, start, method=method, jac=by_hand.rosen_der, options=options, **second
        )
        same_fit(method, ours, theirs, ours.x, theirs.x, 1e-6)
        away = np.abs(ours.x - 1.0).max()
        check(away < 1e-4, f"{method}: {away:.1e} away from the known optimum")


def main():
    for n in DIMENSIONS:
        print(f"{n} dimensions")
        compare(np.resize(START, n))


if __name__ == "__main__":
    main()

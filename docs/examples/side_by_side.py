"""What the fitting examples share: compare two runs, and end with an error if they differ."""

import sys

import numpy as np

GRADIENT_TOLERANCE = 1e-12  # relative, times the condition number of the problem
ITERATIONS_TOLERANCE = 0.05


def check(holds, complaint):
    if not holds:
        sys.exit(f"FAILED: {complaint}")


def same_derivative(name, ours, by_hand, condition):
    """Print how far a derivative is from the analytic one, and stop if that is too far."""
    ours, by_hand = np.ravel(ours), np.ravel(by_hand)
    error = np.linalg.norm(ours - by_hand) / np.linalg.norm(by_hand)
    print(f"{name}: relative error {error:.1e}, condition number {condition:.1e}")
    check(error <= GRADIENT_TOLERANCE * condition, f"{name}: relative error {error:.1e}")


def same_fit(name, ours, by_hand, x, x_by_hand, tolerance):
    """Print iterations and objectives of two results, and stop if they are two different fits.

    `x` and `x_by_hand` are the optima as vectors; `tolerance` bounds their relative distance.
    """
    count = "nit" if "nit" in ours else "nfev"
    n, m = ours[count], by_hand[count]
    distance = np.linalg.norm(x - x_by_hand) / np.linalg.norm(x_by_hand)
    print(
        f"{name:16} {count} {n:4d}, by hand {m:4d}; at the optimum {objective(ours):.9g}, "
        f"by hand {objective(by_hand):.9g}; distance {distance:.1e}"
    )
    check(ours.success and by_hand.success, f"{name}: {ours.message}")
    check(abs(n - m) <= ITERATIONS_TOLERANCE * m, f"{name}: {n} iterations, by hand {m}")
    check(distance <= tolerance, f"{name}: the optima are {distance:.1e} apart")


def objective(result):
    """The minimised value: least_squares' `fun` is the residuals."""
    return float(result["cost" if "cost" in result else "fun"])

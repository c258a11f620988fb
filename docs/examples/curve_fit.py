"""Fit a damped oscillation to 200 noisy measurements.

    python docs/examples/curve_fit.py

The model is one line of NumPy. The fit is run twice by `curve_fit`, with Levenberg-Marquardt and
with a trust region inside bounds, and once by `least_squares` on a dict of parameters; beside each
runs SciPy's with the Jacobian written by hand.
"""

import numpy as np
from scipy import optimize as by_hand
from side_by_side import check, same_derivative, same_fit

import retrograd
from retrograd.optimize import curve_fit, least_squares

TRUE = np.array([2.0, 0.4, 3.0, 0.5, 1.0])  # amplitude, rate, frequency, phase, offset
START = np.array([1.0, 0.2, 2.8, 0.0, 0.0])
NAMES = ["amplitude", "rate", "frequency", "phase", "offset"]
BOUNDS = ([0.0, 0.0, 2.0, -np.pi, -5.0], [5.0, 2.0, 4.0, np.pi, 5.0])
NOISE = 0.05


def oscillation(t, amplitude, rate, frequency, phase, offset):
    return amplitude * np.exp(-rate * t) * np.sin(frequency * t + phase) + offset


def slope(t, amplitude, rate, frequency, phase, offset):
    """Return the (200, 5) Jacobian of `oscillation`, by hand."""
    decay, angle = np.exp(-rate * t), frequency * t + phase
    wave, turn = decay * np.sin(angle), amplitude * decay * np.cos(angle)
    return np.stack([wave, -t * amplitude * wave, t * turn, turn, np.ones_like(t)], axis=1)


def fitted(fit, t, y, **options):
    """Run a `curve_fit`; return its result in the form of the other solvers, and the covariance."""
    popt, pcov, info, message, status = fit(
        oscillation, t, y, START, NOISE * np.ones_like(y), full_output=True, **options
    )
    cost = 0.5 * np.sum((oscillation(t, *popt) - y) ** 2)
    count = {"nfev": info["nfev"], "success": status in (1, 2, 3, 4), "message": message}
    return by_hand.OptimizeResult(x=popt, cost=cost, **count), pcov


def main():
    t = np.linspace(0.0, 6.0, 200)
    y = oscillation(t, *TRUE) + NOISE * np.random.default_rng(0).standard_normal(t.size)

    def residuals(p, t):
        return oscillation(t, *(p[name] for name in NAMES)) - y

    def cost(p):
        return 0.5 * np.sum(residuals(p, t) ** 2)

    start = dict(zip(NAMES, START, strict=True))
    matrix = slope(t, *START)
    gradient = retrograd.grad(cost)(start)
    condition = np.linalg.cond(matrix) ** 2  # of the normal equations
    by_name = np.array([gradient[name] for name in NAMES])
    same_derivative("gradient", by_name, matrix.T @ (oscillation(t, *START) - y), condition)

    for method, bounds in {"lm": (-np.inf, np.inf), "trf": BOUNDS}.items():
        ours, covariance = fitted(curve_fit, t, y, method=method, bounds=bounds)
        theirs, expected = fitted(by_hand.curve_fit, t, y, method=method, bounds=bounds, jac=slope)
        same_fit(f"curve_fit {method}", ours, theirs, ours.x, theirs.x, 1e-8)
        same_derivative("covariance", covariance, expected, condition)

    ours = least_squares(residuals, start, args=(t,))
    theirs = by_hand.least_squares(
        lambda x: oscillation(t, *x) - y, START, jac=lambda x: slope(t, *x)
    )
    same_fit("least_squares", ours, theirs, np.array([*ours.x.values()]), theirs.x, 1e-8)
    for name, value, true in zip(NAMES, theirs.x, TRUE, strict=True):
        print(f"{name:10} {ours.x[name]:.4f}, true {true}")
        check(abs(value - true) < 0.1, f"{name}: {value}, true {true}")


if __name__ == "__main__":
    main()

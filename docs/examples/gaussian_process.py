"""Fit the hyperparameters of a Gaussian process to 60 noisy measurements.

    python docs/examples/gaussian_process.py

The negative log marginal likelihood needs a linear solve and a log-determinant, which are defined
here as operations with rules of their own. Amplitude, length and noise are kept as logarithms, so
any step is allowed. SciPy runs beside it with the gradient and the Hessian written by hand.
"""

import numpy as np
from scipy import optimize as by_hand
from side_by_side import check, same_derivative, same_fit

import retrograd
from retrograd.optimize import minimize

NOISE = 0.1
NAMES = ["amplitude", "length", "noise"]
START = dict.fromkeys(NAMES, 0.0)


@retrograd.custom
def solve(a, b):
    """Return x with a @ x = b, for a symmetric matrix and the columns of b."""
    return np.linalg.solve(a, b)


@retrograd.custom
def log_determinant(a):
    """Return the logarithm of the determinant of a symmetric positive definite matrix."""
    return 2.0 * np.log(np.diag(np.linalg.cholesky(a))).sum()


def solve_and_save(a, b):
    x = np.linalg.solve(a, b)
    return x, (a, x)


def pull_solve(saved, g):
    a, x = saved
    h = solve(a, g)
    return -h @ x.T, h


# Both rules are written in operations, so they have derivatives of their own, to any order.
solve.defvjp(solve_and_save, pull_solve)
log_determinant.defvjp(
    lambda a: (log_determinant(a), a),
    lambda a, g: (g * solve(a, np.eye(len(a))),),
)


def covariance(p, squares):
    """Return the squared-exponential kernel with noise on its diagonal."""
    kernel = np.exp(2.0 * p["amplitude"] - 0.5 * squares * np.exp(-2.0 * p["length"]))
    return kernel + np.exp(2.0 * p["noise"]) * np.eye(len(squares))


def loss(p, squares, y):
    """Return the negative log marginal likelihood of the measurements."""
    k, column = covariance(p, squares), y[:, None]
    fit = np.sum(column * solve(k, column))
    return 0.5 * (fit + log_determinant(k) + len(y) * np.log(2.0 * np.pi))


class ByHand:
    """The same on one vector, with derivatives."""

    def __init__(self, squares, y):
        self.squares, self.y = squares, y

    def parts(self, x):
        """Return the inverse of K, and K's first and second derivatives by the logarithms."""
        amplitude, length, noise = x
        scaled = self.squares * np.exp(-2.0 * length)
        kernel = np.exp(2.0 * amplitude - 0.5 * scaled)
        white = np.exp(2.0 * noise) * np.eye(len(self.y))
        first = [2.0 * kernel, scaled * kernel, 2.0 * white]
        mixed, zero = 2.0 * scaled * kernel, np.zeros_like(kernel)
        second = [
            [4.0 * kernel, mixed, zero],
            [mixed, (scaled - 2.0) * scaled * kernel, zero],
            [zero, zero, 4.0 * white],
        ]
        return np.linalg.inv(kernel + white), first, second

    def loss(self, x):
        inverse = self.parts(x)[0]
        log_det = -np.linalg.slogdet(inverse)[1]
        return 0.5 * (self.y @ inverse @ self.y + log_det + len(self.y) * np.log(2.0 * np.pi))

    def gradient(self, x):
        inverse, first, _ = self.parts(x)
        alpha = inverse @ self.y
        return np.array([0.5 * (np.sum(inverse * d) - alpha @ d @ alpha) for d in first])

    def hessian(self, x):
        inverse, first, second = self.parts(x)
        alpha = inverse @ self.y
        result = np.empty((3, 3))
        for i, di in enumerate(first):
            for j, dj in enumerate(first):
                both = di @ inverse @ dj
                curved = np.sum(inverse * second[i][j]) - alpha @ second[i][j] @ alpha
                crossed = 2.0 * alpha @ both @ alpha - np.sum(inverse * both)
                result[i, j] = 0.5 * (curved + crossed)
        return result


def vector(p):
    return np.array([p[name] for name in NAMES])


def main():
    rng = np.random.default_rng(0)
    t = np.sort(rng.uniform(0.0, 6.0, 60))
    y = np.sin(1.5 * t) + NOISE * rng.standard_normal(t.size)
    squares = (t[:, None] - t) ** 2
    hand = ByHand(squares, y)

    for name, point in {
        "gradient at the start": START,
        "gradient elsewhere": dict(zip(NAMES, [0.3, 0.2, -2.0], strict=True)),
    }.items():
        gradient = retrograd.grad(loss)(point, squares, y)
        condition = np.linalg.cond(covariance(point, squares))
        same_derivative(name, vector(gradient), hand.gradient(vector(point)), condition)

    for method, second in {
        "BFGS": {},
        "L-BFGS-B": {},
        "trust-ncg": {"hess": hand.hessian},
        "trust-exact": {"hess": hand.hessian},
    }.items():
        ours = minimize(loss, START, (squares, y), method=method)
        theirs = by_hand.minimize(
            hand.loss, vector(START), method=method, jac=hand.gradient, **second
        )
        same_fit(method, ours, theirs, vector(ours.x), theirs.x, 1e-6)
    found = {name: float(np.exp(value)) for name, value in ours.x.items()}
    print(", ".join(f"{name} {value:.3f}" for name, value in found.items()))
    check(abs(found["noise"] - NOISE) < 0.3 * NOISE, f"noise {found['noise']}, true {NOISE}")


if __name__ == "__main__":
    main()

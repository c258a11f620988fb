"""Fit a logistic regression to scikit-learn's breast-cancer data.

    python docs/examples/logistic.py

The parameters are a dict, weights and offset; the loss is written on it. The same fit with the
gradient and the Hessian written by hand, on one vector, is run beside it.
"""

import numpy as np
from scipy import optimize as by_hand
from scipy.special import expit
from side_by_side import check, same_derivative, same_fit

import retrograd
from retrograd.optimize import minimize

try:
    from sklearn.datasets import load_breast_cancer
except ImportError:
    raise SystemExit("This example needs scikit-learn: pip install scikit-learn") from None

PENALTY = 1e-3


def load():
    """Return 569 samples of 30 standardised features, and the labels as -1 and 1."""
    features, labels = load_breast_cancer(return_X_y=True)
    return (features - features.mean(axis=0)) / features.std(axis=0), 2.0 * labels - 1.0


def loss(model, features, labels):
    """Return the mean of log(1 + exp(-label * score)) and the penalty on the weights."""
    margins = labels * (features @ model["weights"] + model["offset"])
    # A constant taken off both exponents changes nothing and keeps them in range. Written with
    # abs(margins) the loss would be the same, but not its second derivative at a margin of zero.
    shift = retrograd.stop_gradient(np.maximum(-margins, 0.0))
    softplus = shift + np.log(np.exp(-shift) + np.exp(-margins - shift))
    return softplus.mean() + 0.5 * PENALTY * (model["weights"] ** 2).sum()


class ByHand:
    """The same on one vector, the offset first, with derivatives."""

    def __init__(self, features, labels):
        self.design = np.column_stack([np.ones(len(labels)), features])
        self.labels = labels
        self.penalty = PENALTY * np.append(0.0, np.ones(features.shape[1]))

    def loss(self, x):
        margins = self.labels * (self.design @ x)
        return np.logaddexp(0.0, -margins).mean() + 0.5 * self.penalty @ x**2

    def gradient(self, x):
        pull = -self.labels * expit(-self.labels * (self.design @ x))
        return self.design.T @ pull / len(pull) + self.penalty * x

    def hessian(self, x):
        p = expit(self.design @ x)
        weighted = self.design * (p * (1.0 - p))[:, None]
        return self.design.T @ weighted / len(p) + np.diag(self.penalty)


def vector(model):
    return np.append(model["offset"], model["weights"])


def main():
    features, labels = load()
    model = {"offset": 0.0, "weights": np.zeros(features.shape[1])}
    hand = ByHand(features, labels)

    elsewhere = {"weights": np.linspace(-0.5, 0.5, features.shape[1]), "offset": 0.3}
    for name, point in [("gradient at zero", model), ("gradient elsewhere", elsewhere)]:
        x = vector(point)
        gradient = retrograd.grad(loss)(point, features, labels)
        condition = np.linalg.cond(hand.hessian(x))
        same_derivative(name, vector(gradient), hand.gradient(x), condition)

    start = vector(model)
    for method, second in {
        "BFGS": {},
        "L-BFGS-B": {},
        "Newton-CG": {"hess": hand.hessian},
        "trust-exact": {"hess": hand.hessian},
    }.items():
        ours = minimize(loss, model, (features, labels), method=method)
        theirs = by_hand.minimize(hand.loss, start, method=method, jac=hand.gradient, **second)
        same_fit(method, ours, theirs, vector(ours.x), theirs.x, 1e-8)
    right = np.mean(np.sign(features @ ours.x["weights"] + ours.x["offset"]) == labels)
    print(f"classified correctly: {right:.2%} of {len(labels)} samples")
    check(right > 0.97, f"only {right:.2%} classified correctly")


if __name__ == "__main__":
    main()

"""A training step of logistic regression: forward, backward and the update."""

import numpy as np
from workload import Workload


def logistic(tiny):
    rows, columns = (4, 3) if tiny else (1000, 20)
    rng = np.random.default_rng(0)
    x, signs = rng.normal(size=(rows, columns)), rng.choice([-1.0, 1.0], rows)
    weights = rng.normal(size=columns)

    def loss(library, w, b, x, signs):
        np = library.np
        return np.log(1 + np.exp(-signs * (x @ w + b))).sum() / rows

    def products():
        y, g = np.empty(rows), np.empty(columns)
        return lambda: (np.matmul(x, weights, out=y), np.matmul(y, x, out=g), None)[-1]

    return Workload(
        title=f"step of logistic regression, {rows:,}×{columns}",
        unit="µs",
        loss=loss,
        leaves=(weights, np.array(0.5)),
        constants=(x, signs),
        rate=0.1,
        rows={"matrix products": products},
    )


WORKLOADS = {"logistic": logistic}

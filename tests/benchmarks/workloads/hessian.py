"""A dense Hessian, by the function each library has for it."""

import numpy as np
from workload import Workload


def hessian(tiny):
    n, rows = (3, 4) if tiny else (50, 100)
    rng = np.random.default_rng(0)
    a, x = rng.normal(size=(rows, n)) / n**0.5, rng.normal(size=n)

    def loss(library, x, a):
        np = library.np
        return np.log(np.exp(a @ x).sum()) + (x * x * x).sum()

    def by_hand():
        p = np.exp(a @ x)
        p /= p.sum()
        mean = p @ a
        return ((a.T * p) @ a - np.outer(mean, mean) + np.diag(6 * x),)

    return Workload(
        title=f"Hessian of a function of {n} parameters",
        unit="µs",
        loss=loss,
        leaves=(x,),
        constants=(a,),
        hessian=True,
        rows={"NumPy by hand": lambda: by_hand},
    )


WORKLOADS = {"hessian": hessian}

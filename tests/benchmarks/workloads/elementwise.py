"""Large arrays: what memory, and what vector mathematics, bounds."""

import numpy as np
from workload import Workload


def leaves(size):
    rng = np.random.default_rng(0)
    return [rng.uniform(-1, 1, size) for _ in range(2)]


def product(tiny):
    size = 100 if tiny else 10**7

    def loss(library, x, y):
        return (x * y + y).sum()

    def touching():
        x, y = leaves(size)
        gx, gy = np.ones(size), np.ones(size)  # written once, so that their pages are there

        def run():
            np.copyto(gx, x)
            np.copyto(gy, y)

        return run

    return Workload(
        title=f"`(x*y + y).sum()`, {size:,} doubles",
        unit="ms",
        loss=loss,
        leaves=leaves(size),
        rows={"each array touched once": touching},
    )


def tanh_exp(tiny):
    size = 100 if tiny else 2 * 10**6

    def loss(library, x):
        np = library.np
        return (np.tanh(x) * np.exp(x)).sum()

    return Workload(
        title=f"`(tanh(x)*exp(x)).sum()`, {size:,} doubles",
        unit="ms",
        loss=loss,
        leaves=leaves(size)[:1],
    )


WORKLOADS = {"product": product, "tanh-exp": tanh_exp}

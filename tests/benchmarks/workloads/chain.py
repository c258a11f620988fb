"""The chain `z = z*x + y`: two operations a step, on scalars and on vectors."""

from itertools import pairwise

import numpy as np
from limits import tape_chain
from workload import Workload


def chain(steps):
    def loss(library, z, x, y):
        for _ in range(steps):
            z = z * x + y
        return z

    return loss


def scalars(tiny, steps=1000):
    steps = 5 if tiny else steps
    leaves = 0.5, 0.9995, 0.0004
    return Workload(
        title="chain `z = z*x + y`, scalars",
        unit="ns per operation",
        loss=chain(steps),
        leaves=leaves,
        operations=2 * steps,
        scalars=True,
        rows={"C++ tape": lambda: tape_chain(steps, *leaves)},
    )


def vectors(tiny, steps=100, size=1000):
    steps, size = (5, 3) if tiny else (steps, size)
    rng = np.random.default_rng(0)
    leaves = [rng.uniform(lo, hi, size) for lo, hi in [(0, 1), (0.999, 1), (0, 0.001)]]
    return Workload(
        title=f"the chain on vectors of {size:,}",
        unit="ns per operation",
        loss=chain(steps),
        leaves=leaves,
        operations=2 * steps,
        rows={"NumPy by hand": lambda: by_hand(steps, *leaves)},
    )


def by_hand(steps, z, x, y):
    """Return a function that computes value and gradients into memory it keeps."""
    states = np.empty((steps + 1, *x.shape))
    states[0] = z
    product, gz, gx, gy = (np.empty_like(x) for _ in range(4))

    def run():
        for before, after in pairwise(states):
            np.multiply(before, x, out=after)
            np.add(after, y, out=after)
        gz[:], gx[:], gy[:] = 1, 0, 0
        for before in states[-2::-1]:
            np.add(gy, gz, out=gy)
            np.multiply(gz, before, out=product)
            np.add(gx, product, out=gx)
            np.multiply(gz, x, out=gz)
        return states[-1], gz, gx, gy

    return run


def long_vectors(tiny):
    return vectors(tiny, steps=500, size=100_000)


def deep_scalars(tiny):
    workload = scalars(tiny, steps=50_000)
    workload.without["jax.jit"] = "compiling so long a program takes minutes"
    return workload


WORKLOADS = {"chain": scalars, "vectors": vectors}
MEMORY = {"long-vectors": long_vectors, "deep-scalars": deep_scalars}

"""micrograd's demo: a network of scalars that tells two moons apart, with its hinge loss.

Forward and backward, without the update. micrograd's text is kept: a neuron is a sum of products.
"""

from itertools import pairwise

import numpy as np
from workload import Workload


def moons(points):
    """Two half circles that reach into each other, and the sign of each point's moon."""
    rng = np.random.default_rng(1)
    angle = np.linspace(0, np.pi, points // 2)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    xs = np.concatenate([upper, lower]) + rng.normal(0, 0.1, (2 * len(angle), 2))
    return xs.tolist(), [1.0] * len(angle) + [-1.0] * len(angle)


def neuron(weights, inputs, bias):
    return sum((w * x for w, x in zip(weights, inputs, strict=True)), bias)


def network(tiny):
    widths, points = ((2, 2, 1), 4) if tiny else ((2, 16, 16, 1), 20)
    sizes = list(pairwise(widths))
    count = sum((inputs + 1) * outputs for inputs, outputs in sizes)
    rng = np.random.default_rng(0)

    def loss(library, *leaves):
        parameters, xs, ys = leaves[:count], *leaves[count:]
        relu, remaining, layers = library.relu, iter(parameters), []
        for inputs, outputs in sizes:
            neurons = []
            for _ in range(outputs):
                neurons.append(([next(remaining) for _ in range(inputs)], next(remaining)))
            layers.append(neurons)
        losses = []
        for x, y in zip(xs, ys, strict=True):
            for neurons in layers[:-1]:
                x = [relu(neuron(weights, x, bias)) for weights, bias in neurons]
            weights, bias = layers[-1][0]
            losses.append(relu(1 - y * neuron(weights, x, bias)))
        return sum(losses) * (1 / points) + 1e-4 * sum(p * p for p in parameters)

    one_point = sum(2 * inputs * outputs for inputs, outputs in sizes) + sum(widths[1:-1])
    return Workload(
        title=f"micrograd's demo network on scalars, {points} points",
        unit="ns per operation",
        loss=loss,
        leaves=rng.uniform(-1, 1, count).tolist(),
        constants=moons(points),
        operations=points * (one_point + 4) + 2 * count + 3,
        scalars=True,
        without={"jax.jit": "compiling so long a program takes minutes"},
    )


WORKLOADS = {"network": network}

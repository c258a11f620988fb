"""Training steps of a network of two layers: forward, backward and the update."""

import numpy as np
from workload import Workload


def data(rng, batch, inputs, outputs, dtype):
    """Inputs, and the classes as rows of the unit matrix."""
    x = rng.normal(size=(batch, inputs)).astype(dtype)
    return x, np.eye(outputs, dtype=dtype)[rng.integers(outputs, size=batch)]


def parameters(rng, inputs, hidden, outputs, dtype):
    shapes = (inputs, hidden), (hidden,), (hidden, outputs), (outputs,)
    return [(rng.normal(size=s) / s[0] ** 0.5).astype(dtype) for s in shapes]


def network(activation, batch):
    """The mean cross-entropy of softmax."""

    def loss(library, w1, b1, w2, b2, x, classes):
        np = library.np
        activate = np.tanh if activation == "tanh" else library.relu
        scores = activate(x @ w1 + b1) @ w2 + b2
        return (np.log(np.exp(scores).sum(axis=1)).sum() - (scores * classes).sum()) / batch

    return loss


def products(w1, w2, x):
    """The five matrix products of a step and nothing else."""
    hidden, scores = x @ w1, x @ w1 @ w2
    g1, g2, gh = np.empty_like(w1), np.empty_like(w2), np.empty_like(hidden)

    def run():
        np.matmul(x, w1, out=hidden)
        np.matmul(hidden, w2, out=scores)
        np.matmul(hidden.T, scores, out=g2)
        np.matmul(scores, w2.T, out=gh)
        np.matmul(x.T, gh, out=g1)

    return run


def workload(sizes, dtype, activation, **settings):
    batch, inputs, hidden, outputs = sizes
    rng = np.random.default_rng(0)
    leaves = parameters(rng, inputs, hidden, outputs, dtype)
    constants = data(rng, batch, inputs, outputs, dtype)
    return Workload(
        title=f"step of an MLP, {np.dtype(dtype)}, {batch}×{inputs}→{hidden}→{outputs}",
        loss=network(activation, batch),
        leaves=leaves,
        constants=constants,
        rate=0.1,
        rows={"matrix products": lambda: products(leaves[0], leaves[2], constants[0])},
        **settings,
    )


def small(tiny):
    return workload((3, 4, 5, 2) if tiny else (64, 32, 32, 4), "float64", "tanh", unit="µs")


def large(tiny):
    sizes = (3, 4, 5, 2) if tiny else (512, 784, 512, 10)
    pure = {"retrograd.pure": "computes in float64 only"}
    return workload(sizes, "float32", "relu", unit="ms", tolerance=1e-4, without=pure)


WORKLOADS = {"mlp": small, "mlp-float32": large}

"""Graphs of many forms, small and large, for the tests that look at graphs."""

import numpy as np

from retrograd import Tensor


def labelled(value, label):
    t = Tensor(value)
    t.label = label
    return t


def chain(length, x=2.0, y=0.5):
    x, y = labelled(x, "x"), labelled(y, "y")
    z = Tensor(1.0)
    for _ in range(length):
        z = z * x + y
    return z, (x, y)


def random_graph(operations, seed, reach=12):
    rng = np.random.default_rng(seed)
    ops = [
        lambda a, b: a + b,
        lambda a, b: a * b,
        lambda a, b: a - b,
        lambda a, b: np.sin(a),
        lambda a, b: np.maximum(a, b),
    ]
    made = [Tensor(1.0) for _ in range(4)]
    for _ in range(operations):
        a, b = (made[-1 - rng.integers(min(len(made), reach))] for _ in range(2))
        made.append(ops[rng.integers(len(ops))](a, b))
    return sum(made[-reach:], Tensor(0.0))


def nested_loops():
    z, x, y = Tensor(1.0), Tensor(0.5), Tensor(0.1)
    for _ in range(10):
        for _ in range(50):
            z = z * x + y
        z = z.tanh() * y
    return z.exp()


def recurrent(steps):
    w, u, h = Tensor(np.eye(3)), Tensor(np.ones((2, 3))), Tensor(np.zeros((4, 3)))
    loss = Tensor(0.0)
    for _ in range(steps):
        h = np.tanh(h @ w + Tensor(np.ones((4, 2))) @ u)
        loss = loss + (h * h).sum()
    return loss


def wide(terms):
    """A sum of many terms."""
    total = Tensor(0.0)
    for k in range(terms):
        total = total + np.sin(labelled(float(k), f"p{k}"))
    return total


GRAPHS = {
    "one": lambda: Tensor(3.0),
    "product": lambda: Tensor(4) * Tensor(7) + Tensor(1),
    "square": lambda: (lambda x: x * x)(Tensor(3.0)),
    "chain": lambda: chain(1000)[0],
    "nested": nested_loops,
    "recurrent": lambda: recurrent(100),
    "wide": lambda: wide(500),
    "random": lambda: random_graph(60, seed=1),
    "large random": lambda: random_graph(2000, seed=2),
}

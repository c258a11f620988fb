"""Draw the pictures of docs/graph.md into a folder: python docs/examples/graphs.py docs/images"""

import sys
from pathlib import Path

import numpy as np

import retrograd
from retrograd import Tensor


def named(value, label):
    t = Tensor(value)
    t.label = label
    return t


def expression():
    x, y = named(4, "x"), named(7, "y")
    z = x * y + y
    z.label = "z"
    return retrograd.graph(z)


def recurrent_network():
    w, u, h = named(np.eye(8), "W"), named(np.ones((4, 8)), "U"), named(np.zeros((2, 8)), "h0")
    inputs = [named(np.ones((2, 4)), f"x{t}") for t in range(100)]
    loss = named(0.0, "start")
    for x in inputs:
        h = np.tanh(h @ w + x @ u)
        loss = loss + (h * h).sum()
    return retrograd.graph(loss)


def measured_layers():
    rng = np.random.default_rng(0)
    x = named(rng.standard_normal((256, 64)), "X")
    w0, b0 = named(rng.standard_normal((64, 512)), "W0"), named(np.zeros(512), "b0")
    w1 = named(rng.standard_normal((512, 10)), "W1")
    with retrograd.profile() as prof:
        loss = ((np.tanh(x @ w0 + b0) @ w1) ** 2).sum()
        loss.backward()
    return retrograd.graph(loss, prof)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for draw in (expression, recurrent_network, measured_layers):
        # The layout built in: the same picture on every machine.
        svg = draw().to_svg(layout="own")
        (folder / f"{draw.__name__}.svg").write_text(svg, encoding="utf-8")

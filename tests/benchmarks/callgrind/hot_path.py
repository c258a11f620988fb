"""The programs whose instructions are counted; `instructions.py` runs this under callgrind.

Each is warmed up first, so that what is counted is what a loop costs, and not the first time.
"""

import ctypes
import gc
import json
import sys

import numpy as np

from retrograd import Tensor


class Chain:
    """The chain `z = z*x + y`: forward, backward, and the freeing of the graph."""

    def __init__(self, x, y, steps):
        self.x, self.y, self.steps = Tensor(x), Tensor(y), steps
        self.operations = 2 * steps

    def forward(self):
        z, x, y = self.x, self.x, self.y
        for _ in range(self.steps):
            z = z * x + y
        self.z = z

    def backward(self):
        self.z.backward()

    def free(self):
        self.z = None
        self.x.zero_grad()
        self.y.zero_grad()


class Step:
    """A training step of a small network: what Python, NumPy's calls and the graph cost."""

    operations = 1

    def __init__(self):
        rng = np.random.default_rng(0)
        shapes = (32, 32), (32,), (32, 4), (4,)
        self.parameters = [Tensor(rng.normal(size=shape)) for shape in shapes]
        self.x, self.y = rng.normal(size=(64, 32)), rng.normal(size=(64, 4))

    def forward(self):
        w1, b1, w2, b2 = self.parameters
        miss = np.tanh(self.x @ w1 + b1) @ w2 + b2 - self.y
        self.loss = (miss * miss).mean()

    def backward(self):
        self.loss.backward()

    def free(self):
        self.loss = None
        for p in self.parameters:
            p.zero_grad()


def programs():
    ones = np.ones(1000)
    return {
        "scalar chain": Chain(0.9995, 0.0004, 1000),
        "chain on vectors of 1,000": Chain(0.9995 * ones, 0.0004 * ones, 100),
        "step of an MLP": Step(),
    }


def count(requests):
    """Run every phase of every program once under the counter, and name what it counted."""
    for title, program in programs().items():
        for phase in 3 * ("forward", "backward", "free"):
            getattr(program, phase)()
        for phase in ("forward", "backward", "free"):
            run = getattr(program, phase)
            name = f"{title}|{phase}|{program.operations}".encode()
            requests.start()
            run()
            requests.stop(name)


if __name__ == "__main__":
    requests = ctypes.PyDLL(sys.argv[1])
    if not requests.on_valgrind():
        raise SystemExit("hot_path.py: run it by instructions.py")
    gc.disable()  # when it runs depends on all that was allocated before
    count(requests)
    # Valgrind has not every instruction of the processor, and NumPy chooses its loops by them.
    print(json.dumps(np.show_config(mode="dicts")["SIMD Extensions"]["found"]))

"""The libraries the benchmark compares, each behind the same four methods.

A peer makes leaves, runs the user's loop forward, runs backward, and shows what came out. Peers
that are not installed are left out; none of them is needed by anything else.
"""

import gc
import importlib
import sys
from importlib.metadata import version

import numpy as np

# micrograd walks its graph recursively, one Python frame a node.
sys.setrecursionlimit(100_000)


def recurrence(z, x, y, steps):
    """The program that is timed: two operations a step."""
    for _ in range(steps):
        z = z * x + y
    return z


def fresh_copy(function):
    """Copy a function with a code object of its own.

    CPython specialises bytecode for the types it meets. Peers that shared one code object would
    take that advantage from each other.
    """
    return type(function)(function.__code__.replace(), function.__globals__)


class Peer:
    """A library whose tensors have operators, `backward()`, `data` and `grad`."""

    module, tensor, arrays, differentiates = "", "Tensor", True, True

    def __init__(self, label, start, x, y, steps):
        self.label, self.steps = label, steps
        self.loop = fresh_copy(recurrence)
        self.library = importlib.import_module(self.module) if self.module else None
        self.z, self.x, self.y = (self.leaf(v) for v in (start, x, y))
        self.collects = False  # set by the benchmark: freeing the graph needs the collector

    def leaf(self, value):
        return getattr(self.library, self.tensor)(value)

    def reset(self):
        for leaf in (self.z, self.x, self.y):
            leaf.grad = 0

    def forward(self):
        return self.loop(self.z, self.x, self.y, self.steps)

    def backward(self, root):
        root.backward()

    def free(self):
        """Finish what dropping the root began."""
        if self.collects:
            gc.collect()

    def results(self, root):
        """Return the value, dz/dx and dz/dy."""
        return root.data, self.x.grad, self.y.grad


class Floats(Peer):
    """Python floats, or NumPy arrays: the loop alone, with no gradient."""

    differentiates = False

    def leaf(self, value):
        return value

    def reset(self):
        pass

    def results(self, root):
        return (root,)


class Pure(Peer):
    module = "retrograd.pure"


class Retrograd(Peer):
    module = "retrograd"


class Micrograd(Peer):
    module, tensor, arrays = "micrograd.engine", "Value", False


class MyGrad(Peer):
    module, tensor = "mygrad", "tensor"

    def reset(self):
        for leaf in (self.z, self.x, self.y):
            leaf.null_grad()


class Autograd(Peer):
    """HIPS autograd differentiates functions: its root is the pair (vjp, value)."""

    module = "autograd"

    def leaf(self, value):
        return value

    def reset(self):
        pass

    def forward(self):
        function = self.library.make_vjp(self.loop, argnum=(0, 1, 2))
        return function(self.z, self.x, self.y, self.steps)

    def backward(self, root):
        self.grads = root[0](np.ones_like(self.x) if np.ndim(self.x) else 1.0)

    def results(self, root):
        return root[1], self.grads[1], self.grads[2]


class PyTorch(Peer):
    module = "torch"

    def leaf(self, value):
        self.library.set_num_threads(1)
        return self.library.tensor(value, dtype=self.library.float64, requires_grad=True)

    def reset(self):
        for leaf in (self.z, self.x, self.y):
            leaf.grad = None

    def backward(self, root):
        root.backward(self.library.ones_like(root))

    def results(self, root):
        return root.detach().numpy(), self.x.grad.numpy(), self.y.grad.numpy()


PEERS = {
    "retrograd": Retrograd,
    "retrograd.pure": Pure,
    "micrograd": Micrograd,
    "HIPS autograd": Autograd,
    "MyGrad": MyGrad,
    "PyTorch": PyTorch,
}


def installed(start, x, y, steps):
    """Return the peers that can run this program, the baseline first."""
    baseline = "NumPy arrays" if np.ndim(x) else "Python floats"
    peers = [Floats(f"{baseline}, no gradient", start, x, y, steps)]
    for label, peer in PEERS.items():
        if np.ndim(x) and not peer.arrays:
            continue
        try:
            peers.append(peer(label, start, x, y, steps))
        except ModuleNotFoundError as error:
            # A peer may be missing; a broken one should be heard of, and ours must be there.
            if error.name != peer.module.split(".")[0] or error.name == "retrograd":
                raise
    return peers


def versions():
    """Return one line that names what runs here."""
    packages = ["numpy", "retrograd", "micrograd", "autograd", "mygrad", "torch"]
    found = {name: version(name) for name in packages if name in sys.modules}
    python = ".".join(map(str, sys.version_info[:3]))
    return ", ".join([f"Python {python}", *(f"{name} {v}" for name, v in found.items())])

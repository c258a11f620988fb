"""What is timed: a workload's program at work in one library, in one face for all of them."""

import importlib

import numpy as np


class Program:
    """What is timed: `forward`, `backward` and `update`, or all of it in `forward`."""

    label = ""
    phases = True  # forward and backward can be told apart
    differentiates = True  # gives all gradients, and makes the update where there is one
    collects = False  # set by the harness: freeing what it made needs the garbage collector
    note = ""  # what a reader should know beside the times

    def backward(self, root):
        pass

    def update(self):
        pass


class Row(Program):
    """A program of the workload itself: a gradient by hand, or a limit, which has no result."""

    phases = differentiates = False

    def __init__(self, label, make):
        self.label, self.forward = label, make()

    def results(self, root):
        return [] if root is None else list(root)


class Hessian(Program):
    """A library's second derivative of the workload's program."""

    phases = False

    def __init__(self, library):
        self.label, self.note, self.forward = library.label, library.note, library.hessian

    def results(self, root):
        return [root]


class Library(Program):
    """One library at work on one workload: leaves with `grad`, roots with `backward()`."""

    module = ""
    arrays = True
    hessian = None  # a method where the library has a function for it

    def __init__(self, workload):
        self.workload = workload
        self.library = importlib.import_module(self.module)
        self.np, self.relu = np, lambda x: np.maximum(x, 0)

    def start(self):
        """Make the leaves; apart from the constructor, where a library chooses its functions."""
        self.leaves = [self.leaf(v) for v in self.workload.leaves]
        self.constants = [
            self.constant(v) if isinstance(v, np.ndarray) else v for v in self.workload.constants
        ]
        return self

    def leaf(self, value):
        return self.library.Tensor(value)

    def constant(self, value):
        return value

    def loss(self, *leaves):
        return self.workload.loss(self, *leaves, *self.constants)

    def forward(self):
        return self.loss(*self.leaves)

    def backward(self, root):
        root.backward()

    def update(self):
        """Descend along the gradients, if this is training; then forget them."""
        rate = self.workload.rate
        for leaf in self.leaves:
            if rate is not None:
                leaf.data -= rate * leaf.grad
            self.forget(leaf)

    def forget(self, leaf):
        leaf.grad = 0

    def results(self, root):
        """Return the value and the gradients; called after `backward` and before `update`."""
        return [root.data, *(leaf.grad for leaf in self.leaves)]


class Plain(Library):
    """Python floats or NumPy arrays: the program alone, with no gradient."""

    label, module, phases, differentiates = "no gradient", "numpy", False, False

    def __init__(self, workload):
        super().__init__(workload)
        self.relu = lambda x: np.maximum(x, 0) if isinstance(x, np.ndarray) else max(x, 0.0)

    def leaf(self, value):
        return value

    backward, update = Program.backward, Program.update

    def results(self, root):
        return [] if self.workload.hessian else [root]

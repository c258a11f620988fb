"""The libraries that are compared, each behind the methods of `programs.Library`.

Those that are not installed are left out; none of them is needed by anything else.
"""

import importlib
import operator
import sys
import types
from time import perf_counter

import numpy as np
from programs import Library, Plain, Program


class Retrograd(Library):
    label = module = "retrograd"

    def __init__(self, workload):
        super().__init__(workload)
        self.relu = self.library.relu

    def constant(self, value):
        # A tensor, as PyTorch's and JAX's are. Of a plain array, which its owner may write to, each
        # step would save a copy.
        return self.library.Tensor(value, requires_grad=False)

    def forget(self, leaf):
        leaf.zero_grad()

    def hessian(self):
        return self.library.hessian(self.loss)(self.workload.leaves[0])


class Releasing(Retrograd):
    """As retrograd, and the walk frees saved values as it passes them."""

    label, hessian = "retrograd, retain_graph=False", None

    def backward(self, root):
        root.backward(retain_graph=False)


class Pure(Library):
    label = module = "retrograd.pure"

    def __init__(self, workload):
        super().__init__(workload)
        methods = {name: operator.methodcaller(name) for name in ("exp", "log", "tanh")}
        self.np = types.SimpleNamespace(**methods)
        self.relu = operator.methodcaller("relu")


class Micrograd(Library):
    label, module, arrays = "micrograd", "micrograd.engine", False

    def __init__(self, workload):
        super().__init__(workload)
        sys.setrecursionlimit(1_000_000)  # it walks its graph recursively, one frame a node
        self.relu = operator.methodcaller("relu")

    def leaf(self, value):
        return self.library.Value(value)


class MyGrad(Library):
    label, module = "MyGrad", "mygrad"

    def __init__(self, workload):
        super().__init__(workload)
        self.np = self.library
        self.relu = importlib.import_module("mygrad.nnet").activations.relu

    def leaf(self, value):
        return self.library.tensor(value, dtype=getattr(value, "dtype", float))

    def forget(self, leaf):
        leaf.null_grad()


class Autograd(Library):
    """HIPS autograd differentiates functions: its root is a pair of vjp and value."""

    label, module = "HIPS autograd", "autograd"

    def __init__(self, workload):
        super().__init__(workload)
        self.np = importlib.import_module("autograd.numpy")
        self.relu = lambda x: self.np.maximum(x, 0)
        everything = tuple(range(len(workload.leaves)))
        self.vjp = self.library.make_vjp(self.loss, argnum=everything)

    def leaf(self, value):
        return value

    def forward(self):
        return self.vjp(*self.leaves)

    def backward(self, root):
        self.grads = root[0](np.ones_like(root[1]) if np.ndim(root[1]) else 1.0)

    def update(self):
        rate = self.workload.rate
        if rate is not None:
            self.leaves = [v - rate * g for v, g in zip(self.leaves, self.grads, strict=True)]
        self.grads = None

    def results(self, root):
        return [root[1], *self.grads]

    def hessian(self):
        return self.library.hessian(self.loss)(self.leaves[0])


class PyTorch(Library):
    label, module = "PyTorch", "torch"

    def __init__(self, workload):
        super().__init__(workload)
        self.np, self.relu = self.library, self.library.relu

    def leaf(self, value):
        return self.constant(value).requires_grad_()

    def constant(self, value):
        # `tensor` copies; a Python float would become float32.
        return self.library.tensor(value, dtype=None if np.ndim(value) else self.library.float64)

    def backward(self, root):
        root.backward(None if root.ndim == 0 else self.library.ones_like(root))

    def update(self):
        if self.workload.rate is not None:
            with self.library.no_grad():
                for leaf in self.leaves:
                    leaf.add_(leaf.grad, alpha=-self.workload.rate)
        for leaf in self.leaves:
            leaf.grad = None

    def results(self, root):
        return [root.detach(), *(leaf.grad for leaf in self.leaves)]

    def hessian(self):
        return self.library.func.hessian(self.loss)(self.leaves[0].detach())


class Jax(Library):
    """`jax.jit` of forward, backward and update together, compiled before it is timed."""

    label, module, phases = "jax.jit", "jax", False

    def __init__(self, workload):
        super().__init__(workload)
        self.library.config.update("jax_enable_x64", True)
        self.np, self.relu = self.library.numpy, self.library.nn.relu

    def start(self):
        super().start()
        step = self.second if self.workload.hessian else self.step
        began = perf_counter()
        self.compiled = self.library.jit(step).lower(self.leaves, self.constants).compile()
        self.note = f"compiled in {perf_counter() - began:.1f} s"
        return self

    def leaf(self, value):
        return self.np.asarray(value)

    constant = leaf

    def step(self, leaves, constants):
        """The value, and the gradients or, in training, the leaves after the update."""
        rate = self.workload.rate
        value, vjp = self.library.vjp(lambda *x: self.workload.loss(self, *x, *constants), *leaves)
        grads = vjp(self.np.ones_like(value))
        if rate is None:
            return value, grads
        return value, [v - rate * g for v, g in zip(leaves, grads, strict=True)]

    def second(self, leaves, constants):
        return self.library.hessian(lambda x: self.workload.loss(self, x, *constants))(*leaves)

    def forward(self):
        # A call returns before its result is there.
        return self.library.block_until_ready(self.compiled(self.leaves, self.constants))

    hessian = forward

    def backward(self, root):
        if self.workload.rate is not None:
            self.before, self.leaves = self.leaves, root[1]

    update = Program.update

    def results(self, root):
        """In training the gradients are read off the way the leaves went."""
        value, grads = root
        rate = self.workload.rate
        if rate is not None:
            grads = [(a - b) / rate for a, b in zip(self.before, self.leaves, strict=True)]
        return [value, *grads]


# The baseline is first, and what everything is compared with is second.
LIBRARIES = (Plain, Retrograd, Releasing, Pure, Micrograd, MyGrad, Autograd, PyTorch, Jax)

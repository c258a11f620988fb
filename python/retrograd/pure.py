"""Reverse-mode automatic differentiation in plain Python, to be read in one sitting.

`SimpleTensor` is the idea: a number that remembers how it was made. `Tensor` is that idea grown
up: NumPy arrays, broadcasting, a walk over the whole graph. It needs nothing of the native engine
and says, slowly, what `retrograd.Tensor` must say fast; the tests hold one against the other.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]
Rule: TypeAlias = Callable[[Any], Any]

__all__ = ["SimpleTensor", "Tensor"]


class SimpleTensor:
    """A number that knows how it was made, one operation back.

    Parameters
    ----------
    data : float
        The value.

    Notes
    -----
    Each operation leaves a closure with its result. The closure knows the operands, and hands
    them the result's gradient times the operation's own derivative: the chain rule, one link.
    """

    def __init__(self, data: float) -> None:
        self.data = data
        self.grad = 0.0
        self._backward: Callable[[], None] = lambda: None

    def __add__(self, other: SimpleTensor) -> SimpleTensor:
        out = SimpleTensor(self.data + other.data)

        def _backward() -> None:
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other: SimpleTensor) -> SimpleTensor:
        out = SimpleTensor(self.data * other.data)

        def _backward() -> None:
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = _backward
        return out

    def backward(self) -> None:
        """Pass a gradient of one to the operands of the last operation, and no further."""
        self.grad = 1.0
        self._backward()

    def __repr__(self) -> str:
        return f"SimpleTensor({self.data})"


_births = itertools.count()


class Tensor:
    """An array that knows how it was made, all the way back to its leaves.

    Parameters
    ----------
    data : array_like
        The value; copied, and made float64.
    children : iterable of Tensor, optional
        The tensors it was computed from. A leaf has none.
    op : str, optional
        The symbol of the operation that made it.

    Attributes
    ----------
    data : ndarray
        The value. It may be changed in place between two backward passes.
    grad : ndarray
        The derivative of a root with respect to this tensor, after ``root.backward()``.

    Examples
    --------
    >>> x, y = Tensor(4), Tensor(7)
    >>> z = x * y + y
    >>> z.backward()
    >>> print(z.grad, x.grad, y.grad)
    1.0 7.0 5.0

    A new operation is a value, its operands and a closure:

    >>> def sin(x):
    ...     out = Tensor(np.sin(x.data), (x,), 'sin')
    ...     def _backward():
    ...         x.grad += np.cos(x.data) * out.grad
    ...     out._backward = _backward
    ...     return out
    """

    # NumPy leaves `ndarray * Tensor` to our reflected operators when it finds None here.
    __array_ufunc__ = None

    def __init__(self, data: Any, children: Iterable[Tensor] = (), op: str = "") -> None:
        self.data: Array = np.array(data, dtype=float)
        self.grad: Array = np.zeros_like(self.data)
        self.op = op
        self._prev = set(children)
        self._rules: tuple[tuple[Tensor, Rule], ...] = ()
        self._birth = next(_births)

    def _backward(self) -> None:
        """Hand this tensor's gradient on to its operands; ``out._backward = f`` replaces it.

        A method and not a closure: nothing then refers to itself, and a graph that nobody holds
        is freed at once, without waiting for the garbage collector.
        """
        if self._prev and not self._rules:
            raise RuntimeError(f"backward: {self.op or 'a tensor'} has children but no _backward")
        for operand, rule in self._rules:
            operand.grad += _sum_to(np.asarray(rule(self.grad)), operand.grad.shape)

    def backward(self) -> None:
        """Differentiate this tensor with respect to everything it was computed from.

        Gradients of leaves add up over several calls, those of intermediates are this call's.
        If an operation raises, every gradient is what it was before.
        """
        graph = self._graph()
        earlier = [node.grad for node in graph]
        try:
            for node in graph:
                node.grad = np.zeros(np.shape(node.data))
            self.grad += 1.0
            with np.errstate(all="ignore"):
                for node in reversed(graph):
                    node._backward()
        except BaseException:
            for node, grad in zip(graph, earlier, strict=True):
                node.grad = grad
            raise
        for node, grad in zip(graph, earlier, strict=True):
            if not node._prev:
                node.grad += grad

    def _graph(self) -> list[Tensor]:
        """Every tensor this one depends on, and itself, oldest first.

        Operands are older than what is made of them, so age alone is a topological order: each
        tensor has its whole gradient before the walk, youngest first, passes it on. And a list
        of what is still to visit, in place of recursion, makes any depth possible.
        """
        found, unvisited = {self}, [self]
        while unvisited:
            new = unvisited.pop()._prev - found
            found |= new
            unvisited.extend(new)
        return sorted(found, key=lambda node: node._birth)

    def __add__(self, other: Any) -> Tensor:
        other = _tensor(other)
        return _record("+", self.data + other.data, (self, lambda g: g), (other, lambda g: g))

    def __mul__(self, other: Any) -> Tensor:
        a, b = self, _tensor(other)
        return _record("*", a.data * b.data, (a, lambda g: g * b.data), (b, lambda g: g * a.data))

    def __sub__(self, other: Any) -> Tensor:
        other = _tensor(other)
        return _record("-", self.data - other.data, (self, lambda g: g), (other, lambda g: -g))

    def __truediv__(self, other: Any) -> Tensor:
        a, b = self, _tensor(other)
        out = a.data / b.data
        return _record("/", out, (a, lambda g: g / b.data), (b, lambda g: -g * out / b.data))

    def __pow__(self, n: Any) -> Tensor:
        if isinstance(n, Tensor):
            return (n * self.log()).exp()
        x = self.data
        # The derivative of x**0 is 0, also at x = 0 where the formula alone says 0 * inf.
        return _record("**", x**n, (self, lambda g: g * np.where(n == 0, 0.0, n * x ** (n - 1))))

    def __matmul__(self, other: Any) -> Tensor:
        a, b = self, _tensor(other)
        # A vector is a row on the left and a column on the right; the rules see only matrices.
        rows = a.data[np.newaxis] if a.data.ndim == 1 else a.data
        columns = b.data[:, np.newaxis] if b.data.ndim == 1 else b.data
        shape = (rows @ columns).shape

        def left(g: Array) -> Array:
            grad = g.reshape(shape) @ columns.swapaxes(-1, -2)
            return _sum_to(grad, rows.shape).reshape(a.data.shape)

        def right(g: Array) -> Array:
            grad = rows.swapaxes(-1, -2) @ g.reshape(shape)
            return _sum_to(grad, columns.shape).reshape(b.data.shape)

        return _record("@", a.data @ b.data, (a, left), (b, right))

    def __getitem__(self, index: Any) -> Tensor:
        def scatter(g: Array) -> Array:
            grad = np.zeros_like(self.data)
            np.add.at(grad, index, g)  # not grad[index] += g: an index may come up twice
            return grad

        return _record("getitem", self.data[index], (self, scatter))

    def __neg__(self) -> Tensor:
        return _record("neg", -self.data, (self, lambda g: -g))

    def __radd__(self, other: Any) -> Tensor:
        return _tensor(other) + self

    def __rmul__(self, other: Any) -> Tensor:
        return _tensor(other) * self

    def __rsub__(self, other: Any) -> Tensor:
        return _tensor(other) - self

    def __rtruediv__(self, other: Any) -> Tensor:
        return _tensor(other) / self

    def __rpow__(self, other: Any) -> Tensor:
        return _tensor(other) ** self

    def __rmatmul__(self, other: Any) -> Tensor:
        return _tensor(other) @ self

    def exp(self) -> Tensor:
        """Return e to the power of each element."""
        y = np.exp(self.data)
        return _record("exp", y, (self, lambda g: g * y))

    def log(self) -> Tensor:
        """Return the natural logarithm of each element."""
        return _record("log", np.log(self.data), (self, lambda g: g / self.data))

    def tanh(self) -> Tensor:
        """Return the hyperbolic tangent of each element."""
        y = np.tanh(self.data)
        return _record("tanh", y, (self, lambda g: g * (1 - y * y)))

    def relu(self) -> Tensor:
        """Return each element, or zero where it is negative."""
        on = self.data > 0
        return _record("relu", np.where(on, self.data, 0.0), (self, lambda g: np.where(on, g, 0.0)))

    def sum(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Tensor:
        """Return the sum of the elements, all of them or along `axis`."""

        def spread(g: Array) -> Array:
            g = g if axis is None or keepdims else np.expand_dims(g, axis)
            return np.broadcast_to(g, self.data.shape)

        return _record("sum", self.data.sum(axis=axis, keepdims=keepdims), (self, spread))

    def reshape(self, *shape: Any) -> Tensor:
        """Return the same elements in another shape."""
        y = self.data.reshape(*shape)
        return _record("reshape", y, (self, lambda g: g.reshape(self.data.shape)))

    def __repr__(self) -> str:
        op = f", op={self.op!r}" if self.op else ""
        return f"Tensor({np.array2string(self.data, separator=', ', threshold=20)}{op})"


def _tensor(x: Any) -> Tensor:
    return x if isinstance(x, Tensor) else Tensor(x)


def _record(op: str, value: Any, *rules: tuple[Tensor, Rule]) -> Tensor:
    """Make the result of an operation; a rule is an operand and what `g` contributes to it."""
    out = Tensor(value, (operand for operand, _ in rules), op)
    out._rules = rules
    return out


def _sum_to(g: Array, shape: tuple[int, ...]) -> Array:
    """Sum a gradient over the axes along which broadcasting repeated an operand of `shape`."""
    if g.shape == shape:
        return g
    added = tuple(range(g.ndim - len(shape)))
    stretched = tuple(len(added) + i for i, n in enumerate(shape) if n == 1)
    total: Array = g.sum(axis=added + stretched)
    return total.reshape(shape)

"""Random graphs on whole numbers: native, pure and rational arithmetic must agree with `==`.

The oracle shares nothing with either version. It is forward mode on `fractions.Fraction`, with
arrays of objects, so that NumPy itself does the broadcasting, the summing and the indexing. Leaves
are small whole numbers and every partial sum stays below 2**53, so that float64 is exact as well.
"""

import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import retrograd
import retrograd.pure

EXACT = 2**50  # every value and derivative stays below, in units of the smallest fraction
SHAPES = [(), (), (3,), (2, 3), (2, 1), (1, 3), (1,)]


class Dual:
    """A rational number and its derivatives with respect to every leaf element."""

    def __init__(self, value, slopes):
        self.value, self.slopes = value, slopes

    def __add__(self, other):
        return Dual(self.value + other.value, self.slopes + other.slopes)

    def __sub__(self, other):
        return Dual(self.value - other.value, self.slopes - other.slopes)

    def __mul__(self, other):
        slopes = self.slopes * other.value + other.slopes * self.value
        return Dual(self.value * other.value, slopes)

    def __neg__(self):
        return Dual(-self.value, -self.slopes)


def duals(leaves):
    """The leaves as object arrays of dual numbers, each element a variable of its own."""
    total = sum(leaf.size for leaf in leaves)
    basis = iter(np.array([[Fraction(int(i == j)) for j in range(total)] for i in range(total)]))
    result = []
    for leaf in leaves:
        array = np.empty(leaf.shape, dtype=object)
        for i in np.ndindex(leaf.shape):
            array[i] = Dual(Fraction(int(leaf[i])), next(basis))
        result.append(array)
    return result


class Exact:
    """How the oracle does what the methods of a Tensor do."""

    half = Dual(Fraction(1, 2), Fraction(0))

    @staticmethod
    def sum(v, axis, keepdims):
        return np.add.reduce(v, axis=axis, keepdims=keepdims)

    @staticmethod
    def halve(v):
        return v * Exact.half


class Floats:
    """How the two versions do it."""

    @staticmethod
    def sum(v, axis, keepdims):
        return v.sum(axis=axis, keepdims=keepdims)

    @staticmethod
    def halve(v):
        return v / 2


def evaluate(steps, leaves, do):
    """Run a graph: each step appends a value computed from earlier ones."""
    values = list(leaves)
    for op, i, j, detail in steps:
        a, b = values[i], values[j]
        if op == "+":
            out = a + b
        elif op == "-":
            out = a - b
        elif op == "*":
            out = a * b
        elif op == "neg":
            out = -a
        elif op == "sum":
            out = do.sum(a, *detail)
        elif op == "halve":
            out = do.halve(a)
        elif op == "reshape":
            out = a.reshape(detail)
        else:
            out = a[detail]
        # NumPy turns 0-d results into scalars, which would be bare Duals.
        values.append(np.array(out, dtype=object) if isinstance(out, Dual) else out)
    return values


def random_step(rng, shapes):
    """One more operation, and the shape of its result; mostly on recent values, for depth."""
    recent = range(max(0, len(shapes) - 4), len(shapes))
    i = rng.choice(recent if rng.random() < 0.6 else range(len(shapes)))
    j = rng.randrange(len(shapes))
    op = rng.choice(["+", "+", "-", "-", "*", "*", "*", "neg", "sum", "halve", "reshape", "[]"])
    shape, detail = shapes[i], None
    if op in "+-*":
        try:
            shape = np.broadcast_shapes(shape, shapes[j])
        except ValueError:
            j, shape = i, shapes[i]
    elif op == "sum":
        axis = rng.choice([None, *range(len(shape))])
        keepdims = rng.random() < 0.5
        shape, detail = np.zeros(shape).sum(axis=axis, keepdims=keepdims).shape, (axis, keepdims)
    elif op == "reshape":
        size = int(np.prod(shape))
        shape = detail = rng.choice([(size,), (1, size), (size, 1)])
    elif op == "[]":
        if not shape:
            op = "neg"
        else:
            n = shape[0]
            rows = np.array([rng.randrange(n) for _ in range(3)])  # repeats are likely: they add
            detail = rng.choice([rng.randrange(n), slice(None, None, -1), slice(0, 1), rows])
            shape = np.zeros(shape)[detail].shape
    return (op, i, j, detail), shape


def halvings(steps, leaves):
    """The number k such that everything in the graph is a whole multiple of 2**-k."""
    counts = [0] * leaves
    for op, i, j, _ in steps:
        more = {"halve": 1, "*": counts[j]}.get(op, 0)
        counts.append(max(counts[i], counts[j]) if op in "+-" else counts[i] + more)
    return max(counts)


def bound(steps, leaves):
    """A bound for every partial sum anywhere: the same graph with every sign made plus."""
    positive = duals([np.maximum(abs(leaf), 1) for leaf in leaves])
    plus = {"-": ("+", None), "neg": ("[]", ...), "halve": ("[]", ...)}
    signless = []
    for op, i, j, detail in steps:
        op, detail = plus.get(op, (op, detail))
        signless.append((op, i, j, detail))
    largest = 0
    for value in evaluate(signless, positive, Exact):
        for dual in np.asarray(value, dtype=object).ravel():
            largest = max(largest, dual.value, *dual.slopes)
    return largest * 2 ** halvings(steps, len(leaves))


def random_leaf(rng):
    shape = rng.choice(SHAPES)
    size = int(np.prod(shape))
    return np.array(rng.choices(range(-3, 4), k=size)).reshape(shape)


def random_graph(rng, length):
    """Leaves and steps, ended by the sum of everything that was made, for heavy reuse."""
    leaves = [random_leaf(rng) for _ in range(4)]
    steps, shapes = [], [leaf.shape for leaf in leaves]
    while len(steps) < length:
        step, shape = random_step(rng, shapes)
        if int(np.prod(shape)) <= 12 and bound([*steps, step], leaves) < 2**40:
            steps.append(step)
            shapes.append(shape)
    root = None
    for k in range(len(shapes)):
        steps.append(("sum", k, k, (None, False)))
        if root is not None:
            steps.append(("+", root, len(leaves) + len(steps) - 1, None))
        root = len(leaves) + len(steps) - 1
    return leaves, steps


def check(seed, length):
    leaves, steps = random_graph(random.Random(seed), length)
    assert bound(steps, leaves) < EXACT
    exact = evaluate(steps, duals(leaves), Exact)
    gradient = np.asarray(exact[-1]).item().slopes
    ends = np.cumsum([leaf.size for leaf in leaves])
    expected = np.split(gradient, ends[:-1])
    for Tensor in (retrograd.pure.Tensor, retrograd.Tensor):
        tensors = [Tensor(leaf) for leaf in leaves]
        values = evaluate(steps, tensors, Floats)
        for value, rational in zip(values, exact, strict=True):
            assert value.data.shape == np.shape(rational)
            numbers = [dual.value for dual in np.asarray(rational, dtype=object).ravel()]
            assert [Fraction(x) for x in value.data.ravel().tolist()] == numbers
        for times in (1, 2):
            values[-1].backward()
            for leaf, tensor, slopes in zip(leaves, tensors, expected, strict=True):
                assert tensor.grad.shape == leaf.shape
                grads = [Fraction(x) for x in tensor.grad.ravel().tolist()]
                assert grads == [times * slope for slope in slopes]


@pytest.mark.parametrize("length", [1, 2, 3, 5, 8, 12, 20, 40])
def test_random_graphs(length):
    for seed in range(25):
        check(f"{length}/{seed}", length)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), length=st.integers(1, 15))
def test_more_random_graphs(seed, length):
    check(seed, length)


def polynomial(Tensor):
    """(x+y)**16, by squaring what is shared: each level uses the one below twice."""
    x, y = Tensor(3), Tensor(-1)
    s = x + y
    for _ in range(4):
        s = s * s
    return x, y, s


@pytest.mark.parametrize("Tensor", [retrograd.pure.Tensor, retrograd.Tensor])
def test_shared_squares(Tensor):
    x, y, s = polynomial(Tensor)
    s.backward()
    assert s.data == 2**16
    assert x.grad == y.grad == 16 * 2**15


@pytest.mark.parametrize("Tensor", [retrograd.pure.Tensor, retrograd.Tensor])
def test_fibonacci(Tensor):
    """Each number uses the two before it: as many paths as the number itself, one visit a node."""
    a, b = Tensor(1), Tensor(1)
    first, second = a, b
    for _ in range(70):
        a, b = b, a + b
    b.backward()
    f = [1, 1]
    while len(f) < 72:
        f.append(f[-1] + f[-2])
    assert b.data == f[71]
    assert first.grad == f[69]
    assert second.grad == f[70]


def test_the_oracle_finds_a_planted_wrong_rule(monkeypatch):
    class Wrong(retrograd.pure.Tensor):
        def __mul__(self, other):
            out = super().__mul__(other)
            out._rules = tuple((v, lambda g: 2 * g) for v, _ in out._rules)
            return out

    monkeypatch.setattr(retrograd.pure, "Tensor", Wrong)
    with pytest.raises(AssertionError):
        test_random_graphs(8)

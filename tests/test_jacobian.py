"""Jacobians and Hessians: k seeds through one recorded graph, either way, dense and sparse."""

import sys
from collections import namedtuple

import numpy as np
import pytest
from scipy import sparse

import retrograd as rg
from check import agree, draw, units
from op_table import CASES
from retrograd import GraphError, ShapeError, Tensor, _core, grad, hessian, jacobian, jvp
from retrograd.functional.sparse import colour, sparsity


def columns(case, xs):
    """The Jacobian by one jvp for each element of the operands."""
    return [jvp(case.f, tuple(xs), tuple(v))[1] for v in units(xs)]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_operation(case, mode):
    """All seeds along one axis give what each gives alone: every rule, in both directions."""
    xs = draw(case)
    every = tuple(range(len(xs)))
    blocks = jacobian(case.f, every, mode=mode)(*xs)
    out = np.asarray(case.oracle(*xs))
    want = columns(case, xs)
    rtol = 0 if case.exact else 1e-13
    at = 0
    for block, x in zip(blocks, xs, strict=True):
        assert block.shape == (*out.shape, *x.shape)
        assert block.dtype == x.dtype if mode == "reverse" else block.dtype == out.dtype
        flat = block.reshape(out.size, x.size)
        for column in flat.T:
            agree(column.reshape(out.shape), want[at], rtol=rtol)
            at += 1


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_hessian_of_every_operation(case):
    """The seeds of all elements go through the rules of the rules."""
    xs = draw(case)
    w = np.arange(1.0, np.asarray(case.oracle(*xs)).size + 1).reshape(np.shape(case.oracle(*xs)))
    every = tuple(range(len(xs)))

    def f(*a):
        return (case.f(*a) * w).sum()

    blocks = hessian(f, every)(*xs)
    gradient = grad(f, every)
    rows = [jvp(gradient, tuple(xs), tuple(v))[1] for v in units(xs)]
    at = 0
    for i, x in enumerate(xs):
        for place in np.ndindex(x.shape):
            for k, other in enumerate(xs):
                got = blocks[k][i][(..., *place)]
                assert blocks[k][i].shape == (*other.shape, *x.shape)
                agree(got, rows[at][k], rtol=0 if case.exact else 1e-12)
            at += 1


def residual(x):
    """A band of width five."""
    y = 3 * x - x * x
    y[1:] -= x[:-1]
    y[:-1] -= 2 * x[1:]
    y[2:] += np.sin(x[:-2]) * 0.1
    y[:-2] += x[2:] * x[2:] * 0.1
    return y


def band(n, low=2, high=2):
    return sparse.diags([np.ones(n - abs(k)) for k in range(-low, high + 1)], range(-low, high + 1))


def test_values():
    x = np.array([2.0, 3.0])
    assert jacobian(lambda x: x**3)(2.0) == 12.0
    assert type(jacobian(lambda x: x**3)(2.0)) is np.float64
    np.testing.assert_array_equal(jacobian(lambda x: x * x[0])(x), [[4, 0], [3, 2]])
    np.testing.assert_array_equal(jacobian(lambda x: np.zeros(3))(x), np.zeros((3, 2)))
    np.testing.assert_array_equal(jacobian(lambda x, y: x * y, 1)(2.0, x), np.eye(2) * 2)
    h = hessian(lambda x: (x[0] * x[1]) ** 2)(x)
    np.testing.assert_array_equal(h, [[18, 24], [24, 8]])
    assert jacobian(lambda x: x, mode="forward")(np.ones(2, np.float32)).dtype == np.float32


def test_containers_and_arguments():
    Pair = namedtuple("Pair", "a b")

    def f(p, s, *, scale):
        return {"x": p.a * s * scale, "y": (p.b.sum(), 7.0)}, s

    args = (Pair(np.array([1.0, 2.0]), np.ones((2, 2))), 3.0)
    for mode in ("forward", "reverse"):
        j, aux = jacobian(f, (0, 1), has_aux=True, mode=mode)(*args, scale=2.0)
        assert aux == 3.0
        np.testing.assert_array_equal(j["x"][0].a, 6 * np.eye(2))
        np.testing.assert_array_equal(j["x"][0].b, np.zeros((2, 2, 2)))
        np.testing.assert_array_equal(j["x"][1], [2, 4])
        np.testing.assert_array_equal(j["y"][0][0].b, np.ones((2, 2)))
        assert j["y"][1][0].a.shape == (2,)
        assert (j["y"][0][1], j["y"][1][1]) == (0, 0)
    h = hessian(lambda p: p["a"] * p["b"].sum())({"a": 2.0, "b": np.ones(2)})
    np.testing.assert_array_equal(h["a"]["b"], [1, 1])
    np.testing.assert_array_equal(h["b"]["a"], [1, 1])
    np.testing.assert_array_equal(h["b"]["b"], np.zeros((2, 2)))


def test_the_function_runs_once():
    calls = []

    def f(x):
        calls.append(1)
        return np.sin(x)

    for mode in ("forward", "reverse", None):
        jacobian(f, mode=mode)(np.ones(7))
        assert len(calls) == 1
        calls.clear()


def test_fewer_seeds_are_chosen(monkeypatch):
    used = []

    class Watched(_core.Sweep):
        def push(self, seeds, wide):
            used.append(("forward", len(seeds[0])))
            return super().push(seeds, wide)

        def pull(self, seeds, wide):
            used.append(("reverse", len(seeds[0])))
            return super().pull(seeds, wide)

    monkeypatch.setattr(_core, "Sweep", Watched)
    jacobian(lambda x: np.broadcast_to(x, (5, 3)))(np.ones(3))
    jacobian(lambda x: x[:2])(np.ones(3))
    jacobian(lambda x: x)(np.ones(3))
    assert used == [("forward", 3), ("reverse", 2), ("reverse", 3)]


def test_pieces_give_the_same(monkeypatch):
    x = np.linspace(0.5, 2, 11)
    whole = {mode: jacobian(residual, mode=mode)(x) for mode in ("forward", "reverse")}
    found = sparsity(residual)(x).toarray()
    monkeypatch.setattr(sys.modules["retrograd.functional.jacobian"], "_AT_ONCE", 33)
    for mode, want in whole.items():
        np.testing.assert_array_equal(jacobian(residual, mode=mode)(x), want)
    np.testing.assert_array_equal(sparsity(residual)(x).toarray(), found)


def test_inside_other_transforms():
    x = np.array([0.3, 0.8, 1.7])

    def f(x):
        return np.sin(x) * x[::-1]

    def square(mode):
        return lambda x: (jacobian(f, mode=mode)(x) ** 2).sum()

    step = 1e-6
    for mode in ("forward", "reverse"):
        got = grad(square(mode))(x)
        pushed = [jvp(square(mode), (x,), (e,))[1] for e in np.eye(3)]
        np.testing.assert_allclose(got, pushed, rtol=1e-13)
        for i, e in enumerate(np.eye(3) * step):
            near = (square(mode)(x + e) - square(mode)(x - e)) / (2 * step)
            assert got[i] == pytest.approx(near, rel=1e-7)
    third = {
        (a, b, c): jacobian(jacobian(jacobian(f, mode=a), mode=b), mode=c)(x)
        for a in ("forward", "reverse")
        for b in ("forward", "reverse")
        for c in ("forward", "reverse")
    }
    for other in third.values():
        np.testing.assert_allclose(other, third["forward", "forward", "forward"], rtol=1e-13)
    # The variable of the outer transform comes in by closure.
    by_closure = grad(lambda s: jacobian(lambda y: y * y * s)(x).sum())(2.0)
    assert by_closure == pytest.approx(2 * x.sum())


def test_gradients_of_leaves_are_left_alone():
    w = Tensor(np.ones(3))
    j = jacobian(lambda x: x * w)(np.ones(3))
    np.testing.assert_array_equal(j, np.eye(3))
    np.testing.assert_array_equal(w.grad, np.zeros(3))


def custom_square(x):
    out = Tensor(x.data**2, (x,), "square")

    def rule():
        x.grad += 2 * x.data * out.grad

    out._backward = rule
    return out


def test_rules_written_in_python_take_one_seed_at_a_time():
    x = np.arange(3.0)
    np.testing.assert_array_equal(jacobian(lambda x: custom_square(x) * 2)(x), np.diag(4 * x))
    tall = jacobian(lambda x: np.broadcast_to(custom_square(x), (2, 3)))(x)
    np.testing.assert_array_equal(tall, np.stack([np.diag(2 * x)] * 2))
    with pytest.raises(GraphError, match=r"^custom: a rule written on arrays takes no tangents"):
        jacobian(custom_square, mode="forward")(x)
    with pytest.raises(GraphError, match=r"^square: a _backward works on arrays"):
        grad(lambda x: jacobian(custom_square)(x).sum())(x)


def test_custom_rules_and_hooks_inside_a_jacobian():
    cube = rg.custom(lambda x: x**3)
    cube.defvjp(lambda x: (cube(x), x), lambda x, g: (3 * x * x * g,))
    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(jacobian(cube)(x), np.diag(3 * x * x))
    np.testing.assert_array_equal(jacobian(jacobian(cube))(x)[1, 1], [0, 12])

    def hooked(x):
        y = x * 3
        y.register_hook(lambda g: 2 * g)
        return y * x

    np.testing.assert_array_equal(jacobian(hooked)(x), np.diag((6 + 3) * x))


def test_errors_are_one_line():
    with pytest.raises(ValueError, match=r"^jacobian: mode is"):
        jacobian(np.sin, mode="backward")
    with pytest.raises(ValueError, match=r"^jacobian: sparsity is"):
        jacobian(np.sin, sparsity="find")
    with pytest.raises(TypeError, match=r"^jacobian: with sparsity, argnums"):
        jacobian(np.sin, (0,), sparsity="detect")
    with pytest.raises(TypeError, match=r"^jacobian: with sparsity, argument and result"):
        jacobian(lambda x: (x, x), sparsity="detect")(np.ones(3))
    with pytest.raises(ShapeError, match=r"^jacobian: a pattern of shape \(2, 2\)"):
        jacobian(np.sin, sparsity=np.eye(2))(np.ones(3))
    with pytest.raises(GraphError, match=r"^jacobian: a sparse result"):
        grad(lambda x: jacobian(np.sin, sparsity=np.eye(3))(x).sum())(np.ones(3))
    with pytest.raises(TypeError, match=r"^grad: wants a function with a scalar result"):
        hessian(np.sin)(np.ones(3))


def test_bands_take_as_many_colours_as_they_are_wide():
    assert colour(band(50)).max() + 1 == 5
    assert colour(np.eye(6)).max() + 1 == 1
    assert colour(np.ones((3, 6))).tolist() == [0, 1, 2, 3, 4, 5]
    arrow = np.eye(6, dtype=bool)
    arrow[0] = True
    assert colour(arrow).max() + 1 == 6
    assert colour(arrow.T).max() + 1 == 2
    pattern = np.random.default_rng(3).random((40, 30)) < 0.08
    colours = colour(pattern)
    for c in range(colours.max() + 1):
        assert (pattern[:, colours == c].sum(axis=1) <= 1).all()


@pytest.mark.parametrize("mode", ["forward", "reverse", None])
@pytest.mark.parametrize("n", [5, 64, 101])
def test_sparse_equals_dense(n, mode):
    x = np.linspace(-1, 2, n)
    dense = jacobian(residual)(x)
    for pattern in (band(n), np.abs(band(n).toarray()), "detect"):
        got = jacobian(residual, mode=mode, sparsity=pattern)(x)
        assert got.format == "csr"
        np.testing.assert_allclose(got.toarray(), dense, rtol=1e-15, atol=1e-15)


def test_detected_patterns():
    x = np.linspace(1, 2, 37)
    np.testing.assert_array_equal(sparsity(residual)(x).toarray(), band(37).toarray() != 0)
    full = sparsity(lambda x: x.sum() * np.ones(4))(x)
    assert full.toarray().all()
    assert sparsity(lambda x: np.zeros(4) + x[3] * 0)(x).nnz == 4  # zero times NaN counts
    assert sparsity(lambda x: Tensor(np.ones(3)))(x).nnz == 0
    assert sparsity(lambda x: x[:0])(x).shape == (0, 37)
    rng = np.random.default_rng(1)
    rows, cols = rng.integers(0, 25, 60), rng.integers(0, 37, 60)

    def scattered(x):
        y = Tensor(np.zeros(25))
        for r, c in zip(rows, cols, strict=True):
            y[r] = y[r] + x[c] ** 2
        return y

    want = np.zeros((25, 37), bool)
    want[rows, cols] = True
    np.testing.assert_array_equal(sparsity(scattered)(x).toarray(), want)


def test_few_seeds_for_many_unknowns(monkeypatch):
    seeds = []

    class Watched(_core.Sweep):
        def push(self, given, wide):
            seeds.append(len(given[0]))
            return super().push(given, wide)

    monkeypatch.setattr(_core, "Sweep", Watched)
    n = 10_000
    x = np.linspace(0, 1, n)
    j = jacobian(residual, sparsity=band(n))(x)
    assert seeds == [5]
    assert j.shape == (n, n)
    assert j.nnz == band(n).tocsr().nnz
    v = np.random.default_rng(2).normal(size=n)
    np.testing.assert_allclose(j @ v, jvp(residual, (x,), (v,))[1], rtol=1e-12, atol=1e-12)


def test_sparse_hessian():
    x = np.linspace(-1, 1, 20)

    def f(x):
        return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()

    dense = hessian(f)(x)
    for pattern in (band(20, 1, 1), "detect"):
        got = hessian(f, sparsity=pattern)(x)
        assert got.nnz == 58
        np.testing.assert_allclose(got.toarray(), dense, rtol=1e-14)

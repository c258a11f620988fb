"""Forward mode: tangents by every operation, in any nesting with reverse mode, without a graph."""

import gc
import itertools
import threading
import zlib

import numpy as np
import pytest

import retrograd as rg
from check import agree, directional, draw, draw_like, numeric_second_order
from op_table import BINARY, CASES, ELEMENTWISE
from retrograd import GraphError, ShapeError, Tensor, _core, grad, hvp, jvp, linearize, vjp

INEXACT = 1e-12
SHAPES = [
    *itertools.product([(), (1,), (3,), (2, 1), (2, 3)], [(), (3,), (1, 3), (2, 3)]),
    ((0, 3), (3,)),
    ((0, 3), ()),
    ((1, 3), (0, 1)),
]


def alive():
    return _core.live_nodes(), _core.live_carriers(), _core.live_buffers()


@pytest.fixture(autouse=True)
def nothing_left():
    """Every test gives back its nodes, carriers and buffers, and closes its levels."""
    before = alive()
    yield
    if alive() != before:
        gc.collect()
    assert all(now <= then for now, then in zip(alive(), before, strict=True))
    assert _core.open_levels() == 0


def direction(xs):
    return [draw_like(x, seed=1) for x in xs]


def dot(a, b):
    return float(np.sum(np.asarray(a, float) * np.asarray(b, float)))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_jvp_of_every_operation(case, dtype):
    """Against the oracle's directional derivative, and against vjp by the dot product."""
    xs = draw(case, dtype)
    vs = direction(xs)
    out, tangent = jvp(case.f, tuple(xs), tuple(vs))
    assert np.shape(tangent) == np.shape(out)
    assert tangent.dtype == out.dtype
    loose = 0 if case.exact else INEXACT if dtype == np.float64 else 1e-5
    if dtype == np.float64 or case.exact:
        agree(tangent, directional(case, [x.astype(float) for x in xs], vs), rtol=loose)

    w = draw_like(np.asarray(out))
    _, pull = vjp(case.f, *xs)
    pulled = sum(dot(g, v) for g, v in zip(pull(w), vs, strict=True))
    scale = sum(dot(abs(g), abs(v)) for g, v in zip(pull(w), vs, strict=True))
    assert abs(dot(w, tangent) - pulled) <= loose * max(scale, 1.0)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_linearize_of_every_operation(case):
    """The recorded graph takes tangents as the running function does."""
    xs = draw(case)
    vs = direction(xs)
    out, push = linearize(case.f, *xs)
    want, tangent = jvp(case.f, tuple(xs), tuple(vs))
    np.testing.assert_array_equal(out, want)
    agree(push(*vs), tangent, rtol=0 if case.exact else INEXACT)
    agree(push(*vs), tangent, rtol=0 if case.exact else INEXACT)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_order_two_of_every_operation(case):
    """Forward over reverse, reverse over reverse, reverse over forward: one number."""
    xs = draw(case)
    w = draw_like(np.asarray(case.oracle(*xs))).astype(float)
    us = direction(xs)
    want = numeric_second_order(case, xs, w, us)
    rtol = 0 if case.exact else 1e-9
    every = tuple(range(len(xs)))

    def f(*a):
        return (case.f(*a) * w).sum()

    gradient = grad(f, every)
    _, forward_over_reverse = jvp(gradient, tuple(xs), tuple(us))

    def slope(*a):
        return sum((g * u).sum() for g, u in zip(gradient(*a), us, strict=True))

    def rate(*a):
        return jvp(f, a, tuple(us))[1]

    for got in (forward_over_reverse, grad(slope, every)(*xs), grad(rate, every)(*xs)):
        for g, n in zip(got, want, strict=True):
            agree(g, n, rtol=rtol)
    # Forward over forward: <w, f''[u, u]>.
    _, twice = jvp(rate, tuple(xs), tuple(us))
    agree(twice, sum(np.sum(n * u) for n, u in zip(want, us, strict=True)), rtol=rtol)


def chain(x):
    """Ten operations, analytic around 0.7."""
    y = np.tanh(np.sin(x) * np.exp(-x)) + np.cos(x)
    return np.log(np.sqrt(y * y + 1.5)) / x**1.5


def fourth_derivative(f, x, radius=0.3, n=64):
    """Cauchy's integral over a circle."""
    turn = np.exp(2j * np.pi * np.arange(n) / n)
    return 24 * np.mean(f(x + radius * turn) / turn**4).real / radius**4


def forward(f):
    return lambda x: jvp(f, (x,), (1.0,))[1]


@pytest.mark.parametrize("modes", [*itertools.product([forward, grad], repeat=4)])
def test_order_four_by_any_nesting(modes):
    f = chain
    for mode in modes:
        f = mode(f)
    assert f(0.7) == pytest.approx(fourth_derivative(chain, 0.7), rel=1e-10)


@pytest.mark.parametrize("row", BINARY, ids=[row.name for row in BINARY])
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_broadcasting(row, shapes):
    a, b = shapes
    rng = np.random.default_rng(zlib.crc32(repr((a, b)).encode()))
    x, y = rng.uniform(0.5, 1.5, a), rng.uniform(1.6, 3.0, b)
    u, v = rng.uniform(-1, 1, a), rng.uniform(-1, 1, b)
    out, both = jvp(row, (x, y), (u, v))
    first = jvp(lambda t: row(t, y), (x,), (u,))[1]
    second = jvp(lambda t: row(x, t), (y,), (v,))[1]
    assert both.shape == np.shape(out) == np.broadcast_shapes(a, b)
    np.testing.assert_allclose(both, first + second, rtol=1e-14, atol=1e-14)
    w = rng.uniform(-1, 1, np.shape(out))
    gx, gy = vjp(row, x, y)[1](w)
    assert dot(w, both) == pytest.approx(dot(gx, u) + dot(gy, v), rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("row", ELEMENTWISE, ids=[row.name for row in ELEMENTWISE])
def test_conventions_at_kinks(row):
    """At kinks and limits the tangent is the gradient's number."""
    with np.errstate(all="ignore"):
        for operands, gradients in row.kinks:
            for k, want in enumerate(gradients):
                if want is None:
                    continue
                xs = [np.array([float(x)]) for x in operands]
                vs = [np.ones(1) if i == k else np.zeros(1) for i in range(len(xs))]

                def one(t, k=k, xs=xs):
                    return row(*[t if i == k else x for i, x in enumerate(xs)])

                got = jvp(one, (xs[k],), (vs[k],))[1]
                np.testing.assert_allclose(got, [want], rtol=1e-15)


def test_perturbations_are_not_confused():
    inner = forward(lambda y: y)  # a level of its own each time
    assert inner(1.0) == 1.0
    by = {"forward": forward, "reverse": grad}
    for outer, within in itertools.product(by.values(), repeat=2):
        assert outer(lambda x, d=within: x * d(lambda y: x + y)(1.0))(1.0) == 1.0
        assert outer(lambda x, d=within: x * d(lambda y: x * y)(2.0))(3.0) == 6.0
        assert outer(lambda x, d=within: d(lambda y: x * y * y)(x))(3.0) == 12.0
    # A function of one level, handed to another.
    plus = {}

    def keep(x):
        plus["f"] = lambda y: x + y
        return x

    jvp(keep, (1.0,), (1.0,))
    assert forward(plus.pop("f"))(5.0) == 1.0


def test_a_plain_jvp_records_nothing():
    nodes = _core.live_nodes()
    seen = []

    def f(x):
        y = x
        for _ in range(50):
            y = np.sin(y) * x + y / 2
            y[0] = x[1] * 2
            seen.append(_core.live_nodes())
        return (y @ np.ones((3, 2))).max()

    jvp(f, (np.linspace(0.1, 1, 3),), (np.ones(3),))
    assert set(seen) == {nodes}


def test_tangents_go_with_their_values():
    """Memory does not grow with the length of the computation."""
    alive = []

    def f(x):
        y = x
        for _ in range(300):
            y = np.tanh(y) + x
            alive.append((_core.live_buffers(), _core.live_carriers()))
        return y

    jvp(f, (np.ones(1000),), (np.ones(1000),))
    assert max(alive[10:]) <= max(alive[:10])


def test_scalars_and_float32():
    out, t = jvp(lambda x: np.sin(x) * 2, (np.float32(0.5),), (np.float32(2),))
    assert type(out) is type(t) is np.float32
    assert t == pytest.approx(4 * np.cos(0.5), rel=1e-6)
    out, t = jvp(lambda x: x * np.float64(3), (np.ones(2, np.float32),), (np.ones(2),))
    assert out.dtype == t.dtype == np.float64
    assert type(jvp(lambda x: x * x, (3,), (1,))[1]) is np.float64


def test_writes_carry_tangents():
    def f(x, v):
        y = x.copy()
        y[1] = v * x[0]
        y[[0, 0]] = x[1:]  # of two writes to a place the last counts
        y += x
        return y

    x, v = np.array([2.0, 3.0, 5.0]), 7.0
    _, t = jvp(f, (x, v), (np.array([1.0, 10.0, 100.0]), 0.5))
    np.testing.assert_array_equal(t, [100 + 1, 7 * 1 + 0.5 * 2 + 10, 100 + 100])

    def constant(x):
        x[0] = 4.0
        return x * x

    np.testing.assert_array_equal(jvp(constant, (x,), (np.ones(3),))[1], [0, 6, 10])

    def into_constant(x):
        y = Tensor(np.zeros(3))
        y[1] = x
        return y

    np.testing.assert_array_equal(jvp(into_constant, (2.0,), (3.0,))[1], [0, 3, 0])


def test_the_argument_is_not_written_to():
    x = np.ones(3)

    def f(t):
        t[0] = 9.0
        t.data[1] = 9.0
        return t

    jvp(f, (x,), (np.ones(3),))
    np.testing.assert_array_equal(x, 1.0)


def test_containers_and_aux():
    def f(p, s):
        return {"a": p["w"] * s, "b": [p["b"], 3.0]}, p["w"].shape

    primals = ({"w": np.ones(2), "b": 2.0}, 5.0)
    tangents = ({"w": np.full(2, 3.0), "b": 1.0}, 1.0)
    out, t, aux = jvp(f, primals, tangents, has_aux=True)
    np.testing.assert_array_equal(out["a"], [5, 5])
    np.testing.assert_array_equal(t["a"], [16, 16])
    assert (t["b"], aux) == ([1.0, 0.0], (2,))


def test_independent_results_have_zero_tangents():
    x = np.ones(3)
    for f in (lambda t: np.zeros(3), lambda t: Tensor(np.zeros(3)), lambda t: t.detach()):
        np.testing.assert_array_equal(jvp(f, (x,), (x,))[1], 0.0)
    with rg.no_grad():  # of the caller's: none of the function's business
        np.testing.assert_array_equal(jvp(lambda t: t * t, (x,), (x,))[1], 2.0)

    def inside(t):
        with rg.no_grad():
            c = t * t
        return c * t

    np.testing.assert_array_equal(jvp(inside, (2 * x,), (x,))[1], 4.0)


def test_rules_written_in_python_refuse_tangents():
    def f(x):
        out = Tensor(x.data**2, (x,), "my_square")
        out._backward = lambda: None
        return out

    with pytest.raises(GraphError, match=r"^my_square: has a _backward and no rule for tangents"):
        jvp(f, (2.0,), (1.0,))
    assert jvp(lambda x: x + f(Tensor(2.0)).detach(), (2.0,), (1.0,)) == (6.0, 1.0)


def test_custom_operations_with_a_rule_for_tangents():
    def power(x, n):
        return x**n

    power = rg.custom(power)
    power.defvjp(
        lambda x, n: (x**n, (x, n)),
        lambda saved, g: (saved[1] * saved[0] ** (saved[1] - 1) * g, None),
    )
    # Without a rule it is the transpose of the vjp.
    assert jvp(lambda x: power(x, 3), (2.0,), (1.0,)) == (8.0, 12.0)

    @power.defjvp
    def _(primals, tangents):
        x, n = primals
        return x**n, n * x ** (n - 1) * tangents[0]

    def f(x):
        return power(np.sin(x), 3) * x

    def g(x):
        return np.sin(x) ** 3 * x

    x = 0.7
    assert jvp(f, (x,), (2.0,)) == pytest.approx(jvp(g, (x,), (2.0,)), rel=1e-14)
    for modes in itertools.product([forward, grad], repeat=3):
        a, b = f, g
        for mode in modes:
            a, b = mode(a), mode(b)
        assert a(x) == pytest.approx(b(x), rel=1e-12)


def test_a_rule_on_arrays_has_no_second_derivative():
    def square(x):
        return x * x

    square = rg.custom(square)
    square.defjvp(lambda p, t: (p[0] ** 2, np.asarray(2 * np.asarray(p[0]) * np.asarray(t[0]))))
    assert forward(square)(3.0) == 6.0
    with pytest.raises(GraphError, match=r"^square: its jvp raised GraphError: np.asarray: drops"):
        forward(forward(square))(3.0)

    wrong = rg.custom(lambda x: x)
    wrong.defjvp(lambda p, t: (p[0], np.ones(3)))
    with pytest.raises(ShapeError, match=r"the jvp's tangent of out has shape \(3,\), wanted \(\)"):
        forward(wrong)(3.0)


def test_a_backward_inside_must_record():
    def f(x):
        y = Tensor(2.0)
        (x * y).backward()
        return x * y.grad

    with pytest.raises(GraphError, match="create_graph=True"):
        jvp(f, (3.0,), (1.0,))

    def recorded(x):
        y = Tensor(2.0)
        (x * y).backward(create_graph=True)
        return x * y.grad

    assert jvp(recorded, (3.0,), (1.0,)) == (9.0, 6.0)


def test_errors_are_one_line():
    x = np.ones(3)
    with pytest.raises(TypeError, match=r"^jvp: primals is a tuple"):
        jvp(np.sin, x, x)
    with pytest.raises(TypeError, match=r"^jvp: the structure"):
        jvp(np.sin, (x,), (x, x))
    with pytest.raises(ShapeError, match=r"^jvp: a tangent of shape \(2,\) came for a primal"):
        jvp(np.sin, (x,), (np.ones(2),))
    with pytest.raises(TypeError, match=r"^jvp: dtype"):
        jvp(np.sin, (x,), (np.array(["a"] * 3),))
    with pytest.raises(ShapeError, match=r"^linearize: tangents\[0\] of shape \(2,\)"):
        linearize(np.sin, x)[1](np.ones(2))
    with pytest.raises(TypeError, match=r"^hvp: wants"):
        hvp(np.sin)(x)
    with pytest.raises(ZeroDivisionError):
        jvp(lambda t: 1 / 0, (x,), (x,))


def test_no_warning_of_the_tangent_alone():
    """Rules do not warn, as in a backward; the function itself does."""
    with np.errstate(all="raise"):
        _, t = jvp(np.sqrt, (np.zeros(2),), (np.ones(2),))
        assert np.isinf(t).all()
        with pytest.raises(FloatingPointError):
            jvp(lambda x: 1 / x, (np.zeros(2),), (np.ones(2),))


def test_what_escapes_is_plain():
    kept = []

    def f(x):
        kept.extend([x, x * 2])
        return x

    jvp(f, (3.0,), (1.0,))
    a, b = kept
    assert not a.requires_grad
    assert not b.requires_grad
    nodes = _core.live_nodes()
    assert (a * b).data == 18.0
    assert _core.live_nodes() == nodes
    assert forward(lambda x: x * a)(2.0) == 3.0


def test_threads_have_their_own_perturbations():
    results, ready = {}, threading.Barrier(4)

    def work(k):
        def f(x):
            ready.wait()
            y = x
            for _ in range(200):
                y = y * 1.0 + np.sin(x) * forward(lambda z: z * x)(1.0)
            ready.wait()
            return y

        results[k] = jvp(f, (float(k),), (1.0,))[1]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for k in range(4):
        assert results[k] == pytest.approx(1 + 200 * (np.sin(k) + k * np.cos(k)), rel=1e-11)


def test_deep_graphs_come_down_without_recursion():
    """A tangent may own the node whose tangent owns the next."""

    def f(x):
        y = x
        for _ in range(30_000):
            y = y * 0.5 + x
        return y

    assert grad(lambda x: jvp(f, (x,), (1.0,))[1])(1.0) == 0.0
    assert jvp(grad(f), (1.0,), (1.0,)) == (2.0, 0.0)


def test_hvp_and_linearize():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(4, 4))
    x, v = rng.normal(size=4), rng.normal(size=4)

    def f(x, s):
        return s * np.sin(x @ a @ x)

    def h(x, s):
        q, b = x @ a @ x, (a + a.T) @ x
        return s * (np.cos(q) * (a + a.T) - np.sin(q) * np.outer(b, b))

    np.testing.assert_allclose(hvp(f)(x, 2.0, v), h(x, 2.0) @ v, rtol=1e-12)
    out, push = linearize(lambda x: grad(f)(x, 2.0), x)
    np.testing.assert_array_equal(out, grad(f)(x, 2.0))
    for u in np.eye(4):
        np.testing.assert_allclose(push(u), h(x, 2.0) @ u, rtol=1e-11, atol=1e-13)
    # Inside another transform it is part of that one's graph.
    third = grad(lambda x: hvp(f)(x, 2.0, v) @ v)(x)
    step = 1e-6
    for i, e in enumerate(np.eye(4) * step):
        near = (v @ h(x + e, 2.0) @ v - v @ h(x - e, 2.0) @ v) / (2 * step)
        assert third[i] == pytest.approx(near, rel=1e-6)

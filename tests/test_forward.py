"""Forward mode: tangents by every operation, in any nesting with reverse mode, without a graph."""

import itertools
import zlib

import numpy as np
import pytest

from check import agree, directional, draw, draw_like, numeric_second_order
from op_table import BINARY, CASES, ELEMENTWISE
from retrograd import grad, hvp, jvp, linearize, vjp

INEXACT = 1e-12
SHAPES = [
    *itertools.product([(), (1,), (3,), (2, 1), (2, 3)], [(), (3,), (1, 3), (2, 3)]),
    ((0, 3), (3,)),
    ((0, 3), ()),
    ((1, 3), (0, 1)),
]

pytestmark = pytest.mark.usefixtures("nothing_left")


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
        oracle = directional(case, [x.astype(float) for x in xs], vs)
        agree(tangent, oracle, rtol=1e-8 if case.real else loose, floor=float(case.real))

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
    rtol = 0 if case.exact else 1e-5 if case.real else 1e-9
    floor = float(case.real)
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
            agree(g, n, rtol=rtol, floor=floor)
    # Forward over forward: <w, f''[u, u]>.
    _, twice = jvp(rate, tuple(xs), tuple(us))
    both = sum(np.sum(n * u) for n, u in zip(want, us, strict=True))
    agree(twice, both, rtol=rtol, floor=floor)


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

"""`retrograd.custom` in forward mode: its own rule or the transposed vjp, in any nesting."""

import gc

import numpy as np
import pytest

import retrograd as rg
from custom_ops import X, by_arrays, by_tensors, operation, total
from retrograd import custom, grad


def forward(f):
    return lambda x: rg.jvp(f, (x,), (1.0,))[1]


def exponential():
    return operation(lambda y, g: (y * g,), lambda x: (lambda y: (y, y))(np.exp(x)), np.exp)


def pair_by_parts(x):
    """Two results that depend on two arguments: x³ + 2x in all."""

    @custom
    def parts(a, b):
        return a * b, a + b

    parts.defvjp(
        lambda a, b: (parts(a, b), (a, b)),
        lambda s, g: (s[1] * g[0] + g[1], s[0] * g[0] + g[1]),
    )
    return parts(x, x * x)[0] + parts(x, x)[1]


@pytest.mark.parametrize("modes", ["ffff", "frfr", "rfrf", "rffr", "ffrr", "rrff", "frrf"])
@pytest.mark.parametrize("rule", ["transposed", "own"])
def test_forward_and_reverse_in_any_nesting(modes, rule):
    cube, exp = operation(by_tensors), exponential()
    if rule == "own":
        cube.defjvp(lambda p, t: (p[0] ** 3, 3 * p[0] ** 2 * t[0]))
        exp.defjvp(lambda p, t: (np.exp(p[0]), np.exp(p[0]) * t[0]))
    cases = (
        (cube, (12, 12, 6, 0)),
        (exp, [np.exp(2.0)] * 4),
        (pair_by_parts, (14, 12, 6, 0)),
        (lambda x: exp(cube(x) * 0.1), None),
    )
    for f, want in cases:
        if want is None:
            plain = [lambda x: np.exp(x**3 * 0.1)]
            for _ in range(4):
                plain.append(grad(plain[-1]))
            want = [d(2.0) for d in plain[1:]]
        for mode, value in zip(modes, want, strict=True):
            f = forward(f) if mode == "f" else grad(f)
            np.testing.assert_allclose(f(2.0), value, rtol=1e-12)


def test_a_tangent_beside_a_gradient():
    @custom
    def product(a, b):
        return a * b

    product.defvjp(lambda a, b: (a * b, (a, b)), lambda s, g: (s[1] * g, s[0] * g))

    def f(y):
        return grad(lambda x: product(x, y) * x)(3.0)

    assert rg.jvp(f, (2.0,), (1.0,)) == (12.0, 6.0)


def test_linearize_hvp_and_jacobians_of_custom_operations():
    cube = operation(by_tensors)

    def f(x):
        return np.sin(cube(x))

    want = np.cos(X**3) * 3 * X**2
    np.testing.assert_allclose(rg.linearize(f, X)[1](np.ones(3)), want, rtol=1e-14)
    np.testing.assert_allclose(rg.jacobian(f)(X), np.diag(want), rtol=1e-14)
    second = np.cos(X**3) * 6 * X - np.sin(X**3) * 9 * X**4
    np.testing.assert_allclose(rg.hvp(total(f))(X, np.ones(3)), second, rtol=1e-12)
    np.testing.assert_allclose(rg.hessian(total(f))(X), np.diag(second), rtol=1e-12, atol=1e-12)


def test_what_a_rule_for_tangents_gives_wrong_is_named():
    def pushed(rule, f=forward):
        made = operation(by_arrays)
        made.defjvp(rule)
        return f(made)(2.0)

    for rule, kind, message in (
        (lambda p, t: t[0], rg.GraphError, r"^cube: its jvp must give a pair \(out, tangent_out\)"),
        (lambda p, t: (p[0], None), rg.GraphError, "^cube: the jvp's tangent of out is None"),
        (lambda p, t: (p[0], np.ones(2)), rg.ShapeError, r"of out has shape \(2,\), wanted \(\)"),
        (lambda p, t: 1 / 0, rg.GraphError, "^cube: its jvp raised ZeroDivisionError"),
    ):
        with pytest.raises(kind, match=message):
            pushed(rule)
    with pytest.raises(rg.GraphError, match=r"^cube: has no jvp, and its vjp gives none .*defjvp"):
        forward(operation(by_arrays))(2.0)
    before = rg._core.open_levels()
    with pytest.raises(rg.GraphError, match=r"its jvp raised GraphError: np.asarray: drops"):
        pushed(lambda p, t: (p[0], np.asarray(t[0])), lambda f: forward(forward(f)))
    assert rg._core.open_levels() == before == 0


def test_forward_mode_leaves_nothing_behind():
    cube, exp = operation(by_tensors), exponential()

    def walk():
        forward(grad(lambda x: exp(cube(x) * 0.1)))(1.0)
        grad(forward(lambda x: cube(exp(x))))(0.5)

    walk()
    gc.collect()
    before = rg._core.live_nodes(), rg._core.live_buffers(), rg._core.live_carriers()
    for _ in range(3):
        walk()
    gc.collect()
    assert (rg._core.live_nodes(), rg._core.live_buffers(), rg._core.live_carriers()) == before

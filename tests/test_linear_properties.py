"""Random calls of linear functions: the gradient is the transpose of NumPy's own matrix."""

from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import retrograd as rg
from retrograd import Tensor

often = settings(max_examples=40, derandomize=True, deadline=None, database=None)
seeds = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def shape_of(rng, least=1, most=3, shortest=1):
    return tuple(int(n) for n in rng.integers(shortest, 5, rng.integers(least, most + 1)))


def axis_of(rng, shape):
    return int(rng.integers(-len(shape), len(shape)))


def points(rng, n):
    """Increasing, at different distances."""
    return np.cumsum(rng.integers(1, 5, n)) / 2.0


def pad(rng):
    shape = shape_of(rng, most=2)
    mode = str(rng.choice(["reflect", "symmetric", "mean", "linear_ramp", "constant", "edge"]))
    widths = [tuple(int(w) for w in rng.integers(0, 9, 2)) for _ in shape]
    more = {"reflect_type": "odd"} if mode in ("reflect", "symmetric") else {}
    if mode == "mean" and rng.random() < 0.7:
        more["stat_length"] = [tuple(int(n) for n in rng.integers(1, 6, 2)) for _ in shape]
    return shape, lambda x: np.pad(x, widths, mode, **more)


def diff(rng):
    shape = shape_of(rng)
    n, axis = int(rng.integers(0, 4)), axis_of(rng, shape)
    ends = {end: 0.0 for end in ("prepend", "append") if rng.random() < 0.4}
    return shape, lambda x: np.diff(x, n, axis, **ends)


def ediff1d(rng):
    ends = {
        end: [0.0] * int(rng.integers(3)) for end in ("to_begin", "to_end") if rng.random() < 0.5
    }
    return shape_of(rng, 0), lambda x: np.ediff1d(x, **ends)


def gradient(rng):
    order = int(rng.integers(1, 3))
    shape = shape_of(rng, most=2, shortest=order + 1)
    k = axis_of(rng, shape)
    spacing = points(rng, shape[k]) if rng.random() < 0.6 else float(rng.integers(1, 4))
    return shape, lambda x: np.gradient(x, spacing, axis=k, edge_order=order)


def trapezoid(rng):
    shape = shape_of(rng)
    k = axis_of(rng, shape)
    settings = [{"x": points(rng, shape[k])}, {"dx": 0.5}, {"x": np.cumsum(np.ones(shape), k)}, {}]
    chosen = settings[rng.integers(4)]
    return shape, lambda x: np.trapezoid(x, axis=k, **chosen)


def convolve(rng):
    other = rng.integers(-4, 5, rng.integers(1, 6)).astype(float)
    mode = str(rng.choice(["full", "same", "valid"]))
    f = (np.convolve, np.correlate)[rng.integers(2)]
    first = rng.random() < 0.5
    return shape_of(rng, most=1), lambda x: f(x, other, mode) if first else f(other, x, mode)


def interp(rng):
    n = int(rng.integers(1, 6))
    xp = points(rng, n)
    at = rng.uniform(xp[0] - 1, xp[-1] + 1, (2, 3))
    at[0, 0] = xp[rng.integers(n)]
    ends = {end: 0.0 for end in ("left", "right") if rng.random() < 0.4}
    return (n,), lambda x: np.interp(at, xp, x, **ends)


def polyval(rng):
    at = rng.integers(-3, 4, shape_of(rng, 0, 2)).astype(float)
    return (int(rng.integers(1, 5)),), lambda x: np.polyval(x, at)


def polyint(rng):
    m = int(rng.integers(0, 4))
    return (int(rng.integers(1, 5)),), lambda x: np.polyint(x, m)


def polyder(rng):
    m = int(rng.integers(0, 4))
    return (int(rng.integers(4, 6)),), lambda x: np.polyder(x, m)


def triangle(rng):
    f, k = (np.tril, np.triu)[rng.integers(2)], int(rng.integers(-4, 5))
    return shape_of(rng), lambda x: f(x, k)


def diag(rng):
    f, k = (np.diag, np.diagflat)[rng.integers(2)], int(rng.integers(-4, 5))
    return shape_of(rng, most=2), lambda x: f(x, k)


def linspace(rng):
    shape = shape_of(rng, 0, 2)
    num, end = int(rng.integers(0, 6)), bool(rng.integers(2))
    axis = int(rng.integers(-len(shape) - 1, len(shape) + 1))
    stop = rng.random() < 0.5
    return shape, lambda x: np.linspace(*((0.0, x) if stop else (x, 0.0)), num, end, axis=axis)


def choose(rng):
    which = rng.integers(-9, 9, shape_of(rng, 0, 2))
    mode = str(rng.choice(["wrap", "clip"]))
    shape = (int(rng.integers(1, 4)), *(1 if rng.random() < 0.4 else n for n in which.shape))
    return shape, lambda x: np.choose(which, x, mode=mode)


def compress(rng):
    shape = shape_of(rng)
    axis = None if rng.random() < 0.3 else axis_of(rng, shape)
    n = prod(shape) if axis is None else shape[axis]
    kept = rng.integers(0, 2, rng.integers(0, n + 1))
    return shape, lambda x: np.compress(kept, x, axis)


def select(rng):
    shape = shape_of(rng)
    masks = [rng.random(shape[rng.integers(len(shape)) :]) < 0.5 for _ in range(3)]
    return shape, lambda x: np.select(masks, [x, 2 * x, 0.0], -x)


def along(rng):
    shape = shape_of(rng)
    k = axis_of(rng, shape)
    f = (np.sum, np.diff, np.diag, lambda v: v[::-1])[rng.integers(4)]
    return shape, lambda x: np.apply_along_axis(f, k, x)


FUNCTIONS = {
    f.__name__: f
    for f in (
        pad, diff, ediff1d, gradient, trapezoid, convolve, interp, polyval, polyint, polyder,
        triangle, diag, linspace, choose, compress, select, along,
    )
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
@often
@given(rng=seeds)
def test_the_gradient_is_the_transposed_matrix(name, rng):
    shape, f = FUNCTIONS[name](rng)
    data = rng.integers(-9, 10, shape).astype(float)
    x, value = Tensor(data), np.asarray(f(data))
    out = f(x)
    assert type(out) is Tensor
    assert out.shape == value.shape
    np.testing.assert_allclose(out.data, value, rtol=1e-13, atol=1e-13)
    units = np.eye(data.size).reshape(-1, *shape)
    matrix = np.array([np.ravel(f(unit)) for unit in units])
    g = rng.integers(-9, 10, out.shape).astype(float)
    if out.requires_grad:  # not so where nothing is left of x
        out.backward(g)
    np.testing.assert_allclose(x.grad, (matrix @ g.reshape(-1)).reshape(shape), atol=1e-11)
    tangent = rng.integers(-9, 10, shape).astype(float)
    _, pushed = rg.jvp(f, (data,), (tangent,))
    np.testing.assert_allclose(pushed, f(tangent), rtol=1e-12, atol=1e-12)

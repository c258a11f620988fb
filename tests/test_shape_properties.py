"""Random shapes: what a function does with the elements' numbers says where the gradient goes."""

from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import retrograd as rg
from retrograd import Tensor

often = settings(max_examples=60, derandomize=True, deadline=None, database=None)
seeds = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def some_shape(rng, least=0):
    return tuple(
        map(int, rng.choice([1, 2, 3, 4, 0], rng.integers(least, 5), p=[0.3, 0.3, 0.2, 0.15, 0.05]))
    )


def regrouped(rng, shape):
    """Another shape for as many elements, with one extent left open now and then."""
    n = prod(shape)
    extents = []
    while n > 1 and rng.random() < 0.8:
        extents.append(int(rng.choice([d for d in range(1, n + 1) if n % d == 0])))
        n //= extents[-1]
    extents.append(n)
    extents = [int(e) for e in rng.permutation(extents)]
    if prod(shape) and rng.random() < 0.4:
        extents[rng.integers(len(extents))] = -1
    return tuple(extents)


def an_axis(rng, ndim):
    return int(rng.integers(-ndim, ndim))


def some_axes(rng, ndim):
    chosen = rng.permutation(ndim)[: rng.integers(ndim + 1)]
    return tuple(int(k - ndim * rng.integers(2)) for k in chosen)


def broadcastable(rng, shape):
    """A shape that broadcasts to the given one."""
    kept = [n if rng.random() < 0.6 else 1 for n in shape]
    return tuple(kept[rng.integers(len(shape) + 1) if rng.random() < 0.3 else 0 :])


def widths(rng, ndim):
    return [tuple(map(int, rng.integers(0, 6, 2))) for _ in range(ndim)]


def reshape(rng, shape):
    target, order = regrouped(rng, shape), str(rng.choice(["C", "F", "A"]))
    return lambda x: np.reshape(x, target, order=order)


def ravel(rng, shape):
    order = str(rng.choice(["C", "F", "A", "K"]))
    return lambda x: np.ravel(x, order)


def transpose(rng, shape):
    order = [int(k - len(shape) * rng.integers(2)) for k in rng.permutation(len(shape))]
    return lambda x: np.transpose(x, order)


def swapaxes(rng, shape):
    a, b = an_axis(rng, len(shape)), an_axis(rng, len(shape))
    return lambda x: np.swapaxes(x, a, b)


def moveaxis(rng, shape):
    source = some_axes(rng, len(shape))
    target = [int(k) for k in rng.permutation(len(shape))[: len(source)]]
    return lambda x: np.moveaxis(x, source, target)


def rollaxis(rng, shape):
    axis, start = an_axis(rng, len(shape)), int(rng.integers(-len(shape), len(shape) + 1))
    return lambda x: np.rollaxis(x, axis, start)


def squeeze(rng, shape):
    ones = [k for k, n in enumerate(shape) if n == 1]
    axis = None if rng.random() < 0.3 else tuple(k for k in ones if rng.random() < 0.7)
    return lambda x: np.squeeze(x, axis)


def expand_dims(rng, shape):
    more = int(rng.integers(1, 3))
    axis = tuple(int(k) for k in rng.permutation(len(shape) + more)[:more])
    return lambda x: np.expand_dims(x, axis)


def flip(rng, shape):
    axes = None if rng.random() < 0.3 else some_axes(rng, len(shape))
    return lambda x: np.flip(x, axes)


def rot90(rng, shape):
    axes = tuple(int(k) for k in rng.permutation(len(shape))[:2])
    k = int(rng.integers(-4, 5))
    return lambda x: np.rot90(x, k, axes)


def roll(rng, shape):
    axes = some_axes(rng, len(shape))
    shifts = tuple(int(s) for s in rng.integers(-5, 6, len(axes)))
    return (lambda x: np.roll(x, shifts, axes)) if axes else (lambda x: np.roll(x, 3))


def resize(rng, shape):
    target = some_shape(rng)
    return lambda x: np.resize(x, target)


def broadcast_to(rng, shape):
    target = (*some_shape(rng)[:2], *(n if n != 1 else int(rng.integers(4)) for n in shape))
    return lambda x: np.broadcast_to(x, target)


def atleast(rng, shape):
    f = (np.atleast_1d, np.atleast_2d, np.atleast_3d)[rng.integers(3)]
    return lambda x: f(x)


def windows(rng, shape):
    window = tuple(int(rng.integers(1, n + 1)) for n in shape)
    return lambda x: np.lib.stride_tricks.sliding_window_view(x, window)


def diagonal(rng, shape):
    a, b = (int(k) for k in rng.permutation(len(shape))[:2])
    offset = int(rng.integers(-3, 4))
    return lambda x: np.diagonal(x, offset, a, b)


def pad(rng, shape):
    mode = str(rng.choice(["edge", "wrap", "reflect", "symmetric"]))
    wide = widths(rng, len(shape))
    return lambda x: np.pad(x, wide, mode)


FUNCTIONS = {
    f.__name__: f
    for f in (
        reshape, ravel, transpose, swapaxes, moveaxis, rollaxis, squeeze, expand_dims, flip, rot90,
        roll, resize, broadcast_to, atleast, windows, diagonal, pad,
    )
}  # fmt: skip
LEAST = {"swapaxes": 1, "rollaxis": 1, "rot90": 2, "diagonal": 2, "windows": 1, "pad": 1}


def view_of(rng, shape):
    """A base's shape, and how it is looked at to have the given one."""
    order = [int(k) for k in rng.permutation(len(shape))]
    steps = [int(rng.choice([1, 1, 2, -1])) for _ in shape]
    base = [0] * len(shape)
    for place, k in enumerate(order):
        base[k] = shape[place] * abs(steps[place])
    cut = [slice(None)] * len(shape)
    for place, k in enumerate(order):
        cut[k] = slice(None, None, steps[place])
    return tuple(base), lambda x: x[tuple(cut)].transpose(order)


@pytest.mark.parametrize("name", FUNCTIONS)
@often
@given(rng=seeds)
def test_elements_go_where_their_numbers_go(name, rng):
    shape = some_shape(rng, LEAST.get(name, 0))
    if name in ("windows", "pad", "resize") and 0 in shape:
        shape = tuple(max(n, 1) for n in shape)
    f = FUNCTIONS[name](rng, shape)
    base, look = view_of(rng, shape)
    numbers = np.arange(prod(base)).reshape(base)
    places = f(look(numbers))

    data = np.arange(1.0, prod(base) + 1).reshape(base)
    x = Tensor(data)
    out = f(look(x))
    np.testing.assert_array_equal(out.data, f(look(data)))
    assert out.shape == places.shape
    g = rng.integers(-9, 9, out.shape).astype(float)
    out.backward(g)
    want = np.zeros(prod(base))
    np.add.at(want, places, g)
    np.testing.assert_array_equal(x.grad, want.reshape(base))
    _, pushed = rg.jvp(lambda t: f(look(t)), (data,), (data * 3,))
    np.testing.assert_array_equal(pushed, data.reshape(-1)[places] * 3)


@often
@given(rng=seeds)
def test_several_shapes_broadcast_together(rng):
    shape = some_shape(rng)
    xs = [
        Tensor(np.arange(1.0, prod(s) + 1).reshape(s))
        for s in (broadcastable(rng, shape) for _ in range(3))
    ]
    want = np.broadcast_arrays(*(x.data for x in xs))
    got = np.broadcast_arrays(*xs)
    assert type(got) is tuple
    for a, b in zip(got, want, strict=True):
        np.testing.assert_array_equal(a.data, b)
    got[0].backward(np.ones(got[0].shape))
    np.testing.assert_array_equal(
        xs[0].grad, np.full(xs[0].shape, got[0].size / max(xs[0].size, 1))
    )


@often
@given(rng=seeds)
def test_differences_telescope(rng):
    """Sums of differences are differences of the ends, and so are their gradients."""
    shape = some_shape(rng, 1)
    axis = an_axis(rng, len(shape))
    n = int(rng.integers(0, 4))
    data = rng.integers(-9, 9, shape).astype(float)
    x = Tensor(data)
    out = np.diff(x, n, axis)
    np.testing.assert_array_equal(out.data, np.diff(data, n, axis))
    g = rng.integers(-9, 9, out.shape).astype(float)
    out.backward(g)
    want = np.moveaxis(g, axis, -1)
    for _ in range(min(n, shape[axis])):
        zero = np.zeros((*want.shape[:-1], 1))
        want = -np.diff(want, axis=-1, prepend=zero, append=zero)
    np.testing.assert_array_equal(
        x.grad, np.moveaxis(want, -1, axis).reshape(shape) if out.size else 0 * data
    )

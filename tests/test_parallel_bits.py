"""Large loops on several threads give the bits of one thread, and NumPy's."""

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor

COUNTS = pytest.mark.parametrize("count", [2, 3, 4])
LARGE = 200_003

pytestmark = pytest.mark.usefixtures("threads_as_before")


def same_bits(a, b):
    a, b = np.asarray(a), np.asarray(b)
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def same_on(count, step):
    """Check that `count` threads give the bits of one, and return these results."""
    rg.set_num_threads(1)
    alone = step()
    rg.set_num_threads(count)
    assert all(map(same_bits, alone, step()))
    return alone


def random(*shape, seed=0, dtype=float):
    return np.random.default_rng(seed).uniform(0.1, 2.0, shape).astype(dtype)


UFUNCS = [
    np.add, np.multiply, np.divide, np.power, np.exp, np.log, np.sin, np.tanh, np.sqrt,
    np.maximum, np.arctan2, np.abs,
]  # fmt: skip


def operands(ufunc, shape, dtype=float):
    return [random(*shape, seed=k, dtype=dtype) for k in range(ufunc.nin)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda f: f.__name__)
def test_ufuncs(ufunc, dtype):
    """The value and all gradients, accumulated twice; the value has NumPy's bits."""
    arrays = operands(ufunc, (LARGE,), dtype)

    def step():
        leaves = [Tensor(a) for a in arrays]
        out = ufunc(*leaves)
        for _ in range(2):
            (out * out).sum().backward()
        return out.data, *(leaf.grad for leaf in leaves)

    rg.set_num_threads(1)
    alone = step()
    with rg.config(exact=True):
        assert same_bits(step()[0], ufunc(*arrays))
    for count in (2, 3):
        rg.set_num_threads(count)
        assert all(map(same_bits, alone, step()))


LAYOUTS = {
    "strided": lambda a: a[::3],
    "reversed": lambda a: a[::-1],
    "transposed": lambda a: a[: 500 * 400].reshape(500, 400).T,
    "columns": lambda a: a[: 500 * 400].reshape(500, 400)[:, 1:],
    "rows": lambda a: a[: 500 * 400].reshape(500, 400)[::2],
    "cube": lambda a: a[: 40 * 50 * 60].reshape(40, 50, 60).transpose(2, 0, 1),
    "two long rows": lambda a: a[: 2 * 100_000].reshape(2, 100_000)[:, 1:],
}


@COUNTS
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_views(layout, count):
    a = random(LARGE)

    def step():
        x = Tensor(a)
        view = layout(x)
        y = view * view + np.exp(view)
        y.backward()
        return y.data, x.grad

    alone = same_on(count, step)
    assert same_bits(alone[0], layout(a) * layout(a) + np.exp(np.ascontiguousarray(layout(a))))


@COUNTS
def test_broadcasting(count):
    shapes = [(300, 1001), (1001,), (300, 1), (3, 1, 50_000), (2, 50_000)]
    a, row, column, few, two = (random(*shape, seed=k) for k, shape in enumerate(shapes))

    def step():
        found = []
        for pair in ((a, row), (a, column), (column, row), (few, two)):
            leaves = [Tensor(v) for v in pair]
            out = leaves[0] * leaves[1] + leaves[1]
            out.backward()
            found += [out.data, *(leaf.grad for leaf in leaves)]
        return found

    alone = same_on(count, step)
    assert same_bits(alone[0], a * row + row)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128, np.complex64])
@pytest.mark.parametrize("size", [65_535, 65_536, LARGE, 1_000_000])
def test_a_long_sum_has_the_bits_of_numpy(size, dtype):
    a = random(size).astype(dtype)
    if a.dtype.kind == "c":
        a = a - a[::-1] * dtype(1j)
    for view in (a, a[::-1], a[::2]):
        for count in (1, 2, 3, 4):
            rg.set_num_threads(count)
            assert same_bits(rg.sum(view), np.sum(view))


@pytest.mark.parametrize("shape", [(400, 500), (5, 60_000), (60_000, 5), (30, 40, 250)])
@pytest.mark.parametrize("function", [np.sum, np.max, np.min, np.mean])
def test_reductions_over_every_axis(function, shape):
    a = random(*shape)
    axes = [None, *range(a.ndim), tuple(range(a.ndim))[1:], (0, -1)]

    def step():
        found = []
        for axis in axes:
            x = Tensor(a)
            out = function(x, axis=axis)
            out.backward()
            found += [out.data, x.grad]
        return found

    rg.set_num_threads(1)
    alone = step()
    for out, axis in zip(alone[::2], axes, strict=True):
        assert same_bits(out, function(a, axis=axis))
    for count in (2, 3, 4):
        rg.set_num_threads(count)
        assert all(map(same_bits, alone, step()))


@COUNTS
def test_batched_products(count):
    a, b = random(500, 12, 9), random(500, 9, 11, seed=1)

    def step():
        x, y = Tensor(a), Tensor(b)
        (x @ y).backward()
        return (x @ y).data, x.grad, y.grad

    alone = same_on(count, step)
    assert same_bits(alone[0], a @ b)


@COUNTS
def test_many_uses_of_one_leaf(count):
    """Sums in place and in one pass with what is added; and a write into a part."""
    a = random(LARGE)

    def step():
        x = Tensor(a)
        y = x * x + x * 3 + np.sin(x)
        y[1000:150_000] = y[1000:150_000] * x[:149_000]
        y.backward()
        return y.data, x.grad

    same_on(count, step)

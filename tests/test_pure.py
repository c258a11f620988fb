"""What the pure version promises beyond the notebook's programs."""

import doctest
import gc
import runpy
import weakref
from pathlib import Path

import numpy as np
import pytest

from retrograd import pure
from retrograd.pure import SimpleTensor, Tensor

# Stage 1


def test_simple_tensor_holds_a_python_number():
    x = SimpleTensor(2)
    assert x.data == 2
    assert type(x.data) is int
    assert type((x * SimpleTensor(1.5)).data) is float
    assert x.grad == 0.0


def test_simple_tensor_add_and_multiply():
    x, y = SimpleTensor(2), SimpleTensor(3)
    z = x + y
    z.backward()
    assert (z.data, z.grad, x.grad, y.grad) == (5, 1.0, 1.0, 1.0)
    x, y = SimpleTensor(2), SimpleTensor(3)
    z = x * y
    z.backward()
    assert (z.data, z.grad, x.grad, y.grad) == (6, 1.0, 3.0, 2.0)
    x = SimpleTensor(5)
    (x * x).backward()
    assert x.grad == 10.0


def test_simple_tensor_goes_one_operation_back():
    x, y = SimpleTensor(4), SimpleTensor(7)
    product = x * y
    z = product + y
    z.backward()
    assert (product.grad, y.grad, x.grad) == (1.0, 1.0, 0.0)
    product._backward()  # the walk that stage 2 automates
    assert (x.grad, y.grad) == (7.0, 5.0)


def test_simple_tensor_shows_itself():
    assert repr(SimpleTensor(4)) == "SimpleTensor(4)"


# Stage 2, operation by operation


def differences(f, arrays, step=1e-6):
    """Central differences of the scalar function `f` with respect to each array."""
    grads = []
    for k, array in enumerate(arrays):
        grad = np.zeros_like(array)
        for i in np.ndindex(array.shape):
            ends = []
            for sign in (1, -1):
                moved = [a.copy() for a in arrays]
                moved[k][i] += sign * step
                ends.append(f(*moved))
            grad[i] = (ends[0] - ends[1]) / (2 * step)
        grads.append(grad)
    return grads


def check(f, *shapes):
    """Compare value and gradients of `f`, given tensors, with NumPy's and with differences."""
    rng = np.random.default_rng(len(shapes))
    arrays = [rng.uniform(0.5, 2.0, shape) for shape in shapes]

    def weighted(*moved):
        value = f(*(Tensor(a) for a in moved)).data
        return float((value * np.cos(np.arange(value.size)).reshape(value.shape)).sum())

    leaves = [Tensor(a) for a in arrays]
    out = f(*leaves)
    (out * np.cos(np.arange(out.data.size)).reshape(out.data.shape)).sum().backward()
    for leaf, grad in zip(leaves, differences(weighted, arrays), strict=True):
        assert leaf.grad.shape == leaf.data.shape
        np.testing.assert_allclose(leaf.grad, grad, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 2)),
        ((2, 3), (3, 4)),
        ((5, 2, 3), (3, 4)),
        ((2, 3), (5, 3, 4)),
        ((5, 1, 2, 3), (4, 3, 2)),
        ((3,), (5, 3, 2)),
        ((5, 2, 3), (3,)),
    ],
)
def test_matmul(left, right):
    a, b = np.ones(left), np.ones(right)
    assert np.array_equal((Tensor(a) @ Tensor(b)).data, a @ b)
    check(lambda x, y: x @ y, left, right)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x.exp(),
        lambda x: x.log(),
        lambda x: x.tanh(),
        lambda x: (x - 1).relu(),
        lambda x: -x,
        lambda x: x**3,
        lambda x: x**-1.5,
        lambda x: x ** np.array([1, 2, 3]),
        lambda x: x**x,
        lambda x: 2**x,
        lambda x: 1 / x,
        lambda x: 3 - x,
        lambda x: x / (x + 1) * x - x,
        lambda x: x.sum(),
        lambda x: x.sum(axis=0) * x,
        lambda x: x / x.sum(axis=-1, keepdims=True),
        lambda x: x.sum(axis=(0, 1)),
        lambda x: x.reshape(3, 2) * 2,
        lambda x: x.reshape(-1),
        lambda x: x.reshape((6, 1)) + x.reshape(6),
        lambda x: x[0],
        lambda x: x[:, ::-1],
        lambda x: x[[0, 1, 1, 0, 1]],
        lambda x: x[[0, 1], [2, 2]],
        lambda x: x[..., None] * x[:, None],
    ],
)
def test_operations_against_differences(f):
    check(f, (2, 3))


def test_an_index_that_comes_up_twice_counts_twice():
    x = Tensor([1.0, 2.0, 3.0])
    x[[2, 0, 2]].sum().backward()
    assert np.array_equal(x.grad, [1.0, 0.0, 2.0])


def test_derivatives_raise_no_warning():
    x = Tensor([0.0, -1.0, 2.0])
    with np.errstate(all="ignore"):
        out = x.log() + 1 / x + x**0.5
    out.backward()  # the suite turns warnings into errors
    assert np.isnan(x.grad[1])
    assert x.grad[0] == np.inf or np.isnan(x.grad[0])
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        1 / x


def test_the_order_of_the_walk_repeats():
    def gradient():
        x = Tensor(np.linspace(0.1, 0.9, 7))
        total = x
        for k in range(20):
            total = total * x + (x * k).tanh() + total.tanh()
        total.sum().backward()
        return x.grad.tobytes()

    assert len({gradient() for _ in range(5)}) == 1


def test_a_graph_is_freed_at_once():
    x = Tensor(2.0)
    z = (x * x).tanh() + x
    z.backward()
    gone = weakref.ref(z)
    gc.disable()
    try:
        del z
        assert gone() is None, "no cycle, hence no need of the collector"
    finally:
        gc.enable()


def test_what_a_tensor_cannot_hold():
    with pytest.raises(ValueError, match="could not convert"):
        Tensor("three")
    with pytest.raises(ValueError, match="inhomogeneous"):
        Tensor([[1.0], [2.0, 3.0]])
    with pytest.raises(ValueError, match="broadcast"):
        Tensor([1.0, 2.0]) + Tensor([1.0, 2.0, 3.0])


def test_it_shows_itself():
    x = Tensor([1.0, 2.0])
    assert repr(x) == "Tensor([1., 2.])"
    assert repr(x * 2) == "Tensor([2., 4.], op='*')"
    assert repr(Tensor(3)) == "Tensor(3.)"
    assert len(repr(Tensor(np.zeros((100, 100))))) < 1000


def test_the_docstrings_run():
    failed, run = doctest.testmod(pure)
    assert run > 0
    assert failed == 0


def test_it_stands_alone():
    scope = runpy.run_path(str(Path(pure.__file__)))
    x = scope["Tensor"](3.0)
    (x * x).backward()
    assert x.grad == 6.0
    modules = [line for line in Path(pure.__file__).read_text().splitlines() if "import " in line]
    assert not [line for line in modules if "retrograd" in line]

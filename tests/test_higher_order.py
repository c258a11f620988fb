"""Contract §3: `create_graph=True` makes gradients part of the graph, to any order."""

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor

A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def same(got, want):
    np.testing.assert_array_equal(np.asarray(got), want)


@pytest.mark.parametrize("data", [2.0, A], ids=["scalar", "array"])
def test_every_order_of_a_power(data):
    x = Tensor(data)
    root, factor = x * x * x * x, 1.0
    for order in range(1, 5):
        x.zero_grad()
        root.backward(create_graph=order < 4)
        root, factor = x.grad, factor * (5 - order)
        same(root, factor * np.array(data) ** (4 - order))
        assert type(root) is (Tensor if order < 4 else np.ndarray)


def test_mixed_partials_accumulate_onto_an_array():
    x, y = Tensor(3.0), Tensor(5.0)
    (x * y).backward()  # x.grad = 5, y.grad = 3: plain arrays
    (x * x * y).backward(create_graph=True)
    gx = x.grad
    assert float(gx.data) == 5 + 30
    x.zero_grad()
    y.zero_grad()
    gx.backward()
    assert (x.grad, y.grad) == (10, 6)


def test_a_gradient_penalty_in_the_loss():
    w = Tensor([1.0, 2.0])
    x = Tensor(A[:, :2])
    (x @ w * (x @ w)).sum().backward(create_graph=True)
    penalty = (x.grad * x.grad).sum()  # 4 Σᵢ (xᵢ·w)² |w|²
    w.zero_grad()
    x.zero_grad()
    penalty.backward()
    product, norm = x.data @ w.data, (w.data**2).sum()
    same(w.grad, 8 * (x.data.T @ product) * norm + 8 * (product**2).sum() * w.data)


def test_a_seed_that_is_a_tensor_is_differentiated_too():
    x, v = Tensor([1.0, 2.0, 3.0]), Tensor([4.0, 5.0, 6.0])
    (x * x).backward(v, create_graph=True)
    g = x.grad  # 2 x v
    x.zero_grad()
    g.backward()
    same(v.grad, 2 * x.data)
    same(x.grad, 2 * v.data)


def test_gradients_of_what_does_not_depend_on_the_leaf():
    x, y = Tensor(A), Tensor(A)
    (x * 3 + y * y).backward(create_graph=True)
    same(x.grad, np.full_like(A, 3))
    gy = y.grad
    x.zero_grad()
    y.zero_grad()
    (gy * x).backward()
    same(x.grad, 2 * A)
    same(y.grad, 2 * A)


def test_broadcast_and_reduced_operands_keep_their_shapes_in_every_order():
    x, b = Tensor(A), Tensor([1.0, 2.0, 3.0])
    (x * b * b).sum().backward(create_graph=True)
    gb = b.grad  # 2 b Σᵢ xᵢ
    assert gb.shape == (3,)
    x.zero_grad()
    b.zero_grad()
    gb.backward()
    same(b.grad, 2 * A.sum(axis=0))
    same(x.grad, np.broadcast_to(2 * b.data, A.shape))


def test_a_first_order_walk_records_nothing():
    x = Tensor(A)
    y = rg.exp(x * x).sum()
    before = rg._core.live_nodes()
    y.backward()
    assert rg._core.live_nodes() == before
    assert type(x.grad) is np.ndarray


@pytest.mark.parametrize(
    "f", [lambda a, b: a + b, lambda a, b: b - a, lambda a, b: a / b, np.maximum]
)
@pytest.mark.parametrize("shape", [(3,), (1, 3), ()])
def test_an_operand_broadcast_to_nothing_gets_zeros(f, shape):
    """A sum over an empty axis; never whatever lies in memory."""
    for _ in range(20):  # memory that was used before
        b = Tensor(np.ones(shape))
        junk = [b * 7.0 for _ in range(20)]
        del junk
        a = Tensor(np.ones((0, 3)))
        f(a, b).backward(create_graph=True)
        same(b.grad, np.zeros(shape))
        assert np.asarray(a.grad).shape == (0, 3)

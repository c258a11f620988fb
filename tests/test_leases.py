"""Contract §3: what a user writes into an array never changes a gradient behind his back."""

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor

A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def overwrite(array):
    array[...] = np.nan


def same(got, want):
    np.testing.assert_array_equal(got, want)


# Each reads its operand, its result, or both when it goes backward.
FORWARDS = {
    "mul": lambda x: x * x,
    "mul const": lambda x: x * A,
    "div": lambda x: A / x,
    "pow": lambda x: x**3,
    "exp": lambda x: rg.exp(x),
    "tanh": lambda x: rg.tanh(x),
    "maximum": lambda x: rg.maximum(x, x.T.reshape(2, 3)),
    "where": lambda x: rg.where(x > 2, x, x * x),
    "matmul": lambda x: x @ x.T,
    "max": lambda x: x.max(axis=0),
    "view": lambda x: x[:, 1:] * x.T[1:].T,
    "index": lambda x: x[[0, 1, 1]] * x[0],
}


def gradient(f):
    x = Tensor(A)
    f(x).backward()
    return x.grad


@pytest.mark.parametrize("f", FORWARDS.values(), ids=FORWARDS)
def test_writes_to_leaf_data_do_not_reach_a_later_backward(f):
    want = gradient(f)
    x = Tensor(A)
    old = x.data
    older = old.T[1:]
    y = f(x)
    new = x.data
    for write in (
        lambda: overwrite(old),
        lambda: overwrite(older),
        lambda: overwrite(new),
        lambda: overwrite(x.data[0]),
        lambda: setattr(x, "data", A * 7),
        lambda: x.data.fill(0),
    ):
        write()
        x.zero_grad()
        y.backward()
        same(x.grad, want)


@pytest.mark.parametrize("f", FORWARDS.values(), ids=FORWARDS)
def test_writes_to_results_and_intermediates_do_not_either(f):
    def deep(x, hold):
        y = x * 1.0
        z = f(y)
        hold += [y, z]
        return z * z

    x = Tensor(A)
    deep(x, []).backward()
    want = x.grad
    x, held = Tensor(A), []
    root = deep(x, held)
    for t in [*held, root]:
        overwrite(t.data)
        x.zero_grad()
        root.backward()
        same(x.grad, want)


def test_a_write_is_seen_by_the_tensor_and_by_its_next_use():
    x = Tensor([1.0, 2.0])
    old = x.data
    y = x * x
    old[0] = 10
    assert x.tolist() == [10, 2]
    x.data[1] = 20
    assert x.tolist() == [10, 20]
    (x * x).backward()
    same(x.grad, [20, 40])
    assert y.tolist() == [1, 4]


def test_scalars_obey_the_same_rule():
    x = Tensor(3.0)
    old = x.data
    y = x * x
    z = rg.exp(y * 0)
    old[...] = 7
    z.data[...] = 9
    y.backward()
    assert (x.grad, x.item(), y.item()) == (6, 7, 9)
    x.data = 5
    assert x.dtype == np.float64
    y.backward()
    assert (x.grad, x.item(), old) == (12, 5, 7)


def test_assigning_data_of_another_shape_loses_no_gradient_silently():
    x = Tensor(A)
    y = x * x
    for other in ([1.0, 2.0, 3.0], A.astype(np.float32)):
        with pytest.raises(rg.ShapeError, match=r"^data: .* a graph has"):
            x.data = other  # the gradient of y would have no place any more
    y.backward()
    same(x.grad, 2 * A)
    del y
    x.data = [1.0, 2.0, 3.0]
    (x * x).backward()
    same(x.grad, [2, 4, 6])


def test_writes_between_two_walks_and_inside_training():
    w = Tensor([1.0, 2.0])
    view, expected = w.data, np.array([1.0, 2.0])
    for _ in range(5):
        loss = (w * w).sum()
        loss.backward()
        w.data -= 0.25 * w.grad
        loss.backward()  # of the old value
        same(w.grad, 4 * expected)
        w.grad = 0
        expected *= 0.5
        same(w.data, expected)
    same(view, w.data)


CONSTANTS = {
    "factor": (A.copy(), lambda x, c: x * c),
    "broadcast": (A[0].copy(), lambda x, c: c * x),
    "strided": (np.repeat(A, 2, 0)[::2], lambda x, c: x * c),
    "float32": (A.astype(np.float32), lambda x, c: x * c),
    "exponent": (A.copy(), lambda x, c: x**c),
    "matrix": (A.T.copy(), lambda x, c: x @ c),
    "0-d": (np.array(3.0), lambda x, c: x * c),
    "index": (np.array([0, 1, 1]), lambda x, c: x[c]),
    "condition": (A > 2, lambda x, c: rg.where(c, x, 2 * x)),
    "maximum": (A[::-1].copy(), lambda x, c: rg.maximum(x, c)),
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_a_constant_array_may_be_overwritten_after_the_forward(name):
    c, f = CONSTANTS[name]
    c = c.copy()
    x = Tensor(A)
    f(x, c).backward()
    want = x.grad
    x = Tensor(A)
    y = f(x, c)
    value = y.tolist()
    c[...] = 0
    y.backward()
    same(x.grad, want)
    assert y.tolist() == value


def test_gradient_arrays_and_seeds_may_be_overwritten_too():
    x, seed = Tensor(A), np.ones_like(A)
    y = x * x
    z = y * 3
    z.backward(seed)
    for array in (seed, y.grad, z.grad):
        overwrite(array)
    z.backward()
    same(x.grad, 12 * A)


def test_a_graph_of_gradients_obeys_the_same_rule():
    x = Tensor(A)
    y = x**3
    y.backward(create_graph=True)
    g = x.grad
    overwrite(x.data)
    overwrite(y.data)
    x.zero_grad()
    g.backward()
    same(x.grad, 6 * A)


def test_reuse_of_buffers_never_shows_through_a_view():
    x = Tensor(np.ones(1000))
    views = [np.asarray(x * k) for k in range(10)]
    y = x * 5
    views.append(y.data)
    y = y + 1 - 2 * y  # the old y is free for reuse but for the view
    y = -y
    y.backward()
    for k, view in enumerate(views):
        same(view, np.full(1000, k if k < 10 else 5))


def test_a_write_through_the_data_of_a_view_is_not_lost_in_silence():
    a = Tensor(A)
    for view in (a[0], a.T, a.reshape(-1), a[0, 1]):
        with pytest.raises(ValueError, match="read-only"):
            view.data[...] = 5
        with pytest.raises(rg.GraphError, match="view of another"):
            view.data = np.zeros(view.shape)
    with rg.no_grad():
        row = a[0]
        with pytest.raises(rg.GraphError, match="view of another"):
            row -= 1
    same(a.data, A)
    a[0].copy().data[...] = 5
    same(a.data, A)

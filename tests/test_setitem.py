"""Contract §3: `t[i] = v` is recorded, and no write is ever lost."""

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor

A = np.arange(1.0, 13).reshape(3, 4)


def same(got, want):
    np.testing.assert_array_equal(got, want)


INDICES = {
    "int": -1,
    "row and column": (..., 2, 3),
    "slice": slice(0, 2),
    "steps": (slice(None, None, 2), slice(None, None, -1)),
    "newaxis": (None, 1),
    "all": slice(None),
    "nothing": slice(0, 0),
    "array": np.array([2, 0]),
    "two lists": ([0, 1, 2], [3, 0, 1]),
    "list and slice": (slice(1), [0, 2]),
}


@pytest.mark.parametrize("shape", ["full", "scalar"])
@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_a_write_splits_the_gradient_between_old_and_new(index, shape):
    weights = A[::-1, ::-1]
    x = Tensor(A)
    v = Tensor(-A[index] if shape == "full" else -7.0)
    t = x * 2
    t[index] = v * 3
    want = A * 2
    want[index] = 3 * v.data
    same(t.data, want)
    (t * weights).backward()
    kept = np.ones_like(A)
    kept[index] = 0
    same(x.grad, 2 * weights * kept)
    given = 3 * weights[index]
    same(v.grad, given if shape == "full" else given.sum())


def test_constants_and_broadcast_values_can_be_written():
    x, v = Tensor(A), Tensor([1.0, 2.0, 3.0, 4.0])
    t = x * 1
    t[0] = 5
    t[1:] = v
    t[2] = np.arange(4).reshape(1, 1, 4)  # NumPy drops leading ones
    same(t.data, [[5] * 4, [1, 2, 3, 4], [0, 1, 2, 3]])
    t.backward()
    same(x.grad, 0 * A)
    same(v.grad, np.ones(4))


def test_a_repeated_index_keeps_the_last_value_and_its_gradient():
    v = Tensor([1.0, 2.0, 3.0])
    t = Tensor(np.zeros(2)) * 1
    t[[0, 0, 1]] = v
    same(t.data, [2, 3])
    (t * t).backward()
    same(v.grad, [0, 4, 6])


def test_earlier_users_of_the_old_value_keep_their_gradients():
    x, v = Tensor(A), Tensor(100.0)
    t = x * 1
    before = t * t
    t[0, 0] = v
    after = t * t
    before.backward()
    same(x.grad, 2 * A)
    x.zero_grad()
    after.backward()
    want = 2 * A
    want[0, 0] = 0
    same(x.grad, want)
    assert v.grad == 200


def test_filling_element_by_element():
    n = 300
    x = Tensor(np.arange(1.0, n + 1))
    t = Tensor(np.zeros(n), requires_grad=False)
    for i in range(n):
        t[i] = x[i] * x[i]
    (t * np.arange(n)).backward()
    same(x.grad, 2 * np.arange(1, n + 1) * np.arange(n))


def test_a_recurrence_written_into_its_own_array():
    x = Tensor(2.0)
    t = Tensor(np.zeros(10), requires_grad=False)
    t[0] = x
    for i in range(1, 10):
        t[i] = t[i - 1] * x
    t[9].backward()
    assert (t[9].item(), x.grad) == (2**10, 10 * 2**9)


def test_writing_a_part_of_itself_copies_first():
    x = Tensor(np.arange(1.0, 6))
    t = x * 1
    t[1:] = t[:-1]
    same(t.data, [1, 1, 2, 3, 4])
    (t * np.array([1.0, 10, 100, 1000, 10000])).backward()
    same(x.grad, [11, 100, 1000, 10000, 0])


def test_augmented_writes_read_then_write():
    x, v = Tensor(A), Tensor(3.0)
    t = x * 1
    t[0] += v
    t[1:, 0] *= v
    same(t.data[:, 0], [4, 15, 27])
    t.backward()
    want = np.ones_like(A)
    want[1:, 0] = 3
    same(x.grad, want)
    assert v.grad == 4 + 5 + 9


def test_dtype_is_that_of_the_base():
    v = Tensor(np.array([2.0, 3.0]))
    t = Tensor(np.zeros(3, np.float32))
    t[:2] = v
    assert t.dtype == np.float32
    (t * t).backward()
    assert v.grad.dtype == np.float64
    same(v.grad, [4, 6])


def test_a_whole_write_to_a_0d_tensor():
    x, v = Tensor(1.0), Tensor(4.0)
    t = x * 1
    t[()] = v * v
    t[...] = t * 2
    t.backward()
    assert (t.item(), x.grad, v.grad) == (32, 0, 16)


VIEW_WRITES = {
    "row": lambda t: (t[1], slice(None)),
    "chained": lambda t: (t[1], 0),
    "transpose": lambda t: (t.T, 0),
    "reshape": lambda t: (t.reshape(-1), 0),
    "view of a view": lambda t: (t[1:][0], 0),
    "iterated": lambda t: (next(iter(t)), 0),
}


@pytest.mark.parametrize("name", VIEW_WRITES)
def test_a_write_through_a_view_is_an_error_that_shows_the_way(name):
    x = Tensor(A)
    t = x * 1
    view, index = VIEW_WRITES[name](t)
    value = view.tolist()
    with pytest.raises(rg.GraphError) as info:
        view[index] = 5.0
    text = str(info.value)
    assert text.startswith("setitem")
    assert "A[i, j] = v" in text
    assert "\n" not in text
    same(t.data, A)
    assert view.tolist() == value
    (t * view.sum()).sum().backward()
    assert x.grad.sum() == view.data.sum() * A.size + A.sum() * view.size


def test_what_numpy_copies_can_be_written():
    x = Tensor(A)
    part = x[[0, 2]]
    part[0] = 0.0
    part.backward()
    same(x.grad.sum(axis=1), [0, 0, 4])


def test_a_view_taken_before_a_write_keeps_the_old_value():
    x = Tensor(A)
    t = x * 1
    row = t[0]
    t[0, 0] = 50.0
    same(row.data, A[0])
    (row * t[0]).backward()
    same(x.grad[0], [50, 4, 6, 8])


def test_augmented_assignment_to_a_name_rebinds():
    x = Tensor(A)
    before = x
    x += 1
    assert x is not before
    same(before.data, A)
    (x * before).backward()
    same(before.grad, 2 * A + 1)

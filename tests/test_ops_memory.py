"""Whose memory a gradient is, and that no later write reaches what a backward still needs."""

import numpy as np
import pytest

import retrograd as rg
from check import backward, draw, draw_like, ulps
from op_table import BINARY, CASES
from retrograd import Tensor

each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
each_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["f64", "f32"])
each_binary = pytest.mark.parametrize("row", BINARY, ids=lambda row: row.name)


@each_dtype
@each_case
def test_gradient_belongs_to_the_leaf(case, dtype):
    """Shape, dtype and layout are the leaf's, and nothing else lives in that memory."""
    xs = draw(case, dtype)
    leaves = [Tensor(x) for x in xs]
    out = case.f(*leaves)
    w = draw_like(out.data)
    out.backward(w)
    grads = [leaf.grad for leaf in leaves]
    others = [*xs, w, out.data, out.grad, *(leaf.data for leaf in leaves)]
    for i, (grad, x) in enumerate(zip(grads, xs, strict=True)):
        assert type(grad) is np.ndarray
        assert grad.shape == x.shape
        assert grad.dtype == dtype
        assert grad.flags.c_contiguous
        assert grad.flags.writeable
        assert grad.flags.aligned
        for other in (*others, *grads[:i]):
            assert not np.shares_memory(grad, other)
    np.testing.assert_array_equal(w, draw_like(out.data), err_msg="the seed was written to")


@each_case
def test_second_backward_adds_exactly_one_more_gradient(case):
    xs = draw(case)
    leaves = [Tensor(x) for x in xs]
    out = case.f(*leaves)
    w = draw_like(out.data)
    out.backward(w)
    first = [leaf.grad for leaf in leaves]
    before = [grad.copy() for grad in first]
    out.backward(w)
    for leaf, kept, once in zip(leaves, first, before, strict=True):
        np.testing.assert_array_equal(leaf.grad, once + once)
        np.testing.assert_array_equal(kept, once, err_msg="an array kept from .grad changed")


def poison(*arrays):
    for array in arrays:
        if array.flags.writeable:
            array[...] = np.nan


@each_case
def test_writes_after_the_forward_do_not_reach_the_backward(case):
    """Neither through a view taken before the forward, nor one taken after, nor the result's."""
    xs = draw(case)
    want = backward(case.f, xs, draw_like(np.asarray(case.oracle(*xs))))

    leaves = [Tensor(x) for x in xs]
    older = [leaf.data for leaf in leaves]
    out = case.f(*leaves)
    w = draw_like(out.data)
    poison(*older, *(leaf.data for leaf in leaves), out.data)
    out.backward(w)
    for leaf, expected in zip(leaves, want, strict=True):
        np.testing.assert_array_equal(leaf.grad, expected.grad)


@each_binary
def test_writes_to_constants_do_not_reach_the_backward(row):
    """A user's array in an expression may be reused before the backward, as a batch buffer is."""
    for side in range(2):
        xs, want = draw(row.cases[0]), [Tensor(x) for x in draw(row.cases[0])]
        row(*want).sum().backward()
        mixed = list(xs)
        mixed[side] = Tensor(xs[side])
        out = row(*mixed)
        poison(xs[1 - side])
        out.sum().backward()
        np.testing.assert_array_equal(mixed[side].grad, want[side].grad)


def test_writes_to_indices_and_conditions_do_not_reach_the_backward():
    x, v = Tensor(np.arange(3.0)), Tensor(np.array([5.0, 6.0]))
    rows, mask = np.array([2, 0]), np.array([True, False])
    picked = x[rows]
    written = x.copy()
    written[rows] = v
    chosen = rg.where(mask, v, picked)
    masked = v[mask]
    rows[:] = 1
    mask[:] = True
    (picked.sum() + chosen.sum() * 10 + masked.sum() * 100).backward()
    np.testing.assert_array_equal(x.grad, [11, 0, 1])
    np.testing.assert_array_equal(v.grad, [110, 0])
    written.sum().backward()
    np.testing.assert_array_equal(x.grad, [11, 1, 1])


@each_case
def test_inputs_given_to_leaves_are_copied(case):
    xs = draw(case)
    leaves = [Tensor(x) for x in xs]
    poison(*xs)
    want = draw(case)
    assert ulps(case.f(*leaves).data, np.asarray(case.oracle(*want))) <= case.ulp

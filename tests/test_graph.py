"""Contract §3: seeds, repeated walks, what intermediates keep."""

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor

A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def same(got, want):
    np.testing.assert_array_equal(np.asarray(got), want)


# Seeds ------------------------------------------------------------------------------------------


def test_the_default_seed_is_ones_of_the_roots_shape():
    x = Tensor(A)
    (x * x).backward()
    same(x.grad, 2 * A)


@pytest.mark.parametrize("seed", [A, A.tolist(), A.astype(np.int64), np.asfortranarray(A), A[::1]])
def test_a_given_seed_multiplies_and_is_left_alone(seed):
    x = Tensor(A)
    before = np.array(seed)
    (x * 3).backward(seed)
    same(x.grad, 3 * A)
    same(seed, before)


def test_the_seed_of_a_scalar_may_be_a_number():
    x = Tensor(2.0)
    (x * x).backward(5)
    assert x.grad == 20


@pytest.mark.parametrize("seed", [1.0, np.ones(3), np.ones((3, 2)), np.ones((1, 2, 3)), np.ones(6)])
def test_a_seed_must_have_exactly_the_roots_shape(seed):
    x = Tensor(A)
    with pytest.raises(rg.ShapeError) as info:
        (x * 3).backward(seed)
    assert "(2,3)" in str(info.value)
    assert "\n" not in str(info.value)
    same(x.grad, 0 * A)


def test_backward_from_a_leaf_and_from_a_used_intermediate():
    x = Tensor(A)
    x.backward()
    same(x.grad, np.ones_like(A))
    y = x * 2
    _user = y * y
    y.backward()
    same(x.grad, np.full_like(A, 3))


def test_a_root_that_requires_no_gradient_is_an_error():
    c = Tensor(A, requires_grad=False)
    for root in (c, c * 2, c.sum(), Tensor(A).detach()):
        assert not root.requires_grad
        with pytest.raises(rg.GraphError) as info:
            root.backward()
        assert "\n" not in str(info.value)
    same(c.grad, 0 * A)


# The same graph again ---------------------------------------------------------------------------


def test_each_walk_adds_one_more_gradient_and_intermediates_do_not_pile_up():
    x = Tensor(A)
    y = x * x
    root = y * y
    for k in range(1, 4):
        root.backward()
        same(x.grad, k * 4 * A**3)
        same(y.grad, 2 * A**2)
        same(root.grad, np.ones_like(A))


ROOTS = {
    "add": lambda x: x + x,
    "mul": lambda x: x * x,
    "neg": lambda x: -x,
    "exp": lambda x: rg.exp(x),
    "sum": lambda x: x.sum(),
    "matmul": lambda x: x @ x.T,
    "reshape": lambda x: x.reshape(3, 2),
    "getitem": lambda x: x[0],
    "maximum": lambda x: rg.maximum(x, 2.0),
    "broadcast": lambda x: rg.broadcast_to(x, (4, 2, 3)),
}


@pytest.mark.parametrize("op", ROOTS)
def test_a_freed_graph_says_so_for_every_op(op):
    x = Tensor(A)
    root = ROOTS[op](x)
    root.backward(retain_graph=False)
    once = x.grad
    for _ in range(2):
        with pytest.raises(rg.GraphError, match="retain_graph=True") as info:
            root.backward()
        assert "\n" not in str(info.value)
        assert op in str(info.value)
    same(x.grad, once)


def test_a_freed_part_stops_every_later_walk_through_it_and_no_other():
    x = Tensor(A)
    shared = rg.exp(x)
    one, two, apart = shared * 2, shared * 3, x * 4
    one.backward(retain_graph=False)
    before = x.grad
    with pytest.raises(rg.GraphError, match="retain_graph=True"):
        two.backward()
    same(x.grad, before)
    apart.backward()
    same(x.grad, before + 4)
    same(shared.data, np.exp(A))


# Intermediates ----------------------------------------------------------------------------------


def test_scalar_intermediates_keep_value_and_gradient_unnamed():
    x, y = Tensor(3.0), Tensor(5.0)
    root = (x * y) * x + y
    root.backward()
    seen, todo = {}, [root]
    while todo:
        v = todo.pop()
        seen[id(v)] = (v, float(v.data), float(v.grad), v.op)
        todo += v._prev
    facts = sorted((value, grad, op) for _, value, grad, op in seen.values())
    assert facts == [(3, 30, ""), (5, 10, ""), (15, 3, "*"), (45, 1, "*"), (50, 1, "+")]


def test_an_array_intermediate_keeps_its_gradient_if_it_is_held():
    x = Tensor(A)
    held = x * 2
    root = ((held * held) + 1).sum()
    root.backward()
    same(held.grad, 2 * held.data)
    (unheld,) = root._prev
    assert (unheld.shape, unheld.dtype, unheld.op) == ((2, 3), np.float64, "+")
    for name in ("grad", "data"):
        with pytest.raises(rg.GraphError) as info:
            getattr(unheld, name)
        assert "\n" not in str(info.value)
    root.backward()  # now Python holds it
    same(unheld.grad, np.ones_like(A))


def test_prev_gives_the_same_objects_while_they_live():
    x, y = Tensor(A), Tensor(A)
    z = x * y
    assert z._prev == {x, y}
    assert {id(v) for v in z._prev} == {id(x), id(y)}
    assert (z + z)._prev == {z}
    assert x._prev == set()
    assert (x.is_leaf, z.is_leaf, x.op, z.op) == (True, False, "", "*")


# Cutting ----------------------------------------------------------------------------------------


def test_detach_is_a_constant_of_the_same_value():
    x = Tensor(A)
    y = x * 2
    (y * y.detach()).backward()
    same(x.grad, 4 * A)
    assert y.detach().tolist() == y.tolist()
    assert (y.detach().requires_grad, y.detach()._prev) == (False, set())


def test_zero_grad_and_label():
    x = Tensor(A)
    (x * 2).backward()
    kept = x.grad
    x.zero_grad()
    same(x.grad, 0 * A)
    same(kept, 2 + 0 * A)
    x.label = "weights"
    assert x.label == "weights"

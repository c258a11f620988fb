"""The notebook's graph, under both imports: contract §1 from custom rules on.

As in `test_notebook.py`, `retrograd.pure` and `retrograd` run the same tests. What only the
native version promises is at the end, in tests named `test_native_…`.
"""

import gc
import importlib
import textwrap
import weakref

import numpy as np
import pytest

import retrograd


@pytest.fixture(params=["retrograd.pure", "retrograd"])
def module(request):
    return request.param


@pytest.fixture
def Tensor(module):
    return importlib.import_module(module).Tensor


# Custom rules


def cube(Tensor, x):
    out = Tensor(x.data**3, (x,), "cube")

    def _backward():
        x.grad += 3 * x.data**2 * out.grad

    out._backward = _backward
    return out


@pytest.mark.parametrize("data", [2.0, [2.0, -1.0]])
def test_a_chain_of_custom_operations(Tensor, data):
    x = Tensor(data)
    y = cube(Tensor, cube(Tensor, x))
    z = 5 * y + x
    z.backward()
    assert np.array_equal(z.data, 5 * x.data**9 + x.data)
    assert np.array_equal(x.grad, 45 * x.data**8 + 1)
    assert np.array_equal(y.grad, np.full_like(x.data, 5.0))


def test_a_custom_operation_of_several_operands(Tensor):
    def weighted(a, b):
        out = Tensor(2 * a.data + 3 * b.data, (a, b), "weighted")

        def _backward():
            a.grad += 2 * out.grad
            b.grad += 3 * out.grad

        out._backward = _backward
        return out

    x = Tensor([1.0, 2.0])
    weighted(x, x * x).backward()
    assert np.array_equal(x.grad, [8.0, 14.0])


def test_a_custom_rule_sees_this_walks_gradients_only(Tensor):
    x = Tensor(3.0)
    seen = []

    def note(v):
        out = Tensor(v.data, (v,), "note")

        def _backward():
            seen.append((float(v.grad), float(out.grad)))
            v.grad += out.grad

        out._backward = _backward
        return out

    y = x * 2
    z = note(y) + note(x) * 10
    for _ in range(2):
        seen.clear()
        z.backward()
        assert sorted(out for _, out in seen) == [1.0, 10.0]
        assert all(before in (0.0, 2.0) for before, _ in seen), "what came before is set aside"
    assert x.grad == 24.0


def test_a_custom_rule_may_assign_its_contribution(Tensor):
    x = Tensor([1.0, 2.0])
    out = Tensor(7 * x.data, (x,), "7")

    def _backward():
        x.grad = x.grad + 7 * out.grad

    out._backward = _backward
    for times in (1, 2):
        (out + x).backward()
        assert np.array_equal(x.grad, times * np.array([8.0, 8.0]))


def test_children_without_a_rule_are_an_error(Tensor):
    x = Tensor(2.0)
    (x * 5.0).backward()
    z = Tensor(4.0, (x,), "square") + x
    with pytest.raises(RuntimeError, match="square"):
        z.backward()
    assert x.grad == 5.0, "nothing was changed"


def test_a_rule_that_raises_changes_nothing(Tensor):
    x = Tensor([2.0])
    (x * 5.0).backward()
    out = Tensor(x.data, (x,), "broken")

    def _backward():
        x.grad += out.grad
        raise KeyError("mine")

    out._backward = _backward
    z = out + x
    with pytest.raises(KeyError, match="mine"):
        z.backward()
    assert np.array_equal(x.grad, [5.0])

    def repaired():
        x.grad += out.grad

    out._backward = repaired
    z.backward()
    assert np.array_equal(x.grad, [7.0])


@pytest.mark.parametrize("length", [1, 5])
@pytest.mark.parametrize("differentiate", [False, True])
def test_the_cycle_of_a_custom_rule_is_collected(Tensor, length, differentiate):
    x = Tensor(1.5)
    y, refs = x, []
    for _ in range(length):
        y = cube(Tensor, y)
        refs.append(weakref.ref(y))
    z = y * 2
    refs.append(weakref.ref(z))
    if differentiate:
        z.backward()
    del y, z
    gc.collect()
    assert [ref() for ref in refs] == [None] * len(refs)


def test_a_cycle_between_custom_rules_and_own_operations_is_collected(Tensor):
    x = Tensor([1.0, 2.0])
    refs, z = [], x
    for _ in range(4):
        z = cube(Tensor, z * 0.5) + x
        refs.append(weakref.ref(z))
    z.backward()
    del z
    gc.collect()
    assert [ref() for ref in refs] == [None] * 4


def test_a_custom_rule_lives_while_its_result_is_needed(Tensor):
    x = Tensor(2.0)
    z = cube(Tensor, x) * 3  # nothing in Python names the cube any more
    gc.collect()
    z.backward()
    assert x.grad == 36.0


# Walking the graph


def trace(root):
    """The loop of every notebook that draws its graph, made iterative."""
    nodes, edges, todo = set(), set(), [root]
    while todo:
        v = todo.pop()
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                todo.append(child)
    return nodes, edges


def test_walking_prev_reaches_every_node(Tensor):
    x, y = Tensor(4), Tensor(7)
    z = (x * y + y).tanh()
    z.backward()
    nodes, edges = trace(z)
    assert sorted(v.op for v in nodes) == ["", "", "*", "+", "tanh"]
    assert len(edges) == 5
    assert {x, y, z} <= nodes
    labels = {id(v): f"{v.op} data {v.data:.4f} grad {v.grad:.4f}" for v in nodes}
    assert len(labels) == 5


def test_unnamed_scalars_show_value_and_gradient(Tensor):
    x, y = Tensor(4), Tensor(7)
    z = x * y + y * y
    z.backward()
    products = sorted((float(v.data), float(v.grad)) for v in z._prev)
    assert products == [(28.0, 1.0), (49.0, 1.0)]
    w = z * 2
    w.backward()
    (inner,) = (v for v in w._prev if v.op == "+")
    assert inner is z
    assert sorted(float(v.grad) for v in inner._prev) == [2.0, 2.0]


def test_the_same_object_while_one_lives(Tensor):
    x, y = Tensor(4), Tensor(7)
    z = x * y + y
    assert any(v is y for v in z._prev)
    (first,) = (v for v in z._prev if v.op == "*")
    (again,) = (v for v in z._prev if v.op == "*")
    assert first is again
    assert id(first) == id(again)
    assert first._prev == {x, y}
    held = [v for v in z._prev if v.op == "*"]
    held[0].label_of_mine = "product"
    del first, again
    assert [v.label_of_mine for v in z._prev if v.op == "*"] == ["product"]


def test_the_recursive_drawing_loop(module):
    scope = {}
    program = f"from {module} import Tensor\n" + textwrap.dedent("""
        def trace(root):
            nodes, edges = set(), set()
            def build(v):
                if v not in nodes:
                    nodes.add(v)
                    for child in v._prev:
                        edges.add((child, v))
                        build(child)
            build(root)
            return nodes, edges

        a, b, c = Tensor(2.0), Tensor(-3.0), Tensor(10.0)
        L = (a*b + c) * a
        L.backward()
        nodes, edges = trace(L)
        lines = sorted(f"{v.op}|{v.data:.1f}|{v.grad:.1f}" for v in nodes)
    """)
    exec(program, scope)
    assert scope["lines"] == sorted(
        ["|2.0|-2.0", "|-3.0|4.0", "|10.0|2.0", "*|-6.0|2.0", "+|4.0|2.0", "*|8.0|1.0"]
    )
    assert len(scope["edges"]) == 6


# Where the notebook is wrong


@pytest.mark.parametrize("data", [3.0, [3.0, 4.0]])
def test_a_second_backward_adds_exactly_one_more_gradient(Tensor, data):
    x = Tensor(data)
    y = x * x
    z = y * y + y
    for times in (1, 2, 3):
        z.backward()
        assert np.array_equal(x.grad, times * (4 * x.data**3 + 2 * x.data))
        assert np.array_equal(y.grad, 2 * y.data + 1), "an intermediate's is this walk's"


def test_two_roots_that_share_a_graph(Tensor):
    x = Tensor(2.0)
    y = x * x
    a, b = y * 3, y * 5
    a.backward()
    b.backward()
    assert x.grad == 4 * 3 + 4 * 5
    assert y.grad == 5.0


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((), (3,)),
        ((), (2, 3)),
        ((3,), (2, 3)),
        ((1, 3), (2, 3)),
        ((2, 1), (2, 3)),
        ((2, 1), (1, 3)),
        ((4, 1, 3), (2, 1)),
        ((1,), (1, 1)),
        ((1, 1), ()),
        ((0,), (1,)),
        ((2, 0), (1, 1)),
    ],
)
def test_gradients_of_broadcast_operands_are_summed_back(Tensor, left, right):
    rng = np.random.default_rng(0)
    a, b = (rng.integers(1, 9, shape).astype(float) for shape in (left, right))
    weight = rng.integers(1, 9, np.broadcast_shapes(left, right)).astype(float)

    def summed(full, shape):
        """The same sum, by an independent road: one element at a time."""
        total = np.zeros(shape)
        index_of = np.broadcast_to(np.arange(total.size).reshape(shape), full.shape)
        np.add.at(total.reshape(-1), index_of.ravel(), full.ravel())
        return total

    for f, da, db in [
        (lambda x, y: x + y, weight, weight),
        (lambda x, y: y - x, -weight, weight),
        (lambda x, y: x - y, weight, -weight),
        (lambda x, y: x * y, weight * b, weight * a),
    ]:
        x, y = Tensor(a), Tensor(b)
        (f(x, y) * weight).backward()
        assert x.grad.shape == left
        assert y.grad.shape == right
        assert np.array_equal(x.grad, summed(da, left))
        assert np.array_equal(y.grad, summed(db, right))


def test_a_deep_graph_neither_recurses_nor_overflows(module, Tensor):
    depth = 1_000_000 if module == "retrograd" else 100_000
    x = Tensor(1.0)
    z = x
    for _ in range(depth // 2):
        z = z * x + x
    z.backward()
    assert z.data == depth // 2 + 1
    n = depth // 2
    assert x.grad == 1 + n + n * (n + 1) // 2
    del z
    gc.collect()
    assert x._prev == set()


# What only the native version promises


def test_native_children_without_a_rule_are_a_graph_error():
    x = retrograd.Tensor([1.0])
    with pytest.raises(retrograd.GraphError):
        retrograd.Tensor([2.0], (x,), "mine").backward()
    with pytest.raises(retrograd.GraphError):
        (retrograd.Tensor(2.0, children=(x,)) * 3.0).backward()
    assert np.array_equal(x.grad, [0.0])


def test_native_simple_tensor_is_tensor():
    assert retrograd.SimpleTensor is retrograd.Tensor


def test_native_unheld_array_shows_shape_dtype_and_op():
    x = retrograd.Tensor([1.0, 2.0])
    z = (x * x).sum()
    z.backward()
    (square,) = z._prev
    assert square.shape == (2,)
    assert square.dtype == np.float64
    assert square.op == "*"
    assert square._prev == {x}
    for attribute in ("data", "grad"):
        with pytest.raises(retrograd.GraphError):
            getattr(square, attribute)


def test_native_held_array_shows_data_and_gradient():
    x = retrograd.Tensor([1.0, 2.0])
    square = x * x
    z = square.sum()
    z.backward()
    (found,) = z._prev
    assert found is square
    assert np.array_equal(found.data, [1.0, 4.0])
    assert np.array_equal(found.grad, [1.0, 1.0])


def test_native_gradients_are_arrays_of_the_leafs_own():
    x, y = retrograd.Tensor([[1.0, 2.0]]), retrograd.Tensor([[3.0], [4.0]])
    (x + y).sum().backward()
    for leaf in (x, y):
        assert leaf.grad.shape == leaf.shape
        assert leaf.grad.flags.c_contiguous
        assert leaf.grad.flags.writeable
    assert not np.shares_memory(x.grad, y.grad)

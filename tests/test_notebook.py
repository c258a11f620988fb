"""The notebook's programs, under both imports: contract §1, line by line.

Every test here runs against `retrograd.pure` and against `retrograd`; nothing but the import
differs. `test_notebook_graph.py` goes on with the graph: custom rules, `_prev`, where the
notebook is wrong.
"""

import gc
import importlib
import textwrap
import weakref

import numpy as np
import pytest


@pytest.fixture(params=["retrograd.pure", "retrograd"])
def module(request):
    return request.param


@pytest.fixture
def Tensor(module):
    return importlib.import_module(module).Tensor


def run(module, program, name="Tensor"):
    """Run a program as a user would have it in a file, the import line being the first."""
    namespace = {}
    exec(f"from {module} import {name}\n" + textwrap.dedent(program), namespace)
    return namespace


# The programs of the notebook


def test_the_program_of_the_second_stage(module, capsys):
    program = """
        x = Tensor(4); y = Tensor(7); z = x*y + y; z.backward()
        print(f'gradient dz/dz = {z.grad}')
        print(f'gradient dz/dx = {x.grad}')
        print(f'gradient dz/dy = {y.grad}')
    """
    run(module, program)
    printed = "gradient dz/dz = 1.0\ngradient dz/dx = 7.0\ngradient dz/dy = 5.0\n"
    assert capsys.readouterr().out == printed


@pytest.mark.parametrize("name", ["Tensor", "SimpleTensor"])
def test_the_program_of_the_first_stage(module, name, capsys):
    program = f"""
        x = {name}(2); y = {name}(3); z = x*y; z.backward()
        print(f'gradient dz/dz = {{z.grad}}')
        print(f'gradient dz/dx = {{x.grad}}')
        print(f'gradient dz/dy = {{y.grad}}')
    """
    run(module, program, name)
    printed = "gradient dz/dz = 1.0\ngradient dz/dx = 3.0\ngradient dz/dy = 2.0\n"
    assert capsys.readouterr().out == printed


def test_the_notebooks_way_to_add_an_operation(module):
    program = """
        import numpy as np

        def my_tanh(self):
            v = np.tanh(self.data)
            out = Tensor(v, (self,), 'my_tanh')
            def _backward():
                self.grad += (1 - v**2) * out.grad
            out._backward = _backward
            return out

        Tensor.my_tanh = my_tanh
        x = Tensor([0.5, -1.0])
        y = x.my_tanh()
        z = 3 * y + x
        z.backward()
        del Tensor.my_tanh
    """
    scope = run(module, program)
    expected = 3 * (1 - np.tanh([0.5, -1.0]) ** 2) + 1
    np.testing.assert_allclose(scope["x"].grad, expected, rtol=1e-14)
    assert scope["y"].op == "my_tanh"
    assert np.array_equal(scope["y"].grad, [3.0, 3.0])


def test_the_same_operation_in_a_subclass(module):
    program = """
        class Mine(Tensor):
            def double(self):
                out = Mine(2 * self.data, (self,), 'double')
                def _backward():
                    self.grad += 2 * out.grad
                out._backward = _backward
                return out

        x = Mine(3)
        z = x.double().double()
        z.backward()
    """
    scope = run(module, program)
    assert scope["x"].grad == 4.0
    assert scope["z"].data == 12.0


def test_a_training_loop(module):
    program = """
        import numpy as np
        w = Tensor([0.0, 0.0])
        target = np.array([3.0, -1.0])
        for _ in range(100):
            loss = ((w - target) ** 2).sum()
            w.grad = 0
            loss.backward()
            w.data -= 0.1 * w.grad
    """
    np.testing.assert_allclose(run(module, program)["w"].data, [3.0, -1.0], atol=1e-8)


# The constructor and the attributes


def test_children_and_op_by_keyword_or_position(Tensor):
    x = Tensor(1.0)
    for out in (Tensor(2.0, (x,), "f"), Tensor(data=2.0, children=(x,), op="f")):
        assert out._prev == {x}
        assert out.op == "f"
        assert out.data == 2.0
    assert Tensor(1.0)._prev == set()
    assert Tensor(1.0).op == ""


@pytest.mark.parametrize("data", [4, True, [1, 2], np.arange(6).reshape(2, 3), np.int8(3)])
def test_an_integer_leaf_becomes_float64(Tensor, data):
    x = Tensor(data)
    assert isinstance(x.data, np.ndarray)
    assert x.data.dtype == np.float64
    assert x.data.shape == np.shape(data)
    assert np.array_equal(x.data, np.asarray(data, dtype=float))


def test_a_leaf_copies_its_input(Tensor):
    source = np.array([1.0, 2.0])
    x = Tensor(source)
    source[0] = 9.0
    assert np.array_equal(x.data, [1.0, 2.0])


@pytest.mark.parametrize("start", [2.0, [2.0, 3.0]])
def test_data_changes_in_place(Tensor, start):
    p = Tensor(start)
    (p * p).backward()
    p.data -= 0.25 * p.grad
    assert np.array_equal(p.data, np.array(start) / 2)
    (p * p).backward()
    assert np.array_equal(p.grad, 3 * np.array(start)), "the new value enters the new graph"


def test_data_is_one_array_however_often_asked(Tensor):
    p = Tensor([1.0, 2.0, 3.0])
    view = p.data
    view[1] = 20.0
    p.data[2] = 30.0
    assert np.array_equal(p.data, [1.0, 20.0, 30.0])


def test_data_can_be_assigned(Tensor):
    p = Tensor([1.0, 2.0])
    p.data = np.array([5.0, 6.0])
    z = p * p
    z.backward()
    assert np.array_equal(z.data, [25.0, 36.0])
    assert np.array_equal(p.grad, [10.0, 12.0])


@pytest.mark.parametrize("start", [2.0, [2.0, 3.0]])
def test_data_can_be_assigned_from_itself(Tensor, start):
    """NumPy makes a scalar of a 0-d result; a tensor's data stays what it is."""
    p = Tensor(start)
    for _ in range(3):
        p.grad = 0
        (p * p).backward()
        p.data = p.data - 0.25 * p.grad
    assert np.array_equal(p.data, np.array(start) / 8)
    assert np.shape(p.data) == np.shape(start)


@pytest.mark.parametrize("data", [3.0, [1.0, 2.0], [[1.0, 2.0], [3.0, 4.0]]])
def test_grad_is_zero_before_any_backward(Tensor, data):
    leaf = Tensor(data)
    for t in (leaf, leaf * leaf):
        assert isinstance(t.grad, np.ndarray)
        assert t.grad.shape == t.data.shape
        assert not t.grad.any()


@pytest.mark.parametrize("data", [3.0, [3.0, 3.0]])
def test_grad_is_readable_on_intermediates(Tensor, data):
    x = Tensor(data)
    y = x * x
    z = y * y
    z.backward()
    assert np.array_equal(y.grad, np.full_like(x.data, 18.0))
    assert np.array_equal(z.grad, np.ones_like(x.data))


@pytest.mark.parametrize("data", [3.0, [3.0, 4.0]])
def test_grad_can_be_assigned(Tensor, data):
    p = Tensor(data)
    (p * 2.0).backward()
    p.grad = 0
    (p * 5.0).backward()
    assert np.array_equal(p.grad, np.full_like(p.data, 5.0))
    p.grad = np.zeros_like(p.data)
    (p * 7.0).backward()
    assert np.array_equal(p.grad, np.full_like(p.data, 7.0))
    p.grad = np.full_like(p.data, 100.0)
    (p * 1.0).backward()
    assert np.array_equal(p.grad, np.full_like(p.data, 101.0))


def test_gradients_of_leaves_accumulate(Tensor):
    x = Tensor([1.0, 2.0])
    for times in (1, 2, 3):
        (x * x).backward()
        assert np.array_equal(x.grad, times * np.array([2.0, 4.0]))


def test_a_gradient_kept_from_before_does_not_change(Tensor):
    x = Tensor([1.0, 2.0])
    (x * x).backward()
    kept = x.grad
    (x * x).backward()
    assert np.array_equal(kept, [2.0, 4.0])


def test_prev_is_the_set_of_operands(Tensor):
    x, y = Tensor(2.0), Tensor([3.0, 4.0])
    for z in (x + y, x - y, x * y, x / y):
        assert isinstance(z._prev, set)
        assert z._prev == {x, y}
    assert (x * x)._prev == {x}
    assert (-x)._prev == {x}
    assert y.sum()._prev == {y}
    assert x in (x * 2)._prev


def test_op_is_the_symbol(Tensor):
    x, y = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    results = {"+": x + y, "-": x - y, "*": x * y, "/": x / y, "**": x**2, "@": x @ y}
    results |= {"exp": x.exp(), "log": x.log(), "tanh": x.tanh(), "relu": x.relu(), "sum": x.sum()}
    for symbol, t in results.items():
        assert t.op == symbol
    assert x.op == ""


def test_hash_is_identity(Tensor):
    x, y = Tensor(1.0), Tensor(1.0)
    assert len({x, y, x}) == 2
    assert {x: "x", y: "y"}[y] == "y"
    assert hash(x) == hash(x)


def test_any_attribute_may_be_set(Tensor):
    x = Tensor(1.0)
    z = x * x
    x.name, z.note = "x", ["anything"]
    assert x.name == "x"
    assert z.note == ["anything"]
    x.me = x  # a cycle, for the garbage collector
    gone = weakref.ref(x)
    del x, z
    gc.collect()
    assert gone() is None


def test_weakrefs(Tensor):
    x = Tensor(1.0)
    z = x * x
    seen = []
    to_x, to_z = weakref.ref(x), weakref.ref(z, seen.append)
    assert to_x() is x
    assert to_z() is z
    del z
    gc.collect()
    assert to_z() is None
    assert seen == [to_z]


# Expressions


def test_numbers_and_arrays_on_the_left(Tensor):
    x = Tensor([1.0, 2.0])
    a = np.array([3.0, 5.0])
    lefts = [2, 2.0, np.float64(2), np.float32(2), np.int64(2), True, a, np.arange(2), a[:1]]
    for left in lefts:
        for result, expected in [
            (left + x, left + x.data),
            (left - x, left - x.data),
            (left * x, left * x.data),
            (left / x, left / x.data),
        ]:
            assert isinstance(result, Tensor)
            assert np.array_equal(result.data, expected)
            result.backward()
    assert isinstance(np.ones((3, 2)) @ x, Tensor)
    assert isinstance(2.0**x, Tensor)


@pytest.mark.parametrize("left", [3.0, np.float64(3), np.array([3.0, 3.0])])
def test_gradients_through_a_constant_on_the_left(Tensor, left):
    for operation, derivative in [
        (lambda x: left + x, 1.0),
        (lambda x: left - x, -1.0),
        (lambda x: left * x, 3.0),
        (lambda x: left / x, -0.75),
    ]:
        x = Tensor([2.0, 2.0])
        operation(x).backward()
        assert np.array_equal(x.grad, [derivative, derivative])


def test_sum_of_a_list(Tensor):
    tensors = [Tensor(float(i)) for i in range(5)]
    total = sum(t * t for t in tensors)
    assert isinstance(total, Tensor)
    total.backward()
    assert total.data == 30.0
    assert [float(t.grad) for t in tensors] == [0.0, 2.0, 4.0, 6.0, 8.0]


def test_derivatives_of_the_operations(Tensor):
    a, b = np.array([0.5, 2.0]), np.array([3.0, -4.0])
    for f, da, db in [
        (lambda x, y: x + y, 1 + 0 * a, 1 + 0 * b),
        (lambda x, y: x - y, 1 + 0 * a, -1 + 0 * b),
        (lambda x, y: x * y, b, a),
        (lambda x, y: x / y, 1 / b, -a / b**2),
        (lambda x, y: -x, -1 + 0 * a, 0 * b),
        (lambda x, y: x**3 + y**2, 3 * a**2, 2 * b),
        (lambda x, y: x.exp() * y, np.exp(a) * b, np.exp(a)),
        (lambda x, y: x.log() * y, b / a, np.log(a)),
        (lambda x, y: (x * y).tanh(), b / np.cosh(a * b) ** 2, a / np.cosh(a * b) ** 2),
        (lambda x, y: y.relu() * x, np.maximum(b, 0), np.where(b > 0, a, 0)),
        (lambda x, y: x**y, b * a ** (b - 1), a**b * np.log(a)),
        (lambda x, y: x @ y, b, a),
        (lambda x, y: x.sum() * y.sum(), b.sum() + 0 * a, a.sum() + 0 * b),
    ]:
        x, y = Tensor(a), Tensor(b)
        f(x, y).backward()
        # Near saturation 1 - tanh² cancels, hence the absolute tolerance.
        np.testing.assert_allclose(x.grad, da, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(y.grad, db, rtol=1e-12, atol=1e-14)


def test_the_kinks(Tensor):
    for f, x0 in [(lambda x: x.relu(), [0.0, -0.0]), (lambda x: x**0, [0.0, 1.0])]:
        x = Tensor(x0)
        f(x).backward()
        assert np.array_equal(x.grad, [0.0, 0.0])

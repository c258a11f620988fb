"""`checkpoint`: the same derivatives with less memory, whatever the function uses."""

import gc

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor, checkpoint, custom, grad, value_and_grad
from retrograd.functional.tree import flatten

RNG = np.random.default_rng(0)
P = {"w": RNG.normal(size=(4, 4)) / 2, "b": RNG.normal(size=4)}
X = RNG.normal(size=(3, 4))


def block(p, x, *, depth=5):
    for _ in range(depth):
        x = np.tanh(x @ p["w"] + p["b"])
    return {"x": x, "m": x.sum(), "depth": depth}


def network(blk):
    def f(p, x):
        for _ in range(3):
            out = blk(p, x, depth=4)
            x = out["x"] + 0.1 * out["m"]
        assert out["depth"] == 4
        return (x * x).sum()

    return f


def close(got, want, rtol=1e-12):
    got, want = flatten(got)[0], flatten(want)[0]
    if len(got) == 1 and len(want) > 1:
        want = [want]  # the elements of one array
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=rtol, atol=rtol)


def test_values_and_gradients_with_containers():
    runs = []

    def counted(p, x, **kwargs):
        runs.append(type(x))
        return block(p, x, **kwargs)

    want = value_and_grad(network(block), (0, 1))(P, X)
    got = value_and_grad(network(checkpoint(counted)), (0, 1))(P, X)
    close(got, want)
    assert got[0] == want[0]
    assert len(runs) == 6


def test_second_order_and_nesting():
    def product(blk):
        return grad(lambda x: (grad(network(blk), 1)(P, x) * X).sum())(X)

    def parameters(blk):
        return grad(lambda p: (grad(network(blk))(p, X)["w"] * P["w"]).sum())(P)

    nested = checkpoint(lambda p, x, **kwargs: checkpoint(block)(p, x, **kwargs))
    for transform in (product, parameters):
        want = transform(block)
        close(transform(checkpoint(block)), want, 1e-11)
        close(transform(nested), want, 1e-11)


def test_third_order():
    f = checkpoint(np.sin)
    for want in (np.cos(1.0), -np.sin(1.0), -np.cos(1.0)):
        f = grad(f)
        np.testing.assert_allclose(f(1.0), want, rtol=1e-15)


def saved_bytes(f):
    x = Tensor(np.ones(10_000))
    gc.collect()
    before = rg._core.live_buffers()
    y = f(x).sum()
    return rg._core.live_buffers() - before, y


def test_memory_does_not_grow_with_the_length():
    def chain(x, n):
        for _ in range(n):
            x = np.tanh(x)
        return x

    plain, _ = saved_bytes(lambda x: chain(x, 100))
    kept, y = saved_bytes(lambda x: checkpoint(chain)(x, 100))
    assert plain > 90
    assert kept < 5
    y.backward()


def test_tensors_that_are_used_but_not_passed():
    w, x = Tensor([2.0, 3.0]), Tensor([0.1, 0.2])
    h = w * w  # an intermediate

    def f(x):
        return np.sin(x * w * h).sum()

    def everything(f, create_graph):
        for t in (x, w):
            t.zero_grad()
        f(x).backward(create_graph=create_graph)
        first = [np.asarray(t.grad) for t in (x, w, h)]
        if not create_graph:
            return first
        penalty = (x.grad * x.grad).sum() + (w.grad * h.grad).sum()
        for t in (x, w):
            t.zero_grad()
        penalty.backward()
        return [*first, x.grad, w.grad]

    for create_graph in (False, True):
        close(everything(checkpoint(f), create_graph), everything(f, create_graph))
    once = checkpoint(lambda: (w * h).sum())
    w.zero_grad()
    once().backward()
    close(w.grad, 3 * w.data**2)


def test_hooks_see_complete_gradients_once():
    w, x = Tensor([2.0, 3.0]), Tensor([1.0, 1.0])
    h, seen = w * 1.0, []
    h.register_hook(lambda g: seen.append(g.copy()))
    w.register_hook(lambda g: seen.append(g.copy()))
    f = checkpoint(lambda x: x * h * w)
    (f(x) + h).sum().backward()
    close(seen, [w.data + 1, w.data + (w.data + 1)])
    assert len(seen) == 2


def test_surroundings_that_change_are_an_error():
    w, x = Tensor([2.0, 3.0]), Tensor([0.1, 0.2])
    y = checkpoint(lambda x: (x * w).sum())(x)
    _ = w.data  # looking alone does no harm
    y.backward()
    lease = w.data
    y = checkpoint(lambda x: (x * w).sum())(x)
    lease[0] = 5.0
    with pytest.raises(
        rg.GraphError, match=r"checkpoint\(<lambda>\): a tensor that it uses has ch"
    ):
        y.backward()
    lease[0] = 2.0
    x.zero_grad()
    y.backward()
    close(x.grad, w.data)

    others, which = [Tensor(1.0), Tensor(2.0)], [0, 1]
    y = checkpoint(lambda x: (x * others[which.pop()]).sum())(x)
    with pytest.raises(rg.GraphError, match="used other tensors when it was run again"):
        y.backward()
    shapes = [2, 3]
    y = checkpoint(lambda x: x[0] * np.ones(shapes.pop()))(x)
    with pytest.raises(rg.GraphError, match="gave other shapes when it was run again"):
        y.backward()


def test_later_writes_to_arguments_do_not_matter():
    x, c = Tensor([1.0, 2.0]), np.array([3.0, 4.0])
    k = Tensor([1.0, 1.0], requires_grad=False)
    y = checkpoint(lambda x, c, k: (x * x * c * k).sum())(x, c, k)
    x.data[:] = 100.0
    c[:] = 100.0
    k.data[:] = 100.0
    y.backward()
    close(x.grad, [6.0, 16.0])


def test_writing_to_the_argument_inside():
    def f(x):
        x[0] = x[1] * 3
        return (x * x).sum()

    close(grad(checkpoint(f))(np.array([1.0, 2.0])), [0, 40.0])


def test_custom_operations_inside():
    @custom
    def cube(x):
        return x**3

    cube.defvjp(lambda x: (cube(x), x), lambda x, g: (3 * x * x * g,))
    f = checkpoint(lambda x: cube(cube(x)))
    assert f(2.0) == 512.0
    assert grad(f)(2.0) == 9 * 2.0**8
    assert grad(grad(f))(2.0) == 72 * 2.0**7


def test_results_without_a_gradient():
    f = checkpoint(lambda x: {"y": x * 2, "n": 3, "c": np.ones(2), "k": None})
    out = f(Tensor(1.0))
    assert (out["n"], out["k"], type(out["c"])) == (3, None, np.ndarray)
    assert checkpoint(lambda x: 3.0)(Tensor(1.0)) == 3.0
    assert type(f(np.ones(2))["y"]) is np.ndarray
    with rg.no_grad():
        assert not f(Tensor(1.0))["y"].requires_grad


def test_retain_graph_and_errors_in_the_function():
    x = Tensor([1.0, 2.0])
    y = checkpoint(lambda x: (x * x).sum())(x)
    y.backward(retain_graph=False)
    with pytest.raises(
        rg.GraphError, match=r"^checkpoint\(<lambda>\): its saved values were freed"
    ):
        y.backward()
    fail = []

    def f(x):
        if fail:
            raise KeyError("planted")
        return (x * x).sum()

    y = checkpoint(f)(x)
    fail.append(1)
    x.zero_grad()
    with pytest.raises(KeyError, match="planted"):
        y.backward()
    close(x.grad, [0, 0])
    fail.clear()
    y.backward()
    close(x.grad, 2 * x.data)


def test_nothing_is_left_behind():
    gc.collect()
    before = rg._core.live_nodes(), rg._core.live_buffers()
    for _ in range(3):
        grad(network(checkpoint(block)))(P, X)
        grad(lambda x: grad(checkpoint(np.sin))(x))(1.0)
    gc.collect()
    assert (rg._core.live_nodes(), rg._core.live_buffers()) == before


def test_forward_mode_runs_the_function_once():
    runs = []

    def f(x):
        runs.append(1)
        return np.sin(np.sin(x))

    g = checkpoint(f)
    assert rg.jvp(g, (0.3,), (2.0,)) == rg.jvp(f, (0.3,), (2.0,))
    assert len(runs) == 2
    direction = rg.hvp(lambda x: g(x).sum())(X, X)
    close(direction, rg.hvp(lambda x: f(x).sum())(X, X), 1e-12)
    close(rg.jacobian(g)(X[0]), rg.jacobian(f)(X[0]), 1e-14)

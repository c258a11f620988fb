"""Contract §3 and §4: whatever a program does, it leaves no node and no buffer behind."""

import gc

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor


def live():
    gc.collect()
    return rg._core.live_nodes(), rg._core.live_buffers()


def chain(x):
    y = x
    for _ in range(50):
        y = y * x + 1
    return y


def cube_rule(x):
    out = Tensor(x.data**3, (x,), "cube")

    def rule():  # holds `out`, which holds the rule: a cycle for the collector
        x.grad += 3 * x.data**2 * out.grad

    out._backward = rule
    return out


def never_backward(x):
    chain(x)


def backward_twice(x):
    y = chain(x)
    y.backward()
    y.backward()


def freed_early(x):
    y = chain(x)
    y.backward(retain_graph=False)
    with pytest.raises(rg.GraphError):
        y.backward()


def higher_order(x):
    y = x * x * x
    y.backward(create_graph=True)
    for _ in range(2):
        g = x.grad
        x.zero_grad()
        g.backward(create_graph=True)


def gradient_kept_in_its_leaf(x):
    chain(x).backward(create_graph=True)
    assert isinstance(x.grad, Tensor)


def custom_rule(x):
    (cube_rule(x) * cube_rule(x * 2)).backward()


def custom_rule_that_never_runs(x):
    cube_rule(cube_rule(x))


def rule_that_raises(x):
    out = cube_rule(x * 1)
    out._backward = lambda: 1 // 0
    with pytest.raises(ZeroDivisionError):
        (out * x).backward()


def failing_shapes(x):
    with pytest.raises(rg.ShapeError):
        _ = chain(x) @ np.ones((7, 7, 7)) + chain(x).reshape(-1, 1)
    with pytest.raises(rg.ShapeError):
        chain(x).reshape(77)


def writes(x):
    t = Tensor(np.zeros(x.shape), requires_grad=False)
    for _ in range(5):
        t[...] = x * 2
        t[..., None] = 1.0
    t[()] = t + x
    t.backward()


def walks_prev(x):
    todo, seen = [chain(x)], set()
    while todo:
        v = todo.pop()
        if v not in seen:
            seen.add(v)
            todo += v._prev


def structural(x):
    y = x.reshape(-1, 1)
    (y @ y.T).sum(axis=0).max().backward()
    np.broadcast_to(y.T[::-1], (3, y.size)).mean().backward()
    rg.where(x > 1, x, rg.exp(x))[...].backward()


def attributes_in_a_cycle(x):
    x.me, x.child = x, x * 2
    x.child.parent = x


def views_and_leases(x):
    y = x * x
    views = [x.data, np.asarray(x), y.data.T, y.numpy()]
    x.data[...] = 2
    y.backward()
    del y, views


def assigned_gradient(x):
    x.grad = 1
    chain(x).backward()
    x.zero_grad()


PROGRAMS = [
    never_backward,
    backward_twice,
    freed_early,
    higher_order,
    gradient_kept_in_its_leaf,
    custom_rule,
    custom_rule_that_never_runs,
    rule_that_raises,
    failing_shapes,
    writes,
    walks_prev,
    structural,
    attributes_in_a_cycle,
    views_and_leases,
    assigned_gradient,
]


@pytest.mark.parametrize("size", [(), (5,), (30_000,)], ids=["scalar", "small", "large"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_nothing_leaks(program, size):
    if program is structural and size == (30_000,):
        size = (300,)  # it makes a matrix
    start = live()
    for _ in range(5):
        program(Tensor(np.full(size, 1.5)))
    assert live() == start

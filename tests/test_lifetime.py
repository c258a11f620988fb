"""Contract §3: the graph lives as long as a tensor reaches it, and an array as long as it likes."""

import gc
import subprocess
import sys
import weakref

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor


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


def test_a_graph_is_freed_with_its_last_tensor_without_the_collector():
    gc.collect()
    gc.disable()
    try:
        start = rg._core.live_nodes(), rg._core.live_buffers()
        x = Tensor(np.ones(1000))
        y = chain(x)
        y.backward()
        assert rg._core.live_nodes() > start[0]
        del x, y
        assert (rg._core.live_nodes(), rg._core.live_buffers()) == start
    finally:
        gc.enable()


def test_the_graph_keeps_what_python_has_dropped():
    y = -Tensor(np.ones(3))
    gc.collect()
    y.backward()
    (leaf,) = y._prev
    assert (leaf.is_leaf, leaf.shape, leaf.op) == (True, (3,), "")


def test_weak_references_and_their_callbacks():
    called = []
    for make in (lambda: Tensor(1.0), lambda: Tensor([1.0]) * 2, lambda: cube_rule(Tensor(1.0))):
        t = make()
        ref = weakref.ref(t, lambda _: called.append(1))
        assert ref() is t
        del t
        gc.collect()
        assert ref() is None
    assert called == [1, 1, 1]


@pytest.mark.parametrize("data", [1.0, [1.0, 2.0]], ids=["scalar", "array"])
def test_cycles_through_attributes_and_closures_are_collected(data):
    def own(t):
        t.me = t

    def in_a_list(t):
        t.many = [{"t": t}]

    def through_a_child(t):
        t.child = t * 2
        t.child.parent = t

    def through_a_graph(t):
        t.user = -cube_rule(t)
        next(iter(t.user._prev)).note = t

    for tie in (own, in_a_list, through_a_child, through_a_graph):
        t = Tensor(data)
        tie(t)
        ref = weakref.ref(t)
        del t
        gc.collect()
        assert ref() is None, tie.__name__


def test_arrays_outlive_the_tensor_and_its_graph():
    x = Tensor(np.arange(1000.0))
    y = x * 2
    y.backward()
    scalar = Tensor(7.0)
    arrays = [x.data, np.asarray(y), x.data[10:20].T, x.grad, y.grad, scalar.data, y.data[::-1]]
    copies = [a.copy() for a in arrays]
    del x, y, scalar
    for _ in range(20):  # the pool would hand the freed memory out again
        for size in ((), 10, 1000):
            chain(Tensor(np.full(size, np.nan)))
    for array, copy in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


ENDINGS = {
    "graphs alive": """
x = rg.Tensor(np.ones(10)); y = x
for _ in range(100_000): y = y * x
z = rg.Tensor(2.0, (x,), 'rule'); z._backward = lambda: z; z.me = z; kept = [y.data, y[1:]]
x.grad = 1; x.note = y; w = z * y; import builtins; builtins.w = w
""",
    "a walk in a daemon thread": """
import threading, time
x = y = rg.Tensor(np.full(10**6, 0.5))
for _ in range(100): y = y + rg.sin(x)
threading.Thread(target=y.backward, daemon=True).start(); time.sleep(0.1)
""",
}


@pytest.mark.parametrize("code", ENDINGS.values(), ids=ENDINGS)
def test_the_process_ends_quietly_with(code):
    code = "import numpy as np, retrograd as rg" + code
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")

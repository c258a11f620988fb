"""Depth: nothing recurses, nothing overflows, nothing stays behind.

The chain of ten million operations is `benchmarks/depth.py`; these are the sizes a test can wait
for. Times are reported (`pytest --junit-xml` keeps them), never judged.
"""

import gc
import threading
import time

import numpy as np
import pytest

import retrograd
from retrograd import Tensor, _core

DEEP = 1_000_000


@pytest.fixture(autouse=True)
def nothing_stays_behind():
    """Count the live nodes and buffers around every test of this file."""
    gc.collect()
    before = _core.live_nodes(), _core.live_buffers()
    yield
    gc.collect()
    assert (_core.live_nodes(), _core.live_buffers()) == before


def chain(x, y, steps):
    z = x
    for _ in range(steps):
        z = z * x + y
    return z


def cube(x):
    """A custom rule in the notebook's way: a Python closure in a cycle with its result."""
    out = Tensor(x.data**3, (x,), "cube")

    def _backward():
        x.grad += 3 * x.data**2 * out.grad

    out._backward = _backward
    return out


def in_a_small_thread(work):
    old = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=work)
        thread.start()
    finally:
        threading.stack_size(old)
    thread.join()


def test_a_deep_scalar_chain():
    x, y = Tensor(1.0), Tensor(1.0)
    n = DEEP // 2
    z = chain(x, y, n)
    z.backward()
    assert z.data == n + 1
    assert y.grad == n
    # z = x**(n+1) + x**(n-1) + … + x + 1, at x = 1
    assert x.grad == n + 1 + n * (n - 1) // 2
    z.backward()
    assert y.grad == 2 * n


def test_a_deep_array_chain():
    x, y = Tensor([1.0, 1.0]), Tensor(1.0)
    n = 50_000
    z = chain(x, y, n)
    z.backward()
    assert np.array_equal(z.data, [n + 1, n + 1])
    assert np.array_equal(x.grad, np.full(2, n + 1 + n * (n - 1) // 2))
    assert y.grad == 2 * n


def test_a_deep_chain_freed_without_backward():
    x = Tensor(1.0)
    z = x
    for _ in range(DEEP):
        z = -z
    assert z.data == 1.0


def test_a_deep_chain_freed_from_the_leaf_up():
    """Handles die oldest first; the nodes live until the youngest goes."""
    tensors = [Tensor(1.0)]
    for _ in range(100_000):
        tensors.append(tensors[-1] + 1.0)
    root = tensors[-1]
    del tensors[:-1]
    root.backward()
    assert root.data == 100_001


def test_every_handle_of_a_deep_chain_is_held():
    tensors = [Tensor(1.0)]
    for _ in range(100_000):
        tensors.append(tensors[-1] + tensors[0])
    tensors[-1].backward()
    assert tensors[0].grad == 100_001
    assert all(t.grad == 1.0 for t in tensors[1:])


def test_a_wide_sum():
    leaves = [Tensor(float(i)) for i in range(100_000)]
    total = sum(leaves)
    total.backward()
    assert total.data == sum(range(100_000))
    assert all(leaf.grad == 1.0 for leaf in leaves)


def test_a_deep_chain_of_custom_rules():
    x = Tensor(1.0)
    z = x
    for _ in range(10_000):
        z = (cube(z) + 2.0) / 3.0  # 1 is a fixed point, where the derivative is 1
    z.backward()
    assert z.data == 1.0
    np.testing.assert_allclose(x.grad, 1.0, rtol=1e-10)


@pytest.mark.parametrize("retain_graph", [True, False])
def test_a_small_stack_is_enough(retain_graph):
    """Build, differentiate and free in a thread whose stack is 256 KB."""
    result = []

    def work():
        x, y = Tensor(1.0), Tensor(1.0)
        z = chain(x, y, 100_000)
        z.backward(retain_graph=retain_graph)
        result.append(float(y.grad))
        del z
        v = Tensor([1.0, 1.0])
        w = chain(v, y, 20_000)
        w.backward(retain_graph=retain_graph)
        result.append(float(y.grad))

    in_a_small_thread(work)
    assert result == [100_000, 100_000 + 2 * 20_000]


def test_a_small_stack_frees_custom_rules():
    done = []

    def work():
        z = Tensor(1.0)
        for _ in range(5_000):
            z = (cube(z) + 2.0) / 3.0
        z.backward()
        del z
        gc.collect()
        done.append(True)

    in_a_small_thread(work)
    assert done


@pytest.mark.parametrize("start", [1.0, [1.0, -1.0]])
def test_doubling_sixty_times(start, record_property):
    """2**60 paths, 60 nodes: a walk that follows paths would never end."""
    began = time.perf_counter()
    x = Tensor(start)
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    record_property("milliseconds", 1e3 * (time.perf_counter() - began))
    assert np.array_equal(y.data, 2.0**60 * x.data)
    assert np.array_equal(x.grad, np.full_like(x.data, 2.0**60))


def test_a_graph_is_freed_without_the_garbage_collector():
    gc.disable()
    try:
        before = _core.live_nodes()
        z = chain(Tensor(1.0), Tensor(2.0), 1000)
        z.backward()
        assert _core.live_nodes() >= before + 2000
        del z
        assert _core.live_nodes() == before
    finally:
        gc.enable()


def test_what_nobody_reaches_is_freed_while_the_rest_lives():
    x = Tensor(1.0)
    z = chain(x, x, 10)
    before = _core.live_nodes()
    for _ in range(100):
        z * 2.0 + x  # computed and dropped
    assert _core.live_nodes() == before
    with retrograd.no_grad():
        y = chain(x, x, 10)
    assert _core.live_nodes() <= before + 1
    del y

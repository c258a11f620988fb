"""Contract §5: threads that build, differentiate and free graphs, their own and shared ones."""

import threading
import time

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor

pytestmark = pytest.mark.timeout(120)
HANG = 60.0  # seconds after which something that should have ended counts as a deadlock


def in_threads(count, work):
    """Run `work(k)` in `count` threads that start together; raise what any of them raised."""
    errors, gate = [], threading.Barrier(count)

    def run(k):
        try:
            gate.wait(HANG)
            work(k)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(k,), daemon=True) for k in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANG)
    assert not any(thread.is_alive() for thread in threads), "deadlock"
    if errors:
        raise errors[0]


# Concurrent walks -------------------------------------------------------------------------------

SIZES = pytest.mark.parametrize("size", [(), (10,), (100_000,)], ids=["scalar", "small", "large"])


@SIZES
def test_disjoint_graphs(size):
    def work(k):
        for _ in range(20):
            x = Tensor(np.full(size, k + 1.0))
            y = x
            for _ in range(10):
                y = y * 2 + x
            (y * x).sum().backward()
            np.testing.assert_array_equal(x.grad, np.full(size, 2 * 2047 * (k + 1.0)))

    in_threads(4, work)


@SIZES
def test_a_shared_leaf_gets_the_exact_sum(size):
    shared = Tensor(np.full(size, 3.0))

    def work(k):
        for _ in range(25):
            own = Tensor(np.full(size, k + 1.0))
            (shared * own * own).sum().backward()
            np.testing.assert_array_equal(own.grad, np.full(size, 6 * (k + 1.0)))

    in_threads(4, work)
    np.testing.assert_array_equal(shared.grad, np.full(size, 25.0 * (1 + 4 + 9 + 16)))


@SIZES
def test_the_same_root_from_many_threads_counts_every_walk(size):
    x = Tensor(np.full(size, 2.0))
    middle = x * x
    root = (middle * middle * x).sum()
    in_threads(4, lambda k: [root.backward() for _ in range(10)])
    np.testing.assert_array_equal(x.grad, np.full(size, 40 * 5 * 16.0))
    np.testing.assert_array_equal(middle.grad, np.full(size, 2 * 4 * 2.0))


@SIZES
def test_roots_that_share_a_part(size):
    x = Tensor(np.full(size, 2.0))
    part = x
    for _ in range(20):
        part = part + x
    roots = [(part * (k + 1.0)).sum() for k in range(4)]
    in_threads(4, lambda k: [roots[k].backward() for _ in range(10)])
    np.testing.assert_array_equal(x.grad, np.full(size, 10 * 21 * 10.0))


def test_a_graph_may_be_freed_in_another_thread():
    roots = [[] for _ in range(4)]

    def build(k):
        y = x = Tensor(np.ones(100))
        for _ in range(1000):
            y = y * x
        roots[k].append(y)

    in_threads(4, build)
    in_threads(4, lambda k: roots[3 - k].pop().backward())


def test_other_threads_run_during_a_backward():
    x, ticks, stop = Tensor(np.full(10**6, 0.5)), [0], threading.Event()
    y = x
    for _ in range(40):
        y = y * x + rg.sin(x)

    def tick():
        while not stop.is_set():
            ticks[0] += 1
            time.sleep(0.001)

    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    while ticks[0] == 0:
        time.sleep(0.001)
    before = ticks[0]
    y.backward()
    during = ticks[0] - before
    stop.set()
    ticker.join(HANG)
    # Holding the interpreter's lock would let through one tick at most, at either end.
    assert during > 5

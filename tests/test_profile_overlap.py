"""Profiles that open and close in the middle of things: walks, regions, other threads' work."""

import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor


def swap(first, second):
    first.stop()
    second.start()


def test_a_rule_may_end_one_profile_and_open_the_next():
    first, second = rg.profile(), rg.profile()
    first.start()
    for size in range(1, 20):  # rows that the second one does not have
        np.sin(Tensor(np.ones(size)))
    x = Tensor(2.0)
    out = Tensor(4.0, (x,), "rule")

    def rule():
        swap(first, second)
        x.grad = out.grad

    out._backward = rule
    (out * 2.0).backward()
    second.stop()
    assert float(x.grad) == 2.0
    recording = second.recording
    assert recording.backward_calls == 1
    assert recording.backward_wall_ns <= recording.wall_ns
    assert all(row.costs.calls == 0 for row in recording.rows if row.op == "sin")


def test_a_walk_may_outlive_its_profile():
    begun, swapped = threading.Event(), threading.Event()
    x = Tensor(np.ones(100))
    first, second = rg.profile(), rg.profile()
    first.start()
    y = np.sin(x).sum()
    out = Tensor(float(y), (y,), "rule")

    def rule():
        begun.set()
        assert swapped.wait(10)
        y.grad = out.grad

    out._backward = rule
    walk = threading.Thread(target=out.backward)
    walk.start()
    assert begun.wait(10)
    swap(first, second)
    swapped.set()
    walk.join()
    second.stop()
    assert "(backward)" in {row.op for row in second.recording.rows}
    with rg.profile() as third:
        x * x
    assert {row.op for row in third.recording.rows if not row.is_phase} == {"mul"}


def test_what_began_before_counts_from_the_opening():
    prof = rg.profile()
    with rg.region("long"):
        time.sleep(0.05)
        prof.start()
        Tensor(2.0) * 3.0
    prof.stop()
    (region,) = prof.recording.regions
    assert region.wall_ns <= prof.recording.wall_ns


def test_a_profile_may_be_dropped_while_a_walk_shows_it_the_graph(monkeypatch):
    looking, dropped = threading.Event(), threading.Event()

    def look(root):
        looking.set()
        assert dropped.wait(10)
        return {"seen": root.shape}

    monkeypatch.setattr("retrograd.profiler.session._look", look)
    prof = rg.profile()
    prof.start()
    x = Tensor(2.0)
    walk = threading.Thread(target=(x * x).backward)
    walk.start()
    assert looking.wait(10)
    prof.stop()
    assert prof.recording.graph is None
    dropped.set()
    walk.join()
    assert float(x.grad) == 4.0


def test_daemon_threads_may_look_at_a_graph_at_exit():
    program = """
        import threading, time
        import retrograd as rg
        from retrograd.profiler import session
        looking = threading.Event()
        def look(root):
            looking.set()
            while True:
                time.sleep(0.001)
        session._look = look
        rg.profile().start()
        prof = rg.profile(); prof.start()
        x = rg.Tensor(2.0)
        threading.Thread(target=(x * x).backward, daemon=True).start()
        assert looking.wait(10)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_files_that_cannot_exist_have_no_source():
    code = compile("x * x", "script.py", "eval").replace(co_filename="a\0b.py")
    with rg.profile() as prof:
        eval(code, {"x": Tensor(2.0)})
    assert "a\\x00b.py:1" in prof.table(by="line")
    assert "a\\x00b.py" in prof.annotate()


def test_indexing_moves_a_part():
    x, y = Tensor(np.ones(1000)), Tensor(np.zeros(1000))
    with rg.profile() as prof:
        taken = x[[3, 5]]
        y[7] = x[0] * 2.0
        (taken.sum() + y.sum()).backward()
    costs = {}
    for row in prof.recording.rows:
        costs.setdefault(row.op, []).append(row.costs)
    assert sorted(c.forward_bytes for c in costs["getitem"]) == [16, 32]
    assert sorted(c.backward_bytes for c in costs["getitem"]) == [24, 48]
    assert costs["setitem"][0].forward_bytes == 16


def test_a_node_keeps_an_array_once():
    x = Tensor(np.ones(1000))
    with rg.profile() as prof:
        x * x
    (row,) = (row for row in prof.recording.rows if row.op == "mul")
    assert row.costs.saved_bytes == pytest.approx(8000, abs=500)

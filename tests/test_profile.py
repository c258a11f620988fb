"""`retrograd.profile` on real runs: lines, times, regions, memory, threads, and ways to end."""

import gc
import subprocess
import sys
import textwrap
import threading
import weakref
from collections import Counter
from time import perf_counter_ns

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor
from retrograd.profiler.records import BACKWARD, FORWARD, WALK


def here():
    """The number of the caller's line."""
    return sys._getframe(1).f_lineno


def rows_by_op(prof):
    found = {}
    for row in prof.recording.rows:
        found.setdefault(row.op, []).append(row)
    return found


def operations(prof):
    """The rows of operations, without the parts of walks and the freeing of what was dropped."""
    return [row for row in prof.recording.rows if not row.is_phase]


def calls(prof):
    return sum(row.costs.calls for row in operations(prof))


def test_an_operation_goes_to_its_line():
    x = Tensor(2.0)
    with rg.profile() as prof:
        y, multiplied = x * x, here()
        z, added = y + x, here()
        _, walked = z.backward(), here()
    rows = rows_by_op(prof)
    [mul], [add], [walk] = rows["mul"], rows["add"], rows["(backward)"]
    assert (mul.line.line, add.line.line, walk.line.line) == (multiplied, added, walked)
    assert mul.line.file == __file__
    assert mul.line.function == "test_an_operation_goes_to_its_line"
    assert mul.costs.calls == mul.costs.backward_calls == 1
    assert mul.costs.forward_ns > 0
    assert mul.costs.backward_ns > 0


def test_columns_cover_the_expression():
    é = Tensor(2.0)
    with rg.profile() as prof:
        é * é
    [mul] = rows_by_op(prof)["mul"]
    assert (mul.line.column, mul.line.end_column) == (9, 14)
    assert mul.line.end_line == mul.line.line


def test_library_frames_are_passed_over():
    x = Tensor(np.ones((3, 4)))
    with rg.profile() as prof:
        _, meant = np.mean(x), here()
        _, summed = rg.sum(x, axis=0), here()
    assert [row.line.line for row in rows_by_op(prof)["sum"]] == [meant, summed]
    assert [row.line.line for row in rows_by_op(prof)["div"]] == [meant]


def test_callers_come_with_stacks():
    x = Tensor(2.0)

    def inner():
        return x * x

    with rg.profile(stacks=True) as prof:
        inner()
        inner()
    stacks = [[line.function.split(".")[-1] for line in row.stack[:2]] for row in operations(prof)]
    assert stacks == 2 * [["inner", "test_callers_come_with_stacks"]]
    lines = [row.stack[1].line for row in operations(prof)]
    assert lines[1] == lines[0] + 1


def test_every_operation_has_a_row():
    a = Tensor(np.arange(6.0).reshape(2, 3))
    with rg.profile() as prof:
        b = a.T @ a
        b[0, 0] = 1.0
        c = np.where(b > 1, np.tanh(b), b[::-1]).astype(np.float32)
        np.max(c.reshape(9)).backward()
    rows = rows_by_op(prof)
    wanted = {"transpose", "matmul", "setitem", "where", "tanh", "getitem", "cast", "max"}
    assert wanted <= set(rows)
    [matmul] = rows["matmul"]
    assert matmul.operands == ("float64(3,2)", "float64(2,3)")
    assert matmul.signature == "float64(3,2), float64(2,3) -> float64(3,3)"
    assert matmul.costs.forward_flops == 2 * 3 * 2 * 3
    assert matmul.costs.backward_flops == 2 * matmul.costs.forward_flops
    assert matmul.costs.forward_bytes == 8 * (6 + 6 + 9)
    assert matmul.costs.saved_bytes >= 8 * (6 + 6)
    assert matmul.costs.allocations > 0


def parts_sum_to_the_wall(recording):
    """Whether the rows' backward times are the walk's, but for each being in whole nanoseconds."""
    parts = sum(row.costs.backward_ns for row in recording.rows)
    return abs(parts - recording.backward_wall_ns) <= len(recording.rows) + 1


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("size", [1, 30_000])
def test_parts_sum_to_the_walks(create_graph, size):
    x = Tensor(np.linspace(0.1, 0.2, size))
    with rg.profile() as prof:
        y = x
        for _ in range(100):
            y = np.tanh(y) * x
        y.sum().backward(create_graph=create_graph)
    recording = prof.recording
    assert recording.backward_calls == 1
    assert parts_sum_to_the_wall(recording)


def test_the_walk_is_the_wall_time():
    x = Tensor(np.ones(100_000))
    with rg.profile() as prof:
        y = x
        for _ in range(50):
            y = np.tanh(y) * x
        y = y.sum()
        start = perf_counter_ns()
        y.backward()
        wall = perf_counter_ns() - start
    # Never more than the wall; how much less is for the benchmark to say, not for a test.
    assert 0 < prof.recording.backward_wall_ns < wall


def test_the_dear_line_comes_first():
    rng = np.random.default_rng(0)
    x = Tensor(rng.uniform(size=(400, 400)))
    with rg.profile() as prof:
        a = x * 2.0
        b, dear = a @ x @ x @ x @ x @ x @ x @ x @ x, here()
        (b + a).sum().backward()
    groups = [g for g in prof.recording.group("line") if not g.label.startswith("(")]
    first = max(groups, key=lambda g: g.costs.backward_ns)
    assert first.label.endswith(f":{dear}")


def test_gradients_have_the_same_bits():
    def gradient():
        x = Tensor(np.linspace(-1, 1, 1000))
        y = x
        for _ in range(20):
            y = np.sin(y * x) + np.exp(-x)
        (y @ y).backward()
        s = Tensor(0.3)
        t = s
        for _ in range(50):
            t = t * s + 0.1
        t.backward()
        return x.grad.tobytes() + s.grad.tobytes()

    plain = gradient()
    with rg.profile():
        assert gradient() == plain
    with rg.profile(stacks=True, max_events=0):
        assert gradient() == plain
    with rg.detect_anomaly():
        assert gradient() == plain


def test_events_pair_forward_with_backward():
    x = Tensor(2.0)
    with rg.profile() as prof:
        y = (x * x + x) * x
        y.backward()
        y.backward()
    events = prof.events
    forward = events[events["kind"] == FORWARD]
    backward = events[events["kind"] == BACKWARD]
    counts = Counter(backward["node"].tolist())
    assert set(forward["node"].tolist()) == set(counts)
    assert set(counts.values()) == {2}
    rows = dict(zip(forward["node"].tolist(), forward["row"].tolist(), strict=True))
    assert all(rows[e["node"]] == e["row"] for e in backward)
    assert np.all(events["start"] <= events["end"])
    assert np.all(np.diff(events["end"]) >= 0)
    walks = events[events["kind"] == WALK]
    assert len(walks) == 2
    for e in backward:
        assert any(w["start"] <= e["start"] and e["end"] <= w["end"] for w in walks)


def test_plain_records_name_everything():
    x = Tensor(2.0)
    with rg.profile() as prof, rg.region("r"):
        (x * x).backward()
    records = list(prof.records())
    assert len(records) == len(prof.events)
    [mul] = [r for r in records if r.get("op") == "mul" and r["kind"] == "forward"]
    assert mul["region"] == ("r",)
    assert mul["thread"] == threading.current_thread().name
    assert mul["line"].file == __file__


def test_a_graph_from_before_has_no_line():
    x = Tensor(np.ones(3))
    y = (x * x).sum()
    with rg.profile() as prof:
        y.backward()
    [mul] = rows_by_op(prof)["mul"]
    assert mul.line is None
    assert mul.operands == ("float64(3,)", "float64(3,)")
    assert (mul.costs.calls, mul.costs.backward_calls) == (0, 1)


def test_a_walk_that_records_counts_at_the_forward_line():
    x = Tensor(0.5)
    with rg.profile() as prof:
        y, line = np.tanh(x), here()
        y.backward(create_graph=True)
    backward = [r for r in operations(prof) if r.costs.backward_calls]
    assert {r.line.line for r in backward} == {line}
    assert len(backward) > 1


def test_a_rule_in_python_is_named_and_timed():
    x = Tensor(3.0)

    def cube(x):
        out = Tensor(x.data**3, (x,), "cube")

        def rule():
            x.grad += 3 * x.data**2 * out.grad

        out._backward = rule
        return out

    with rg.profile() as prof:
        cube(x * 1.0).backward()
    [row] = rows_by_op(prof)["cube"]
    assert row.line.function.endswith("cube")
    assert row.costs.backward_ns > 0
    assert parts_sum_to_the_wall(prof.recording)


def test_memory_at_the_peak_names_the_lines():
    x = Tensor(np.ones(10_000))
    with rg.profile() as prof:
        y, kept = x * x, here()
        z = np.tanh(y) * y
        z.sum().backward()
        del y, z
        x + x
    peak = prof.recording.peak
    assert peak.bytes >= 4 * 80_000
    lines = {prof.recording.rows[i].line.line: n for i, n in peak.saved.items()}
    assert lines[kept] >= 80_000
    assert prof.events["live"].max() == peak.bytes


def test_counts_are_exact_past_the_cap():
    x = Tensor(1.0)
    with rg.profile(max_events=100) as prof:
        y = x
        for _ in range(1000):
            y = y + x
        y.backward()
    [add] = rows_by_op(prof)["add"]
    assert (add.costs.calls, add.costs.backward_calls) == (1000, 1000)
    assert len(prof.events) == 100
    assert prof.recording.dropped > 1900


def test_nested_profiles_each_see_their_own():
    x = Tensor(2.0)
    with rg.profile() as outer:
        y = x * x
        with rg.profile() as inner:
            z = y + x
        z * x
        assert z.op == "+"
    assert {r.op for r in operations(inner)} == {"add"}
    assert Counter(r.op for r in operations(outer)) == {"mul": 2, "add": 1}


def test_start_and_stop():
    x = Tensor(2.0)
    prof = rg.profile()
    with pytest.raises(rg.GraphError, match="nothing recorded"):
        _ = prof.recording
    prof.stop()
    prof.start()
    with pytest.raises(rg.GraphError, match="already open"):
        prof.start()
    x * x
    assert calls(prof) == 1
    x + x
    assert prof.operations >= 2
    prof.stop()
    prof.stop()
    x - x
    assert calls(prof) == 2
    with prof:
        x - x
    assert [r.op for r in operations(prof)] == ["sub"]


def test_options_are_checked():
    with pytest.raises(ValueError, match="max_events is -1"):
        rg.profile(max_events=-1)


def test_an_exception_closes_it():
    x = Tensor(2.0)
    prof = rg.profile()

    def fail():
        with prof:
            float(x * x) / 0

    with pytest.raises(ZeroDivisionError):
        fail()
    assert calls(prof) == 1
    with rg.profile() as clean:
        x + x
    assert [r.op for r in operations(clean)] == ["add"]


def test_a_failed_operation_leaves_no_row():
    x = Tensor(np.ones(3))
    with rg.profile() as prof:
        with pytest.raises(rg.ShapeError):
            x + np.ones(2)
        x + 1.0
    assert [r.op for r in operations(prof)] == ["add"]
    assert calls(prof) == 1


def test_a_failed_walk_is_counted_as_far_as_it_came():
    x = Tensor(2.0)
    out = Tensor(1.0, (x,), "broken")

    def rule():
        raise KeyboardInterrupt

    out._backward = rule
    with rg.profile() as prof:
        y = out * 1.0
        with pytest.raises(KeyboardInterrupt):
            y.backward()
    [mul] = rows_by_op(prof)["mul"]
    assert mul.costs.backward_calls == 1
    assert prof.recording.backward_calls == 1
    assert float(x.grad) == 0.0


def test_threads_are_told_apart():
    def work():
        x = Tensor(np.ones(2000))
        y = x
        for _ in range(300):
            y = y * x
        y.sum().backward()

    with rg.profile() as prof:
        threads = [threading.Thread(target=work, name=f"worker {i}") for i in range(3)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        x = Tensor(1.0)
        x * x
    recording = prof.recording
    by_op = {op: sum(r.costs.calls for r in rows) for op, rows in rows_by_op(prof).items()}
    assert by_op["mul"] == 901
    assert recording.backward_calls == 3
    # A system may give one thread's identity to the next.
    assert 2 <= len(recording.threads) <= 4
    assert len(set(recording.events["thread"].tolist())) == len(recording.threads)
    parts = sum(r.costs.backward_ns for r in recording.rows)
    assert parts == pytest.approx(recording.backward_wall_ns, rel=1e-3)


def test_nothing_is_kept_alive():
    x = Tensor(2.0)

    def make():
        code = compile("x * x", "somewhere.py", "exec")
        with rg.profile() as prof:
            exec(code, {"x": x})
        return prof, weakref.ref(code)

    prof, code = make()
    gc.collect()
    assert code() is None
    assert rows_by_op(prof)["mul"][0].line.file == "somewhere.py"


def test_one_that_is_dropped_is_closed():
    prof = rg.profile()
    prof.start()
    seen = weakref.ref(prof)
    del prof
    gc.collect()
    assert seen() is None


def test_the_first_graph_is_kept():
    x = Tensor(2.0)
    with rg.profile() as prof:
        (x * x + x).backward()
        (x * x).backward()
    graph = prof.recording.graph
    assert len(graph["op"]) == 3
    assert set(graph["ops"]) == {"", "*", "+"}


def test_one_left_open_at_exit_does_no_harm():
    program = """
        import retrograd as rg
        prof = rg.profile(); prof.start()
        rg.detect_anomaly().__enter__()
        x = rg.Tensor(2.0); y = x * x; y.backward()
        print(float(x.grad))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "4.0\n", "")


def test_ten_million_events_stay_bounded():
    x, y = Tensor(0.9), Tensor(0.1)
    with rg.profile(max_events=1000) as prof:
        for _ in range(20):
            z = x
            for _ in range(20_000):
                z = z * x + y
            z.backward()
    assert prof.recording.total.calls >= 800_000
    assert prof.recording.total.backward_calls >= 800_000
    assert len(prof.recording.rows) < 20


def test_rows_are_capped():
    x = Tensor(1.0)
    with rg.profile(max_events=0) as prof:
        for i in range(70_000):
            with rg.region(str(i)):
                _ = x * x
    recording = prof.recording
    assert len(recording.rows) < 70_000
    assert calls(prof) == 70_000
    [past] = [r for r in recording.rows if r.op == "mul" and r.costs.calls > 1]
    assert past.line is None
    assert "(past the cap of rows)" in prof.table(by="line")
    assert past.costs.forward_bytes == 0

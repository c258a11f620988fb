"""What a profile says as text: tables, ratios, annotated source and the memory report."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from dataclasses import fields, replace

import numpy as np
import pytest

import retrograd as rg
from profiles import HOSTILE, make_recording
from retrograd.profiler.annotate import AROUND, SHORT_FILE, annotate
from retrograd.profiler.memory import format_memory, memory_curve, saved_at_peak, sparkline
from retrograd.profiler.metrics import (
    format_bytes,
    format_share,
    format_time,
)
from retrograd.profiler.nodes import node_costs
from retrograd.profiler.records import (
    BACKWARD,
    EVENT,
    Costs,
    Peak,
    Recording,
    line_label,
)
from retrograd.profiler.roof import Roof
from retrograd.profiler.table import GROUPINGS, SORTS, format_summary, format_table
from retrograd.profiler.text import columns, printable

ROOF = Roof(bandwidth=10e9, f64_rate=50e9, f32_rate=100e9)
EMPTY = Recording((), np.zeros(0, EVENT), (), (), Peak(), 0, 0, 0, 0)
RULE = "─"


def body(table: str) -> list[str]:
    """The rows between the two rules."""
    lines = table.splitlines()
    rules = [i for i, line in enumerate(lines) if line and set(line) == {RULE}]
    assert len(rules) == 2
    return lines[rules[0] + 1 : rules[1]]


def labels(table: str) -> list[str]:
    """Of the rows' first column; columns are two spaces apart."""
    return [row.split("  ")[0] for row in body(table)]


def table(recording: Recording, **options) -> str:
    return format_table(recording, **{"roof": ROOF, "width": 200, **options})


@pytest.mark.parametrize("by", GROUPINGS)
@pytest.mark.parametrize("width", [1, 40, 61, 80, 120, 250])
def test_tables_fit(by, width):
    text = format_table(make_recording(dropped=1), by, width=width, roof=ROOF)
    for line in text.splitlines()[:-1]:  # the last one is the note on what was dropped
        assert columns(line) <= max(width, 40)
        assert line.isprintable()
    assert "backward" in text.splitlines()[0]


@pytest.mark.parametrize("by", ["op", "line", "region", "shape"])
def test_every_group_is_a_row(by):
    recording = make_recording()
    costs = {printable(g.label): g.costs for g in recording.group(by) if g.costs != Costs()}
    text = table(recording, by=by, width=1_000)
    assert {row[: row.find("  ")] for row in body(text)} >= set(costs)
    total = text.splitlines()[-1]
    assert total.startswith("total")
    assert format_time(recording.total.backward_ns) in total
    for row in body(text):
        label = row[: row.find("  ")]
        if label in costs and costs[label].backward_ns:
            assert f" {format_time(costs[label].backward_ns)} " in row


def test_columns_of_a_wide_table():
    head = table(make_recording()).splitlines()[0].split()
    forward, backward = ["forward", "fwd/call"], ["backward", "share", "bwd/call"]
    rates = ["GB/s", "GFLOP/s", "roof", "bound", "saved"]
    assert head == ["op", "calls", *forward, *backward, *rates]
    narrow = table(make_recording(), width=50).splitlines()[0].split()
    assert set(narrow) < set(head)
    assert {"op", "backward", "share"} <= set(narrow)


def test_phases_are_rows_of_their_own():
    phases = {"(order)", "(wait)", "(commit)", "(free)"}
    for by in ("op", "line", "region", "shape"):
        assert phases <= set(labels(table(make_recording(), by=by)))
    # The calls of backward themselves cost nothing beyond their parts.
    assert "(backward)" not in labels(table(make_recording()))


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("by", ["op", "line", "shape"])
def test_sort(by, sort):
    recording = make_recording()
    groups = {printable(g.label): g.costs for g in recording.group(by)}
    text = table(recording, by=by, sort=sort, width=1_000)
    keys = [SORTS[sort](groups[label]) for label in labels(text)]
    assert keys == sorted(keys, reverse=True)
    assert keys[0] > 0


def test_sort_by_name_counts_numbers():
    names = labels(table(make_recording(), by="line", sort="name"))
    lines = [n for n in names if n.startswith("train.py:")]
    assert lines == [f"train.py:{n}" for n in (4, 6, 12, 13, 20)]


def test_limit_sums_the_others():
    recording = make_recording()
    full = table(recording)
    for limit in (0, 1, 4):
        text = table(recording, limit=limit)
        assert [r.split() for r in body(text)] == [r.split() for r in body(full)[:limit]]
        rest, total = text.splitlines()[-2:]
        assert rest.startswith(f"({len(body(full)) - limit} more)")
        assert total.split() == full.splitlines()[-1].split()
    shown, hidden = recording.group("op"), table(recording, limit=0).splitlines()[-2]
    assert format_time(Costs.total(g.costs for g in shown).forward_ns) in hidden
    assert table(recording, limit=100) == full


def test_choices_are_checked():
    recording = make_recording()
    with pytest.raises(ValueError, match=r"profile: no table by 'file'; there are op, line"):
        table(recording, by="file")
    with pytest.raises(ValueError, match=r"profile: no order 'time'; there are backward, "):
        table(recording, sort="time")
    with pytest.raises(ValueError, match=r"profile: limit is -1, wanted at least 0"):
        table(recording, limit=-1)
    with pytest.raises(ValueError, match="no table by"):
        format_summary(recording, by=("op", "file"))


def test_dropped_is_said():
    recording = make_recording(dropped=1_234)
    for text in (table(recording), format_summary(recording, roof=ROOF), format_memory(recording)):
        assert text.count("1,234 calls came after max_events") == 1
    assert "max_events" not in table(make_recording())


def test_line_table_names_lines_and_shows_source(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(
        "\n" * 11 + "    y =\tW @ x  # 日本\n    z = cube(y)\n", encoding="utf-8"
    )
    rows = body(table(make_recording(file=str(tmp_path / "train.py")), by="line"))
    dearest = next(r for r in rows if r.startswith("train.py:12 "))
    assert rows[0] == dearest
    assert dearest.endswith("  y = W @ x  # 日本")
    narrow = table(make_recording(file=str(tmp_path / "train.py")), by="line", width=100)
    assert "W @ x" not in narrow
    assert any(r.startswith("(made outside the profile)") for r in rows)


def test_region_table():
    recording = make_recording(steps=4)
    text = table(recording, by="region", width=250)
    rows = {row.split("  ")[0]: row for row in body(text)}
    assert {"train", "train/model", "train/loss"} <= set(rows)
    (model,) = [r for r in recording.regions if r.path == ("train", "model")]
    assert rows["train/model"].split()[1] == "4"
    assert format_time(model.wall_ns) in rows["train/model"]
    # "train" has no operation of its own, but was entered.
    assert rows["train"].split()[1] == "4"


def test_node_table_lists_single_nodes():
    recording = make_recording()
    names = labels(table(recording, by="node"))
    events = recording.events
    nodes = set(events["node"][events["node"] > 0].tolist())
    assert len(names) == len(nodes)
    spent = {
        n: int((e["end"] - e["start"]).sum())
        for n in nodes
        for e in [events[(events["node"] == n) & (events["kind"] == BACKWARD)]]
    }
    shown = [spent[int(name.split()[0].removeprefix("#"))] for name in names]
    assert shown == sorted(spent.values(), reverse=True)
    assert names[0].endswith("matmul train.py:12")
    by_creation = labels(table(recording, by="node", sort="name"))
    assert [int(n.split()[0][1:]) for n in by_creation] == sorted(nodes)
    limited = table(recording, by="node", limit=2).splitlines()
    assert limited[-2].startswith(f"({len(nodes) - 2} more)")


def test_node_costs_sum_to_the_rows():
    recording = make_recording()
    made_inside = [r.costs for r in recording.rows if r.costs.calls and not r.is_phase]
    _, rows, costs = node_costs(recording)
    for field in ("calls", "forward_bytes", "forward_flops", "saved_bytes", "backward_flops"):
        assert getattr(costs, field).sum() == sum(getattr(c, field) for c in made_inside)
    assert all(recording.rows[i].op != "exp" for i in rows)  # made outside: there is no node


@pytest.mark.parametrize("by", GROUPINGS)
def test_empty_tables(by):
    text = table(EMPTY, by=by)
    assert body(text) == []
    assert text.splitlines()[-1].startswith("total")


def test_summary():
    recording = make_recording()
    head, *_ = text = format_summary(recording, roof=ROOF, width=120).splitlines()
    operations = sum(r.costs.calls for r in recording.rows if not r.is_phase)
    assert f"{operations} operations in" in head
    assert f"{recording.backward_calls} calls of backward in" in head
    assert format_bytes(recording.peak.bytes) in head
    assert "copy 10.0 GB/s" in text[1]
    assert [line.split()[0] for line in text if line.endswith("saved")] == ["op", "line"]
    assert "No operation on a tensor was seen." in format_summary(EMPTY)


def test_width_is_the_terminals():
    code = (
        "import sys; from profiles import make_recording;"
        "from retrograd.profiler.table import format_summary;"
        "from retrograd.profiler.roof import Roof;"
        "print(format_summary(make_recording(), roof=Roof(1e9, 1e9, 1e9)))"
    )
    for width in (70, 160):
        main, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        environment = {k: v for k, v in os.environ.items() if k != "COLUMNS"}
        environment["PYTHONPATH"] = os.path.dirname(__file__)
        with subprocess.Popen(
            [sys.executable, "-c", code], stdout=terminal, env=environment
        ) as process:
            os.close(terminal)
            text = b""
            while block := _read(main):
                text += block
        os.close(main)
        assert process.returncode == 0
        rows = text.decode().splitlines()[2:]
        assert max(map(columns, rows)) <= width
        assert any("fwd/call" in row for row in rows) == (width == 160)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # how Linux tells of a terminal's end
        return b""


def test_session_gives_all_of_it():
    x = rg.Tensor(np.linspace(0, 1, 1_000))
    with rg.profile() as prof, rg.region("fit"):
        (np.tanh(x) * 2).sum().backward()
    here = os.path.basename(__file__)
    assert f"{here}:" in str(prof)
    for by in GROUPINGS:
        assert prof.table(by=by, sort="forward", limit=3, width=100)
    assert "(np.tanh(x) * 2).sum().backward()" in prof.annotate()
    assert "peak memory" in format_memory(prof.recording)


# -- annotated source


def write_source(tmp_path, length: int) -> str:
    file = tmp_path / "train.py"
    file.write_text("".join(f"line {n}\n" for n in range(1, length + 1)), encoding="utf-8")
    return str(file)


def test_annotate_shows_short_files_whole(tmp_path):
    file = write_source(tmp_path, SHORT_FILE)
    recording = make_recording(file=file)
    text = annotate(recording, width=100)
    for n in range(1, SHORT_FILE + 1):
        assert text.count(f"{n:>2}  line {n}\n") == 1
    assert "…" not in text.split("\n\n")[0]
    (row,) = [line for line in text.splitlines() if line.endswith("12  line 12")]
    costs = Costs.total(
        r.costs for r in recording.rows if r.line and (r.line.file, r.line.line) == (file, 12)
    )
    expected = [
        *format_time(costs.forward_ns).split(),
        *format_time(costs.backward_ns).split(),
        format_share(costs.backward_ns / recording.total.backward_ns),
    ]
    assert row.split("│")[0].split() == expected


def test_annotate_leaves_gaps_in_long_files(tmp_path):
    file = write_source(tmp_path, 1_000)
    lines = annotate(make_recording(file=file)).split("\n\n")[0].splitlines()
    shown = [int(line.split()[-1]) for line in lines if "  line " in line]
    measured = (4, 6, 12, 13, 20)
    near = {n for m in measured for n in range(m - AROUND, m + AROUND + 1)}
    assert shown == sorted(near)
    assert lines[-1].endswith("…")


def test_annotate_puts_the_dearest_file_first_and_takes_any_name():
    text = annotate(make_recording())
    heads = [part.splitlines()[0] for part in text.split("\n\n")]
    assert heads[0].startswith("train.py: ")
    assert heads[1].startswith("/" + printable(HOSTILE))
    assert all("source not found" in head for head in heads)
    assert all(line.isprintable() for line in text.splitlines())
    assert annotate(EMPTY) == "No operation was called from a line of source."


# -- memory


def test_memory_curve_keeps_extremes():
    rng = np.random.default_rng(3)
    n = 5_000
    events = np.zeros(n, EVENT)
    events["end"] = np.sort(rng.integers(0, 100_000, n))
    events["live"] = rng.integers(0, 10**9, n)
    recording = replace(EMPTY, events=events, wall_ns=120_000)
    for points in (1, 7, 100, 20_000):
        curve = memory_curve(recording, points)
        assert len(curve.low) == len(curve.high) == len(curve.end_ns) == points
        assert curve.end_ns[-1] == 120_000
        assert curve.high.max() == events["live"].max()
        assert curve.low.min() == events["live"].min()
        stretch = events["end"] * points // 120_000
        for i in range(0, points, max(points // 50, 1)):
            inside = events["live"][stretch == i]
            before = events["live"][stretch < i][-1:]
            expected = inside if len(inside) else before if len(before) else events["live"][:1]
            assert curve.low[i] == expected.min()
            assert curve.high[i] == expected.max()


def test_memory_curve_of_nothing():
    assert [len(part) for part in memory_curve(EMPTY, 50)] == [0, 0, 0]
    assert "Nothing was saved" in format_memory(EMPTY)


def test_saved_at_peak_names_lines():
    recording = replace(make_recording(), peak=Peak(10_000, 500, {}))
    matmul = next(i for i, r in enumerate(recording.rows) if r.op == "matmul")
    outside = next(i for i, r in enumerate(recording.rows) if r.op == "exp")
    hostile = next(i for i, r in enumerate(recording.rows) if r.op == HOSTILE)
    saved = {hostile: 1_000, matmul: 6_000, outside: 500}
    recording = replace(recording, peak=replace(recording.peak, saved=saved))
    found = saved_at_peak(recording)
    assert [s.bytes for s in found] == [6_000, 1_000, 500]
    assert [s.label for s in found] == [
        line_label(recording.rows[i]) for i in (matmul, hostile, outside)
    ]
    text = format_memory(recording, width=80)
    assert all(columns(line) <= 80 and line.isprintable() for line in text.splitlines())
    assert "7.50 kB, 75.0% of it" in text
    assert "train.py:12" in text
    assert "(2 more)" in format_memory(recording, limit=1)


def test_peak_of_a_real_run_is_made_of_what_was_saved():
    x = rg.Tensor(np.zeros(100_000))
    with rg.profile() as prof:
        np.tanh(np.exp(x)).sum().backward()
    found = saved_at_peak(prof.recording)
    assert sum(s.bytes for s in found) <= prof.recording.peak.bytes
    assert sum(s.bytes for s in found) >= 2 * 8 * 100_000  # both results


def test_sparkline():
    assert sparkline(np.array([0, 1, 8, 4, 5])) == " ▁█▄▅"
    assert sparkline(np.array([0, 0])) == "  "
    assert sparkline(np.zeros(0, np.int64)) == ""


def test_costs_are_all_summed():
    """A field that is added to `Costs` must be thought of in the node table."""
    _, _, costs = node_costs(make_recording())
    assert all(isinstance(getattr(costs, f.name), np.ndarray) for f in fields(Costs))

"""Ratios of a profile's rows, the machine's roof, and names made fit for a terminal."""

from dataclasses import replace

import numpy as np
import pytest

import retrograd as rg
from profiles import HOSTILE
from retrograd.profiler.metrics import (
    format_bytes,
    format_count,
    format_rate,
    format_share,
    format_time,
    group_metrics,
    metrics,
)
from retrograd.profiler.records import EVENT, Costs, Peak, Recording, Row
from retrograd.profiler.roof import Roof, machine_roof
from retrograd.profiler.text import columns, keep_end, keep_start, printable

ROOF = Roof(bandwidth=10e9, f64_rate=50e9, f32_rate=100e9)
EMPTY = Recording((), np.zeros(0, EVENT), (), (), Peak(), 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("costs", "bound"),
    [
        # A scalar multiplication; a hundred elements, whose data lies in cache.
        (Costs(calls=1, forward_ns=60, forward_bytes=24, forward_flops=1), "overhead"),
        (Costs(calls=1, forward_ns=160, forward_bytes=2_400, forward_flops=100), "overhead"),
        # Adding 10^7 elements, fresh pages included.
        (Costs(calls=2, forward_ns=80_000_000, forward_bytes=480_000_000), "memory"),
        # tanh of a million: 13 ns each, one counted operation.
        (
            Costs(1, 13_000_000, 1, 2_500_000, 16_000_000, 24_000_000, 1_000_000, 3_000_000),
            "compute",
        ),
        # 512 x 512 matrices.
        (Costs(1, 6_000_000, 1, 12_000_000, 6_291_456, 12_582_912, 2**28, 2**29), "compute"),
        # A wait, and a rule in Python: nothing is known.
        (Costs(backward_calls=9, backward_ns=100), ""),
        (Costs(calls=1, forward_ns=50_000), ""),
    ],
)
def test_bound(costs, bound):
    assert metrics(costs, costs, ROOF).bound == bound
    assert metrics(costs, costs).bound == ""


def test_bound_of_real_operations():
    x = rg.Tensor(1.5)
    m = rg.Tensor(np.full((512, 512), 0.01))
    with rg.profile() as prof:
        for _ in range(2_000):
            x = x * 1.0001
        x.backward()
        (m @ m).sum().backward()
    recording = prof.recording
    bounds = {
        g.label: group_metrics(recording, g, machine_roof()).bound for g in recording.group("op")
    }
    assert bounds["mul"] == "overhead"
    assert bounds["matmul"] == "compute"
    assert bounds["(commit)"] == ""


def test_metrics():
    costs = Costs(4, 1_000, 2, 3_000, 20_000, 20_000, 60_000, 140_000)
    m = metrics(costs, replace(costs, backward_ns=12_000), ROOF)
    assert m.share == 0.25
    assert m.forward_call_ns == 250
    assert m.backward_call_ns == 1_500
    assert m.gb_per_s == 10
    assert m.gflop_per_s == 50
    assert m.roof == pytest.approx(1.0)
    assert metrics(costs, costs, ROOF, single=1.0).roof == pytest.approx(1.0)  # of the bandwidth
    bound_by_flops = replace(costs, backward_bytes=0, forward_bytes=0)
    assert metrics(bound_by_flops, costs, ROOF, single=1.0).roof == pytest.approx(0.5)
    assert metrics(bound_by_flops, costs, ROOF, single=0.5).roof == pytest.approx(0.75)


def test_metrics_of_nothing():
    m = metrics(Costs(), Costs(), ROOF)
    assert m.share == 0
    assert m.bound == ""
    assert {m.forward_call_ns, m.backward_call_ns, m.gb_per_s, m.gflop_per_s, m.roof} == {None}


def test_single_precision_is_weighed_by_flops():
    def row(result, flops):
        return Row("matmul", (), (), (), result, Costs(1, 1_000, forward_flops=flops))

    recording = replace(EMPTY, rows=(row("float32(9)", 30_000), row("float64(9)", 10_000)))
    (group,) = recording.group("op")
    assert group_metrics(recording, group, ROOF).roof == pytest.approx((0.3 + 0.2) / 2)


def test_machine_roof():
    roof = machine_roof()
    assert roof is machine_roof()
    assert 1e8 < roof.bandwidth < 1e13
    assert 1e7 < roof.f64_rate < 1e15
    assert 1e7 < roof.f32_rate < 1e15
    assert "GB/s" in str(roof)


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, ""),
        (None, ""),
        (7, "7 ns"),
        (12.34, "12.3 ns"),
        (999, "999 ns"),
        (999.7, "1.00 µs"),
        (1_234, "1.23 µs"),
        (99_960, "100 µs"),
        (2_500_000, "2.50 ms"),
        (90e9, "90.0 s"),
        (12_345e9, "12,345 s"),
    ],
)
def test_format_time(ns, text):
    assert format_time(ns) == text


def test_format_others():
    assert format_bytes(999) == "999 B"
    assert format_bytes(1_000) == "1.00 kB"
    assert format_bytes(123_456_789) == "123 MB"
    assert format_count(1_234_567) == "1,234,567"
    assert format_count(0) == ""
    assert format_share(0.1234) == "12.3%"
    assert format_share(None) == ""
    assert format_rate(0.001) == "<0.01"
    assert [format_rate(r) for r in (0.126, 12.34, 1_234.5)] == ["0.13", "12.3", "1,234"]


# -- text


def test_printable_leaves_no_control():
    text = printable(HOSTILE)
    assert text.isprintable()
    text.encode("utf-8")
    assert "\\udcff" in text
    assert "\\x1b[31m" in text
    assert "é😀" in text
    assert printable("layers/日本") == "layers/日本"


def test_columns_and_cuts():
    assert columns("ab") == 2
    assert columns("日本") == 4
    assert columns("e\u0301") == 1
    for text in ("plain text", "日本語のテキスト", printable(HOSTILE)):
        for width in range(0, 60):
            for cut in (keep_start, keep_end):
                assert columns(cut(text, width)) <= width
        assert keep_start(text, 200) == keep_end(text, 200) == text
    assert keep_start("abcdef", 4) == "abc…"
    assert keep_end("abcdef", 4) == "…def"

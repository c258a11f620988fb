"""What follows from a row's sums: shares, rates, and what the row is bound by.

The roof (see `roof`) is the fastest this machine moves bytes and multiplies matrices. Moving a
row's bytes takes at least bytes / bandwidth, computing it at least flops / rate; the longer of the
two is the time the roof explains, and its share of the measured time is the share reached. Above
1 the data came from cache. From that a row is bound by

- "overhead": its calls take less than 2 µs, of which the roof explains less than half (with four
  times the bandwidth, as so little data lies in cache);
- "memory": moving the bytes explains at least a third of the time, and more than the flops do;
- "compute": everything else, so also functions such as tanh, whose one counted operation per
  element is many instructions;
- "": nothing is known of bytes and flops, as for phases and for rules written in Python.

Rates and bound take forward and backward together.
"""

from dataclasses import dataclass

from .records import Costs, Group, Recording
from .roof import Roof

SHORT_CALL_NS = 2_000
EXPLAINED = 1 / 2
MOVED = 1 / 3
# The data of so short a call lies in cache, which is several times faster than memory.
CACHE_SPEEDUP = 4


@dataclass(frozen=True, slots=True)
class Metrics:
    """Figures of one row; None where nothing is known."""

    share: float  # of all backward time, 0 to 1
    forward_call_ns: float | None
    backward_call_ns: float | None
    gb_per_s: float | None  # 10^9 bytes read and written
    gflop_per_s: float | None
    roof: float | None  # share reached
    bound: str  # "overhead", "memory", "compute" or ""


def metrics(
    costs: Costs, total: Costs, roof: Roof | None = None, *, single: float = 0.0
) -> Metrics:
    """Derive the figures of one row.

    Parameters
    ----------
    costs, total : Costs
        The row's sums and those of the whole profile.
    roof : Roof, optional
        The machine's; without it nothing is said of `roof` and `bound`.
    single : float, default 0.0
        How much of the flops, 0 to 1, is in single precision, whose roof is higher.
    """
    time = costs.forward_ns + costs.backward_ns
    moved = costs.forward_bytes + costs.backward_bytes
    flops = costs.forward_flops + costs.backward_flops
    reached, bound = None, ""
    if roof is not None and time and (moved or flops):
        byte_share = moved / roof.bandwidth * 1e9 / time
        flop_share = flops * ((1 - single) / roof.f64_rate + single / roof.f32_rate) * 1e9 / time
        reached = max(byte_share, flop_share)
        call = time / (costs.calls + costs.backward_calls or 1)
        bound = _bound(call, byte_share, flop_share)
    return Metrics(
        share=_ratio(costs.backward_ns, total.backward_ns) or 0.0,
        forward_call_ns=_ratio(costs.forward_ns, costs.calls),
        backward_call_ns=_ratio(costs.backward_ns, costs.backward_calls),
        gb_per_s=_ratio(moved, time) if moved else None,
        gflop_per_s=_ratio(flops, time) if flops else None,
        roof=reached,
        bound=bound,
    )


def group_metrics(recording: Recording, group: Group, roof: Roof | None = None) -> Metrics:
    """Derive the figures of a group of rows, with the roof of the precision they compute in."""
    single = whole = 0
    for place in group.rows:
        row = recording.rows[place]
        flops = row.costs.forward_flops + row.costs.backward_flops
        whole += flops
        single += flops if row.result.startswith("float32") else 0
    return metrics(group.costs, recording.total, roof, single=_ratio(single, whole) or 0.0)


def _bound(call_ns: float, byte_share: float, flop_share: float) -> str:
    if call_ns < SHORT_CALL_NS and max(byte_share / CACHE_SPEEDUP, flop_share) < EXPLAINED:
        return "overhead"
    return "memory" if byte_share >= max(MOVED, flop_share) else "compute"


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def format_time(ns: float | None) -> str:
    """Nanoseconds as "12.3 µs"."""
    return _scaled(ns, ("ns", "µs", "ms", "s"))


def format_bytes(size: float | None) -> str:
    """Bytes as "12.3 kB", in powers of 1000 as in GB/s."""
    return _scaled(size, ("B", "kB", "MB", "GB", "TB", "PB"))


def format_count(count: float | None) -> str:
    """A count as "1,234,567"."""
    return f"{count:,.0f}" if count else ""


def format_share(share: float | None) -> str:
    """A share as "12.3%"."""
    return "" if share is None else f"{100 * share:.1f}%"


def format_rate(rate: float | None) -> str:
    """A rate in three digits: "0.12", "12.3", "1,234"."""
    return "" if rate is None else _digits(rate) if rate >= 0.01 else "<0.01"


def _scaled(value: float | None, units: tuple[str, ...]) -> str:
    if not value:  # nothing happened, or nothing is known
        return ""
    size, unit = float(value), 0
    # 999.6 would read "1,000".
    while abs(size) >= 999.5 and unit < len(units) - 1:
        size, unit = size / 1000, unit + 1
    whole = unit == 0 and float(value).is_integer()
    return f"{size:,.0f} {units[unit]}" if whole else f"{_digits(size)} {units[unit]}"


def _digits(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 9.995 else f"{value:,.{1 if abs(value) < 99.95 else 0}f}"

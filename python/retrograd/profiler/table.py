"""Tables as text, as wide as the terminal: what `print(prof)` and `prof.table()` show."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .metrics import (
    Metrics,
    format_bytes,
    format_count,
    format_rate,
    format_share,
    format_time,
    group_metrics,
)
from .nodes import node_groups
from .records import Costs, Group, Recording, Region
from .roof import Roof, machine_roof
from .text import columns, keep_end, keep_start, pad, printable, source_text

GROUPINGS = ("op", "line", "region", "node", "shape")

# Largest first. They take arrays in place of numbers too, for the nodes.
SORTS: dict[str, Callable[[Any], Any]] = {
    "backward": lambda c: c.backward_ns,
    "forward": lambda c: c.forward_ns,
    "total": lambda c: c.forward_ns + c.backward_ns,
    "calls": lambda c: c.calls + c.backward_calls,
    "ns": lambda c: (c.forward_ns + c.backward_ns) / np.maximum(c.calls + c.backward_calls, 1),
    "bytes": lambda c: c.forward_bytes + c.backward_bytes,
    "flops": lambda c: c.forward_flops + c.backward_flops,
    "saved": lambda c: c.saved_bytes,
    "allocated": lambda c: c.allocated_bytes,
}

MINIMUM_WIDTH = 40
GAP = "  "


class Entry(NamedTuple):
    """A line of a table."""

    label: str
    costs: Costs
    metrics: Metrics
    comment: str = ""  # at the end, where room is left
    region: Region | None = None


class Column(NamedTuple):
    """What stands below a title; the columns of the highest rank are the first to go."""

    title: str
    rank: int
    cell: Callable[[Entry], str]
    left: bool = False


COLUMNS = (
    Column("calls", 3, lambda e: format_count(e.costs.calls)),
    Column("forward", 2, lambda e: format_time(e.costs.forward_ns)),
    Column("fwd/call", 10, lambda e: format_time(e.metrics.forward_call_ns)),
    Column("backward", 0, lambda e: format_time(e.costs.backward_ns)),
    Column("share", 1, lambda e: format_share(e.metrics.share or None)),
    Column("bwd/call", 4, lambda e: format_time(e.metrics.backward_call_ns)),
    Column("GB/s", 7, lambda e: format_rate(e.metrics.gb_per_s)),
    Column("GFLOP/s", 8, lambda e: format_rate(e.metrics.gflop_per_s)),
    Column("roof", 9, lambda e: format_share(e.metrics.roof)),
    Column("bound", 5, lambda e: e.metrics.bound, left=True),
    Column("saved", 6, lambda e: format_bytes(e.costs.saved_bytes)),
)
REGION_COLUMNS = (
    Column("entered", 3, lambda e: format_count(e.region.entries) if e.region else ""),
    Column("open", 2, lambda e: format_time(e.region.wall_ns) if e.region else ""),
)


def format_table(
    recording: Recording,
    by: str = "op",
    sort: str = "backward",
    limit: int | None = None,
    width: int | None = None,
    roof: Roof | None = None,
) -> str:
    """Show one table, ending with the sum of all its rows.

    Parameters
    ----------
    recording : Recording
    by : {"op", "line", "region", "node", "shape"}
        What a row stands for. Regions do not count what inner ones do; nodes come from the events
        and count what ran inside.
    sort : str, default "backward"
        "backward", "forward", "total", "calls", "ns" (a call), "bytes", "flops", "saved",
        "allocated": largest first. "name": in order of the labels, nodes in order of creation.
    limit : int, optional
        How many rows to show before one for all others.
    width : int, optional
        Characters in a line; the terminal's if not given. Narrow tables have fewer columns.
    roof : Roof, optional
        What to compare with; this machine's if not given.

    Raises
    ------
    ValueError
        For another `by` or `sort`, or a negative `limit`.
    """
    check_choices(by, sort, limit)
    table = _table(recording, by, sort, limit, width or terminal_width(), roof or machine_roof())
    return table + (f"\n{dropped_note(recording)}" if recording.dropped else "")


def format_summary(
    recording: Recording,
    by: tuple[str, ...] = ("op", "line"),
    sort: str = "backward",
    limit: int | None = 20,
    width: int | None = None,
    roof: Roof | None = None,
) -> str:
    """Show what the profile saw in all, and a table for each of `by`."""
    for each in by:
        check_choices(each, sort, limit)
    head = [_header(recording)]
    if not any(r.costs != Costs() for r in recording.rows):
        return "\n".join([*head, "No operation on a tensor was seen."])
    roof, width = roof or machine_roof(), width or terminal_width()
    head.append(f"This machine: {roof}")
    if recording.dropped:
        head.append(dropped_note(recording))
    tables = [_table(recording, each, sort, limit, width, roof) for each in by]
    return "\n\n".join(["\n".join(head), *tables])


def check_choices(by: str, sort: str = "backward", limit: int | None = None) -> None:
    """Raise ValueError for what no table can be made of."""
    if by not in GROUPINGS:
        raise ValueError(f"profile: no table by {by!r}; there are {', '.join(GROUPINGS)}")
    if sort not in SORTS and sort != "name":
        raise ValueError(f"profile: no order {sort!r}; there are {', '.join(SORTS)}, name")
    if limit is not None and limit < 0:
        raise ValueError(f"profile: limit is {limit}, wanted at least 0")


def terminal_width() -> int:
    """Columns of the terminal; where there is none, enough for all columns and some source."""
    from shutil import get_terminal_size

    return get_terminal_size((140, 24)).columns


def dropped_note(recording: Recording) -> str:
    """What max_events has left out."""
    return (
        f"{_count(recording.dropped, 'call')} came after max_events: sums count them, "
        "single nodes, traces and memory curves do not."
    )


def _header(recording: Recording) -> str:
    total = Costs.total(r.costs for r in recording.rows if not r.is_phase)
    calls = recording.backward_calls
    return ", ".join(
        [
            f"{format_time(recording.wall_ns) or '0 ns'} profiled",
            f"{_count(total.calls, 'operation')} in {format_time(total.forward_ns) or '0 ns'}",
            f"{_count(calls, 'call')} of backward in "
            f"{format_time(recording.backward_wall_ns) or '0 ns'}",
            f"peak memory {format_bytes(recording.peak.bytes) or '0 B'}",
        ]
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _table(
    recording: Recording, by: str, sort: str, limit: int | None, width: int, roof: Roof
) -> str:
    """Lay out the entries, the others and the sum."""
    if by == "node":
        shown, others, rest, total = node_groups(recording, SORTS.get(sort), limit)
    else:
        groups = _sorted(_groups(recording, by), sort)
        shown, hidden = groups[:limit], groups[len(groups) if limit is None else limit :]
        others, rest, total = len(hidden), Costs.total(g.costs for g in hidden), recording.total
    regions = {"/".join(r.path): r for r in recording.regions} if by == "region" else {}
    entries = [
        Entry(
            printable(group.label),
            group.costs,
            group_metrics(recording, group, roof),
            _comment(recording, by, group),
            regions.get(group.label),
        )
        for group in shown
    ]
    sums = [(f"({others:,} more)", rest)] if others else []
    sums.append(("total", total))
    ends = [
        Entry(label, costs, group_metrics(recording, Group(label, (), costs)))
        for label, costs in sums
    ]
    shown_columns = (*REGION_COLUMNS, *COLUMNS) if by == "region" else COLUMNS
    # The end of a path says more than its beginning.
    cut = keep_end if by in ("line", "region") else keep_start
    return _layout(by, shown_columns, entries, ends, max(width, MINIMUM_WIDTH), cut)


def _groups(recording: Recording, by: str) -> list[Group]:
    groups = [g for g in recording.group(by) if g.costs != Costs()]
    if by == "region":
        have = {g.label for g in groups}
        paths = ("/".join(r.path) for r in recording.regions)
        groups += [Group(label, (), Costs()) for label in paths if label not in have]
    return groups


def _sorted(groups: list[Group], sort: str) -> list[Group]:
    if sort == "name":
        return sorted(groups, key=lambda g: _natural(g.label))
    return sorted(groups, key=lambda g: SORTS[sort](g.costs), reverse=True)


def _natural(label: str) -> list[tuple[int, str]]:
    """Order "a.py:9" before "a.py:12"."""
    from re import findall

    return [(int(n or 0), text) for text, n in findall(r"([^0-9]+)|([0-9]+)", label)]


def _comment(recording: Recording, by: str, group: Group) -> str:
    """The text of a line."""
    row = recording.rows[group.rows[0]] if by == "line" and group.rows else None
    return source_text(row.line.file, row.line.line).strip() if row and row.line else ""


def _layout(
    title: str,
    wanted: tuple[Column, ...],
    entries: list[Entry],
    ends: list[Entry],
    width: int,
    cut: Callable[[str, int], str],
) -> str:
    """Put the cells below one another, with as many columns as fit beside the labels."""
    everything = entries + ends
    cells = {c: [c.title, *(c.cell(e) for e in everything)] for c in wanted}
    widths = {c: max(map(columns, texts)) for c, texts in cells.items()}
    longest = max(columns(e.label) for e in everything)
    # Labels may take a third; columns go before labels are cut shorter than that.
    least = max(min(longest, width // 3), len(title))
    chosen = list(wanted)
    while chosen and least + sum(widths[c] + len(GAP) for c in chosen) > width:
        chosen.remove(max(chosen, key=lambda c: c.rank))
    right = sum(widths[c] + len(GAP) for c in chosen)
    label_width = max(min(longest, width - right), len(title))
    room = width - right - label_width - len(GAP)

    def line(number: int, label: str, comment: str = "") -> str:
        parts = [pad(cut(label, label_width), label_width)]
        for column in chosen:
            text = cells[column][number]
            blank = " " * (widths[column] - columns(text))
            parts.append(text + blank if column.left else blank + text)
        if comment and room >= MINIMUM_WIDTH // 4:
            parts.append(keep_start(comment, room))
        return GAP.join(parts).rstrip()

    rule = "─" * (label_width + right)
    body = [line(i, e.label, e.comment) for i, e in enumerate(everything, 1)]
    after = len(entries)
    return "\n".join([line(0, title), rule, *body[:after], rule, *body[after:]])

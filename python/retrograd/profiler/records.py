"""What a profile has recorded, as plain data: every table, page and file is made from this.

A `Recording` is a snapshot and never changes. Its `rows` are exact sums, one per combination of
operation, source line, region and shapes, however long the profile ran; its `events` are the single
calls in the order they ended, up to the profile's cap.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# Kinds of events. A phase is a part of backward that belongs to no operation.
FORWARD, BACKWARD, PHASE, WALK, REGION = range(5)
KINDS = ("forward", "backward", "phase", "walk", "region")

# `row` is the place in `Recording.rows`, for a REGION the place in `Recording.regions`. `node` is
# the sequence number that a FORWARD event shares with the BACKWARD events of the node it made; 0
# where there is none. Times are nanoseconds since the profile opened, `live` is bytes.
EVENT = np.dtype(
    [
        ("kind", np.uint8),
        ("thread", np.uint16),
        ("row", np.uint32),
        ("node", np.uint64),
        ("start", np.int64),
        ("end", np.int64),
        ("live", np.int64),
    ],
    align=True,  # as the C++ struct lies in memory
)


# The result of a row that stands for all calls of an operation past the cap of rows.
ANY = "any"


class Line(NamedTuple):
    """A place in the user's source. Columns are 1-based characters, 0 where Python has none."""

    file: str
    line: int
    function: str
    column: int = 0
    end_line: int = 0
    end_column: int = 0


@dataclass(frozen=True, slots=True)
class Costs:
    """Sums over calls. Times in nanoseconds, exclusive of what other rows count."""

    calls: int = 0
    forward_ns: int = 0
    backward_calls: int = 0
    backward_ns: int = 0
    forward_bytes: int = 0  # read and written
    backward_bytes: int = 0
    forward_flops: int = 0
    backward_flops: int = 0
    saved_bytes: int = 0  # kept for backward, the nodes themselves included
    allocations: int = 0  # array buffers, forward and backward
    allocated_bytes: int = 0

    @staticmethod
    def total(costs: "Iterable[Costs]") -> "Costs":
        """The sum, field by field."""
        numbers = [_numbers(c) for c in costs]
        return Costs(*map(sum, zip(*numbers, strict=True))) if numbers else Costs()


_numbers = attrgetter(*(f.name for f in fields(Costs)))


@dataclass(frozen=True, slots=True)
class Row:
    """One operation at one line, in one region, on operands of the same shapes.

    `op` stands in parentheses where it is no operation but a part of backward: "(order)" finding
    the way, "(wait)" for another thread, "(commit)" of the leaves' gradients, "(free)" of graphs.
    `stack` begins with the line that called the operation, followed by its callers if they were
    recorded; it is empty where the node was made outside the profile.
    """

    op: str
    stack: tuple[Line, ...]
    region: tuple[str, ...]  # outermost first
    operands: tuple[str, ...]  # such as "float64(64,32)"
    result: str
    costs: Costs

    @property
    def is_phase(self) -> bool:
        """Whether this is no operation but a part of backward."""
        return self.op.startswith("(")

    @property
    def line(self) -> Line | None:
        """The line that called the operation."""
        return self.stack[0] if self.stack else None

    @property
    def signature(self) -> str:
        """Operands and result, as in "float64(8,4), float64(4) -> float64(8)"."""
        return f"{', '.join(self.operands)} -> {self.result}" if self.result else ""


@dataclass(frozen=True, slots=True)
class Region:
    """A named region: how often it was entered and how long it was open, Python included."""

    path: tuple[str, ...]
    entries: int
    wall_ns: int


@dataclass(frozen=True, slots=True)
class Peak:
    """The largest amount of memory seen between two operations.

    `saved` gives the bytes that nodes of a row kept at that moment, by place in `Recording.rows`.
    """

    bytes: int = 0
    at_ns: int = 0
    saved: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Recording:
    """All that one profile saw."""

    rows: tuple[Row, ...]
    events: NDArray[Any]  # of dtype EVENT
    regions: tuple[Region, ...]
    threads: tuple[str, ...]
    peak: Peak
    wall_ns: int  # how long the profile was open
    backward_calls: int  # of Tensor.backward, and their wall time
    backward_wall_ns: int
    dropped: int  # events past the cap
    # The first graph that was walked, as `picture.columns.capture` gave it; None for a large one.
    graph: dict[str, Any] | None = None

    @cached_property
    def total(self) -> Costs:
        """The sum over all rows."""
        return Costs.total(r.costs for r in self.rows)

    def group(self, by: str) -> "list[Group]":
        """Sum rows that agree in `by`: "op", "line", "region" or "shape".

        Groups come in the order of their first row. Rows of `region` go to the innermost one.
        """
        key = _KEYS.get(by)
        if key is None:
            raise ValueError(f"profile: no grouping {by!r}; there are {', '.join(_KEYS)}")
        found: dict[str, list[int]] = {}
        for i, row in enumerate(self.rows):
            found.setdefault(key(row), []).append(i)
        return [
            Group(label, tuple(places), Costs.total(self.rows[i].costs for i in places))
            for label, places in found.items()
        ]


class Group(NamedTuple):
    """Rows that agree in something, and their sum."""

    label: str
    rows: tuple[int, ...]  # places in `Recording.rows`
    costs: Costs


def line_label(row: Row) -> str:
    """A place as editors and terminals jump to it: "script.py:12"."""
    if row.line is not None:
        return f"{shorten(row.line.file)}:{row.line.line}"
    if row.is_phase:
        return row.op
    return "(past the cap of rows)" if row.result == ANY else "(made outside the profile)"


def shorten(file: str) -> str:
    """A path relative to the working directory where it lies below it."""
    try:
        return _shorten(file, os.getcwd())
    except (ValueError, OSError):  # another drive, or a working directory that is gone
        return file


@cache
def _shorten(file: str, directory: str) -> str:
    relative = os.path.relpath(file, directory)
    return file if relative.startswith(os.pardir) or file.startswith("<") else relative


def region_label(row: Row) -> str:
    """The region's path: "train/loss"."""
    return "/".join(row.region) if row.region else row.op if row.is_phase else "(no region)"


_KEYS: dict[str, Callable[[Row], str]] = {
    "op": lambda row: row.op,
    "line": line_label,
    "region": region_label,
    "shape": lambda row: f"{row.op} {row.signature}".rstrip(),
}


def plain_events(recording: Recording) -> Iterator[dict[str, Any]]:
    """Give the events as dicts: kind and thread by name, operation, line and region spelled out."""
    for event in recording.events:
        kind, thread, place, node, start, end, live = event.tolist()
        common = {"kind": KINDS[kind], "thread": recording.threads[thread]}
        times = {"start_ns": start, "end_ns": end, "live_bytes": live}
        if kind == REGION:
            yield {**common, "region": recording.regions[place].path, **times}
            continue
        row = recording.rows[place]
        yield {
            **common,
            "op": row.op,
            "line": row.line,
            "region": row.region,
            "operands": row.operands,
            "result": row.result,
            "node": node,
            **times,
        }

"""What the HTML page shows, as plain data for JSON.

Long lists are columns, so that 10⁵ rows stay small; the curve is thinned to what a screen can show.
"""

import linecache
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from .flame import flame_tree
from .memory import memory_curve, saved_at_peak
from .metrics import group_metrics
from .records import WALK, Costs, Line, Recording, Row, shorten
from .text import printable

if TYPE_CHECKING:
    from .roof import Roof

TABLES = ("line", "op", "region", "shape")
PEAK_LINES = 12
LINE_OPS = 12  # named for one line; the rest is counted
STRETCHES = 600  # of time, in the memory curve
MAX_SOURCE = 20_000_000  # characters of source in one page

Place = tuple[int, int]  # a file's place in the list of files, and a line in it


def page_data(recording: Recording, roof: "Roof | None" = None) -> dict[str, Any]:
    """Everything on the page but the graph's picture."""
    numbers = _file_numbers(recording)
    tables = {by: _table(recording, by, numbers, roof) for by in TABLES}
    backward = tables["line"]["backward"]
    known = [i for i, place in enumerate(tables["line"]["place"]) if place and backward[i]]
    return {
        "wall": recording.wall_ns,
        "backward_wall": recording.backward_wall_ns,
        "backward_calls": recording.backward_calls,
        "threads": len(recording.threads),
        "dropped": recording.dropped,
        "total": asdict(recording.total),
        "phases": sum(r.costs.backward_ns for r in recording.rows if r.is_phase),
        "roof": None if roof is None else str(roof),
        "tables": tables,
        "top": max(known, key=backward.__getitem__, default=None),
        "files": _files(recording, numbers),
        "flame": _flame(recording),
        "memory": _curve(recording),
        "peak": _peak(recording, numbers),
    }


def _file_numbers(recording: Recording) -> dict[str, int]:
    """Number the files of all lines seen, callers' too; the dearest in backward comes first."""
    spent: dict[str, tuple[int, int]] = {}
    for row in recording.rows:
        for caller in row.stack:
            spent.setdefault(caller.file, (0, 0))
        if row.line is not None:
            backward, forward = spent[row.line.file]
            c = row.costs
            spent[row.line.file] = (backward + c.backward_ns, forward + c.forward_ns)
    order = sorted(spent, key=lambda f: (-spent[f][0], -spent[f][1], f))
    return {file: number for number, file in enumerate(order)}


def _place(line: Line | None, numbers: dict[str, int]) -> Place | None:
    return None if line is None else (numbers[line.file], line.line)


def _table(
    recording: Recording, by: str, numbers: dict[str, int], roof: "Roof | None"
) -> dict[str, list[Any]]:
    """Give the table's columns by name; a column without any value is left out."""
    groups = [g for g in recording.group(by) if g.costs != Costs()]
    figures = [group_metrics(recording, g, roof) for g in groups]
    columns: dict[str, list[Any]] = {
        "label": [printable(g.label) for g in groups],
        "calls": [g.costs.calls for g in groups],
        "forward": [g.costs.forward_ns for g in groups],
        "forward_call": [_rounded(f.forward_call_ns) for f in figures],
        "backward": [g.costs.backward_ns for g in groups],
        "backward_call": [_rounded(f.backward_call_ns) for f in figures],
        "share": [_rounded(f.share) for f in figures],
        "gb_per_s": [_rounded(f.gb_per_s) for f in figures],
        "gflop_per_s": [_rounded(f.gflop_per_s) for f in figures],
        "roof": [_rounded(f.roof) for f in figures],
        "bound": [f.bound for f in figures],
        "saved": [g.costs.saved_bytes for g in groups],
    }
    if by == "line":
        columns["place"] = [_place(recording.rows[g.rows[0]].line, numbers) for g in groups]
    if by == "region":
        wall = {"/".join(region.path): region.wall_ns for region in recording.regions}
        columns["wall"] = [wall.get(g.label) for g in groups]
    # A column in which no row has a value stays away; the others are always there.
    optional = {"gb_per_s", "gflop_per_s", "roof", "bound", "wall"}
    return {name: c for name, c in columns.items() if name not in optional or any(c)}


def _files(recording: Recording, numbers: dict[str, int]) -> list[dict[str, Any]]:
    """The source of every file, with what was measured at its lines."""
    found: list[dict[int, list[Row]]] = [{} for _ in numbers]
    for row in recording.rows:
        if row.line is not None and row.costs != Costs():
            found[numbers[row.line.file]].setdefault(row.line.line, []).append(row)
    walks = _walks(recording)
    room = MAX_SOURCE
    result = []
    for file, number in numbers.items():
        lines = _source(file)
        room -= sum(map(len, lines))
        hits = {line: _hit(rows, recording) for line, rows in found[number].items()}
        result.append(
            {
                "label": printable(shorten(file)),
                "lines": lines if room >= 0 else [],
                "hits": hits,
                "walks": walks.get(file, {}),
            }
        )
    return result


def _source(file: str) -> list[str]:
    try:
        lines = linecache.getlines(file)
    except ValueError:  # a name that no file can have
        return []
    return [printable(line.rstrip().expandtabs()) for line in lines]


def _hit(rows: list[Row], recording: Recording) -> dict[str, Any]:
    """Sum up one line, and name the operations that cost most."""
    total = Costs.total(row.costs for row in rows)
    dearest = sorted(rows, key=lambda r: (-r.costs.backward_ns, -r.costs.forward_ns))
    ops = [
        (
            printable(row.op),
            row.costs.calls,
            row.costs.forward_ns,
            row.costs.backward_ns,
            printable(" in ".join(text for text in (row.signature, "/".join(row.region)) if text)),
        )
        for row in dearest[:LINE_OPS]
    ]
    return {
        "forward": total.forward_ns,
        "backward": total.backward_ns,
        "share": _rounded(total.backward_ns / (recording.total.backward_ns or 1)),
        "ops": ops,
        "more": len(rows) - len(ops),
    }


def _walks(recording: Recording) -> dict[str, dict[int, tuple[int, int]]]:
    """By file and line: how many walks were begun there, and how long they took altogether."""
    events = recording.events[recording.events["kind"] == WALK]
    count = np.bincount(events["row"], minlength=len(recording.rows))
    spent = np.bincount(events["row"], events["end"] - events["start"], len(recording.rows))
    found: dict[str, dict[int, tuple[int, int]]] = {}
    for i in np.flatnonzero(count).tolist():
        line = recording.rows[i].line
        if line is not None:
            lines = found.setdefault(line.file, {})
            calls, ns = lines.get(line.line, (0, 0))
            lines[line.line] = (calls + int(count[i]), ns + int(spent[i]))
    return found


def _flame(recording: Recording) -> dict[str, list[Any]]:
    """The flame graph's tree in preorder, largest first; the names stand apart, each once."""
    names: dict[str, int] = {}
    name: list[int] = []
    depth: list[int] = []
    value: list[int] = []
    stack = [(flame_tree(recording), 0)]
    while stack:
        frame, level = stack.pop()
        name.append(names.setdefault(frame["name"], len(names)))
        depth.append(level)
        value.append(frame["value"])
        inner = sorted(frame["children"], key=lambda child: child["value"])
        stack += [(child, level + 1) for child in inner]
    return {"names": [printable(n) for n in names], "name": name, "depth": depth, "value": value}


def _curve(recording: Recording) -> dict[str, Any]:
    """The least and the most live bytes in stretches of time of equal length."""
    curve = memory_curve(recording, STRETCHES)
    return {
        "span": int(curve.end_ns[-1]) if len(curve.end_ns) else 0,
        "low": curve.low.tolist(),
        "high": curve.high.tolist(),
    }


def _peak(recording: Recording, numbers: dict[str, int]) -> dict[str, Any]:
    """The peak, and the lines whose saved values were the most of it."""
    found = saved_at_peak(recording)
    return {
        "bytes": recording.peak.bytes,
        "at": recording.peak.at_ns,
        "saved": sum(saved.bytes for saved in found),
        "lines": [
            (printable(saved.label), saved.bytes, _place(saved.line, numbers))
            for saved in found[:PEAK_LINES]
        ],
        "more": len(found[PEAK_LINES:]),
    }


def _rounded(number: float | None) -> float | None:
    """Four digits are more than anyone reads, and keep the page small."""
    return None if number is None else float(f"{number:.4g}")

"""From what the core has counted to a `Recording`: lines, columns and names are found here."""

import linecache
from collections.abc import Iterable
from itertools import islice
from types import CodeType
from typing import Any

import numpy as np

from .records import EVENT, REGION, Costs, Line, Peak, Recording, Region, Row
from .regions import PATHS


def decode(raw: dict[str, Any]) -> Recording:
    """Make a snapshot of the core readable; rows that nothing refers to are left out."""
    events = np.frombuffer(raw["events"], dtype=EVENT)
    # Inner parts of a walk are told of before the walk's earlier ones, in batches.
    events = events[np.argsort(events["end"], kind="stable")]
    is_region = events["kind"] == REGION

    counted = {i for i, row in enumerate(raw["rows"]) if any(row[5])}
    used = sorted(counted | set(np.unique(events["row"][~is_region]).tolist()))
    place = np.zeros(len(raw["rows"]), dtype=np.uint32)
    place[used] = np.arange(len(used))
    events["row"][~is_region] = place[events["row"][~is_region]]

    numbers = {number: i for i, number in enumerate(raw["regions"])}
    places = [numbers[n] for n in events["row"][is_region].tolist()]
    events["row"][is_region] = places

    stacks = _stacks(raw["sites"])
    rows: list[Row] = []
    saved = {}
    for i in used:
        op, site, region, operands, result, costs, at_peak = raw["rows"][i]
        if at_peak:
            saved[len(rows)] = at_peak
        rows.append(Row(op, stacks[site], PATHS[region], operands, result, Costs(*costs)))
    size, at = raw["peak"]
    return Recording(
        rows=tuple(rows),
        events=events,
        regions=tuple(Region(PATHS[n], *counts) for n, counts in raw["regions"].items()),
        threads=tuple(_thread_names(raw["threads"])),
        peak=Peak(size, at, saved),
        wall_ns=raw["wall_ns"],
        backward_calls=raw["backward_calls"],
        backward_wall_ns=raw["backward_wall_ns"],
        dropped=raw["dropped"],
        graph=raw["graph"],
    )


def _stacks(sites: list[tuple[int, CodeType, int]]) -> list[tuple[Line, ...]]:
    """By number: the line and its callers. A caller's number is lower than the line's."""
    stacks: list[tuple[Line, ...]] = [()]
    for caller, code, offset in sites:
        stacks.append((_line(code, offset), *stacks[caller]))
    return stacks


def _line(code: CodeType, offset: int) -> Line:
    position = next(islice(code.co_positions(), offset // 2, None), (None,) * 4)
    line, end_line, column, end_column = position
    if line is None:
        line = code.co_firstlineno
    file = code.co_filename
    if column is None or end_column is None or end_line is None:
        return Line(file, line, code.co_qualname)
    return Line(
        file,
        line,
        code.co_qualname,
        _character(file, line, column),
        end_line,
        _character(file, end_line, end_column),
    )


def _character(file: str, line: int, byte: int) -> int:
    """The 1-based character at a place that Python counts in bytes of UTF-8."""
    try:
        text = linecache.getline(file, line)
    except ValueError:  # a name that no file can have
        text = ""
    return len(text.encode("utf-8", "surrogateescape")[:byte].decode("utf-8", "replace")) + 1


def _thread_names(idents: Iterable[int]) -> Iterable[str]:
    from threading import enumerate as living

    names = {t.ident: t.name for t in living()}
    for i, ident in enumerate(idents):
        yield names.get(ident, f"thread {i} (ended)")

"""Flame graphs: where the time went, by direction, regions, callers and operation.

They are made from the rows, so they are exact however long the profile ran. speedscope's file also
shows the single calls over time, as far as they were kept.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple, TextIO

import numpy as np

from .._version import __version__
from .quoting import quote
from .records import BACKWARD, REGION, Line, Recording, shorten
from .text import printable
from .timeline import Places, chunks, nested_tracks

SCHEMA = "https://www.speedscope.app/file-format-schema.json"
_SEPARATORS = str.maketrans("; ", "__")


class Frame(NamedTuple):
    """One box of a flame graph."""

    name: str
    file: str = ""
    line: int = 0


Stacks = dict[tuple[Frame, ...], int]


def stacks(recording: Recording) -> dict[str, Stacks]:
    """Own time in nanoseconds by stack, outermost frame first, for "backward" and "forward".

    A stack is the regions, the callers from the outermost to the line itself, and the operation.
    """
    frame = cache(_line_frame)
    found: dict[str, Stacks] = {"backward": {}, "forward": {}}
    for row in recording.rows:
        callers = [frame(line) for line in reversed(row.stack)]
        if not (callers or row.is_phase):
            callers = [Frame("(made outside the profile)")]
        stack = (*(Frame(f"region {name}") for name in row.region), *callers, Frame(row.op))
        times = {"backward": row.costs.backward_ns, "forward": row.costs.forward_ns}
        for direction, ns in times.items():
            if ns:
                found[direction][stack] = found[direction].get(stack, 0) + ns
    return found


def _line_frame(line: Line) -> Frame:
    return Frame(f"{line.function} ({shorten(line.file)}:{line.line})", line.file, line.line)


def flame_tree(recording: Recording) -> dict[str, Any]:
    """Give the stacks as one tree of dicts.

    Returns
    -------
    dict
        ``name``, ``value`` (nanoseconds, those of the children included) and ``children``, a list
        of such dicts. The root's children are "backward" and "forward".
    """
    root: dict[str, Any] = {"name": "all", "value": 0, "children": []}
    known: dict[tuple[int, str], dict[str, Any]] = {}  # by the parent's identity and the name
    for direction, found in stacks(recording).items():
        for stack, ns in found.items():
            node = root
            node["value"] += ns
            for name in (direction, *(frame.name for frame in stack)):
                child = known.get((id(node), name))
                if child is None:
                    child = {"name": name, "value": 0, "children": []}
                    known[id(node), name] = child
                    node["children"].append(child)
                node = child
                node["value"] += ns
    return root


def write_folded(recording: Recording, file: TextIO) -> None:
    """Write collapsed stacks: frames with semicolons between them, a space, nanoseconds.

    What would end a frame or a line becomes an underscore. The numbers sum to the time of all rows.
    """
    lines: dict[str, int] = {}
    for direction, found in stacks(recording).items():
        for stack, ns in found.items():
            text = ";".join((direction, *(_plain(frame.name) for frame in stack)))
            lines[text] = lines.get(text, 0) + ns
    file.writelines(f"{text} {ns}\n" for text, ns in lines.items())


def _plain(name: str) -> str:
    return printable(name).translate(_SEPARATORS) or "_"


def write_speedscope(recording: Recording, file: TextIO) -> None:
    """Write speedscope's file format.

    The first two profiles are the flame graphs of backward and forward; one of each thread's calls
    over time follows.
    """
    frames: dict[Frame, int] = {}
    file.write(f'{{"$schema":"{SCHEMA}","exporter":{quote(f"retrograd {__version__}")}')
    file.write(',"name":"retrograd profile","activeProfileIndex":0,"profiles":[')
    file.write(",".join(_sampled(*item, frames) for item in stacks(recording).items()))
    for thread, name in enumerate(recording.threads):
        places = np.flatnonzero(recording.events["thread"] == thread)
        for track in nested_tracks(recording.events, places):
            file.writelines(_evented(recording, track, name, frames))
    file.write('],\n"shared":{"frames":[')
    file.write(",\n".join(map(_frame_text, frames)))  # dicts keep the order of the numbers
    file.write("]}}\n")


def _sampled(direction: str, found: Stacks, frames: dict[Frame, int]) -> str:
    numbered = [[frames.setdefault(f, len(frames)) for f in stack] for stack in found]
    return (
        f'\n{{"type":"sampled","name":"{direction}","unit":"nanoseconds","startValue":0,'
        f'"endValue":{sum(found.values())},"samples":{numbered},"weights":{list(found.values())}}}'
    )


def _evented(
    recording: Recording, track: Places, name: str, frames: dict[Frame, int]
) -> Iterator[str]:
    """One track of calls, each as a pair of records in the order of time."""
    number = cache(lambda *call: frames.setdefault(_call_frame(recording, *call), len(frames)))
    begin, end = recording.events["start"][track], recording.events["end"][track]
    first, last = min(0, int(begin[0])), max(recording.wall_ns, int(end.max()))
    yield f',\n{{"type":"evented","name":{quote(f"{name} over time")},"unit":"nanoseconds",'
    yield f'"startValue":{first},"endValue":{last},"events":['
    comma = "\n"
    running: list[tuple[int, int]] = []  # when the open calls end, and their frames
    for places in chunks(track):
        columns = (recording.events[c][places].tolist() for c in ("kind", "row", "start", "end"))
        for kind, row, at, until in zip(*columns, strict=True):
            while running and running[-1][0] <= at:
                yield _close(*running.pop())
            frame = number(kind, row)
            yield f'{comma}{{"type":"O","at":{at},"frame":{frame}}}'
            running.append((until, frame))
            comma = ",\n"
    yield from (_close(*call) for call in reversed(running))
    yield "]}"


def _close(at: int, frame: int) -> str:
    return f',\n{{"type":"C","at":{at},"frame":{frame}}}'


def _call_frame(recording: Recording, kind: int, place: int) -> Frame:
    if kind == REGION:
        return Frame(f"region {recording.regions[place].path[-1]}")
    row = recording.rows[place]
    name = f"{row.op} backward" if kind == BACKWARD else row.op
    if row.line is None:
        return Frame(name)
    where = f"{shorten(row.line.file)}:{row.line.line}"
    return Frame(f"{name} ({where})", row.line.file, row.line.line)


def _frame_text(frame: Frame) -> str:
    place = f',"file":{quote(frame.file)},"line":{frame.line}' if frame.file else ""
    return f'{{"name":{quote(frame.name)}{place}}}'

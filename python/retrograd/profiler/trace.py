"""The Chrome trace event format, for Perfetto and chrome://tracing.

Each thread has a forward and a backward track, as two threads of the trace. An arrow leads from an
operation to each run of its node's rule. What repeats in the events is turned to JSON once; the
events are then written one after the other, and never held as Python objects all at once.
"""

from collections.abc import Iterator
from functools import cache
from itertools import count
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from .._version import __version__
from .quoting import quote
from .records import BACKWARD, FORWARD, KINDS, REGION, Recording, line_label
from .timeline import Places, chunks, nested_tracks

Numbers = NDArray[np.int64]


def write_trace(recording: Recording, file: TextIO) -> None:
    """Write the events as JSON.

    Parameters
    ----------
    recording : Recording
        What to write. Its events alone are: tables go on past the profile's cap, a trace does not.
    file : text file
        Where to write it.
    """
    about = f'"retrograd":{quote(__version__)},"events_dropped":{recording.dropped}'
    file.write(f'{{"displayTimeUnit":"ns","otherData":{{{about}}},"traceEvents":[')
    file.write('\n{"ph":"M","pid":1,"name":"process_name","args":{"name":"retrograd"}}')
    file.writelines(_tracks(recording))
    file.writelines(_live_bytes(recording.events))
    file.write("\n]}\n")


def _tracks(recording: Recording) -> Iterator[str]:
    """All slices and arrows. Every record begins with the comma after the one before it."""
    events = recording.events
    forward = np.isin(events["kind"], (FORWARD, REGION))
    arrows = _arrows(events)
    describe = cache(lambda kind, place: _description(recording, kind, place))
    numbers = count(1)
    for thread, name in enumerate(recording.threads):
        here = events["thread"] == thread
        for direction, mask in (("forward", forward), ("backward", ~forward)):
            for track in nested_tracks(events, np.flatnonzero(here & mask)):
                number = next(numbers)
                label = quote(f"{name} {direction}")
                about = f',\n{{"ph":"M","pid":1,"tid":{number},"name":'
                yield f'{about}"thread_name","args":{{"name":{label}}}}}'
                yield f'{about}"thread_sort_index","args":{{"sort_index":{number}}}}}'
                yield from _slices(events, track, number, arrows, describe)


def _slices(
    events: NDArray[Any], track: Places, number: int, arrows: tuple[Numbers, Numbers], describe: Any
) -> Iterator[str]:
    """The slices of one track, each followed by its arrows' ends.

    Viewers tie an end to the innermost slice at that time. At a boundary Perfetto takes the slice
    that begins and chrome://tracing the one before it, so the end stands a nanosecond later. Where
    an inner slice begins at once it cannot; there the order in the file tells Perfetto.
    """
    start = events["start"][track]
    alone = np.append(start[1:] > start[:-1], True)
    inside = start + (alone & (events["end"][track] - start > 1))
    head = f',\n{{"ph":"X","pid":1,"tid":{number},"ts":'
    rest = f'"pid":1,"tid":{number},"name":"backward","cat":"arrow","ts":'
    leaves, arrives = f',\n{{"ph":"s",{rest}', f',\n{{"ph":"f","bp":"e",{rest}'
    leaving, arriving = arrows
    for places, ends in zip(chunks(track), chunks(inside), strict=True):
        names = ("kind", "row", "node", "start", "end")
        columns = [events[name][places].tolist() for name in names]
        columns += [leaving[places].tolist(), leaving[places + 1].tolist()]
        columns += [arriving[places].tolist(), ends.tolist()]
        text = []
        for kind, row, node, begin, end, first, last, arrow, at in zip(*columns, strict=True):
            # Microseconds: a double keeps the nanoseconds for a hundred days and prints them.
            times = f'{begin / 1000},"dur":{(end - begin) / 1000}'
            text.append(f'{head}{times},{describe(kind, row)}"node":{node}}}}}')
            for leave in range(first, last):
                text.append(f'{leaves}{at / 1000},"id":{leave}}}')
            if arrow:
                text.append(f'{arrives}{at / 1000},"id":{arrow}}}')
        yield "".join(text)


def _description(recording: Recording, kind: int, place: int) -> str:
    """Name, category and arguments, open for one more argument."""
    if kind == REGION:
        path = recording.regions[place].path
        return _open_record(path[-1], KINDS[kind], {"region": "/".join(path)})
    row = recording.rows[place]
    arguments: dict[str, str | int] = {}
    if row.line is not None:
        arguments = {"line": line_label(row), "function": row.line.function}
    arguments |= {"region": "/".join(row.region), "shapes": row.signature}
    costs = row.costs
    # All calls of a row have the same shapes, so the mean is what each of them cost.
    if kind == FORWARD and costs.calls:
        arguments["bytes"] = costs.forward_bytes // costs.calls
        arguments["flops"] = costs.forward_flops // costs.calls
        arguments["saved bytes"] = costs.saved_bytes // costs.calls
    elif kind == BACKWARD and costs.backward_calls:
        arguments["bytes"] = costs.backward_bytes // costs.backward_calls
        arguments["flops"] = costs.backward_flops // costs.backward_calls
    return _open_record(row.op, KINDS[kind], arguments)


def _open_record(name: str, category: str, arguments: dict[str, str | int]) -> str:
    values = "".join(
        f"{quote(key)}:{quote(value) if isinstance(value, str) else value},"
        for key, value in arguments.items()
        if value != ""
    )
    return f'"name":{quote(name)},"cat":"{category}","args":{{{values}'


def _arrows(events: NDArray[Any]) -> tuple[Numbers, Numbers]:
    """Number the arrows from 1, in the order of the events they leave.

    From event `i` go the arrows from `leaving[i]` up to but not including `leaving[i + 1]`; at it
    ends the arrow `arriving[i]`, 0 for none. A slice without any length cannot hold one.
    """
    kind, node = events["kind"], events["node"]
    can = (node > 0) & (events["end"] > events["start"])
    nodes, forward = np.unique(np.where(can & (kind == FORWARD), node, 0), return_index=True)
    backward = np.flatnonzero(can & (kind == BACKWARD))
    known = np.isin(node[backward], nodes)
    backward = backward[known]
    source = forward[np.searchsorted(nodes, node[backward])]
    order = np.argsort(source, kind="stable")
    arriving = np.zeros(len(events), dtype=np.int64)
    arriving[backward[order]] = np.arange(1, len(order) + 1)
    leaving = np.searchsorted(source[order], np.arange(len(events) + 1)) + 1
    return leaving, arriving


def _live_bytes(events: NDArray[Any]) -> Iterator[str]:
    """The counter track: a record wherever the number changes."""
    head = ',\n{"ph":"C","pid":1,"cat":"memory","name":"live bytes","ts":'
    live = events["live"]
    changed = np.flatnonzero(np.diff(live) != 0) + 1
    for places in chunks(np.concatenate([np.arange(min(1, len(live))), changed])):
        times, sizes = events["end"][places].tolist(), live[places].tolist()
        for end, size in zip(times, sizes, strict=True):
            yield f'{head}{end / 1000},"args":{{"bytes":{size}}}}}'

"""Live bytes over time, and what the peak was made of."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .metrics import format_bytes, format_share, format_time
from .records import Line, Recording, line_label
from .table import dropped_note, terminal_width
from .text import columns, keep_end, keep_start, pad, printable, source_text

BARS = "▁▂▃▄▅▆▇█"


class Curve(NamedTuple):
    """The least and the most bytes alive in stretches of time of equal length."""

    end_ns: NDArray[np.int64]  # of each stretch
    low: NDArray[np.int64]
    high: NDArray[np.int64]


def memory_curve(recording: Recording, points: int) -> Curve:
    """Thin the events' live bytes to `points` stretches, so that no peak is lost.

    A stretch in which nothing ended has what was alive before it. Without events the curve is
    empty.
    """
    events = recording.events
    if not len(events):
        none = np.zeros(0, dtype=np.int64)
        return Curve(none, none, none)
    time, live = np.maximum(events["end"], 0), events["live"]
    length = max(recording.wall_ns, int(time.max()) + 1)
    stretch = (time / length * points).astype(np.int64)
    first = np.flatnonzero(np.diff(stretch, prepend=-1))
    last = np.append(first[1:], len(events)) - 1
    filled = np.zeros(points, dtype=np.int64)
    # Of each stretch the place in `first` that it, or the nearest one before, has.
    filled[stretch[first]] = np.arange(len(first))
    filled = np.maximum.accumulate(filled)
    empty = np.bincount(stretch[first], minlength=points) == 0
    before = live[last][filled]
    return Curve(
        end_ns=np.arange(1, points + 1) * length // points,
        low=np.where(empty, before, np.minimum.reduceat(live, first)[filled]),
        high=np.where(empty, before, np.maximum.reduceat(live, first)[filled]),
    )


class Saved(NamedTuple):
    """What the nodes of one line kept for backward."""

    label: str
    bytes: int
    line: Line | None  # of those made outside the profile there is none


def saved_at_peak(recording: Recording) -> list[Saved]:
    """Give the lines whose nodes kept something at the peak, largest first."""
    found: dict[str, Saved] = {}
    for place, size in recording.peak.saved.items():
        row = recording.rows[place]
        label = line_label(row)
        before = found[label].bytes if label in found else 0
        found[label] = Saved(label, before + size, row.line)
    return sorted(found.values(), key=lambda saved: -saved.bytes)


def format_memory(recording: Recording, limit: int | None = 20, width: int | None = None) -> str:
    """Show the curve, the peak, and the lines whose saved values made it up."""
    width = width or terminal_width()
    peak = recording.peak
    lines = [
        f"peak memory {format_bytes(peak.bytes) or '0 B'} after {format_time(peak.at_ns) or '0 ns'}"
        f" of {format_time(recording.wall_ns) or '0 ns'}"
    ]
    curve = memory_curve(recording, width)
    if len(curve.high):
        lines.append(sparkline(curve.high))
    if recording.dropped:
        lines.append(dropped_note(recording))
    found = saved_at_peak(recording)
    if not found:
        return "\n".join([*lines, "", "Nothing was saved for backward at the peak."])
    total = sum(saved.bytes for saved in found)
    share = format_share(total / peak.bytes) if peak.bytes else ""
    lines += ["", f"saved for backward at the peak: {format_bytes(total)}, {share} of it"]
    labels = [printable(saved.label) for saved in found[:limit]]
    space = min(max(map(columns, labels), default=0), width // 2)
    for label, saved in zip(labels, found[:limit], strict=True):
        part = format_share(saved.bytes / peak.bytes) if peak.bytes else ""
        name = pad(keep_end(label, space), space)
        text = f"  {name}  {format_bytes(saved.bytes):>8}  {part:>6}  "
        source = source_text(saved.line.file, saved.line.line).strip() if saved.line else ""
        lines.append((text + keep_start(source, width - columns(text))).rstrip())
    if len(found) > len(labels):
        rest = sum(saved.bytes for saved in found[len(labels) :])
        lines.append(f"  ({len(found) - len(labels):,} more)  {format_bytes(rest)}")
    return "\n".join(lines)


def sparkline(values: NDArray[np.int64]) -> str:
    """A bar for each value, the largest as high as a line of text."""
    top = max(int(values.max(initial=0)), 1)
    heights = np.ceil(np.maximum(values, 0) / top * len(BARS)).astype(np.int64)
    return "".join(" " if h == 0 else BARS[h - 1] for h in heights.tolist())

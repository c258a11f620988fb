"""What is written on a box: its lines, its tooltip, and how much room they take."""

from typing import NamedTuple

from ..profiler.metrics import format_time
from ..profiler.records import shorten
from ..profiler.text import columns, keep_start, printable
from .sketch import Box, Group, Sketch

TITLE, SMALL = 14.0, 11.0  # sizes of the first line and of the others
_SIGNS = {"*": "×", "-": "−", "/": "÷"}
_LONGEST = 28  # columns of a line


class Words(NamedTuple):
    """The lines of a box, the first one larger, and the box around them."""

    lines: tuple[str, ...]
    tip: str
    width: float
    height: float
    corner: float  # radius


def words(box: Box, sketch: Sketch) -> Words:
    """What is written on `box`."""
    lines = [keep_start(printable(line), _LONGEST) for line in _lines(box, sketch) if line]
    width = max(_width(line, SMALL if k else TITLE) for k, line in enumerate(lines))
    rounded = bool(box.op) and not box.is_leaf
    height = 16 + TITLE + (SMALL + 4) * (len(lines) - 1)
    width = max(width + (28 if rounded else 20), height)
    return Words(tuple(lines), _tip(box, sketch), width, height, height / 2 if rounded else 7.0)


def caption(group: Group) -> str:
    """What is written on a group."""
    return f"× {group.times:,}"


def caption_width(group: Group) -> float:
    """The room a caption takes."""
    return _width(caption(group), SMALL) + 10


def _lines(box: Box, sketch: Sketch) -> list[str]:
    around = sketch.groups[box.group].repetitions if box.group >= 0 else 1
    count = f"× {box.nodes:,}" if box.nodes != around else ""
    time = format_time(box.backward_ns)
    content = type_of(box) if box.value is None else f"{box.value:.4g}"
    if box.mixed:
        kinds = ", ".join(f"{n:,} {op or 'leaf'}" for op, n in box.mixed)
        return [f"{box.nodes:,} nodes", kinds, time]
    if box.is_leaf:
        name = box.label or box.op
        return [name or content or "leaves", content if name else "", count, time]
    named = f"{box.label} = {content}" if box.value is not None else f"{box.label} {content}"
    sign = _SIGNS.get(box.op, box.op) or "custom"
    return [sign, named if box.label else content, count, time]


def _tip(box: Box, sketch: Sketch) -> str:
    kinds = [f"{op or 'leaf'} × {n:,}" for op, n in box.mixed]
    parts = [
        box.label,
        box.op or ("leaf" if box.is_leaf else ", ".join(kinds) or "custom"),
        f"{box.dtype} {box.shape}" if box.dtype else "",
        "" if box.value is None else f"value {box.value!r}",
        "" if box.nodes == 1 else f"{box.nodes:,} nodes",
        f"backward {format_time(box.backward_ns)}" if box.backward_ns else "",
        f"{shorten(box.line.file)}:{box.line.line}" if box.line else "",
    ]
    return " · ".join(printable(part) for part in parts if part)


def type_of(box: Box) -> str:
    """Shape, and dtype unless it is the usual one."""
    if box.shape is None:
        return ""
    shape = str(box.shape).replace(",)", ")") if box.shape else "scalar"
    return shape if box.dtype == "float64" else f"{shape} {box.dtype}"


def _width(text: str, size: float) -> float:
    # No font is at hand to measure with: a generous mean.
    return 0.6 * size * columns(text)

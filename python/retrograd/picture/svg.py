"""SVG for notebooks, files and pages: readable on light and dark, with nothing from elsewhere."""

from html import escape
from math import hypot

from ..profiler.metrics import format_time
from .placed import Curve, Placed, Point, Rect
from .sketch import Sketch
from .words import SMALL, TITLE, Words, caption, words

# Fills are translucent and words have the page's own colour, so both follow its theme.
_STYLE = """
.retrograd-graph{font-family:system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
.retrograd-graph text{fill:currentColor;text-anchor:middle;font-size:11px}
.retrograd-graph .title{font-size:14px;font-weight:600}
.retrograd-graph .more{fill-opacity:.8}
.retrograd-graph .caption{text-anchor:start;font-weight:600;fill-opacity:.8}
.retrograd-graph .leaf rect{fill:#2f81f7;fill-opacity:.13;stroke:#2f81f7}
.retrograd-graph .op rect{fill:#818b98;fill-opacity:.13;stroke:#818b98}
.retrograd-graph .root rect{stroke-width:2.2}
.retrograd-graph .hot rect,.retrograd-graph .scale rect{fill:#f0640f}
.retrograd-graph .hot rect{stroke:#d9590d}
.retrograd-graph .group{fill:#818b98;fill-opacity:.07;stroke:#818b98;stroke-dasharray:5 4}
.retrograd-graph .links{opacity:.6;stroke-width:1.3}
.retrograd-graph .links path{fill:none;stroke:currentColor}
.retrograd-graph .links .head{fill:currentColor;stroke:none}
.retrograd-graph .links .back path:first-of-type{stroke-dasharray:4 3}
"""
# A file on its own has no page to take the colour from.
_ALONE = """
.retrograd-graph{color:#1f2328}
@media (prefers-color-scheme:dark){.retrograd-graph{color:#e6edf3}}
"""
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>retrograd graph</title>
<style>
:root{{color-scheme:light dark}}
body{{margin:16px;color:CanvasText;background:Canvas}}
</style>
</head>
<body>
{}
</body>
</html>
"""
_DEEP = 12  # boxes on the longest way from which on a picture runs down instead of to the right
_SWATCHES = 6
Step = tuple[Point, tuple[Point, ...]]  # of a curve: from where, and how
_FAINTEST, _STRONGEST = 0.08, 0.72


def to_svg(sketch: Sketch, layout: str = "auto") -> str:
    """A file of its own."""
    return _svg(sketch, layout, _STYLE + _ALONE)


def to_fragment(sketch: Sketch, layout: str = "auto") -> str:
    """Part of a page, in its colours."""
    return f'<div style="overflow:auto">{_svg(sketch, layout, _STYLE)}</div>'


def to_html(sketch: Sketch) -> str:
    """A page of its own."""
    return _PAGE.format(to_fragment(sketch))


def is_down(sketch: Sketch) -> bool:
    """Whether the picture runs down rather than to the right."""
    return sketch.depth > _DEEP


def heat(sketch: Sketch) -> list[float | None]:
    """By box: its backward time as a share of the largest; None where it is not known."""
    known = [box.backward_ns or 0 for box in sketch.boxes]
    most = max(max(known), 1)
    return [None if b.backward_ns is None else b.backward_ns / most for b in sketch.boxes]


def _svg(sketch: Sketch, layout: str, style: str) -> str:
    labels = [words(box, sketch) for box in sketch.boxes]
    placed = _place(sketch, labels, layout)
    legend = _legend(sketch, placed.height)
    width = max(placed.width, 190) if legend else placed.width
    height = placed.height + (34 if legend else 0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="retrograd-graph" role="img" '
        f'aria-label="graph of {sketch.nodes:,} nodes" width="{width:.0f}" '
        f'height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}">',
        f"<style>{style}</style>",
    ]
    for group, rect in zip(sketch.groups, placed.groups, strict=True):
        parts.append(f'<rect class="group" {_rect(rect)} rx="10"/>')
        parts.append(f'<text class="caption" x="{rect.x + 9:.1f}" y="{rect.y + 16:.1f}">')
        parts.append(f"{caption(group)}</text>")
    parts.append('<g class="links">')
    drawn: set[Step] = set()
    parts += [_curve(curve, sketch, labels, drawn) for curve in placed.curves]
    parts.append("</g>")
    shares = heat(sketch)
    for number, (label, rect) in enumerate(zip(labels, placed.boxes, strict=True)):
        parts.append(_box(sketch, number, label, rect, shares[number]))
    return "\n".join([*parts, legend, "</svg>"])


def _place(sketch: Sketch, labels: list[Words], layout: str) -> Placed:
    from . import graphviz, layers

    if layout not in ("auto", "dot", "own"):
        raise ValueError(f"graph: no layout {layout!r}; there are auto, dot, own")
    if layout != "own":
        placed = graphviz.place(sketch, labels, is_down(sketch))
        if placed is not None:
            return placed
        if layout == "dot":
            raise RuntimeError("graph: layout 'dot' needs Graphviz, whose program dot did not run")
    return layers.place(sketch, labels, is_down(sketch))


def _box(sketch: Sketch, number: int, label: Words, rect: Rect, share: float | None) -> str:
    box = sketch.boxes[number]
    kind = "leaf" if box.is_leaf else "op"
    kind += " root" if number == sketch.root else ""
    fill = ""
    if share is not None:
        kind += " hot"
        fill = f' style="fill-opacity:{_opacity(share):.3f}"'
    x = rect.x + rect.width / 2
    y = rect.y + rect.height / 2 - (SMALL + 4) / 2 * (len(label.lines) - 1) + TITLE * 0.35
    rows = []
    for k, line in enumerate(label.lines):
        name = "more" if k else "title"
        at = y + k * (SMALL + 4) - (0.5 if k else 0)
        rows.append(f'<text class="{name}" x="{x:.1f}" y="{at:.1f}">{escape(line)}</text>')
    return (
        f'<g class="{kind}"><title>{escape(label.tip)}</title>'
        f'<rect {_rect(rect)} rx="{label.corner:.1f}"{fill}/>{"".join(rows)}</g>'
    )


def _curve(curve: Curve, sketch: Sketch, labels: list[Words], drawn: set[Step]) -> str:
    link = sketch.links[curve.link]
    source, target = labels[link.source].lines[0], labels[link.target].lines[0]
    operands = ", ".join(map(str, link.positions))
    tip = f"{source} → {target}, operand {operands}"
    tip += f", {link.edges:,} edges" if link.edges > 1 else ""
    path = f"M{_xy(curve.start)}"
    last = before = curve.start
    for step in curve.steps:
        # Curves that share their way do not paint it twice.
        how = "M" if (last, step) in drawn else "L" if len(step) == 1 else "C"
        drawn.add((last, step))
        path += how + " ".join(map(_xy, step[-1:] if how == "M" else step))
        before = next((p for p in reversed((last, *step[:-1])) if p != step[-1]), before)
        last = step[-1]
    kind = "link back" if link.back else "link"
    return (
        f'<g class="{kind}"><title>{escape(tip)}</title><path d="{path}"/>'
        f'<path class="head" d="{_head(before, last)}"/></g>'
    )


def _head(before: Point, tip: Point) -> str:
    """The arrow's head, in the direction of the last step."""
    length = hypot(tip[0] - before[0], tip[1] - before[1]) or 1.0
    x, y = (tip[0] - before[0]) / length, (tip[1] - before[1]) / length
    foot = (tip[0] - 8 * x, tip[1] - 8 * y)
    one = (foot[0] - 3.5 * y, foot[1] + 3.5 * x)
    other = (foot[0] + 3.5 * y, foot[1] - 3.5 * x)
    return f"M{_xy(tip)}L{_xy(one)}L{_xy(other)}Z"


def _legend(sketch: Sketch, top: float) -> str:
    """The scale of times, where there are any."""
    known = [box.backward_ns for box in sketch.boxes if box.backward_ns is not None]
    if not known:
        return ""
    swatches = "".join(
        f'<rect x="{26 + 15 * k}" y="{top + 6:.1f}" width="15" height="10" '
        f'fill-opacity="{_opacity(k / (_SWATCHES - 1)):.3f}"/>'
        for k in range(_SWATCHES)
    )
    end = 26 + 15 * _SWATCHES
    return (
        f'<g class="scale">{swatches}<text x="16" y="{top + 15:.1f}">0</text>'
        f'<text class="caption" x="{end + 6}" y="{top + 15:.1f}">{format_time(max(known))}</text>'
        f'<text class="caption" x="12" y="{top + 30:.1f}">backward time</text></g>'
    )


def _opacity(share: float) -> float:
    return _FAINTEST + (_STRONGEST - _FAINTEST) * share


def _rect(r: Rect) -> str:
    return f'x="{r.x:.1f}" y="{r.y:.1f}" width="{r.width:.1f}" height="{r.height:.1f}"'


def _xy(point: Point) -> str:
    return f"{point[0]:.1f},{point[1]:.1f}"

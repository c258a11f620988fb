"""The layout of Graphviz: its program `dot` places boxes of given sizes, and sees no names."""

from typing import Any

from .dot import clusters
from .placed import Curve, Placed, Point, Rect
from .sketch import Sketch
from .words import Words

_SECONDS = 20.0  # after which it is given up
_INCH, _MARGIN = 72.0, 10.0


def place(sketch: Sketch, labels: list[Words], down: bool) -> Placed | None:
    """Place everything; None where `dot` is missing, fails or takes too long."""
    from json import loads
    from shutil import which
    from subprocess import SubprocessError, run

    program = which("dot")
    if program is None:
        return None
    try:
        done = run(
            [program, "-Tjson0"],
            input=_question(sketch, labels, down),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
        return _answer(loads(done.stdout), sketch)
    except (SubprocessError, OSError, ValueError, KeyError):
        return None


def _question(sketch: Sketch, labels: list[Words], down: bool) -> str:
    lines = [
        "digraph {",
        f'rankdir={"TB" if down else "LR"}; nodesep="0.25"; ranksep="0.45"; pad="0"; margin="0"',
        'node [fixedsize=true, label=""]',
    ]
    for number, label in enumerate(labels):
        size = f'width="{label.width / _INCH:.4f}", height="{label.height / _INCH:.4f}"'
        # Lines then end on round borders too.
        shape = "ellipse" if 2 * label.corner > 0.8 * label.width else "box"
        lines.append(f"n{number} [{size}, shape={shape}]")
    lines += clusters(sketch, lambda _: 'margin="14"; label=" "; fontsize="16"')
    for number, link in enumerate(sketch.links):
        free = ", constraint=false" if link.back else ""
        for line in range(link.lines):
            lines.append(f'n{link.source} -> n{link.target} [comment="{number} {line}"{free}]')
    return "\n".join([*lines, "}"])


def _answer(answer: dict[str, Any], sketch: Sketch) -> Placed:
    """Points to pixels; Graphviz counts y upward."""
    width, height = (float(x) for x in answer["bb"].split(",")[2:])

    def point(text: str) -> Point:
        x, y = text.split(",")[-2:]
        return (float(x) + _MARGIN, height - float(y) + _MARGIN)

    boxes, groups = {}, {}
    for item in answer["objects"]:
        number = int(item["name"].lstrip("clustern"))
        if "nodes" in item or "bb" in item:
            x0, y0, x1, y1 = (float(x) for x in item["bb"].split(","))
            corner = point(f"{x0},{y1}")
            groups[number] = Rect(*corner, x1 - x0, y1 - y0)
        else:
            x, y = point(item["pos"])
            w, h = (float(item[side]) * _INCH for side in ("width", "height"))
            boxes[number] = Rect(x - w / 2, y - h / 2, w, h)
    curves = []
    for edge in answer.get("edges", []):
        tip, start, *rest = edge["pos"].split()
        points = [point(p) for p in rest]
        steps: list[tuple[Point, ...]] = [
            tuple(points[k : k + 3]) for k in range(0, len(points), 3)
        ]
        link = int(edge["comment"].split()[0])
        curves.append(Curve(link, point(start), [*steps, (point(tip),)]))
    return Placed(
        width + 2 * _MARGIN,
        height + 2 * _MARGIN,
        [boxes[k] for k in range(len(sketch.boxes))],
        [groups[k] for k in range(len(sketch.groups))],
        sorted(curves, key=lambda curve: curve.link),
    )

"""The picture in Graphviz's language."""

from collections.abc import Callable

from .sketch import Group, Sketch
from .words import Words, caption, words

_HEAT = "#f0640f"
_KINDS = {
    True: 'color="#2f81f7", fillcolor="#2f81f722"',
    False: 'color="#818b98", fillcolor="#818b9822"',
}


def to_dot(sketch: Sketch) -> str:
    """A file for `dot`; every name in it is quoted."""
    from .svg import heat, is_down

    lines = [
        "digraph retrograd {",
        f'  rankdir={"TB" if is_down(sketch) else "LR"}; bgcolor="transparent"; nodesep=0.25',
        '  fontname="Helvetica"; fontsize=11; color="#818b98"; fontcolor="#7d8590"',
        '  node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=12]',
        '  edge [color="#7d8590", arrowsize=0.7]',
    ]
    shares = heat(sketch)
    for number, box in enumerate(sketch.boxes):
        label = words(box, sketch)
        colours = _KINDS[box.is_leaf]
        share = shares[number]
        if share is not None:
            colours = f'color="{_HEAT}", fillcolor="{_HEAT}{round(20 + 160 * share):02x}"'
        lines.append(f"  n{number} [{_label(label)}, {colours}{_weight(sketch, number)}]")
    lines += ["  " + line for line in clusters(sketch, _caption)]
    for link in sketch.links:
        style = " [style=dashed, constraint=false]" if link.back else ""
        lines += [f"  n{link.source} -> n{link.target}{style}"] * link.lines
    return "\n".join([*lines, "}", ""])


def clusters(sketch: Sketch, attributes: Callable[[Group], str]) -> list[str]:
    """The groups as nested clusters, with the boxes that stand in them."""
    boxes: dict[int, list[int]] = {}
    for number, box in enumerate(sketch.boxes):
        boxes.setdefault(box.group, []).append(number)
    lines: list[str] = []
    todo: list[int | None] = [-1]  # None closes
    while todo:
        g = todo.pop()
        if g is None:
            lines.append("}")
            continue
        inner = [k for k, group in enumerate(sketch.groups) if group.parent == g]
        todo += [*([None] if g >= 0 else []), *reversed(inner)]
        if g < 0:
            continue
        lines.append(f"subgraph cluster{g} {{ {attributes(sketch.groups[g])}")
        lines.append(" ".join(f"n{box};" for box in boxes.get(g, [])))
    return lines


def _caption(group: Group) -> str:
    return f'label={quoted(caption(group))}; labeljust="l"; style="rounded,dashed"'


def _label(label: Words) -> str:
    return f"label={quoted(*label.lines)}, tooltip={quoted(label.tip)}"


def _weight(sketch: Sketch, number: int) -> str:
    return ", penwidth=2" if number == sketch.root else ""


def quoted(*lines: str) -> str:
    """A string of one or more lines, in which nothing has a meaning."""
    # Graphviz reads HTML entities and backslashes in strings.
    safe = (line.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(safe) + '"'

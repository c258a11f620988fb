"""The picture as a Mermaid flowchart."""

from .sketch import Sketch
from .words import caption, words


def to_mermaid(sketch: Sketch) -> str:
    """Text for a Markdown page; every name in it is quoted."""
    from .svg import heat, is_down

    lines = ["flowchart TD" if is_down(sketch) else "flowchart LR"]
    inside: dict[int, list[str]] = {}
    for number, box in enumerate(sketch.boxes):
        text = "<br>".join(quoted(line) for line in words(box, sketch).lines)
        left, right = ("[", "]") if box.is_leaf else ("(", ")")
        inside.setdefault(box.group, []).append(f'n{number}{left}"{text}"{right}')
    todo: list[int | None] = [-1]
    depth = 0
    while todo:
        g = todo.pop()
        if g is None:
            depth -= 1
            lines.append("  " * (depth + 1) + "end")
            continue
        if g >= 0:
            title = quoted(caption(sketch.groups[g]))
            lines.append("  " * (depth + 1) + f'subgraph g{g}["{title}"]')
            depth += 1
            todo.append(None)
        lines += ["  " * (depth + 1) + box for box in inside.get(g, [])]
        todo += [k for k, group in enumerate(sketch.groups) if group.parent == g][::-1]
    for link in sketch.links:
        arrow = "-.->" if link.back else "-->"
        lines += [f"  n{link.source} {arrow} n{link.target}"] * link.lines
    kinds = [("leaf", "2f81f7"), ("op", "818b98")]
    for is_leaf, (kind, colour) in zip((True, False), kinds, strict=True):
        members = [f"n{k}" for k, box in enumerate(sketch.boxes) if box.is_leaf == is_leaf]
        if members:
            lines.append(f"  classDef {kind} stroke:#{colour},fill:#{colour}22")
            lines.append(f"  class {','.join(members)} {kind}")
    lines += [f"  style g{g} stroke:#818b98,fill:#818b9811" for g in range(len(sketch.groups))]
    for number, share in enumerate(heat(sketch)):
        if share is not None:
            colour = f"#f0640f{round(20 + 160 * share):02x}"
            lines.append(f"  style n{number} fill:{colour},stroke:#d9590d")
    lines.append(f"  style n{sketch.root} stroke-width:2px")
    return "\n".join([*lines, ""])


def quoted(text: str) -> str:
    """Text in which nothing has a meaning: what is no letter, digit or space becomes its code."""
    return "".join(c if c.isalnum() or c in " ,.()" else f"#{ord(c)};" for c in text)

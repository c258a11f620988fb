"""A graph as plain data, and the forms in which it shows itself."""

from functools import cached_property
from os import PathLike, fspath
from typing import TYPE_CHECKING, NamedTuple

from ..profiler.records import Line
from .columns import Columns

if TYPE_CHECKING:
    from .sketch import Sketch


class Node(NamedTuple):
    """One operation that was recorded, or a leaf. Numbers are topological; the root is last."""

    id: int
    op: str  # "" for a leaf
    label: str
    shape: tuple[int, ...]
    dtype: str
    value: float | None  # of a scalar
    is_leaf: bool
    requires_grad: bool
    backward_ns: int | None  # over all backward calls the profile saw; None where it saw none
    line: Line | None  # of the user's source, known under a profile


class Edge(NamedTuple):
    """`source` is operand number `position` of `target`."""

    source: int
    target: int
    position: int


class Graph:
    """What a tensor was computed from; made by `retrograd.graph`.

    Constants (numbers, arrays, tensors that require no gradient) are no nodes. Up to 200 nodes are
    drawn one by one; of a larger graph, what repeats is drawn once with its count.
    """

    def __init__(self, columns: Columns) -> None:
        self._columns = columns

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every node, operands before what is made of them."""
        c = self._columns
        alone = len(c) == 1
        return tuple(
            Node(
                i,
                c.ops[op],
                c.labels.get(i, ""),
                c.types[kind][1],
                c.types[kind][0],
                None if c.types[kind][1] else value,
                leaf,
                c.requires_grad if alone else True,
                None if ns < 0 else ns,
                None if line < 0 else c.lines[line],
            )
            for i, (op, kind, value, leaf, ns, line) in enumerate(
                zip(
                    c.op.tolist(),
                    c.type.tolist(),
                    c.value.tolist(),
                    c.is_leaf.tolist(),
                    c.backward_ns.tolist(),
                    c.line.tolist(),
                    strict=True,
                )
            )
        )

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Every use of a node as an operand, sorted by target and position."""
        c = self._columns
        columns = (c.source.tolist(), c.target.tolist(), c.position.tolist())
        return tuple(map(Edge, *columns))

    @cached_property
    def sketch(self) -> "Sketch":
        """What is drawn: boxes that stand for one or more nodes, groups and links."""
        from .sketch import sketch

        return sketch(self._columns)

    def to_dot(self) -> str:
        """The picture in Graphviz's language."""
        from .dot import to_dot

        return to_dot(self.sketch)

    def to_mermaid(self) -> str:
        """The picture as a Mermaid flowchart, as Markdown pages show it."""
        from .mermaid import to_mermaid

        return to_mermaid(self.sketch)

    def to_svg(self, *, layout: str = "auto") -> str:
        """The picture as SVG, for light and dark backgrounds.

        Parameters
        ----------
        layout : {"auto", "dot", "own"}
            Who places the boxes: Graphviz's `dot`, or the layout built in here. "auto" takes
            `dot` where it is installed and does its work.

        Raises
        ------
        ValueError
            For another `layout`.
        RuntimeError
            For "dot" if that program is missing or fails.
        """
        from .svg import to_svg

        return to_svg(self.sketch, layout)

    def to_html(self) -> str:
        """One self-contained page with the picture."""
        from .svg import to_html

        return to_html(self.sketch)

    def save(self, path: "str | PathLike[str]") -> None:
        """Write the picture to a file.

        Parameters
        ----------
        path : str or path-like
            The ending chooses the format: `.svg`, `.dot`, `.mmd` (Mermaid) or `.html`.

        Raises
        ------
        ValueError
            For another ending.
        """
        from os.path import splitext

        writers = {
            ".svg": self.to_svg,
            ".dot": self.to_dot,
            ".mmd": self.to_mermaid,
            ".html": self.to_html,
        }
        ending = splitext(fspath(path))[1]
        if ending not in writers:
            wanted = ", ".join(writers)
            raise ValueError(f"graph: no format for {ending!r}; a name ends with one of {wanted}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(writers[ending]())

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def _repr_html_(self) -> str:
        from .svg import to_fragment

        return to_fragment(self.sketch)

    def __repr__(self) -> str:
        c = self._columns
        return f"<retrograd.Graph: {len(c):,} nodes, {len(c.source):,} edges>"

"""What is drawn of a graph: boxes, groups of boxes that repeat, and links between boxes.

Up to 200 nodes a box is a node. Above, operations are folded as `fold` says: a group is a loop's
body, drawn once. Leaves that feed the same operands of the same boxes become one box; it stands in
the group if every repetition has its own. Counts and times of the boxes sum to the graph's.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..profiler.records import Line
from .columns import Columns, Ints
from .fold import Symbols, fold

WHOLE = 200  # nodes up to which a graph is drawn node by node
_READABLE, _BOXES = 60, 100  # operations drawn of a larger one: wanted, and the most
_LEAVES = 50  # boxes of leaves, unless more operations have leaves of their own


class Box(NamedTuple):
    """One node, or several that are drawn as one."""

    op: str  # "" for a leaf, and where operations differ
    label: str
    is_leaf: bool
    shape: tuple[int, ...] | None  # None where it differs, and for `dtype` and `line` alike
    dtype: str | None
    value: float | None  # of a single scalar
    nodes: int  # how many it stands for
    backward_ns: int | None
    line: Line | None
    group: int  # a place in `Sketch.groups`, or -1
    mixed: tuple[tuple[str, int], ...]  # operations and their counts where they differ


class Group(NamedTuple):
    """A body that comes `times` times in a row, within each repetition of its parent."""

    parent: int
    times: int
    repetitions: int  # in all: its own and its parents'


class Link(NamedTuple):
    """Nodes of one box are operands of another's."""

    source: int
    target: int
    edges: int  # how many it stands for
    positions: tuple[int, ...]  # operand numbers that occur, at most three of them
    lines: int  # that are drawn: more than one where every target has several such operands
    back: bool  # into a box drawn before: the next repetition reads it


@dataclass(frozen=True)
class Sketch:
    """Boxes in the order in which they are computed; groups after their parents."""

    boxes: list[Box]
    groups: list[Group]
    links: list[Link]
    root: int
    nodes: int  # of the whole graph

    def path(self, box: int) -> list[int]:
        """The groups around a box, outermost first."""
        path = []
        group = self.boxes[box].group
        while group >= 0:
            path.append(group)
            group = self.groups[group].parent
        return path[::-1]

    @property
    def depth(self) -> int:
        """How many boxes the longest way through the picture has, loops apart."""
        before: list[list[int]] = [[] for _ in self.boxes]
        for link in self.links:
            if not link.back:
                before[link.target].append(link.source)
        depth = [1] * len(self.boxes)  # leaves may come last, but nothing stands before them
        for number, sources in enumerate(before):
            depth[number] += max((depth[s] for s in sources), default=0)
        return max(depth)


def sketch(c: Columns) -> Sketch:
    """Decide what is drawn."""
    groups: list[Group] = []
    if len(c) <= WHOLE:
        box_of, group_of = np.arange(len(c)), [-1] * len(c)
    else:
        box_of, groups, group_of = _fold_operations(c)
        _merge_leaves(c, box_of, groups, group_of)
    boxes = _boxes(c, box_of, group_of)
    return Sketch(boxes, groups, _links(c, box_of, boxes, groups), int(box_of[-1]), len(c))


def _fold_operations(c: Columns) -> tuple[Ints, list[Group], list[int]]:
    """Box of every node (-1 for leaves), groups, and the group of every box."""
    operations = np.flatnonzero(~c.is_leaf)
    keys = (c.op * len(c.types) + c.type) * (len(c.lines) + 1) + c.line + 1
    _, symbols_of = np.unique(keys[operations], return_inverse=True)
    symbols, top = fold(symbols_of, _READABLE, _BOXES)

    starts = np.cumsum([0, *map(symbols.width, top)])
    places = [symbols.places(s) + start for s, start in zip(top, starts[:-1], strict=True)]
    box_of = np.full(len(c), -1)
    box_of[operations] = np.concatenate(places)
    return box_of, *_groups(symbols, top)


def _groups(symbols: Symbols, top: list[int]) -> tuple[list[Group], list[int]]:
    """Write every body out once."""
    groups: list[Group] = []
    group_of: list[int] = []
    todo = [(symbol, -1) for symbol in reversed(top)]
    while todo:
        symbol, parent = todo.pop()
        if symbols.is_simple(symbol) or symbols.is_piece(symbol):
            group_of.append(parent)
            continue
        body, times = symbols.body(symbol)
        outside = groups[parent].repetitions if parent >= 0 else 1
        groups.append(Group(parent, times, outside * times))
        todo += [(b, len(groups) - 1) for b in reversed(body)]
    return groups, group_of


def _merge_leaves(c: Columns, box_of: Ints, groups: list[Group], group_of: list[int]) -> None:
    """Give every leaf a box, of its own or with its like."""
    leaves = np.flatnonzero(c.is_leaf)
    if not len(leaves):  # a rule of the user's own may read constants alone
        return
    of_leaf = c.is_leaf[c.source]
    source, consumer, position = c.source[of_leaf], box_of[c.target[of_leaf]], c.position[of_leaf]
    by_position = _signatures(len(c), source, consumer * (int(position.max()) + 1) + position)
    # The finest that gives few boxes: type and uses, uses, boxes that use it, the first of those.
    _, uses = np.unique(by_position[leaves], return_inverse=True)
    _, users = np.unique(_signatures(len(c), source, consumer)[leaves], return_inverse=True)
    first = np.full(len(c), len(group_of))
    np.minimum.at(first, source, consumer)
    for keys in (uses * len(c.types) + c.type[leaves], uses, users, first[leaves]):
        _, firsts, kind = np.unique(keys, return_index=True, return_inverse=True)
        if len(firsts) <= _LEAVES:
            break
    # In the order of the first leaf of each kind, as the program made them.
    kind = np.argsort(np.argsort(firsts))[kind]

    boxes = len(group_of)
    box_of[leaves] = boxes + kind
    members = np.bincount(kind)
    pairs = np.unique((box_of[source] - boxes) * boxes + consumer)
    kinds, consumers = np.divmod(pairs, boxes)
    for k, (begin, end) in enumerate(_slices(kinds, len(members))):
        around = [_around(groups, group_of[b]) for b in consumers[begin:end].tolist()]
        common = set(around[0]).intersection(*around[1:])
        inner = max((g for g in common if groups[g].repetitions <= members[k]), default=-1)
        group_of.append(inner)


def _signatures(nodes: int, source: Ints, use: Ints) -> NDArray[np.uint64]:
    """A number for the set of uses of every source, equal for equal sets."""
    uses = int(use.max()) + 1
    sources, each = np.divmod(np.unique(source * uses + use), uses)
    with np.errstate(over="ignore"):
        # Mixed well, sums of different sets differ.
        x = each.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
        sums = np.zeros(nodes, np.uint64)
        np.add.at(sums, sources, x)
    return sums


def _slices(ordered: Ints, count: int) -> list[tuple[int, int]]:
    return list(pairwise(np.searchsorted(ordered, np.arange(count + 1)).tolist()))


def _around(groups: list[Group], group: int) -> list[int]:
    around = []
    while group >= 0:
        around.append(group)
        group = groups[group].parent
    return around


def _boxes(c: Columns, box_of: Ints, group_of: list[int]) -> list[Box]:
    order = np.argsort(box_of.astype(np.uint16), kind="stable")  # there are few: a radix sort
    timed = np.bincount(box_of, weights=np.maximum(c.backward_ns, 0), minlength=len(group_of))
    known = np.bincount(box_of[c.backward_ns >= 0], minlength=len(group_of)) > 0
    boxes = []
    for k, (begin, end) in enumerate(_slices(box_of[order], len(group_of))):
        members = order[begin:end]
        first = int(members[0])
        counts = np.bincount(c.op[members])
        ops = np.flatnonzero(counts).tolist()
        mixed = sorted(((c.ops[op], int(counts[op])) for op in ops), key=lambda m: (-m[1], m[0]))
        same_type = (c.type[members] == c.type[first]).all()
        dtype, shape = c.types[c.type[first]] if same_type else (None, None)
        has_line = c.line[first] >= 0 and (c.line[members] == c.line[first]).all()
        boxes.append(
            Box(
                c.ops[c.op[first]] if len(ops) == 1 else "",
                _label(c, members),
                bool(c.is_leaf[first]),
                shape,
                dtype,
                float(c.value[first]) if len(members) == 1 and shape == () else None,
                len(members),
                round(timed[k]) if known[k] else None,
                c.lines[c.line[first]] if has_line else None,
                group_of[k],
                tuple(mixed) if len(ops) > 1 else (),
            )
        )
    return boxes


def _label(c: Columns, members: Ints) -> str:
    """The label, or the first and last of several."""
    if len(members) == 1 or not c.labels:
        return c.labels.get(int(members[0]), "")
    found = [c.labels[m] for m in members.tolist() if m in c.labels]
    if len(set(found)) < 2:
        return found[0] if found else ""
    return f"{found[0]} … {found[-1]}"


def _links(c: Columns, box_of: Ints, boxes: list[Box], groups: list[Group]) -> list[Link]:
    """One for every pair of boxes; what lies inside a piece is left out."""
    positions = int(c.position.max(initial=0)) + 1
    uses = (box_of[c.source] * len(boxes) + box_of[c.target]) * positions + c.position
    found, counts = np.unique(uses, return_counts=True)
    pairs, position = np.divmod(found, positions)
    starts = np.flatnonzero(np.diff(pairs, prepend=-1)).tolist()
    links = []
    for start, end in pairwise([*starts, len(pairs)]):
        source, target = divmod(int(pairs[start]), len(boxes))
        if source == target and boxes[source].nodes > _repetitions(boxes[source], groups):
            continue  # inside a piece
        edges, several = int(counts[start:end].sum()), position[start:end][:3].tolist()
        lines = len(several) if edges == len(several) * boxes[target].nodes else 1
        back = source >= target and not boxes[source].is_leaf
        links.append(Link(source, target, edges, tuple(several), lines, back))
    return links


def _repetitions(box: Box, groups: list[Group]) -> int:
    return groups[box.group].repetitions if box.group >= 0 else 1

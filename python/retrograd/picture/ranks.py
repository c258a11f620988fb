"""Which rank an item stands in, and in which order the items of a rank stand.

"Along" is the direction in which links run, "across" the other one.
"""

from bisect import bisect_left, insort
from typing import NamedTuple

BOX, ENTRY, EXIT = range(3)  # entries and exits are where links cross the frame's border
_SWEEPS = 24


class Item(NamedTuple):
    """What stands in a rank: its size along and across, and how round its corners are."""

    along: float
    across: float
    corner: float = 0.0
    kind: int = BOX


class Tie(NamedTuple):
    """A line from one item to another. It leaves and enters so far across from their centres.

    A loop goes back to an item that is computed before.
    """

    source: int
    leaves: float
    target: int
    enters: float
    loop: bool = False
    line: int = 0  # tells parallel ones apart


class Segment(NamedTuple):
    """The part of a tie between two neighbouring ranks; heavier ones are kept straighter."""

    source: int
    leaves: float
    target: int
    enters: float
    weight: float


def ranks(items: list[Item], ties: list[Tie]) -> list[int]:
    """Longest paths from the sources; sources stand right before who reads them first."""
    after: list[set[int]] = [set() for _ in items]
    for t in ties:
        after[t.source].add(t.target)
    waits = [0] * len(items)
    for targets in after:
        for v in targets:
            waits[v] += 1
    first = int(any(item.kind == ENTRY for item in items))
    rank = [0 if item.kind == ENTRY else first for item in items]
    sources = [v for v, n in enumerate(waits) if n == 0]
    todo = sources[:]
    while todo:
        u = todo.pop()
        for v in after[u]:
            rank[v] = max(rank[v], rank[u] + 1)
            waits[v] -= 1
            if waits[v] == 0:
                todo.append(v)
    for u in sources:
        if items[u].kind == BOX and after[u]:
            readers = [rank[v] for v in after[u] if items[v].kind != EXIT]
            rank[u] = max(min(readers, default=rank[u] + 1) - 1, first)
    last = max(r for r, item in zip(rank, items, strict=True) if item.kind != EXIT) + 1
    return [last if item.kind == EXIT else r for r, item in zip(rank, items, strict=True)]


def order(rank: list[int], segments: list[Segment]) -> list[list[int]]:
    """The vertices of every rank, by barycentres: the best of some sweeps there and back."""
    rows: list[list[int]] = [[] for _ in range(max(rank) + 1)]
    for vertex, r in enumerate(rank):
        rows[r].append(vertex)
    before: list[list[tuple[int, float]]] = [[] for _ in rank]
    after: list[list[tuple[int, float]]] = [[] for _ in rank]
    for u, leaves, v, enters, _ in segments:
        # A place across an item counts a little: it orders those that meet the same item.
        before[v].append((u, leaves / 1e4))
        after[u].append((v, enters / 1e4))
    best, fewest = [row[:] for row in rows], _crossings(rows, rank, segments)
    for turn in range(_SWEEPS):
        if not fewest:
            break
        forward = turn % 2 == 0
        place: dict[int, float] = {v: k for row in rows for k, v in enumerate(row)}
        for row in rows if forward else rows[::-1]:
            near = before if forward else after
            wish = {
                v: sum(place[u] + o for u, o in near[v]) / len(near[v]) if near[v] else place[v]
                for v in row
            }
            row.sort(key=lambda v: wish[v])
            place.update((v, k) for k, v in enumerate(row))
        crossings = _crossings(rows, rank, segments)
        if crossings < fewest:
            best, fewest = [row[:] for row in rows], crossings
    return best


def _crossings(rows: list[list[int]], rank: list[int], segments: list[Segment]) -> int:
    place = {v: k for row in rows for k, v in enumerate(row)}
    lines: list[list[tuple[float, float]]] = [[] for _ in rows]
    for u, leaves, v, enters, _ in segments:
        ends = (place[u] + leaves / 1e4, place[v] + enters / 1e4)
        lines[rank[u]].append(ends)
    count = 0
    for gap in lines:
        seen: list[float] = []
        for _, end in sorted(gap):
            count += len(seen) - bisect_left(seen, end + 1e-9)
            insort(seen, end)
    return count

"""One frame of the layout built in here: items in ranks, and the lines between them.

The way is Sugiyama's: ranks, order, places, lines. Lines change their place across only in the gaps
between ranks, so none runs over an item.
"""

from math import sqrt
from typing import NamedTuple

from .placed import Point
from .ranks import ENTRY, EXIT, Item, Segment, Tie, order, ranks
from .spacing import places

_GAP, _BORDER_GAP, _LANE = 40.0, 26.0, 12.0
_STRAIGHT = 3.0  # a line does not bend for less
_SIDE_BY_SIDE = 8  # loops in a gap that are kept apart


class Route(NamedTuple):
    """The drawn line of a tie."""

    start: Point
    steps: list[tuple[Point, ...]]


class Frame:
    """Items that have their places; all coordinates count from the frame's corner."""

    def __init__(self, items: list[Item], ties: list[Tie], pad: float) -> None:
        self.items, self._pad = items, pad
        self._loops = [t for t in ties if t.loop]
        ties = [t for t in ties if not t.loop]
        self._rank = ranks(items, ties)
        self._reached = {t.target for t in ties}
        self._breadth = [item.across for item in items]
        self._segments: list[Segment] = []
        self._chains = {t: self._chain(t, trunk) for t, trunk in self._trunks(ties)}
        self._rows = order(self._rank, self._segments)
        self.across = places(self._rows, self._breadth, self._segments, len(items))
        self.along, self._edges = self._places_along()
        self._enters = self._spread_entries(ties)
        lowest = max(c + b / 2 for c, b in zip(self.across, self._breadth, strict=True))
        self.breadth = lowest + _LANE * len(self._loops)
        self.length = self._edges[-1][1] + (0 if self._has(EXIT) else self._margin)
        self.routes = {t: self._route(t) for t in ties} | self._lanes(lowest)

    def _has(self, kind: int) -> bool:
        return any(item.kind == kind for item in self.items)

    @property
    def _margin(self) -> float:
        """Room along, where no border is crossed."""
        return max(self._pad, 14.0 + self._nested if self._loops else 0.0)

    @property
    def _nested(self) -> float:
        return 3.0 * min(len(self._loops), _SIDE_BY_SIDE)

    # Ranks are given; a link over several ranks passes through a point in each.

    def _trunks(self, ties: list[Tie]) -> list[tuple[Tie, list[int]]]:
        """Ties with the points of their trunk: all that leave at one place share it."""
        trunks: dict[tuple[int, float], list[int]] = {}
        pairs = []
        for tie in sorted(ties, key=lambda t: self._rank[t.target]):
            trunk = trunks.setdefault((tie.source, tie.leaves), [])
            start = self._rank[tie.source] + 1
            for rank in range(start + len(trunk), self._rank[tie.target]):
                before = (trunk[-1], 0.0) if trunk else (tie.source, tie.leaves)
                trunk.append(len(self._rank))
                self._rank.append(rank)
                self._breadth.append(6.0)
                weight = 8.0 if len(trunk) > 1 else 4.0
                self._segments.append(Segment(*before, trunk[-1], 0.0, weight))
            pairs.append((tie, trunk[: self._rank[tie.target] - start]))
        return pairs

    def _chain(self, tie: Tie, trunk: list[int]) -> list[int]:
        last = (trunk[-1], 0.0) if trunk else (tie.source, tie.leaves)
        # What is computed runs straight on; sources give way.
        weight = 3.0 if trunk else 2.0 if tie.source in self._reached else 0.5
        self._segments.append(Segment(*last, tie.target, tie.enters, weight))
        return trunk

    # Places.

    def _places_along(self) -> tuple[list[float], list[tuple[float, float]]]:
        """The centres of items, and where every rank begins and ends."""
        steepest = [0.0] * len(self._rows)
        for u, _, v, _, _ in self._segments:
            drift = abs(self.across[u] - self.across[v])
            steepest[self._rank[u]] = max(steepest[self._rank[u]], drift)
        centres = [0.0] * len(self.items)
        edges = []
        at = 0.0 if self._has(ENTRY) else self._margin
        for r, row in enumerate(self._rows):
            items = [v for v in row if v < len(self.items)]
            thickness = max((self.items[v].along for v in items), default=0.0)
            for v in items:
                centres[v] = at + thickness / 2
            edges.append((at, at + thickness))
            at += thickness
            if r + 1 < len(self._rows):
                crosses_border = thickness == 0 or not any(
                    self.items[v].along for v in self._rows[r + 1] if v < len(self.items)
                )
                least = (_BORDER_GAP if crosses_border else _GAP) + self._nested
                at += least + min(steepest[r] * 0.1, 70.0)
        return centres, edges

    # Lines.

    def _spread_entries(self, ties: list[Tie]) -> dict[Tie, float]:
        """Where lines enter an item: side by side, in the order in which they come."""
        arrivals: dict[int, list[tuple[float, int, Tie]]] = {}
        for tie in [*ties, *self._loops]:
            chain = self._chains.get(tie)
            last = chain[-1] if chain else tie.source
            comes = float("inf") if tie.loop else self.across[last] + (0 if chain else tie.leaves)
            arrivals.setdefault(tie.target, []).append((comes, tie.line, tie))
        enters: dict[Tie, float] = {}
        for target, lines in arrivals.items():
            item = self.items[target]
            if item.corner == 0.0:  # a group's or the frame's border: the place is given
                enters |= {tie: tie.enters for _, _, tie in lines}
                continue
            lines.sort(key=lambda line: line[:2])
            step = min(11.0, 0.7 * item.across / len(lines))
            for k, (_, _, tie) in enumerate(lines):
                enters[tie] = (k - (len(lines) - 1) / 2) * step
        return enters

    def _ends(self, tie: Tie) -> tuple[Point, Point]:
        """Where a line begins and ends: on the items' borders, round corners included."""
        source, target = self.items[tie.source], self.items[tie.target]
        enters = self._enters[tie]
        start = self.along[tie.source] + source.along / 2 - _inset(source, tie.leaves)
        end = self.along[tie.target] - target.along / 2 + _inset(target, enters)
        return (
            (start, self.across[tie.source] + tie.leaves),
            (end, self.across[tie.target] + enters),
        )

    def _route(self, tie: Tie) -> Route:
        start, end = self._ends(tie)
        steps: list[tuple[Point, ...]] = []
        at, across = self._edges[self._rank[tie.source]][1], start[1]
        if at > start[0]:
            steps.append(((at, across),))
        stops = [(v, self.across[v]) for v in self._chains[tie]] + [(tie.target, end[1])]
        for v, goal in stops:
            begin, finish = self._edges[self._rank[v]]
            middle = (at + begin) / 2
            if v != tie.target and abs(goal - across) < _STRAIGHT:
                goal = across
                steps.append(((begin, goal),))
            else:
                steps.append(((middle, across), (middle, goal), (begin, goal)))
            if v != tie.target and finish > begin:
                steps.append(((finish, goal),))
            at, across = finish, goal
        if end[0] > self._edges[self._rank[tie.target]][0]:
            steps.append((end,))
        return Route(start, steps)

    def _lanes(self, lowest: float) -> dict[Tie, Route]:
        """Loops go back side by side below everything, shorter ones inside longer ones."""
        routes = {}
        loops = sorted(self._loops, key=lambda t: self._rank[t.source] - self._rank[t.target])
        for k, tie in enumerate(loops):
            start, end = self._ends(tie)
            side = 3 * (k % _SIDE_BY_SIDE)
            lane = lowest + _LANE * (k + 1) - 1
            turn = self._edges[self._rank[tie.source]][1] + 9 + side
            back = self._edges[self._rank[tie.target]][0] - 12 - side
            corners = [(turn, start[1]), (turn, lane), (back, lane), (back, end[1])]
            routes[tie] = Route(start, _rounded(start, corners, end))
        return routes


def _inset(item: Item, offset: float) -> float:
    """How far a border with round corners lies inside the item at a place across it."""
    over = abs(offset) - (item.across / 2 - item.corner)
    if over <= 0 or item.corner == 0:
        return 0.0
    return item.corner - sqrt(max(item.corner**2 - over**2, 0.0))


def _rounded(start: Point, corners: list[Point], end: Point) -> list[tuple[Point, ...]]:
    """A line with right angles, its corners rounded."""
    steps: list[tuple[Point, ...]] = []
    points = [start, *corners, end]
    for before, corner, after in zip(points, corners, points[2:], strict=False):
        one, other = _toward(corner, before), _toward(corner, after)
        steps += [(one,), (corner, corner, other)]
    return [*steps, (end,)]


def _toward(a: Point, b: Point) -> Point:
    length = abs(b[0] - a[0]) + abs(b[1] - a[1])
    share = min(7.0, length / 2) / length if length else 0.0
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share)

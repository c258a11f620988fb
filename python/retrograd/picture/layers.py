"""The layout built in here: frames of ranks, one in the other. A frame is the picture or a group.

Inner frames are laid out first and stand in the outer one as items. A link that crosses a frame's
border is drawn in parts, one a frame, which meet on the border.
"""

from collections import defaultdict
from itertools import takewhile

from .frame import Frame
from .placed import Curve, Placed, Point, Rect
from .ranks import BOX, ENTRY, EXIT, Item, Tie
from .sketch import Link, Sketch
from .words import Words, caption_width

_MARGIN, _PAD = 10.0, 14.0
OUTSIDE = -1  # the frame that is the whole picture
Key = tuple[str, int]  # ("box" | "group", number), ("in" | "out", the box a link comes from)


def place(sketch: Sketch, words: list[Words], down: bool) -> Placed:
    """Place everything; links run to the right, or down."""
    return _Placing(sketch, words, down).run()


class _Placing:
    def __init__(self, sketch: Sketch, words: list[Words], down: bool) -> None:
        self.sketch, self.words, self.down = sketch, words, down
        self.frames: dict[int, Frame] = {}
        # By frame: its items, and for every link the places of the two that its part ties.
        self.members: dict[int, dict[Key, int]] = defaultdict(dict)
        self.parts: dict[int, list[tuple[int, Key, Key, bool]]] = defaultdict(list)
        self.used: dict[tuple[int, int], list[Tie]] = {}
        # Room across, before a group's content: the caption stands there.
        self.lead = [24.0 if not down else caption_width(g) + 8 for g in sketch.groups]

    def run(self) -> Placed:
        for number, box in enumerate(self.sketch.boxes):
            self.members[box.group].setdefault(("box", number), 0)
        for number, group in enumerate(self.sketch.groups):
            self.members[group.parent].setdefault(("group", number), 0)
        for number, link in enumerate(self.sketch.links):
            self._split(number, link)
        for frame in [*reversed(range(len(self.sketch.groups))), OUTSIDE]:
            self._lay_out(frame)
        return self._collect()

    def _split(self, number: int, link: Link) -> None:
        """The parts of a link: out of the source's groups, over, and into the target's."""
        out, into = self.sketch.path(link.source), self.sketch.path(link.target)
        shared = sum(1 for _ in takewhile(lambda ab: ab[0] == ab[1], zip(out, into, strict=False)))
        here: Key = ("box", link.source)
        for group in reversed(out[shared:]):
            self.parts[group].append((number, here, ("out", link.source), False))
            here = ("group", group)
        frame = out[shared - 1] if shared else OUTSIDE
        back = link.back
        for group in into[shared:]:
            self.parts[frame].append((number, here, ("group", group), back))
            here, frame, back = ("in", link.source), group, False
        self.parts[frame].append((number, here, ("box", link.target), back))

    def _lay_out(self, frame: int) -> None:
        places = self.members[frame]
        for _, source, target, _ in self.parts[frame]:
            for key in (source, target):
                places.setdefault(key, 0)
        items = []
        for place, key in enumerate(places):
            places[key] = place
            items.append(self._item(key))
        ties: dict[Tie, None] = {}
        for number, source, target, back in self.parts[frame]:
            box = self.sketch.links[number].source
            leaves, enters = self._port(source, "out", box), self._port(target, "in", box)
            lines = self.sketch.links[number].lines if target[0] == "box" else 1
            made = [
                Tie(places[source], leaves, places[target], enters, back, k) for k in range(lines)
            ]
            self.used[frame, number] = made
            ties |= dict.fromkeys(made)
        self.frames[frame] = Frame(items, list(ties), 0.0 if frame == OUTSIDE else _PAD)

    def _item(self, key: Key) -> Item:
        kind, number = key
        if kind == "box":
            w = self.words[number]
            return Item(*self._turn((w.width, w.height)), w.corner)
        if kind == "group":
            return Item(*self._group_size(number))
        return Item(0.0, 0.0, 0.0, ENTRY if kind == "in" else EXIT)

    def _turn(self, point: Point) -> Point:
        """From (along, across) to (x, y), and back."""
        return (point[1], point[0]) if self.down else point

    def _group_size(self, group: int) -> tuple[float, float]:
        frame = self.frames[group]
        return frame.length, frame.breadth + self.lead[group] + _PAD

    def _port(self, key: Key, side: str, box: int) -> float:
        """How far from an item's centre a link leaves or enters it."""
        kind, number = key
        if kind != "group":
            return 0.0
        inner = self.frames[number]
        place = self.members[number][side, box]
        return inner.across[place] + self.lead[number] - self._group_size(number)[1] / 2

    def _collect(self) -> Placed:
        """Everything from the frames' corners to the picture's."""
        corner = {OUTSIDE: (_MARGIN, _MARGIN)}
        boxes = [Rect(0, 0, 0, 0)] * len(self.sketch.boxes)
        groups = [Rect(0, 0, 0, 0)] * len(self.sketch.groups)
        for frame in [OUTSIDE, *range(len(self.sketch.groups))]:
            f = self.frames[frame]
            for (kind, number), place in self.members[frame].items():
                item = f.items[place]
                if item.kind != BOX:
                    continue
                along = corner[frame][0] + f.along[place] - item.along / 2
                across = corner[frame][1] + f.across[place] - item.across / 2
                rect = Rect(*self._turn((along, across)), *self._turn(item[:2]))
                if kind == "box":
                    boxes[number] = rect
                else:
                    groups[number] = rect
                    corner[number] = (along, across + self.lead[number])
        whole = self.frames[OUTSIDE]
        width, height = self._turn((whole.length + 2 * _MARGIN, whole.breadth + 2 * _MARGIN))
        return Placed(width, height, boxes, groups, self._curves(corner))

    def _curves(self, corner: dict[int, Point]) -> list[Curve]:
        parts: dict[int, list[int]] = defaultdict(list)  # the frames of a link, in its order
        for number, link in enumerate(self.sketch.links):
            out, into = self.sketch.path(link.source), self.sketch.path(link.target)
            frames = [f for f in [*reversed(out), OUTSIDE, *into] if (f, number) in self.used]
            parts[number] = list(dict.fromkeys(frames))
        curves = []
        for number, frames in parts.items():
            for line in range(self.sketch.links[number].lines):
                steps: list[tuple[Point, ...]] = []
                start: Point | None = None
                for frame in frames:
                    made = self.used[frame, number]
                    route = self.frames[frame].routes[made[min(line, len(made) - 1)]]
                    move = corner[frame]
                    start = start or self._move(route.start, move)
                    steps += [tuple(self._move(p, move) for p in step) for step in route.steps]
                assert start is not None
                curves.append(Curve(number, start, steps))
        return curves

    def _move(self, point: Point, by: Point) -> Point:
        return self._turn((point[0] + by[0], point[1] + by[1]))

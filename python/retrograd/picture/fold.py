"""What repeats in a sequence: loops that were unrolled while a graph was recorded.

The rule. The operations of a graph stand in program order, each as a symbol for what it is (name,
shape, dtype, and source line if known; leaves and wiring do not count). A stretch of symbols that
comes at least 8 times in a row becomes one new symbol; the shortest stretch is looked for first,
and then again among the new symbols, so that loops in loops fold too. Where that leaves too much,
3 times in a row are enough, and then 2. What is still too long is cut into even pieces.

Nothing is lost: every operation belongs to exactly one place of one symbol.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

LONGEST = 512  # of a stretch that is looked for
_ENOUGH = (8, 3, 2)
_PROBES = 16  # points at which a stretch is compared before it is compared wholly


class Symbols:
    """Simple symbols stand for one operation, the others for a body of symbols made before.

    A symbol's places are the spots in it when every body is written out once; its size is how many
    operations it stands for. A piece is one place whatever it holds.
    """

    def __init__(self, simple: int) -> None:
        self._simple = simple
        self._bodies: list[tuple[tuple[int, ...], int, bool]] = []
        self._sizes: list[int] = []
        self._widths: list[int] = []
        self._places: dict[int, Ints] = {}
        self._known: dict[tuple[tuple[int, ...], int, bool], int] = {}

    def add(self, body: Sequence[int], times: int, piece: bool = False) -> int:
        """The symbol for `times` repetitions of a body."""
        key = (tuple(body), times, piece)
        if key not in self._known:
            self._known[key] = self._simple + len(self._bodies)
            self._bodies.append(key)
            self._sizes.append(times * sum(map(self.size, body)))
            self._widths.append(1 if piece else sum(map(self.width, body)))
        return self._known[key]

    def is_simple(self, symbol: int) -> bool:
        """Whether it stands for one operation."""
        return symbol < self._simple

    def is_piece(self, symbol: int) -> bool:
        """Whether it is drawn as a whole."""
        return not self.is_simple(symbol) and self._bodies[symbol - self._simple][2]

    def body(self, symbol: int) -> tuple[tuple[int, ...], int]:
        """What it stands for, and how often."""
        return self._bodies[symbol - self._simple][:2]

    def size(self, symbol: int) -> int:
        """How many operations it stands for."""
        return 1 if self.is_simple(symbol) else self._sizes[symbol - self._simple]

    def width(self, symbol: int) -> int:
        """How many places it has."""
        return 1 if self.is_simple(symbol) else self._widths[symbol - self._simple]

    def places(self, symbol: int) -> Ints:
        """For every operation of a symbol, in order, the place it belongs to."""
        todo = [symbol]
        while todo:
            s = todo[-1]
            if self.width(s) == 1:
                self._places[s] = np.zeros(self.size(s), np.int64)
            body, times = ((), 1) if s in self._places else self.body(s)
            missing = {b for b in body if b not in self._places}
            todo += missing
            if missing:
                continue
            todo.pop()
            if body:
                starts = np.cumsum([0, *map(self.width, body)])
                parts = [self._places[b] + k for b, k in zip(body, starts[:-1], strict=True)]
                self._places[s] = np.tile(np.concatenate(parts), times)
        return self._places[symbol]


def fold(sequence: Ints, readable: int, limit: int) -> tuple[Symbols, list[int]]:
    """Fold until at most `readable` symbols are left, or no more repeats; cut at `limit` places."""
    symbols = Symbols(int(sequence.max()) + 1 if len(sequence) else 0)
    for least in _ENOUGH:
        before = 0
        while len(sequence) > readable and len(sequence) != before:
            before = len(sequence)
            period = 1
            while period <= min(LONGEST, len(sequence) // least):
                sequence = _fold_period(sequence, period, least, symbols)
                period += 1
    return symbols, _cut(sequence.tolist(), symbols, limit)


def _fold_period(s: Ints, period: int, least: int, symbols: Symbols) -> Ints:
    """Replace every stretch of `period` symbols that comes `least` times in a row."""
    wanted = period * (least - 1)  # so many symbols equal their like one period on
    step = max(wanted // _PROBES, 1)
    if step > 1 and _runs(s[:-period:step] == s[period::step], wanted // step)[0].size == 0:
        return s
    starts, lengths = _runs(s[:-period] == s[period:], wanted)
    parts, done = [], 0
    for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
        skipped = max(done - start, 0)  # the run before may reach into this one
        times = (length - skipped) // period + 1
        if times < least:
            continue
        start += skipped
        symbol = symbols.add(s[start : start + period].tolist(), times)
        parts += [s[done:start], np.array([symbol])]
        done = start + period * times
    return np.concatenate([*parts, s[done:]]) if parts else s


def _runs(same: NDArray[np.bool_], least: int) -> tuple[Ints, Ints]:
    """Starts and lengths of the runs of at least so many True."""
    framed = np.concatenate(([False], same, [False]))
    turns = np.flatnonzero(framed[1:] != framed[:-1])
    starts, lengths = turns[::2], turns[1::2] - turns[::2]
    long = lengths >= least
    return starts[long], lengths[long]


def _cut(top: list[int], symbols: Symbols, limit: int) -> list[int]:
    """Join neighbours until at most `limit` places are left, for what does not repeat.

    The largest loops stay as they are, up to a quarter of the places.
    """
    total = sum(map(symbols.width, top))
    if total <= limit:
        return top
    room = limit // 4
    kept = set()
    simple = symbols.is_simple
    loops = [k for k, s in enumerate(top) if not simple(s) and symbols.body(s)[1] >= _ENOUGH[0]]
    for k in sorted(loops, key=lambda k: -symbols.size(top[k])):
        if symbols.width(top[k]) <= room:
            room -= symbols.width(top[k])
            kept.add(k)
    # Two neighbours together exceed a share, so there are at most 2/5 of `limit` pieces, and as
    # many more as loops have been kept. Few, for links between many would not be readable.
    share = 5 * total / limit
    joined: list[int] = []
    part: list[int] = []
    width = 0
    for k, symbol in enumerate([*top, -1]):
        ends = symbol == -1 or k in kept
        if part and (ends or width + symbols.width(symbol) > share):
            alone = len(part) == 1 and simple(part[0])
            joined.append(part[0] if alone else symbols.add(part, 1, True))
            part, width = [], 0
        if k in kept:
            joined.append(symbol)
        elif not ends:
            part.append(symbol)
            width += symbols.width(symbol)
    return joined

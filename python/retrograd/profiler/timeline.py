"""Events laid out on tracks, as viewers of timelines want them: nested, outer before inner."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHUNK = 1 << 12

Places = NDArray[np.intp]


def nested_tracks(events: NDArray[Any], places: Places) -> Iterator[Places]:
    """Split the events at `places`, all of one thread, into tracks of properly nested ones.

    On a track, of any two events one lies inside the other or they are apart. Operations nest by
    themselves, so there is one track; but regions opened by interleaved coroutines can cross, and
    who opened last then goes to a further track.
    """
    # Of events with the same times the one that was noted last is the outermost.
    start, end = events["start"][places], events["end"][places]
    places = places[np.lexsort((-places, -end, start))]
    while len(places):
        crosses = _crossing(events["start"][places], events["end"][places])
        yield places[~crosses]
        places = places[crosses]


def _crossing(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which events end after one that was open when they began. Those do not count as open."""
    crosses = np.zeros(len(starts), dtype=bool)
    open_ends: list[int] = []
    for i, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        while open_ends and open_ends[-1] <= start:
            open_ends.pop()
        if open_ends and open_ends[-1] < end:
            crosses[i] = True
        else:
            open_ends.append(end)
    return crosses


def chunks(places: Places) -> Iterator[Places]:
    """Cut a track into pieces small enough to be held as Python objects."""
    for i in range(0, len(places), CHUNK):
        yield places[i : i + CHUNK]

"""Where across the ranks things stand: least squares, solved exactly rank by rank."""

from itertools import pairwise

from .ranks import Segment

_ITEMS_APART, _LINES_APART = 18.0, 12.0
_SWEEPS = 36


def places(
    rows: list[list[int]], breadth: list[float], segments: list[Segment], items: int
) -> list[float]:
    """Bring every vertex as near to its neighbours' mean as order and room allow.

    Sweeps look to one side only at first, which lines long ways up, and then to both. The first
    `items` vertices are items, the others points of lines.
    """
    across = [0.0] * len(breadth)
    offsets = []
    for row in rows:
        at, steps = 0.0, [0.0]
        for u, v in pairwise(row):
            at += (breadth[u] + breadth[v]) / 2 + (
                _ITEMS_APART if max(u, v) < items else _LINES_APART
            )
            steps.append(at)
        offsets.append(steps)
        for v, step in zip(row, steps, strict=True):
            across[v] = step - at / 2
    pulls: list[list[tuple[int, float, float, bool]]] = [[] for _ in breadth]
    for u, leaves, v, enters, weight in segments:
        pulls[v].append((u, leaves - enters, weight, True))
        pulls[u].append((v, enters - leaves, weight, False))
    for turn in range(_SWEEPS):
        both = turn >= _SWEEPS * 2 // 3
        forward = turn % 2 == 0
        ranks = range(len(rows))
        for r in ranks if forward else reversed(ranks):
            wishes, weights = [], []
            for v in rows[r]:
                total, wish = 0.01, 0.01 * across[v]
                for u, offset, weight, comes_before in pulls[v]:
                    if both or comes_before == forward:
                        total += weight
                        wish += weight * (across[u] + offset)
                wishes.append(wish / total)
                weights.append(total)
            for v, c in zip(rows[r], _spaced(wishes, weights, offsets[r]), strict=True):
                across[v] = c
    top = min(c - b / 2 for c, b in zip(across, breadth, strict=True))
    return [c - top for c in across]


def _spaced(wishes: list[float], weights: list[float], steps: list[float]) -> list[float]:
    """The least squares solution that keeps the distances in `steps`: pool adjacent violators."""
    pools: list[tuple[float, float, int]] = []
    for wish, weight, step in zip(wishes, weights, steps, strict=True):
        mean, total, count = wish - step, weight, 1
        while pools and pools[-1][0] > mean:
            other, more, members = pools.pop()
            mean = (mean * total + other * more) / (total + more)
            total += more
            count += members
        pools.append((mean, total, count))
    means = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + step for mean, step in zip(means, steps, strict=True)]

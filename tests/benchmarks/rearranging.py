"""What value and gradient of a sort, a join, a scan and a choice cost beside NumPy's forward.

    python tests/benchmarks/rearranging.py [--size 10000] [--rounds 300]

One round times NumPy's function, ours, and ours with a backward, for every row; rounds follow each
other, so that a slow moment of the machine meets all alike. Leaves and the cotangent of the result
are made before; each backward begins without a gradient and ends with reading it. Times are
microseconds, the best of all rounds; the ratios are those of the best times, and the median of the
ratios within a round.
"""

import argparse
from collections.abc import Callable
from statistics import median
from time import perf_counter_ns
from typing import Any

import numpy as np

from retrograd import Tensor

BAR = 5.0


def programs(size: int) -> dict[str, tuple[Callable[..., Any], tuple[Any, ...]]]:
    """Each row's function, and the arrays it is called with."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, size))
    mask = rng.random(size) < 0.5
    parts = tuple(np.split(x, [size // 4, size // 2, size * 3 // 4]))
    return {
        "sort": (np.sort, (x,)),
        "concatenate": (lambda *parts: np.concatenate(parts), parts),
        "cumsum": (np.cumsum, (x,)),
        "stack": (lambda *parts: np.stack(parts), (x[: size // 2], y[: size // 2])),
        "where": (lambda x, y: np.where(mask, x, y), (x, y)),
    }


class Row:
    """One function, its operands as arrays and as leaves, and the times so far."""

    def __init__(self, f: Callable[..., Any], arrays: tuple[Any, ...]) -> None:
        self.f, self.arrays = f, arrays
        self.leaves = tuple(map(Tensor, arrays))
        self.seed = np.random.default_rng(1).normal(size=f(*arrays).shape)
        self.times: list[tuple[int, int, int]] = []

    def check(self) -> None:
        """Stop unless value and gradient are right: the gradient of a linear function is its
        transpose, so `<seed, f(x)>` is `<gradient, x>`."""
        out = self.f(*self.leaves)
        assert np.array_equal(out.data, self.f(*self.arrays))
        out.backward(self.seed)
        there = sum(np.sum(leaf.grad * x) for leaf, x in zip(self.leaves, self.arrays, strict=True))
        assert np.isclose(there, np.sum(self.seed * out.data))

    def measure(self) -> None:
        for leaf in self.leaves:
            leaf.zero_grad()
        t0 = perf_counter_ns()
        self.f(*self.arrays)
        t1 = perf_counter_ns()
        out = self.f(*self.leaves)
        t2 = perf_counter_ns()
        out.backward(self.seed)
        for leaf in self.leaves:
            leaf.grad  # noqa: B018
        t3 = perf_counter_ns()
        del out
        self.times.append((t1 - t0, t2 - t1, t3 - t1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=300)
    args = parser.parse_args()

    rows = {name: Row(*program) for name, program in programs(args.size).items()}
    for row in rows.values():
        row.check()
        for _ in range(20):
            row.measure()
        row.times.clear()
    for _ in range(args.rounds):
        for row in rows.values():
            row.measure()

    print(f"{args.size:,} elements      NumPy   value  + gradient   ratio  median")
    missed = []
    for name, row in rows.items():
        numpy, value, both = (min(column) / 1e3 for column in zip(*row.times, strict=True))
        middle = median(b / n for n, _, b in row.times)
        print(f"{name:16}{numpy:10.1f}{value:8.1f}{both:12.1f}{both / numpy:8.2f}{middle:8.2f}")
        if both / numpy > BAR:
            missed.append(name)
    print("all within" if not missed else f"{', '.join(missed)} beyond", f"{BAR:g} times NumPy's")


if __name__ == "__main__":
    main()

"""How fast this machine can be: measured once, so that a profile can say how near a row comes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from time import perf_counter

import numpy as np

COPIED = 64_000_000  # bytes of one array; well past the caches
ORDER = 768  # of the matrices: large enough for BLAS to be at its best
BUDGET = 0.06  # seconds for each of the three figures


@dataclass(frozen=True, slots=True)
class Roof:
    """The best rates seen. Bytes count both ways: copying 1 GB a second is 2e9."""

    bandwidth: float  # bytes per second, of np.copyto on arrays past the caches
    f64_rate: float  # flops per second, of np.matmul with the threads BLAS uses
    f32_rate: float

    def __str__(self) -> str:
        copy, double, single = self.bandwidth, self.f64_rate, self.f32_rate
        return (
            f"copy {copy / 1e9:.1f} GB/s, matmul {double / 1e9:.0f} GFLOP/s in float64 "
            f"and {single / 1e9:.0f} in float32"
        )


@cache
def machine_roof() -> Roof:
    """Measure this machine, in some 0.2 s; later calls return what the first one found."""
    source = np.ones(COPIED // 8)
    target = np.empty_like(source)
    copying = _shortest(lambda: np.copyto(target, source))
    double, single = (_multiplying(np.dtype(d)) for d in (np.float64, np.float32))
    return Roof(2 * source.nbytes / copying, 2 * ORDER**3 / double, 2 * ORDER**3 / single)


def _multiplying(dtype: "np.dtype[np.floating]") -> float:
    matrix = np.full((ORDER, ORDER), 0.5, dtype)
    target = np.empty_like(matrix)
    return _shortest(lambda: np.matmul(matrix, matrix, out=target))


def _shortest(run: Callable[[], object]) -> float:
    """Seconds of the fastest of several runs. The first one also warms up."""
    best, end = float("inf"), perf_counter() + BUDGET
    for done in range(1000):
        start = perf_counter()
        if done >= 2 and start >= end:
            break
        run()
        best = min(best, perf_counter() - start)
    return best

"""What an element costs: forward and backward of each operation, float64 and float32, in cache.

    python tests/benchmarks/kernels.py [NAME ...]

Nanoseconds an element, best of rounds, of vectors that the cache holds; `NumPy` is the plain
function. Backward is the whole walk from a given cotangent to the gradients of the leaves.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import retrograd as rg

SIZE = 20_000
ROUNDS = 15
UNARY = ("exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "arcsin", "arccos", "arctan",
         "arcsinh", "arctanh", "exp2", "expm1", "log2", "log10", "log1p", "cbrt", "sqrt", "square",
         "reciprocal", "absolute", "sigmoid", "relu")  # fmt: skip
BINARY = ("add", "multiply", "divide", "power", "hypot", "arctan2", "logaddexp", "maximum")


def best(f: Callable[[], Any]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter_ns()
        f()
        times.append(time.perf_counter_ns() - start)
    return min(times) / SIZE


def row(name: str, dtype: Any) -> list[float]:
    rng = np.random.default_rng(0)
    n = 2 if name in BINARY else 1
    xs = [rng.uniform(0.1, 0.9, SIZE).astype(dtype) for _ in range(n)]
    g = np.ones(SIZE, dtype)
    f, plain = getattr(rg, name), getattr(np, name, None)
    ts = [rg.Tensor(x) for x in xs]
    y, out = f(*ts), np.empty(SIZE, dtype)
    forward = best(lambda: f(*ts))
    backward = best(lambda: y.backward(g))
    return [best(lambda: plain(*xs, out=out)) if plain else np.nan, forward, backward]


def main() -> None:
    names = sys.argv[1:] or (*UNARY, *BINARY)
    heads = ("NumPy", "forward", "backward")
    print(" " * 12 + "".join(f"{h + ' ' + t:>14}" for t in ("f64", "f32") for h in heads))
    for name in names:
        both = [row(name, dtype) for dtype in (np.float64, np.float32)]
        print(f"{name:12}" + "".join(f"{t:14.2f}" for times in both for t in times))


if __name__ == "__main__":
    main()

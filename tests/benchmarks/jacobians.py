"""What many seeds at once are worth: a dense Hessian, a sparse Jacobian, and forward mode.

    python tests/benchmarks/jacobians.py

Needs SciPy for the sparse part. Every time is the best of several runs, in one process and on one
core: BLAS threads that wait for a busy core would be all that is measured.
"""

import os
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from retrograd import Tensor, grad, hessian, hvp, jacobian, jvp
from retrograd.functional.sparse import colour, sparsity


def best(f: Callable[[], Any], runs: int = 5) -> float:
    """The shortest of several runs, in seconds."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        f()
        times.append(time.perf_counter() - start)
    return min(times)


def dense(n: int = 100, hidden: int = 200) -> None:
    rng = np.random.default_rng(0)
    w, x = rng.normal(size=(hidden, n)) / n**0.5, rng.normal(size=n)

    def f(x: Any) -> Any:
        return np.log(np.exp(np.tanh(w @ x)).sum()) + (x * x).sum()

    def passes() -> Any:
        return np.stack([hvp(f)(x, e) for e in np.eye(n)])

    def backwards() -> Any:
        rows = []
        for i in range(n):
            leaf = Tensor(x)
            f(leaf).backward(create_graph=True)
            g = leaf.grad
            leaf.zero_grad()
            g[i].backward()
            rows.append(leaf.grad)
        return np.stack(rows)

    at_once = hessian(f)
    assert np.allclose(at_once(x), passes())
    assert np.allclose(at_once(x), backwards())
    t, t_hvp, t_back = best(lambda: at_once(x)), best(passes), best(backwards)
    print(f"hessian of a function of {n} parameters")
    print(f"  {n} seeds at once          {t * 1e3:9.2f} ms")
    print(f"  {n} passes by hvp          {t_hvp * 1e3:9.2f} ms  {t_hvp / t:6.1f} times as long")
    print(f"  {n} gradients of gradients {t_back * 1e3:9.2f} ms  {t_back / t:6.1f} times as long")


def banded(n: int = 10_000) -> None:
    def residual(x: Any) -> Any:
        y = 3 * x - x * x
        y[1:] -= x[:-1]
        y[:-1] -= 2 * x[1:]
        y[2:] += 0.1 * np.sin(x[:-2])
        y[:-2] += 0.1 * x[2:] * x[2:]
        return y

    x = np.linspace(-1, 1, n)
    pattern = sparsity(residual)(x)
    seeds = int(colour(pattern).max()) + 1
    matrix = jacobian(residual, sparsity=pattern)
    v = np.random.default_rng(1).normal(size=n)
    assert np.allclose(matrix(x) @ v, jvp(residual, (x,), (v,))[1])
    once = best(lambda: residual(x))
    print(f"sparse Jacobian of a residual with {n} unknowns, a band of width five")
    print(f"  seeds                  {seeds:9d}")
    print(f"  elements               {matrix(x).nnz:9d}")
    print(f"  the residual           {once * 1e3:9.2f} ms")
    print(f"  the Jacobian           {best(lambda: matrix(x)) * 1e3:9.2f} ms")
    print(f"  finding the pattern    {best(lambda: sparsity(residual)(x), 2) * 1e3:9.2f} ms")
    print(f"  colouring it           {best(lambda: colour(pattern), 2) * 1e3:9.2f} ms")


def directions(n: int = 1_000_000) -> None:
    x, v = np.linspace(0.1, 1, n), np.ones(n)

    def f(x: Any) -> Any:
        return (np.tanh(x) * x + np.sin(x) / x).sum()

    plain = best(lambda: f(x))
    print(f"one direction of a function of {n} elements, against the function in NumPy")
    print(f"  jvp                    {best(lambda: jvp(f, (x,), (v,))) / plain:9.2f} times")
    print(f"  grad                   {best(lambda: grad(f)(x)) / plain:9.2f} times")
    print(f"  hvp                    {best(lambda: hvp(f)(x, v)) / plain:9.2f} times")


if __name__ == "__main__":
    dense()
    banded()
    directions()

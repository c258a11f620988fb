"""A fit that is slower than it should be: which line is it?

    python docs/examples/slow_fit.py [--steps 40] [--mended]

Smooths a signal: finds `v` such that the product of two blurring matrices with `v` is the noisy
signal, by gradient descent. docs/profiling.md finds the dear line with the profiler;
`--mended` runs the program as it should have been written.
"""

import argparse
from time import perf_counter

import numpy as np

from retrograd import Tensor


def blur(n, width):
    """A matrix whose rows are Gaussian windows."""
    at = np.arange(n)
    rows = np.exp(-0.5 * ((at[:, None] - at) / width) ** 2)
    return rows / rows.sum(axis=1, keepdims=True)


def model(near, far, v):
    return near @ far @ v


def model_mended(near, far, v):
    return near @ (far @ v)


def loss_of(signal, found, v):
    miss = found - signal
    rough = v[1:] - v[:-1]
    return (miss * miss).mean() + 1e-3 * (rough * rough).mean()


def fit(predict, steps, n=500):
    rng = np.random.default_rng(0)
    signal = np.sin(np.linspace(0, 12, n)) + rng.normal(scale=0.1, size=n)
    near, far = Tensor(blur(n, 2.0)), Tensor(blur(n, 5.0))
    v = Tensor(np.zeros(n))
    for _ in range(steps):
        loss = loss_of(signal, predict(near, far, v), v)
        v.zero_grad()
        loss.backward()
        v.data -= 50.0 * v.grad
    return float(loss)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--mended", action="store_true")
    args = parser.parse_args()
    start = perf_counter()
    loss = fit(model_mended if args.mended else model, args.steps)
    print(f"loss {loss:.6f} after {args.steps} steps in {perf_counter() - start:.2f} s")


if __name__ == "__main__":
    main()

"""What a profile costs: closed, open, and with stacks; and that gradients keep their bits.

    python tests/benchmarks/profiling.py [--rounds 40] [--against PYTHON]

The scalar chain `z = z*x + y`, where an operation takes some 50 ns, and the same on vectors of
1,500 and 4,000, where it takes some 2 and 5 µs. Rounds alternate between off and on in one process.
`--against` names another interpreter with another build of retrograd, such as one of an earlier
commit: both builds then run the chains without a profile, in alternating processes.
"""

import argparse
import gc
import subprocess
import sys
from statistics import median
from time import perf_counter_ns

import numpy as np

import retrograd
from retrograd import Tensor

STEPS = 1000


def leaves(size):
    rng = np.random.default_rng(0)
    if size == 1:
        return Tensor(0.9995), Tensor(0.0004)
    return Tensor(rng.uniform(0.999, 1, size)), Tensor(rng.uniform(0, 0.001, size))


def run(x, y, steps=STEPS):
    """Return the nanoseconds of forward, backward and free, an operation; and the root's value."""
    x.zero_grad()
    y.zero_grad()
    t0 = perf_counter_ns()
    z = x
    for _ in range(steps):
        z = z * x + y
    z.backward(np.ones(z.shape), retain_graph=True)
    del z
    return (perf_counter_ns() - t0) / (2 * steps)


def compare(size, rounds):
    """Return best and median of an operation, without and with a profile and with stacks."""
    x, y = leaves(size)
    times = {"off": [], "on": [], "stacks": []}
    grads = {}
    for _ in range(rounds):
        for mode, found in times.items():
            gc.collect()
            # The first run of each warms the caches, which collecting garbage has emptied.
            if mode == "off":
                found.append([run(x, y) for _ in range(4)][-1])
            else:
                with retrograd.profile(stacks=mode == "stacks"):
                    found.append([run(x, y) for _ in range(4)][-1])
            grads[mode] = x.grad.tobytes() + y.grad.tobytes()
    assert len(set(grads.values())) == 1, "gradients differ in their bits"
    return {mode: (min(t), median(t)) for mode, t in times.items()}


CHILD = """
import sys; sys.path.insert(0, {here!r})
from profiling import leaves, run
for size in (1, 4000):
    x, y = leaves(size)
    print(min(run(x, y) for _ in range({repeats} if size == 1 else 30)))
"""


def against(other, rounds, repeats=300):
    """Return best and median time of this build and of the other's, by size of the operands."""
    from pathlib import Path

    code = CHILD.format(here=str(Path(__file__).parent), repeats=repeats)
    times = {sys.executable: [], other: []}
    for _ in range(rounds):
        for python, found in times.items():
            done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
            found.append([float(t) for t in done.stdout.split()])
    return [
        [(min(column), median(column)) for column in zip(*times[python], strict=True)]
        for python in (sys.executable, other)
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--against", metavar="PYTHON")
    args = parser.parse_args()
    print("ns per operation (forward + backward + free): best, median, ratio of best, of medians")
    programs = ((1, "scalar chain"), (1500, "vectors of 1,500"), (4000, "vectors of 4,000"))
    for size, title in programs:
        found = compare(size, args.rounds)
        for mode, (best, middle) in found.items():
            ratios = best / found["off"][0], middle / found["off"][1]
            numbers = f"{best:9.1f} {middle:9.1f}  {ratios[0]:5.2f}  {ratios[1]:5.2f}"
            print(f"{title:18} profile {mode:7} {numbers}")
    if args.against:
        ours, theirs = against(args.against, args.rounds)
        for title, a, b in zip(("scalar chain", "vectors of 4,000"), ours, theirs, strict=True):
            print(
                f"{title:18} this build {a[0]:8.2f} {a[1]:8.2f}, the other {b[0]:8.2f} "
                f"{b[1]:8.2f}: {a[0] / b[0]:.3f}  {a[1] / b[1]:.3f}"
            )


if __name__ == "__main__":
    main()

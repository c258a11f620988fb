"""Time one thread against two (or more), ours and PyTorch's, in interleaved rounds.

    python tests/benchmarks/threads.py [--threads 2] [--rounds 30] [--workloads product,tanh-exp]
                                       [--lengths]

The workloads are those of the suite in which large arrays occur; BLAS has as many threads as the
rest. `--lengths` times single operations over the lengths at which threads begin to pay, which is
what the bounds in `cpp/array/parallel.hpp` were chosen by.
"""

import argparse
import sys
from time import perf_counter_ns

from machine import description, limit_threads

WORKLOADS = "product", "tanh-exp", "mlp-float32", "convolution"
LENGTHS = [n * 1000 for n in (10, 20, 50, 65, 100, 200, 1000, 10_000)]
LIBRARIES = "retrograd", "PyTorch"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--workloads", default=",".join(WORKLOADS), help="names, with commas")
    parser.add_argument("--lengths", action="store_true", help="time operations over lengths")
    parser.add_argument("--tiny", action="store_true", help="small sizes, to try the script")
    return parser.parse_args()


def interleaved(tasks, counts, rounds, limit):
    """Return the best ns of every task (a function that is timed) with every number of threads."""
    best = {}
    for number in range(rounds + 2):  # two to warm up
        for label, task in tasks.items():
            for count in counts:
                limit(count)
                began = perf_counter_ns()
                task()
                spent = perf_counter_ns() - began
                key = label, count
                best[key] = spent if number < 2 else min(spent, best[key])
    return best


def steps(name, tiny):
    """Return the whole step of the workload in each library, once they agree."""
    from harness import agree, contestants, time_once
    from libraries import LIBRARIES as KNOWN

    chosen = [library for library in KNOWN if library.label in LIBRARIES]
    workload, programs, skipped = contestants(name, tiny, chosen)
    skipped |= agree(workload, programs)
    tasks = {
        p.label: lambda p=p: time_once(p)
        for p in programs
        if p.label in LIBRARIES and p.label not in skipped
    }
    return workload.title, tasks


def operations(n):
    """Return single operations of ours on `n` doubles."""
    import numpy as np

    import retrograd

    x, y = (retrograd.Tensor(a) for a in np.random.default_rng(0).uniform(0.1, 1, (2, n)))

    def step():
        x.zero_grad()
        y.zero_grad()
        (x * y + y).sum().backward()

    return {
        "x + y": lambda: x + y,
        "exp(x)": lambda: retrograd.exp(x),
        "tanh(x)": lambda: retrograd.tanh(x),
        "x.sum()": x.sum,
        "(x*y + y).sum() and back": step,
    }


def rows(title, best, tasks, threads, scale=1e3):
    from report import number

    for label in tasks:
        one, many = (best[label, count] for count in (1, threads))
        ours = best[LIBRARIES[0], threads] if LIBRARIES[0] in tasks else many
        times = [number(t / scale) for t in (one, many)]
        yield [title, label, *times, f"{one / many:.2f}", f"{many / ours:.2f}"]


def main():
    args = arguments()
    limit_threads(args.threads)

    # Only now: these import NumPy, whose BLAS asks the environment for its threads.
    from machine import limit_libraries
    from report import settings, show

    counts = 1, args.threads
    table = [["µs", "", "1 thread", f"{args.threads} threads", "ratio", "÷ retrograd"]]
    if args.lengths:
        for n in LENGTHS[:1] if args.tiny else LENGTHS:
            tasks = operations(n)
            best = interleaved(tasks, counts, max(args.rounds, 3_000_000 // n), limit_libraries)
            table += rows(f"{n:,} doubles", best, tasks, args.threads)
    else:
        for name in args.workloads.split(","):
            title, tasks = steps(name, args.tiny)
            best = interleaved(tasks, counts, args.rounds, limit_libraries)
            table += rows(title, best, tasks, args.threads)
    show(table, markdown=False)
    print(settings(description(args.threads, args.rounds)))


if __name__ == "__main__":
    sys.exit(main())

"""Time the chain `z = z*x + y`: forward, backward and free, against every peer installed.

    python tests/benchmarks/chain.py [--rounds 40] [--steps 1000] [--size 1000] [--markdown]

One round times every peer once, and rounds follow each other, so that a slow moment of the
machine meets all peers alike. Before anything is timed, all must agree on the value and on both
derivatives. Times are nanoseconds per operation (two a step; a vector's counts as one).
"""

import argparse
import gc
from statistics import median
from time import perf_counter_ns

import numpy as np
from peers import installed, versions


def agree(peers):
    """Stop unless all peers compute the same; learn which graphs are cyclic garbage."""
    wanted = None
    for peer in sorted(peers, key=lambda peer: not peer.differentiates):
        peer.reset()
        root = peer.forward()
        if peer.differentiates:
            peer.backward(root)
        found = [np.asarray(value, dtype=float) for value in peer.results(root)]
        wanted = wanted or [value.copy() for value in found]
        for name, value, expected in zip(["z", "dz/dx", "dz/dy"], found, wanted, strict=False):
            message = f"{peer.label} disagrees on {name}"
            np.testing.assert_allclose(value, expected, rtol=1e-9, err_msg=message)
        gc.collect()
        del root
        peer.collects = gc.collect() > peer.steps


def time_once(peer):
    """Return the nanoseconds of forward, backward and free."""
    peer.reset()
    t0 = perf_counter_ns()
    root = peer.forward()
    t1 = perf_counter_ns()
    if not peer.differentiates:
        return t1 - t0, 0, 0
    peer.backward(root)
    t2 = perf_counter_ns()
    del root
    peer.free()
    t3 = perf_counter_ns()
    return t1 - t0, t2 - t1, t3 - t2


def measure(peers, rounds, operations):
    """Return for each peer its phases and their sum, best and median, in ns per operation."""
    agree(peers)
    for _ in range(3):
        for peer in peers:
            time_once(peer)
    # What exists by now is set apart, so that collecting a graph does not pay for the libraries.
    gc.collect()
    gc.freeze()
    times = {peer.label: [] for peer in peers}
    for _ in range(rounds):
        for peer in peers:
            phases = time_once(peer)
            times[peer.label].append([t / operations for t in (*phases, sum(phases))])
    gc.unfreeze()
    columns = {label: list(zip(*rows, strict=True)) for label, rows in times.items()}
    return {label: ([min(c) for c in cs], [median(c) for c in cs]) for label, cs in columns.items()}


def number(x):
    return f"{x:,.0f}" if x >= 100 else f"{x:.1f}"


def table(title, results):
    """Return the rows to print: best phases, best and median sum, and the two ratios."""
    baseline = next(iter(results.values()))
    ours = results["retrograd"]
    head = ["forward", "backward", "free", "sum", "median", "÷ baseline", "÷ retrograd"]
    rows = [[title, *head]]
    for label, (best, mid) in results.items():
        ratios = [best[3] / baseline[0][3], best[3] / ours[0][3]]
        times = [*best, mid[3]]
        if label.endswith("no gradient"):
            cells = [number(best[0]), "–", "–", number(best[3]), number(mid[3])]
        else:
            cells = [number(t) for t in times]
        rows.append([label, *cells, *(f"{r:.2f}" if r < 10 else f"{r:,.0f}" for r in ratios)])
    return rows


def show(rows, markdown):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for k, row in enumerate(rows):
        cells = [c.ljust(w) if i == 0 else c.rjust(w)
                 for i, (c, w) in enumerate(zip(row, widths, strict=True))]  # fmt: skip
        print("| " + " | ".join(cells) + " |" if markdown else "  ".join(cells))
        if k == 0:
            rules = ["-" * w if i == 0 else "-" * (w - 1) + ":" for i, w in enumerate(widths)]
            print("| " + " | ".join(rules) + " |" if markdown else "-" * (sum(widths) + 14))
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--size", type=int, default=1000, help="elements of a vector")
    parser.add_argument("--markdown", action="store_true", help="print the README's tables")
    args = parser.parse_args()

    rng = np.random.default_rng(0)
    vectors = (rng.uniform(lo, hi, args.size) for lo, hi in [(0, 1), (0.999, 1), (0, 0.001)])
    programs = {
        "ns per operation, scalars": (0.5, 0.9995, 0.0004),
        f"ns per operation, vectors of {args.size:,}": tuple(vectors),
    }
    tables = {}
    for title, leaves in programs.items():
        peers = installed(*leaves, args.steps)
        tables[title] = measure(peers, args.rounds, 2 * args.steps)
    for title, results in tables.items():
        show(table(title, results), args.markdown)
    print(f"Best of {args.rounds} interleaved rounds (and the median sum). {versions()}.")


if __name__ == "__main__":
    main()

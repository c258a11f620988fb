"""Build, differentiate and free a very deep scalar chain; count seconds and bytes.

python tests/benchmarks/depth.py [--n 10000000]
"""

import argparse
import gc
import os
import threading
from time import perf_counter

from retrograd import Tensor, _core


def resident_bytes():
    """Memory of this process now (Linux)."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def chain(n):
    """Run n operations; return the phases' seconds, nodes made, bytes per operation, nodes left."""
    gc.collect()
    nodes, memory = _core.live_nodes(), resident_bytes()
    began = perf_counter()
    x, y = Tensor(0.9999), Tensor(0.0001)
    z = Tensor(0.5)
    for _ in range(n // 2):
        z = z * x + y
    built = perf_counter()
    grown, made = resident_bytes() - memory, _core.live_nodes() - nodes
    z.backward()
    walked = perf_counter()
    grown_by_walk = resident_bytes() - memory
    del z
    freed = perf_counter()
    del x, y
    left = _core.live_nodes() - nodes
    seconds = built - began, walked - built, freed - walked
    return seconds, made, grown / n, grown_by_walk / n, left


def doubling():
    """Return the milliseconds of `y = y + y` 60 times, forward and backward."""
    began = perf_counter()
    x = Tensor(1.0)
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    milliseconds = 1e3 * (perf_counter() - began)
    if not x.grad == y.data == 2.0**60:
        raise SystemExit(f"wrong gradient: {x.grad}")
    return milliseconds


def in_a_small_stack(n):
    """Run the chain in a thread with a stack of 256 KB; return its seconds."""
    result = []
    threading.stack_size(256 * 1024)
    thread = threading.Thread(target=lambda: result.append(sum(chain(n)[0])))
    thread.start()
    thread.join()
    threading.stack_size(0)
    return result[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=10_000_000, help="operations in the chain")
    n = parser.parse_args().n
    seconds, made, grown, grown_by_walk, left = chain(n)
    print(f"chain of {n:,} scalar operations")
    for phase, s in zip(["build", "backward", "free"], seconds, strict=True):
        print(f"  {phase:<9}{s:8.3f} s {1e9 * s / n:8.1f} ns per operation")
    print(f"  {made:,} nodes; {grown:.1f} bytes per operation, {grown_by_walk:.1f} after backward")
    print(f"  nodes left: {left}")
    print(f"chain of 200,000 in a thread with a stack of 256 KB: {in_a_small_stack(200_000):.3f} s")
    print(f"y = y + y, 60 times, with backward: {doubling():.3f} ms")


if __name__ == "__main__":
    main()

"""Recordings made by hand, which the profiler's tables, pages and files are tested with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from retrograd.profiler.records import (
    BACKWARD,
    EVENT,
    FORWARD,
    PHASE,
    REGION,
    WALK,
    Costs,
    Line,
    Peak,
    Recording,
    Region,
    Row,
)

# Whatever a file, a function, a region or an operation can be called.
HOSTILE = '</script><!--<b a="1">\'`${x}&amp;;\\ \t\n\r\u2028\x00\x1b[31mé😀\udcff'

MATRIX, VECTOR, SCALAR = "float64(64,32)", "float64(32)", "float64()"


@dataclass
class Maker:
    """Counts as a profile does: give it own times, and it gives inclusive events and exact rows."""

    events: list[tuple[int, ...]] = field(default_factory=list)
    counts: dict[tuple, dict[str, int]] = field(default_factory=dict)  # by a row's first fields
    regions: dict[tuple[str, ...], list[int]] = field(default_factory=dict)
    threads: list[str] = field(default_factory=list)
    nodes: int = 0
    live: int = 0

    def row(self, op, stack=(), region=(), operands=(), result="") -> int:
        key = (op, tuple(stack), tuple(region), tuple(operands), result)
        self.counts.setdefault(key, {})
        return list(self.counts).index(key)

    def count(self, place: int, **amounts: int) -> None:
        counts = self.counts[list(self.counts)[place]]
        for name, amount in amounts.items():
            counts[name] = counts.get(name, 0) + amount

    def recording(self, dropped: int = 0) -> Recording:
        """What has been counted so far."""
        events = np.array(sorted(self.events, key=lambda e: e[5]), dtype=EVENT)
        walks = events[events["kind"] == WALK]
        peak = max(self.events, key=lambda e: e[6], default=None)
        rows = tuple(Row(*key, Costs(**counts)) for key, counts in self.counts.items())
        kept = {i: r.costs.saved_bytes for i, r in enumerate(rows) if r.costs.saved_bytes}
        return Recording(
            rows=rows,
            events=events,
            regions=tuple(Region(path, *counts) for path, counts in self.regions.items()),
            threads=tuple(self.threads),
            peak=Peak(peak[6], peak[5], kept) if peak else Peak(),
            wall_ns=int(events["end"].max(initial=0)) + 100,
            backward_calls=len(walks),
            backward_wall_ns=int((walks["end"] - walks["start"]).sum()),
            dropped=dropped,
        )


class Thread:
    """One thread's clock. What is opened inside an event lies inside it."""

    def __init__(self, maker: Maker, name: str, now: int = 0) -> None:
        self.maker, self.now, self.path = maker, now, ()
        self.number = len(maker.threads)
        maker.threads.append(name)

    @contextmanager
    def event(self, kind: int, place: int, ns: int = 0, node: int = 0) -> Iterator[None]:
        """An event with `ns` nanoseconds of its own, half of them before what is inside."""
        start = self.now
        self.now += ns // 2
        yield
        self.now += ns - ns // 2
        live = self.maker.live
        self.maker.events.append((kind, self.number, place, node, start, self.now, live))

    @contextmanager
    def region(self, name: str) -> Iterator[None]:
        outer, self.path = self.path, (*self.path, name)
        counts = self.maker.regions.setdefault(self.path, [0, 0])
        start = self.now
        with self.event(REGION, list(self.maker.regions).index(self.path), 60):
            yield
        counts[0] += 1
        counts[1] += self.now - start
        self.path = outer

    @contextmanager
    def forward(self, op, stack, operands, result, ns, flops=0, size=0) -> Iterator[tuple]:
        """One operation; gives its place and node, as `pull` wants them."""
        m = self.maker
        place = m.row(op, stack, self.path, operands, result)
        m.nodes += 1
        node = (place, m.nodes)
        m.live += size + 120
        with self.event(FORWARD, place, ns, m.nodes):
            yield node
        m.count(place, calls=1, forward_ns=ns, forward_bytes=3 * size, forward_flops=flops)
        m.count(place, saved_bytes=size + 120, allocations=1, allocated_bytes=size)

    @contextmanager
    def pull(self, node: tuple, ns: int, flops: int = 0, size: int = 0) -> Iterator[None]:
        """The node's rule."""
        with self.event(BACKWARD, node[0], ns, node[1]):
            yield
        self.maker.count(node[0], backward_calls=1, backward_ns=ns, backward_bytes=2 * size)
        self.maker.count(node[0], backward_flops=flops, allocations=1, allocated_bytes=size)

    def phase(self, op: str, ns: int) -> None:
        place = self.maker.row(op)
        with self.event(PHASE, place, ns):
            pass
        self.maker.count(place, backward_calls=1, backward_ns=ns)

    def free(self, ns: int) -> None:
        """A graph that dies outside backward."""
        place = self.maker.row("(free)")
        with self.event(FORWARD, place, ns):
            self.maker.live //= 2
        self.maker.count(place, calls=1, forward_ns=ns)

    @contextmanager
    def walk(self, stack) -> Iterator[None]:
        with self.event(WALK, self.maker.row("(backward)", stack, self.path)):
            self.phase("(order)", 400)
            yield
            self.phase("(wait)", 50)
            self.phase("(commit)", 150)
            self.phase("(free)", 300)


def make_recording(*, steps: int = 3, file: str = "train.py", dropped: int = 0) -> Recording:
    """Record a training loop of `steps` steps, and on a second thread a stranger's code.

    The first thread has nested regions, a node made outside the profile, two walks over one graph
    and a rule written in Python that computes with tensors; the second has nothing but hostile
    names. Each step is some twenty events.
    """
    m = Maker()
    main, other = Thread(m, "MainThread"), Thread(m, f"worker {HOSTILE}", 1_000)
    outside = (m.row("exp"), 0)
    module = Line(file, 30, "<module>", 1, 30, 12)
    for _ in range(steps):
        _train(main, file, module, outside)
        _stranger(other)
    return m.recording(dropped)


def _train(thread: Thread, file: str, module: Line, outside: tuple) -> None:
    def at(line, function, column=5):
        return (Line(file, line, function, column, line, column + 10), module)

    with thread.region("train"):
        with thread.region("model"):
            call = ("matmul", at(12, "model", 9), (MATRIX, VECTOR), "float64(64)")
            with thread.forward(*call, 2_500, 4_096, 16_384) as matmul:
                pass
            with thread.forward("cube", at(13, "model"), ("float64(64)",), "float64(64)", 900) as c:
                square = ("mul", at(4, "cube"), ("float64(64)",) * 2, "float64(64)")
                with thread.forward(*square, 300, 64, 512) as mul:
                    pass
        with (
            thread.region("loss"),
            thread.forward("sum", at(20, "loss"), ("float64(64)",), SCALAR, 200, 64) as total,
        ):
            pass
        for _ in range(2):  # the graph is kept and walked again
            with thread.walk(at(25, "step", 1)):
                with thread.pull(total, 150, 64, 8):
                    pass
                with thread.pull(c, 1_400, 128, 512):  # a rule in Python, which records as well
                    again = ("mul", at(6, "rule", 13), ("float64(64)",) * 2, "float64(64)")
                    with thread.forward(*again, 350, 64, 512):
                        pass
                with thread.pull(mul, 420, 128, 1_024):
                    pass
                with thread.pull(matmul, 5_200, 8_192, 33_000):
                    pass
                with thread.pull(outside, 75, 64, 512):
                    pass
    thread.free(640)


def _stranger(thread: Thread) -> None:
    stack = (Line(f"/{HOSTILE}.py", 7, HOSTILE, 1, 8, 3), Line("<string>", 1, "<lambda>"))
    with thread.region(HOSTILE), thread.forward(HOSTILE, stack, (HOSTILE,), HOSTILE, 333) as node:
        pass
    with thread.walk(stack), thread.pull(node, 444):
        pass
    thread.now += 500

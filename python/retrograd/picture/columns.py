"""A graph as arrays: a million nodes are read, folded and summed without an object for each."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..profiler.records import BACKWARD, FORWARD, Line, Recording

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Columns:
    """Nodes by number, operands before what is made of them; the root is the last.

    Edges are sorted by target and position. `line` is -1 and `backward_ns` -1 where unknown.
    """

    ops: list[str]  # names; "" is a leaf's
    op: Ints  # by node, a place in `ops`
    types: list[tuple[str, tuple[int, ...]]]  # dtype and shape
    type: Ints
    value: NDArray[np.float64]  # of scalars; NaN for arrays
    is_leaf: NDArray[np.bool_]
    labels: dict[int, str]  # of nodes that have one
    source: Ints  # by edge
    target: Ints
    position: Ints  # which operand of the target
    lines: list[Line]
    line: Ints
    backward_ns: Ints
    requires_grad: bool  # of a root that stands alone; all else does

    def __len__(self) -> int:
        return len(self.op)

    @property
    def is_timed(self) -> bool:
        """Whether a backward time is known for any node."""
        return bool((self.backward_ns >= 0).any())


def read(tensor: Any, profile: Any) -> Columns:
    """Read the graph below `tensor`, with times and lines from `profile`."""
    recording = profile if isinstance(profile, Recording) else getattr(profile, "recording", None)
    captured = capture(tensor)
    assert captured is not None  # there was no limit
    return arrange(captured, recording)


def capture(tensor: Any, limit: int = 0) -> dict[str, Any] | None:
    """What is there now of the graph below `tensor`, without keeping any tensor alive.

    None where it has more than `limit` nodes; 0 is no limit.
    """
    raw = _core.graph_nodes(tensor, limit)
    if raw is None:
        return None
    holders = {
        raw["root"]: tensor,
        **dict(zip(raw["held_at"].tolist(), raw.pop("held"), strict=True)),
    }
    raw["labels"] = {i: str(h.label) for i, h in holders.items() if getattr(h, "label", "")}
    # Tensor(value, (), "name") is a leaf with a name.
    raw["leaf_names"] = {i: h.op for i, h in holders.items() if h.is_leaf and h.op}
    raw["requires_grad"] = bool(tensor.requires_grad)
    return raw


def arrange(raw: dict[str, Any], recording: Recording | None) -> Columns:
    """Make columns of what was captured, with times and lines from a recording."""
    names = [*raw["ops"]]
    op = raw["op"].astype(np.int64)
    # Distinct operations may share a symbol, and a rule's own name may be that of an operation.
    is_leaf = np.array([name == "" for name in names])[op]
    numbers: dict[str, int] = {"": 0}
    op = np.array([numbers.setdefault(n, len(numbers)) for n in names], np.int64)[op]
    rules = zip(raw["named_at"].tolist(), raw["names"], strict=True)
    for place, name in (*rules, *raw["leaf_names"].items()):
        op[place] = numbers.setdefault(name, len(numbers))

    operands = np.diff(raw["offsets"])
    target = np.repeat(np.arange(len(op)), operands)
    position = np.arange(len(target)) - np.repeat(raw["offsets"][:-1], operands)
    source = raw["inputs"].astype(np.int64)
    known = source >= 0  # the others are constants
    lines, line, backward_ns = _measured(raw["seq"].astype(np.int64), recording)
    return Columns(
        ops=list(numbers),
        op=op,
        types=raw["types"],
        type=raw["type"].astype(np.int64),
        value=raw["value"],
        is_leaf=is_leaf,
        labels=raw["labels"],
        source=source[known],
        target=target[known],
        position=position[known],
        lines=lines,
        line=line,
        backward_ns=backward_ns,
        requires_grad=raw["requires_grad"],
    )


def _measured(seq: Ints, recording: Recording | None) -> tuple[list[Line], Ints, Ints]:
    """Lines, and by node the place of its line and its time over all walks that were seen."""
    line = np.full(len(seq), -1)
    backward_ns = np.full(len(seq), -1)
    if recording is None:
        return [], line, backward_ns
    numbers: dict[Line, int] = {}
    lines = [r.line and numbers.setdefault(r.line, len(numbers)) for r in recording.rows]
    line_of_row = np.array([-1 if n is None else n for n in lines], np.int64)

    events = recording.events
    events = events[(events["node"] > 0) & (events["kind"] <= BACKWARD)]
    number = (events["node"] & np.uint64(0xFFFFFFFF)).astype(np.int64)  # a node keeps 32 bits
    order = np.argsort(seq, kind="stable")
    at = np.minimum(np.searchsorted(seq, number, sorter=order), len(seq) - 1)
    node = order[at]
    ours = seq[node] == number
    events, node = events[ours], node[ours]
    line[node] = line_of_row[events["row"]]
    walked = events["kind"] != FORWARD
    spent = (events["end"] - events["start"])[walked]
    sums = np.bincount(node[walked], weights=spent, minlength=len(seq))
    touched = np.bincount(node[walked], minlength=len(seq)) > 0
    return list(numbers), line, np.where(touched, np.rint(sums).astype(np.int64), -1)

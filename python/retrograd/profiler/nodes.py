"""The single nodes of a profile, taken from its events."""

from collections.abc import Callable
from dataclasses import fields
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .records import BACKWARD, FORWARD, Costs, Group, Recording, line_label

# What a row counts for each call of it: the same for all, as their shapes are.
PER_FORWARD = ("forward_bytes", "forward_flops", "saved_bytes", "allocations", "allocated_bytes")
PER_BACKWARD = ("backward_bytes", "backward_flops")


def node_costs(recording: Recording) -> tuple[NDArray[Any], NDArray[Any], Any]:
    """Numbers of the nodes, their rows, and their `Costs` with an array in place of each number.

    Times are those of the events, so they include operations run inside. Allocations are counted
    per row and shared out evenly, those of backward included.
    """
    events = recording.events[recording.events["node"] > 0]
    forward = events[events["kind"] == FORWARD]
    backward = events[events["kind"] == BACKWARD]
    both = np.concatenate([forward, backward])
    numbers, place = np.unique(both["node"], return_inverse=True)
    rows = np.zeros(len(numbers), dtype=np.intp)
    rows[place] = both["row"]

    def per_node(part: NDArray[Any], at: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        times = np.zeros(len(numbers), dtype=np.int64)
        np.add.at(times, at, part["end"] - part["start"])
        return np.bincount(at, minlength=len(numbers)), times

    calls, forward_ns = per_node(forward, place[: len(forward)])
    backward_calls, backward_ns = per_node(backward, place[len(forward) :])
    found: dict[str, Any] = {
        "calls": calls,
        "forward_ns": forward_ns,
        "backward_calls": backward_calls,
        "backward_ns": backward_ns,
    }
    for names, counted, times in (
        (PER_FORWARD, "calls", calls),
        (PER_BACKWARD, "backward_calls", backward_calls),
    ):
        for name in names:
            each = [
                getattr(r.costs, name) // max(getattr(r.costs, counted), 1) for r in recording.rows
            ]
            found[name] = np.asarray(each, dtype=np.int64)[rows] * times if each else times
    return numbers, rows, Costs(**found)


def node_groups(
    recording: Recording, key: Callable[[Any], Any] | None, limit: int | None
) -> tuple[list[Group], int, Costs, Costs]:
    """Give the `limit` nodes with the largest `key`, or the first; each a group of its own.

    After them come how many nodes were left out, their sum, and the sum of all.
    """
    numbers, rows, costs = node_costs(recording)
    order = np.arange(len(numbers)) if key is None else np.argsort(-key(costs), kind="stable")
    shown, rest = order[:limit], order[len(order) if limit is None else limit :]
    groups = [
        Group(
            f"#{numbers[i]} {recording.rows[rows[i]].op} {line_label(recording.rows[rows[i]])}",
            (int(rows[i]),),
            _take(costs, itemgetter(i)),
        )
        for i in shown
    ]
    left_out = _take(costs, lambda array: array[rest].sum())
    return groups, len(rest), left_out, _take(costs, lambda array: array.sum())


def _take(costs: Any, choose: Callable[[Any], Any]) -> Costs:
    return Costs(**{f.name: int(choose(getattr(costs, f.name))) for f in fields(Costs)})

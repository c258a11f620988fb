"""Counts, which are plain, with weights, which have gradients, and edges, which follow the data."""

from typing import Any

import numpy as np

from ..values import is_tensor, value
from .reductions import in_dtype
from .scatter import add_at
from .table import implements, on_values

on_values(np.digitize)

_EDGES = "edges: from the smallest to the largest element, or the bins given"


@implements(np.bincount, derivative="weights: g[x]")
def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    if is_tensor(x) or not is_tensor(weights):  # NumPy says that floats are no bins
        return np.bincount(value(x), value(weights), minlength)
    bins = np.asarray(x)
    empty = np.bincount(bins, np.zeros(weights.shape), minlength)
    return add_at(empty, bins, in_dtype(weights, np.float64))


def _edges(a: Any, bins: Any, range: Any, plain: Any) -> Any:
    """NumPy's edges, as tensors where they are made of some."""
    if np.ndim(value(bins)):
        return bins[...] if is_tensor(bins) else plain
    if range is None:
        if not is_tensor(a) or not a.size:
            return plain
        range = np.min(a), np.max(a)
    low, high = range
    if not (is_tensor(low) or is_tensor(high)):
        return plain
    if np.equal(low, high):
        low, high = low - 0.5, high + 0.5
    low, high = (in_dtype(x, plain.dtype) if is_tensor(x) else x for x in (low, high))
    return np.linspace(low, high, len(plain))


@implements(np.histogram_bin_edges, derivative=_EDGES, kink="equal extrema share, 1/n each")
def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    plain = np.histogram_bin_edges(value(a), value(bins), value(range), value(weights))
    return _edges(a, bins, range, plain)


@implements(np.histogram, derivative="weights: g of the bin; " + _EDGES)
def histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    counts, plain = np.histogram(value(a), value(bins), value(range), weights=value(weights))
    edges = _edges(a, bins, range, plain)
    if is_tensor(weights):
        elements = np.ravel(value(a))
        at = np.searchsorted(plain, elements, side="right") - 1
        at[elements == plain[-1]] -= 1  # the last bin has its upper edge
        inside = (at >= 0) & (at < len(counts))
        empty = np.zeros(len(counts), weights.dtype)
        counts = add_at(empty, at[inside], weights.reshape(-1)[inside])
    return counts / np.diff(edges) / np.sum(counts) if density else counts, edges


@implements(np.histogramdd, derivative=_EDGES)
def histogramdd(
    sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    return _grid("histogramdd", sample, bins, range, density, weights)


@implements(np.histogram2d, derivative=_EDGES)
def histogram2d(
    x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    if np.ndim(value(bins)) == 1 and len(bins) not in (1, 2):
        bins = [bins, bins]  # edges of both
    counts, edges = _grid("histogram2d", [x, y], bins, range, density, weights)
    return counts, *edges


def _grid(name: str, sample: Any, bins: Any, range: Any, density: Any, weights: Any) -> Any:
    if is_tensor(weights):
        raise TypeError(
            f"np.{name}: keyword 'weights' is a Tensor; np.histogram and np.bincount have its "
            "gradient"
        )
    counts, plain = np.histogramdd(value(sample), value(bins), value(range), weights=weights)
    dimensions = np.arange(len(plain))
    columns = np.transpose(sample) if is_tensor(sample) else sample
    edges = [
        _edges(
            columns[i] if is_tensor(columns) or isinstance(columns, (list, tuple)) else None,
            bins[i] if isinstance(bins, (list, tuple)) or np.ndim(value(bins)) else bins,
            None if range is None else range[i],
            plain[i],
        )
        for i in dimensions
    ]
    if density:
        counts = counts / counts.sum()
        for i in dimensions:
            width = np.diff(edges[i])
            counts = counts / width.reshape([-1 if k == i else 1 for k in dimensions])
    return counts, type(plain)(edges)

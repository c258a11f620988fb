"""Histograms: heights from weights, edges from the data's range, densities from both."""

from typing import Any

import numpy as np

from ..values import holds_tensor, is_tensor, value
from .creation import lifted
from .reductions import in_dtype
from .scatter import add_at
from .table import implements, on_values

on_values(np.digitize)


@implements(np.bincount, derivative="weights: g[x]")
def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    weights = lifted(weights)
    if is_tensor(x) or not is_tensor(weights):  # NumPy says that floats are no bins
        return np.bincount(value(x), value(weights), minlength)
    bins = np.asarray(x)
    empty = np.bincount(bins, np.zeros(weights.shape), minlength)
    return add_at(empty, bins, in_dtype(weights, np.float64))


@implements(
    np.histogram_bin_edges,
    derivative="that of linspace(min(a), max(a)); none where a range or the edges are given",
)
def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    a, bins = lifted(a), lifted(bins)
    plain = np.histogram_bin_edges(value(a), value(bins), value(range), value(weights))
    if np.ndim(value(bins)) == 1:
        return bins[...] if is_tensor(bins) else plain
    if range is None:
        if not is_tensor(a) or not a.size:
            return plain
        range = np.min(a), np.max(a)
    low, high = range
    if not (is_tensor(low) or is_tensor(high)):
        return plain
    if np.equal(low, high):  # as NumPy makes room
        low, high = low - 0.5, high + 0.5
    low, high = (in_dtype(x, plain.dtype) if is_tensor(x) else x for x in (low, high))
    return np.linspace(low, high, plain.size)


@implements(np.histogram, derivative="weights: g of the bin; edges: that of histogram_bin_edges")
def histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    a, weights = lifted(a), lifted(weights)
    plain = np.ravel(value(a))
    counts, _ = np.histogram(value(a), value(bins), value(range), None, value(weights))
    edges = histogram_bin_edges(a, bins, range, weights)
    if is_tensor(weights):
        counts = _heights([plain], [value(edges)], np.reshape(weights, -1))
    return _dense(counts, [edges]) if density else counts, edges


@implements(np.histogramdd, derivative="weights: g of the bin; edges: that of histogram_bin_edges")
def histogramdd(
    sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    weights = lifted(weights)
    counts, plain = np.histogramdd(value(sample), value(bins), value(range), None, value(weights))
    # An array has a point in each row, a sequence a coordinate in each of its arrays.
    one = hasattr(sample, "shape")
    points = list(sample.reshape(len(sample), -1).T) if one else list(map(lifted, sample))
    edges = []
    for k, (coordinate, given) in enumerate(zip(points, plain, strict=True)):
        own = bins[k] if hasattr(bins, "__len__") else bins
        limits = None if range is None else range[k]
        moves = holds_tensor([coordinate, own, limits])
        if is_tensor(coordinate):
            coordinate = in_dtype(coordinate, given.dtype)
        edge = histogram_bin_edges(coordinate, own, limits) if moves else given
        edges.append(in_dtype(edge, given.dtype))
    if is_tensor(weights):
        weights = in_dtype(weights, np.float64)
        counts = _heights([value(x) for x in points], list(map(value, edges)), weights)
    return _dense(counts, edges) if density else counts, tuple(edges)


@implements(np.histogram2d, derivative="weights: g of the bin; edges: that of histogram_bin_edges")
def histogram2d(
    x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    if len(x) != len(y):
        raise ValueError(f"np.histogram2d: x has {len(x)} elements, y has {len(y)}")
    if hasattr(bins, "__len__") and len(bins) not in (1, 2):
        bins = [bins, bins]  # edges of both
    heights, (along_x, along_y) = histogramdd([x, y], bins, range, density, weights)
    return heights, along_x, along_y


def _heights(points: list[Any], edges: list[Any], weights: Any) -> Any:
    """The weights added up in the bins."""
    shape = tuple(len(e) - 1 for e in edges)
    places, inside = [], np.ones(len(weights), bool)
    for a, e in zip(points, edges, strict=True):
        at = np.searchsorted(e, a, side="right") - 1
        at[a == e[-1]] -= 1  # the last bin has its upper edge
        inside &= (at >= 0) & (at < len(e) - 1)
        places.append(at)
    key = tuple(at[inside] for at in places)
    return add_at(np.zeros(shape, weights.dtype), key, weights[inside])


def _dense(heights: Any, edges: list[Any]) -> Any:
    total = np.sum(heights)
    for k, e in enumerate(edges):
        heights = heights / np.reshape(np.diff(e), (-1,) + (1,) * (len(edges) - k - 1))
    return heights / total

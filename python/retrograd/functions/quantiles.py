"""Order statistics: median, quantile and percentile, with NaNs counted or left out.

The gradient goes to the elements that are selected; of equal ones, to those that come first.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..values import holds_tensor, value
from .statistics import weights_along
from .table import implements

_SELECTED = "g to the selected elements"
_TIES = "of equal elements the first is selected"


class _Lanes:
    """The reduced axes of an array as the last one, and the order of the elements along it."""

    def __init__(self, a: Any, axis: Any, skip_nan: bool) -> None:
        every = range(a.ndim)
        axes = every if axis is None else np.lib.array_utils.normalize_axis_tuple(axis, a.ndim)
        rest = [i for i in every if i not in axes]
        self._turn = (*rest, *axes)
        self.n = int(np.prod([a.shape[i] for i in axes], dtype=int))
        self._shape = tuple(a.shape[i] for i in rest)
        self._kept = tuple(1 if i in axes else a.shape[i] for i in every)
        self._lanes = self.turned(a)
        values = value(self._lanes)
        # NaNs come last.
        self.order = np.argsort(values, axis=-1, kind="stable")
        nan = np.isnan(values)
        self.counts = np.sum(~nan, axis=-1) if skip_nan else np.full(len(nan), self.n)
        self.spoilt = np.any(nan, axis=-1) & (not skip_nan)
        if skip_nan and not self.counts.all():
            warnings.warn("All-NaN slice encountered", RuntimeWarning, stacklevel=5)

    def turned(self, a: Any) -> Any:
        return a.transpose(self._turn).reshape((-1, self.n) if self.n else (0, 0))

    def __getitem__(self, at: Any) -> Any:
        """The elements with these ranks, for each lane a row of them."""
        # A NaN that is not left out, or the only thing there is, is the answer.
        at = np.where(self.spoilt[:, None], self.n - 1, np.where(self.counts[:, None], at, 0))
        lane = np.arange(len(at))[:, None]
        return self._lanes[lane, self.order[lane, at]]

    def folded(self, y: Any, shape: tuple[int, ...], keepdims: bool) -> Any:
        """Rows of results in the shape of NumPy's: that of the question comes first."""
        return np.transpose(y).reshape(shape + (self._kept if keepdims else self._shape))


def _middle(a: Any, axis: Any, keepdims: bool, skip_nan: bool) -> Any:
    lanes = _Lanes(a, axis, skip_nan)
    if not lanes.n:
        return (np.nanmean if skip_nan else np.mean)(a, axis=axis, keepdims=keepdims)
    low, high = (lanes.counts[:, None] - 1) // 2, lanes.counts[:, None] // 2
    y = lanes[low] if np.array_equal(low, high) else (lanes[low] + lanes[high]) / 2
    return lanes.folded(y, (), keepdims)


def _between(
    function: Callable[..., Any],
    a: Any,
    q: Any,
    axis: Any,
    method: str,
    keepdims: bool,
    weights: Any,
    skip_nan: bool,
) -> Any:
    if holds_tensor(q):
        raise TypeError(f"np.{function.__name__}: q is a Tensor; its gradient is not supported")
    if a.dtype.kind == "c":
        raise TypeError(f"np.{function.__name__}: complex numbers came, real ones were wanted")
    lanes = _Lanes(a, axis, skip_nan)
    if weights is not None:
        spread = np.broadcast_to(value(weights_along(weights, a, axis)), a.shape)
        weights = np.take_along_axis(lanes.turned(spread), lanes.order, axis=-1)
    places = _places(function, lanes.counts, q, a.dtype, method, weights)
    low, high = np.floor(places).astype(int), np.ceil(places).astype(int)
    share = places - low
    # From the nearer of the two, as NumPy does: that is monotonic in `share`.
    upper = share >= 0.5
    y = lanes[np.where(upper, high, low)]
    if share.any():
        step = np.where(share == 0, 0.0, lanes[high] - lanes[low])
        y = y + step * np.where(upper, share - 1, share)
    return lanes.folded(y.astype(places.dtype), np.shape(q), keepdims)


def _places(
    function: Callable[..., Any], counts: Any, q: Any, dtype: Any, method: str, weights: Any
) -> Any:
    """Where in sorted lanes the quantiles lie: NumPy's own answer for the lane 0, 1, 2, …"""

    def of(n: int, **more: Any) -> Any:
        return np.ravel(function(np.arange(max(n, 1), dtype=dtype), q, method=method, **more))

    if weights is not None:
        rows = zip(counts, weights, strict=True)
        return np.stack([of(n, weights=w[: max(n, 1)]) for n, w in rows])
    if (counts == counts[:1]).all():
        return np.stack([of(n) for n in counts[:1]] * len(counts))
    different, which = np.unique(counts, return_inverse=True)
    return np.stack([of(n) for n in different])[which]


@implements(np.median, derivative=_SELECTED + ", halves to the middle two", kink=_TIES)
def median(
    a: Any, axis: Any = None, *, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    return _middle(a, axis, keepdims, False)


@implements(np.nanmedian, derivative=_SELECTED + ", halves to the middle two", kink=_TIES)
def nanmedian(
    a: Any, axis: Any = None, *, overwrite_input: bool = False, keepdims: Any = False
) -> Any:
    return _middle(a, axis, keepdims, True)


def _enter(named: Callable[..., Any], function: Callable[..., Any], skip_nan: bool) -> None:
    """Enter one of the four functions with one list of parameters."""

    @implements(named, derivative=_SELECTED + ", by their shares", kink=_TIES)
    def between(
        a: Any,
        q: Any,
        axis: Any = None,
        *,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: bool = False,
        weights: Any = None,
    ) -> Any:
        return _between(function, a, q, axis, method, keepdims, weights, skip_nan)

    between.__name__ = named.__name__


_enter(np.quantile, np.quantile, False)
_enter(np.percentile, np.percentile, False)
_enter(np.nanquantile, np.quantile, True)
_enter(np.nanpercentile, np.percentile, True)

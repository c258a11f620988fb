"""Differences, slopes, areas and interpolation of samples."""

from typing import Any

import numpy as np

from ..values import UNSET
from .creation import lifted
from .places import as_part
from .probe import asked, axes_of, back, front
from .table import implements, is_tensor, value


@implements(np.diff, derivative="the transposed differences of g")
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = UNSET, append: Any = UNSET) -> Any:
    if n == 0:
        return a
    if n < 0:
        raise ValueError(f"np.diff: n = {n} is negative")
    a = as_part(a)
    (axis,) = axes_of("diff", axis, a.ndim)
    parts = [x if x is a else _edge(x, a, axis) for x in (prepend, a, append) if x is not UNSET]
    a = np.concatenate(parts, axis) if len(parts) > 1 else a
    every = (slice(None),) * axis
    for _ in range(n):
        a = a[(*every, slice(1, None))] - a[(*every, slice(None, -1))]
    return a


def _edge(x: Any, a: Any, axis: int) -> Any:
    x = as_part(x)
    return x if x.ndim else np.broadcast_to(x, (*a.shape[:axis], 1, *a.shape[axis + 1 :]))


@implements(np.ediff1d, derivative="the transposed differences of g")
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    a = np.ravel(as_part(ary))
    parts = [a[1:] - a[:-1]]
    for name, x in (("to_begin", to_begin), ("to_end", to_end)):
        if x is None:
            continue
        x = np.ravel(as_part(x))
        if not np.can_cast(x.dtype, a.dtype, "same_kind"):
            raise TypeError(f"np.ediff1d: {name} of dtype {x.dtype} does not fit {a.dtype}")
        parts.insert(0 if name == "to_begin" else len(parts), np.astype(x, a.dtype))
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


@implements(np.gradient, derivative="the transposed differences of g; that of the spacing")
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    f = as_part(f)
    f = f.astype(np.float64) if f.dtype.kind in "biu" else f
    along = axes_of("gradient", axis, f.ndim)
    spacings = tuple(map(lifted, varargs)) or (1.0,)
    if len(spacings) == 1 and not np.ndim(spacings[0]):
        spacings *= len(along)
    if len(spacings) != len(along):
        raise TypeError(f"np.gradient: {len(spacings)} spacings came for {len(along)} axes")
    if edge_order not in (1, 2):
        raise ValueError(f"np.gradient: edge_order is 1 or 2, not {edge_order}")
    if min((f.shape[k] for k in along), default=9) <= edge_order:
        raise ValueError(f"np.gradient: shape {f.shape} is too small for edge_order {edge_order}")
    slopes = []
    for k, spacing in zip(along, spacings, strict=True):
        rows = front(f, k)
        slope = back(_slope(rows, _steps(spacing, rows), edge_order), k)
        slopes.append(np.astype(slope, f.dtype, copy=False))
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


def _steps(spacing: Any, rows: Any) -> Any:
    """The step between samples: one, or one after each of them but the last."""
    if not np.ndim(spacing):
        return spacing
    places = as_part(spacing)
    if places.shape != rows.shape[:1]:
        raise ValueError(f"np.gradient: {places.shape} places came for {rows.shape[0]} samples")
    steps = np.diff(np.astype(places, np.float64) if places.dtype.kind in "iu" else places)
    # Equal steps are one for NumPy; those of a Tensor have a derivative each.
    if not is_tensor(steps) and (steps == steps[0]).all():
        return steps[0]
    return steps.reshape((-1,) + (1,) * (rows.ndim - 1))


def _slope(f: Any, h: Any, edge_order: int) -> Any:
    """NumPy's formulas, term by term, along the first axis."""
    even = not np.ndim(h)
    if even:
        inner = (f[2:] - f[:-2]) / (2.0 * h)
    else:
        h1, h2 = h[:-1], h[1:]
        inner = -h2 / (h1 * (h1 + h2)) * f[:-2] + (h2 - h1) / (h1 * h2) * f[1:-1]
        inner = inner + h1 / (h2 * (h1 + h2)) * f[2:]
    first, last = (h, h) if even else (h[:1], h[-1:])
    if edge_order == 1:
        start, end = (f[1:2] - f[:1]) / first, (f[-1:] - f[-2:-1]) / last
    elif even:
        start = -1.5 / h * f[:1] + 2.0 / h * f[1:2] + -0.5 / h * f[2:3]
        end = 0.5 / h * f[-3:-2] + -2.0 / h * f[-2:-1] + 1.5 / h * f[-1:]
    else:
        h1, h2 = first, h[1:2]
        start = -(2.0 * h1 + h2) / (h1 * (h1 + h2)) * f[:1] + (h1 + h2) / (h1 * h2) * f[1:2]
        start = start + -h1 / (h2 * (h1 + h2)) * f[2:3]
        h1, h2 = h[-2:-1], last
        end = h2 / (h1 * (h1 + h2)) * f[-3:-2] + -(h2 + h1) / (h1 * h2) * f[-2:-1]
        end = end + (2.0 * h2 + h1) / (h2 * (h1 + h2)) * f[-1:]
    return np.concatenate([start, inner, end])


@implements(np.trapezoid, derivative="g times the widths; that of the widths")
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = as_part(y)
    (axis,) = axes_of("trapezoid", axis, y.ndim)
    width = dx
    if x is not None:
        x = as_part(x)
        width = np.diff(x, axis=axis if x.ndim > 1 else -1)
        if x.ndim == 1:
            width = width.reshape((-1,) + (1,) * (y.ndim - axis - 1))
    every = (slice(None),) * axis
    pairs = y[(*every, slice(1, None))] + y[(*every, slice(None, -1))]
    return np.sum(width * pairs / 2.0, axis=axis)


@implements(
    np.interp,
    derivative=(
        "g times: the slope for x, the neighbours' weights for fp, minus the slope times these for "
        "xp"
    ),
    kink="at a point of xp the slope to its right, at the last that to its left; zero outside",
)
def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    # NumPy checks the arguments, and its values stand where ours are not finite.
    plain = [value(lifted(v)) for v in (x, xp, fp, left, right, period)]
    want = np.asarray(asked(np.interp, *plain))
    x, xp, fp = (
        np.astype(v, np.result_type(v.dtype, np.float64), copy=False)
        for v in map(as_part, (x, xp, fp))
    )
    if period is not None:
        x, xp, fp = _periodic(x, xp, fp, np.abs(period))
        left = right = None
    at, points = value(x), value(xp)
    below = np.clip(np.searchsorted(points, at, "right") - 1, 0, len(points) - 1)
    y = fp[below]
    if len(points) > 1:
        # The last piece of positive width also serves its own right end.
        last = max(np.searchsorted(points, points[-1]) - 1, 0)
        j = np.minimum(below, last)
        with np.errstate(all="ignore"):  # NumPy has warned, if it does
            y = (fp[j + 1] - fp[j]) / (xp[j + 1] - xp[j]) * (x - xp[below]) + y
    outside = [(at < points[0], left, fp[0]), (at > points[-1], right, fp[-1])]
    for where, given, edge in outside:
        y = np.where(where, edge if given is None else lifted(given), y)
    odd = np.isnan(y) & ~np.isnan(want)
    return np.where(odd, want, y) if odd.any() else y


def _periodic(x: Any, xp: Any, fp: Any, period: Any) -> tuple[Any, Any, Any]:
    x, xp = np.mod(x, period), np.mod(xp, period)
    order = np.argsort(value(xp))
    xp, fp = xp[order], fp[order]
    xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
    return x, xp, np.concatenate([fp[-1:], fp, fp[:1]])

"""np.pad: borders copied from within, computed from within, or constant."""

from typing import Any

import numpy as np

from ..functional.nesting import constant
from ..ops import broadcast_to
from .creation import lifted
from .probe import asked, back, front, picked
from .table import implements, is_tensor, value

_STATISTICS: dict[str, Any] = {
    "maximum": np.max,
    "minimum": np.min,
    "mean": np.mean,
    "median": np.median,
}


@implements(
    np.pad,
    derivative="g summed over the copies of an element; that of the statistic or ramp elsewhere",
    kink="that of np.max, np.min or np.median",
)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    if callable(mode):
        raise TypeError("np.pad: keyword 'mode': a function writes into plain arrays, give a name")
    settings = {name: lifted(setting) for name, setting in kwargs.items()}
    plain = {name: value(setting) for name, setting in settings.items()}
    # NumPy checks the arguments, and tells the widths, on arrays of one element.
    asked(np.pad, np.ones([min(n, 1) for n in array.shape]), pad_width, mode, **plain)
    one = np.pad(np.ones((1,) * array.ndim), pad_width)
    lefts = np.unravel_index(np.argmax(one), one.shape)
    widths = [(int(left), n - 1 - int(left)) for left, n in zip(lefts, one.shape, strict=True)]
    odd = plain.get("reflect_type") == "odd"
    if mode in ("edge", "wrap", "reflect", "symmetric") and not odd:
        return picked(np.pad, array, pad_width, mode, distinct=False, **plain)
    if mode in ("constant", "empty") and not any(map(is_tensor, settings.values())):
        zeros = np.zeros(array.shape, array.dtype)
        out = constant(np.pad(zeros, pad_width, "constant", **plain))
        middle = zip(widths, array.shape, strict=True)
        out[tuple(slice(left, left + n) for (left, _), n in middle)] = array
        return out
    if not any(map(any, widths)):
        return +array
    return _axis_by_axis(array, widths, mode, *settings.values())


def _axis_by_axis(array: Any, widths: list[tuple[int, int]], mode: str, setting: Any = None) -> Any:
    if setting is None and mode == "linear_ramp":
        setting = 0
    # A setting is one for all, or one for each border; these two know but one word.
    single = setting is None or mode in ("reflect", "symmetric")
    pairs = [(None, None)] * array.ndim if single else broadcast_to(setting, (array.ndim, 2))
    for axis, (width, pair) in enumerate(zip(widths, pairs, strict=True)):
        if any(width):
            array = back(_extended(front(array, axis), width, mode, pair), axis)
    return array


def _extended(a: Any, width: tuple[int, int], mode: str, pair: Any) -> Any:
    """`a` with borders along its first axis."""
    if mode in ("reflect", "symmetric"):
        return _reflected(a, *width, mode == "symmetric")
    borders = []
    # The right border is the left one of the reversed array.
    for rows, n, setting in zip((a, np.flip(a, 0)), width, pair, strict=True):
        if mode == "linear_ramp":
            borders.append(np.linspace(setting, rows[0], n, endpoint=False, dtype=a.dtype))
            continue
        if mode == "constant":
            fill = setting.astype(a.dtype)
        else:
            within = rows if setting is None else rows[: int(setting)]
            fill = _STATISTICS[mode](within, axis=0)
        borders.append(broadcast_to(fill, (n, *a.shape[1:])))
    return np.concatenate([borders[0], a, np.flip(borders[1], 0)])


def _reflected(a: Any, left: int, right: int, with_edge: bool) -> Any:
    """Reflected in the points at both ends, over and over: 2 * edge - inside."""
    if len(a) == 1:  # nothing to reflect: NumPy repeats it
        return np.repeat(a, left + 1 + right, 0)
    first = 0 if with_edge else 1
    period = len(a) - first
    while left or right:
        # The ends are centres of symmetry a whole number of periods apart.
        longest = (len(a) - first) // period * period
        n, m = min(left, longest), min(right, longest)
        before = 2.0 * a[:1] - np.flip(a[first : first + n], 0)
        after = 2.0 * a[-1:] - np.flip(a, 0)[first : first + m]
        a = np.concatenate([before, a, after])
        left, right = left - n, right - m
    return a

"""Adding at places that may repeat, `np.add.at`, and adding up segments, `np.add.reduceat`."""

from typing import Any

import numpy as np

from .primitive import Primitive


def _added(a: Any, v: Any, *, key: Any) -> Any:
    # In the order of the places and in the place itself, so the bits are those of `np.add.at`.
    out = np.array(a, np.result_type(a, v))
    np.add.at(out, key, v)
    return out


_add_at = Primitive(
    "add.at",
    _added,
    lambda g, y, a, v, *, key: g,
    lambda g, y, a, v, *, key: g[key],
    reads_result=False,
)


def add_at(a: Any, key: Any, v: Any) -> Any:
    """`a` with `v` added at `key`, every repeat of a place counted; `v` is as large as the place.

    Parameters
    ----------
    a, v : Tensor or ndarray
    key : any index that NumPy takes
    """
    return _add_at(a, v, key=key)


def _pull_segments(g: Any, y: Any, a: Any, *, starts: Any, axis: int) -> Any:
    n = a.shape[axis]
    segment = np.searchsorted(starts, np.arange(n), side="right") - 1
    spread = g[(slice(None),) * axis + (segment,)]
    if not starts[0]:
        return spread
    inside = (segment >= 0).reshape((-1,) + (1,) * (a.ndim - axis - 1))
    return np.where(inside, spread, 0.0)


segment_sums = Primitive(
    "add.reduceat",
    lambda a, *, starts, axis: np.add.reduceat(a, starts, axis),
    _pull_segments,
    reads_result=False,
)

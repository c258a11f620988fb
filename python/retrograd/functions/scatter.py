"""Adding at places that may repeat: `np.add.at`, and what counts with weights."""

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

"""The array API standard's namespace of tensors: NumPy's, whose functions take tensors.

What makes arrays is ours, since NumPy's `asarray` would end a gradient. Code that is written to the
standard gets this module from `t.__array_namespace__()`.
"""

from typing import Any

import numpy as np

from . import _core
from .tensor import Tensor


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Any:
    """A Tensor as it is, also in another type; numbers and arrays as an ndarray.

    Parameters
    ----------
    obj : Tensor or array_like
        Sequences of tensors are stacked.
    dtype : dtype, optional
    device : 'cpu', optional
    copy : bool, optional
        True for memory of its own; False for an error where there would have to be.
    """
    if isinstance(obj, (list, tuple)) and any(isinstance(x, (Tensor, list, tuple)) for x in obj):
        parts = [asarray(x) for x in obj]
        if any(isinstance(x, _core.Tensor) for x in parts):
            obj = np.stack(parts)
    if not isinstance(obj, _core.Tensor):
        return np.asarray(obj, dtype=dtype, device=device, copy=copy)
    if device not in (None, "cpu"):
        raise ValueError(f"asarray: device {device!r} came; there is 'cpu'")
    t: Any = obj
    if dtype is not None and np.dtype(dtype) != t.dtype:
        if copy is False:
            raise ValueError(f"asarray: {t.dtype} to {np.dtype(dtype)} needs a copy")
        return t.astype(dtype)
    return t.copy() if copy else t


def __getattr__(name: str) -> Any:
    return getattr(np, name)


def __dir__() -> list[str]:
    return sorted({*dir(np), *globals()})

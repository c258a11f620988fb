"""The array API standard's namespace of tensors: NumPy's, whose functions take tensors.

What makes arrays is ours, since NumPy's `asarray` would end a gradient. Code that is written to the
standard gets this module from `t.__array_namespace__()`.
"""

from typing import Any

import numpy as np

from .functions.creation import lifted
from .values import is_tensor


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
    obj = lifted(obj)
    if not is_tensor(obj):
        return np.asarray(obj, dtype=dtype, device=device, copy=copy)
    if device not in (None, "cpu"):
        raise ValueError(f"asarray: device {device!r} came; there is 'cpu'")
    if dtype is not None and np.dtype(dtype) != obj.dtype:
        if copy is False:
            raise ValueError(f"asarray: {obj.dtype} to {np.dtype(dtype)} needs a copy")
        return obj.astype(dtype)
    return obj.copy() if copy else obj


def __getattr__(name: str) -> Any:
    return getattr(np, name)


def __dir__() -> list[str]:
    return sorted({*dir(np), *globals()})

"""The methods of a Tensor that it has because an ndarray has them.

Most are NumPy's function of the same name and go through `__array_function__`, so that the families
of functions are imported when the first is called, and a refusal names NumPy's function.
"""

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from . import _core, ops
from .detach import check_detach

# Methods that are NumPy's function of that name, the Tensor being its first argument.
_BY_NAME = (
    *("all", "any", "argmax", "argmin", "argpartition", "argsort", "choose"),
    *("cumprod", "cumsum", "diagonal", "dot", "nonzero", "prod", "put", "ravel", "repeat"),
    *("round", "searchsorted", "squeeze", "std", "swapaxes", "take", "trace", "var"),
)

# What changes a Tensor's memory, or reads it as something else than numbers.
_INSTEAD = {
    "byteswap": "t.numpy().byteswap()",
    "dump": "pickle.dump of a leaf, or np.save of t.numpy()",
    "dumps": "pickle.dumps of a leaf, or t.tobytes()",
    "getfield": "t.numpy().getfield(...)",
    "resize": "np.resize(t, shape), or t.reshape(shape)",
    "setfield": "t[...] = value",
    "setflags": "t.detach(), or t.numpy(), which is read-only",
    "tofile": "t.numpy().tofile(file)",
}


def _numpys(name: str) -> Callable[..., Any]:
    function = getattr(np, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`np.{name}` of this tensor."
    return method


def _refused(name: str, instead: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(f"{name}: not supported on a Tensor; use {instead}")

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"Not supported: use {instead}."
    return method


def astype(
    self: Any,
    dtype: Any,
    order: str = "K",
    casting: Any = "unsafe",
    subok: bool = True,
    copy: bool = True,
) -> Any:
    """`retrograd.astype` with NumPy's keywords; integers, without a derivative, are plain."""
    _check_order("astype", order)
    rule: Any = casting
    if casting != "unsafe" and not np.can_cast(self.dtype, dtype, rule):
        raise _core.DTypeError(
            f"astype: {self.dtype} to {np.dtype(dtype)} is no cast by the rule {casting!r}"
        )
    if np.dtype(dtype).kind in "biu":
        return self._view().astype(dtype)
    return self if not copy and self.dtype == dtype else ops.astype(self, dtype)


def clip(self: Any, min: Any = None, max: Any = None, out: Any = None, **kwargs: Any) -> Any:
    """`np.clip` of this tensor."""
    return np.clip(self, min, max, out=out, **kwargs)


def compress(self: Any, condition: Any, axis: Any = None, out: Any = None) -> Any:
    """`np.compress` of this tensor."""
    return np.compress(condition, self, axis=axis, out=out)


def copy(self: Any, order: str = "C") -> Any:
    """The same value in memory of its own; gradients flow through."""
    _check_order("copy", order)
    return +self


def fill(self: Any, value: Any) -> None:
    """Write one number, or 0-d Tensor, everywhere."""
    if np.size(value) != 1:
        raise ValueError(f"fill: shape {np.shape(value)} came, one number was wanted")
    self[...] = value


def flatten(self: Any, order: Any = "C") -> Any:
    """A copy in one dimension."""
    return +np.ravel(self, order)


def item(self: Any, *args: Any) -> Any:
    """The element at a place, or the only one, as a Python float or complex."""
    check_detach("item")
    return self._view().item(*args)


def partition(
    self: Any, kth: Any, axis: int = -1, kind: Any = "introselect", order: Any = None
) -> None:
    """Partition in place, see `np.partition`."""
    self[...] = np.partition(self, kth, axis, kind, order)


def sort(
    self: Any, axis: int = -1, kind: Any = None, order: Any = None, *, stable: Any = None
) -> None:
    """Sort in place, see `np.sort`."""
    self[...] = np.sort(self, axis=axis, kind=kind, order=order, stable=stable)


def tobytes(self: Any, order: Any = "C") -> bytes:
    """The bytes of the value."""
    check_detach("tobytes")
    made: bytes = self._view().tobytes(order)
    return made


def tolist(self: Any) -> Any:
    """The elements as nested lists of Python numbers."""
    check_detach("tolist")
    return self._view().tolist()


def view(self: Any, dtype: Any = None, type: Any = None) -> Any:
    """A view of the same shape; the bytes of a Tensor are read as nothing else."""
    if type is not None or (dtype is not None and np.dtype(dtype) != self.dtype):
        raise TypeError("view: a Tensor has no view as another type; use t.astype(dtype)")
    return self[...]


def _check_order(name: str, order: str) -> None:
    if order not in ("C", "K", "A"):
        raise TypeError(
            f"{name}: order={order!r} is not supported; a Tensor is laid out in C order"
        )


class Flat:
    """`t.flat`: the elements in C order, to read and to write."""

    def __init__(self, tensor: Any) -> None:
        self._tensor = tensor

    def __len__(self) -> int:
        return int(self._tensor.size)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._tensor.reshape(-1))

    def __getitem__(self, key: Any) -> Any:
        return self._tensor.reshape(-1)[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        places = np.arange(len(self))[key]
        if np.ndim(value) and np.size(value) != np.size(places):
            # NumPy goes round what is too short.
            value = np.ravel(value)[np.arange(np.size(places)) % np.size(value)]
        self._tensor[np.unravel_index(places, self._tensor.shape)] = value


def _flat(self: Any) -> Flat:
    """The elements in C order, as a sequence that can be written to."""
    return Flat(self)


def _set_flat(self: Any, value: Any) -> None:
    Flat(self)[:] = value


def _mT(self: Any) -> Any:
    """The tensor with its last two axes exchanged."""
    if self.ndim < 2:
        raise ValueError(f"mT: shape {self.shape} came, at least two axes were wanted")
    return self.transpose((*range(self.ndim - 2), -1, -2))


_PROPERTIES = {
    "flat": property(_flat, _set_flat),
    "flags": property(lambda self: self._view().flags, doc="Those of the detached value."),
    "imag": property(ops.imag, doc="The imaginary part; zeros if the tensor is real."),
    "itemsize": property(lambda self: self.dtype.itemsize, doc="Bytes of one element."),
    "mT": property(_mT),
    "nbytes": property(lambda self: self.size * self.dtype.itemsize, doc="Bytes of the elements."),
    "real": property(ops.real, doc="The real part; a copy if the tensor is real."),
    "strides": property(lambda self: self._view().strides, doc="Those of the detached value."),
}

METHODS: dict[str, Any] = {
    **{name: _numpys(name) for name in _BY_NAME},
    **{name: _refused(name, instead) for name, instead in _INSTEAD.items()},
    **{
        f.__name__: f
        for f in (
            *(astype, clip, compress, copy, fill, flatten, item, partition, sort, tobytes, tolist),
            view,
        )
    },
    **_PROPERTIES,
}

"""Tensors made from numbers, from another's shape, and from tensors as their parts."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core
from ..functional.nesting import constant
from ..ops import broadcast_to
from ..values import holds_tensor, is_tensor, value
from .places import as_part
from .probe import asked
from .table import implements


def lifted(x: Any) -> Any:
    """A list that holds tensors as one Tensor; anything else as it is."""
    return as_part(x) if holds_tensor(x) else x


def array(object: Any, dtype: Any = None, *, copy: bool = True, ndmin: int = 0) -> Any:
    """Make one Tensor of nested lists of tensors and numbers: `np.array` that keeps gradients.

    Parameters
    ----------
    object : Tensor, array_like, or nested lists of them
        Parts of one list have one shape.
    dtype : dtype, optional
        float64 or float32; that of the parts if not given, float64 for integers.
    copy : bool, default True
        Whether a Tensor that is given alone, and fits, is copied.
    ndmin : int, default 0
        The smallest number of axes; more are put in front.

    Returns
    -------
    Tensor
        Gradients flow into the tensors; numbers are constants.

    Raises
    ------
    ShapeError
        If the parts of a list differ in shape.

    Examples
    --------
    >>> x = Tensor(2.0)
    >>> array([[x, 1.0], [0.0, x * x]])
    Tensor([[2., 1.],
            [0., 4.]], op='concatenate')
    """
    made = as_part(object)
    if dtype is not None and np.dtype(dtype).kind in "biu":
        raise _core.DTypeError(f"array: a Tensor has no dtype {np.dtype(dtype)}; use np.array")
    if not is_tensor(made):
        integers = dtype is None and made.dtype.kind in "biu"
        made = constant(np.asarray(made, float if integers else dtype))
    if dtype is not None and made.dtype != np.dtype(dtype):
        made = made.astype(dtype)
    if made.ndim < ndmin:
        made = made.reshape((1,) * (ndmin - made.ndim) + made.shape)
    return +made if copy and made is object else made


class _Made:
    """A NumPy function of numbers, called with `like=t`: its floating array as a Tensor."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.__name__ = function.__name__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return constant(asked(self._function, *args, **kwargs))


for _function in (np.arange, np.empty, np.eye, np.identity, np.ones, np.tri, np.zeros):
    implements(_function, derivative="a constant, by like=t")(_Made(_function))


# Without a tensor inside these are NumPy's: integers stay integers, fit to be an index. The layout
# in memory is a Tensor's own business.


@implements(np.array, derivative="g, part by part, by like=t")
def _array(
    object: Any,
    dtype: Any = None,
    *,
    copy: bool | None = True,
    order: Any = "K",
    subok: bool = False,
    ndmin: int = 0,
) -> Any:
    if not holds_tensor(object):
        settings: Any = {"copy": copy, "order": order, "subok": subok, "ndmin": ndmin}
        return constant(asked(np.array, object, dtype, **settings))
    asked(np.array, 0.0, order=order)
    return array(object, dtype, copy=bool(copy), ndmin=ndmin)


@implements(np.asarray, np.asanyarray, derivative="g, part by part, by like=t")
def _asarray(
    a: Any,
    dtype: Any = None,
    order: Any = None,
    *,
    device: Any = None,
    copy: bool | None = None,
) -> Any:
    asked(np.asarray, 0.0, order=order, device=device)
    return _array(a, dtype, copy=copy, order=order or "K")


@implements(np.ascontiguousarray, np.asfortranarray, derivative="g, part by part, by like=t")
def _contiguous(a: Any, dtype: Any = None) -> Any:
    return _array(a, dtype, copy=None, ndmin=1)


@implements(np.fromfunction, derivative="that of the function, by like=t")
def _fromfunction(function: Any, shape: Any, *, dtype: Any = float, **kwargs: Any) -> Any:
    return np.fromfunction(function, shape, dtype=dtype, **kwargs)


def _shaped_like(f: Callable[..., Any], a: Any, **settings: Any) -> Any:
    stand_in = np.broadcast_to(np.zeros((), a.dtype), a.shape)
    return asked(f, stand_in, **settings)


@implements(np.zeros_like, derivative="a constant; y[i] = v is recorded")
def zeros_like(
    a: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: str | None = None,
) -> Any:
    return constant(
        _shaped_like(np.zeros_like, a, dtype=dtype, order=order, shape=shape, device=device)
    )


@implements(np.ones_like, derivative="a constant; y[i] = v is recorded")
def ones_like(
    a: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: str | None = None,
) -> Any:
    return constant(
        _shaped_like(np.ones_like, a, dtype=dtype, order=order, shape=shape, device=device)
    )


@implements(np.empty_like, derivative="a constant; y[i] = v is recorded")
def empty_like(
    prototype: Any,
    /,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: str | None = None,
) -> Any:
    a = prototype
    return constant(
        _shaped_like(np.empty_like, a, dtype=dtype, order=order, shape=shape, device=device)
    )


@implements(np.full_like, derivative="g summed to the fill value's shape")
def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: str | None = None,
) -> Any:
    like = _shaped_like(np.empty_like, a, dtype=dtype, order=order, shape=shape, device=device)
    return full(like.shape, fill_value, like.dtype)


@implements(np.full, derivative="g summed to the fill value's shape, by like=t")
def full(
    shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, device: str | None = None
) -> Any:
    fill = lifted(fill_value)
    made = asked(np.full, shape, value(fill), dtype, order, device=device)
    if not is_tensor(fill) or made.dtype.kind in "biu":
        return constant(made)
    return +broadcast_to(fill.astype(made.dtype), made.shape)

"""The facade: `Tensor` names its operators here, and the C type in `_core` carries them out."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core, exchange, methods
from .detach import check_detach
from .hooks import register_hook, register_post_accumulate_grad_hook
from .indexing import positions
from .interop import array_function
from .ops import METHODS
from .ufuncs import array_ufunc


class Tensor(_core.Tensor):
    """An array that remembers how it was computed.

    Parameters
    ----------
    data : array_like
        Numbers of any shape. A copy is kept: float64, or float32 if `data` has that dtype.
    children : iterable of Tensor, default ()
        What this tensor was made of, for an operation of your own: then set `_backward`.
    op : str, default ''
        The name of that operation.
    requires_grad : bool, default True
        Keyword only. False makes a constant.

    Raises
    ------
    DTypeError
        For strings, objects, complex numbers and other types without a real gradient.
    ShapeError
        For a ragged sequence.

    Examples
    --------
    >>> x, y = Tensor(4), Tensor(7)
    >>> z = x * y + y
    >>> z.backward()
    >>> float(x.grad), float(y.grad)
    (7.0, 5.0)
    """

    __slots__ = ()

    label: str = ""

    # The C type's own slot wrappers: CPython then calls the C function without looking anything up.
    __add__ = _core.Tensor.__add__
    __radd__ = _core.Tensor.__radd__
    __iadd__ = _core.Tensor.__iadd__
    __sub__ = _core.Tensor.__sub__
    __rsub__ = _core.Tensor.__rsub__
    __isub__ = _core.Tensor.__isub__
    __mul__ = _core.Tensor.__mul__
    __rmul__ = _core.Tensor.__rmul__
    __imul__ = _core.Tensor.__imul__
    __truediv__ = _core.Tensor.__truediv__
    __rtruediv__ = _core.Tensor.__rtruediv__
    __itruediv__ = _core.Tensor.__itruediv__
    __floordiv__ = _core.Tensor.__floordiv__
    __rfloordiv__ = _core.Tensor.__rfloordiv__
    __ifloordiv__ = _core.Tensor.__ifloordiv__
    __mod__ = _core.Tensor.__mod__
    __rmod__ = _core.Tensor.__rmod__
    __imod__ = _core.Tensor.__imod__
    __divmod__ = _core.Tensor.__divmod__
    __rdivmod__ = _core.Tensor.__rdivmod__
    __pow__ = _core.Tensor.__pow__
    __rpow__ = _core.Tensor.__rpow__
    __ipow__ = _core.Tensor.__ipow__
    __matmul__ = _core.Tensor.__matmul__
    __rmatmul__ = _core.Tensor.__rmatmul__
    __imatmul__ = _core.Tensor.__imatmul__
    __neg__ = _core.Tensor.__neg__
    __pos__ = _core.Tensor.__pos__
    __abs__ = _core.Tensor.__abs__
    __lt__ = _core.Tensor.__lt__
    __le__ = _core.Tensor.__le__
    __eq__ = _core.Tensor.__eq__
    __ne__ = _core.Tensor.__ne__
    __gt__ = _core.Tensor.__gt__
    __ge__ = _core.Tensor.__ge__
    __hash__ = _core.Tensor.__hash__
    __len__ = _core.Tensor.__len__
    __getitem__ = _core.Tensor.__getitem__
    __setitem__ = _core.Tensor.__setitem__

    if TYPE_CHECKING:  # methods come from the list of operations, see the end of this file

        def __getattr__(self, name: str) -> Any: ...

    __array_ufunc__ = array_ufunc
    __array_function__ = array_function
    __array_namespace__ = exchange.array_namespace
    __dlpack__ = exchange.dlpack
    __dlpack_device__ = exchange.dlpack_device
    device = property(exchange.device)
    to_device = exchange.to_device

    register_hook = register_hook
    register_post_accumulate_grad_hook = register_post_accumulate_grad_hook

    @property
    def T(self) -> Any:
        """The tensor with its axes reversed."""
        return _core.transpose(self, None)

    def numpy(self) -> np.ndarray[Any, Any]:
        """A detached, read-only array on the value; GraphError under `strict()`."""
        check_detach("numpy")
        return self._view()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        check_detach("np.asarray", self.requires_grad or _core.has_tangent(self))
        if dtype is not None and np.dtype(dtype) == object:
            raise _core.DTypeError("np.array: object arrays of Tensors lose gradients")
        return np.array(self._view(), dtype=dtype, copy=copy)

    def __float__(self) -> float:
        check_detach("float")
        return float(self._view())

    def __complex__(self) -> complex:
        check_detach("complex")
        return complex(self._view())

    def __int__(self) -> int:
        check_detach("int")
        return int(self._view())

    def __floor__(self) -> int:
        # An integer has no derivative to lose, so that `strict()` has nothing to object.
        return math.floor(float(self._view()))

    def __ceil__(self) -> int:
        return math.ceil(float(self._view()))

    def __trunc__(self) -> int:
        return math.trunc(float(self._view()))

    def __round__(self, ndigits: int | None = None) -> Any:
        return np.round(self, ndigits or 0)

    def __bool__(self) -> bool:
        return bool(self._view())

    def __contains__(self, x: Any) -> bool:
        return bool(np.any(self == x))

    def __iter__(self) -> Iterator[Any]:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d Tensor")
        return (self[i] for i in range(len(self)))

    def __reversed__(self) -> Iterator[Any]:
        return (self[i] for i in reversed(range(len(self))))

    def __format__(self, spec: str) -> str:
        if not spec:
            return str(self)
        if self.ndim:
            raise TypeError("unsupported format string passed to Tensor.__format__")
        return format(self._view()[()], spec)

    def __repr__(self) -> str:
        try:
            value = np.array2string(self._view(), separator=", ", prefix="Tensor(")
        except _core.GraphError:
            value = f"<shape {self.shape}, value let go>"
        if not self.size and self.ndim > 1:
            value += f", shape={self.shape}"
        dtype = "" if self.dtype == np.float64 else f", dtype={self.dtype}"
        return f"Tensor({value}{dtype}{f', op={self.op!r}' if self.op else ''})"

    def __reduce__(self) -> Any:
        if not self.is_leaf:
            raise _core.GraphError(f"{self.op}: only leaves can be pickled; detach() first")
        # The value alone travels: gradients and graphs belong to this process.
        return _rebuild, (np.array(self._view()), self.requires_grad, dict(self.__dict__))


def _rebuild(data: np.ndarray[Any, Any], requires_grad: bool, attributes: dict[str, Any]) -> Tensor:
    made = Tensor(data, requires_grad=requires_grad)
    if attributes:
        made.__dict__.update(attributes)
    return made


for _name, _method in {**METHODS, **methods.METHODS}.items():
    setattr(Tensor, _name, _method)
_core.set_positions_function(positions)
_core.register(Tensor)

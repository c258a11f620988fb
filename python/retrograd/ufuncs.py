"""NumPy's `__array_ufunc__`: `np.f(t)` finds the operation in the table and honours keywords."""

from typing import Any

import numpy as np

from . import _core
from .interop import late
from .ops import UFUNCS
from .values import Evaluate, check_target, is_tensor, no_tensors, operand, store, value

# Questions about values: the answer has no derivative and is plain. NumPy itself refuses the bits
# of floating numbers, in its own words.
_QUESTIONS = (
    *(np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal),
    *(np.isnan, np.isinf, np.isfinite, np.signbit, np.isnat),
    *(np.logical_and, np.logical_or, np.logical_xor, np.logical_not),
    *(np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.bitwise_count),
    *(np.left_shift, np.right_shift, np.gcd, np.lcm),
)
UFUNCS.update({f: Evaluate(f) for f in _QUESTIONS})

_OWN = frozenset((np.ndarray, np.memmap, np.float64, np.float32, float, int, bool, list, tuple))


def array_ufunc(self: Any, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """Carry out a NumPy ufunc on tensors: NumPy's `__array_ufunc__` protocol."""
    for x in inputs:
        if type(x) is not type(self) and type(x) not in _OWN and _is_foreign(x, ufunc):
            return NotImplemented
    operation: Any = UFUNCS.get(ufunc)
    if operation is None:
        operation = late(ufunc, UFUNCS)
    if not kwargs and method == "__call__":
        return operation(*inputs)
    outs = kwargs.pop("out", None) or (None,) * ufunc.nout
    if any(out is not None and type(out) not in _OWN and _is_foreign(out, ufunc) for out in outs):
        return NotImplemented
    if isinstance(operation, Evaluate):
        return _evaluate(ufunc, method, inputs, outs, kwargs)
    for out in outs:
        if out is not None:
            check_target(out, ufunc.__name__)
    if method == "__call__":
        return call(ufunc, inputs, outs, **kwargs)
    if method != "at" and not any(map(is_tensor, inputs)):
        return store(outs[0], getattr(ufunc, method)(*inputs, **kwargs), _named(ufunc, method))
    from .functions.ufunc_methods import UFUNC_METHODS

    return store(outs[0], UFUNC_METHODS[method](ufunc, *inputs, **kwargs), _named(ufunc, method))


def _named(ufunc: np.ufunc, method: str) -> str:
    return f"{ufunc.__name__}.{method}"


def _is_foreign(x: Any, ufunc: np.ufunc) -> bool:
    """Whether `x` has a protocol of its own, whose turn it is; no mask or unit is dropped."""
    if isinstance(x, (_core.Tensor, np.generic)):
        return False
    if isinstance(x, np.ndarray) and "__array_ufunc__" not in _members(type(x)):
        raise _core.DTypeError(
            f"np.{ufunc.__name__}: operand of type {type(x).__name__} is not taken; pass a plain "
            "array, np.asarray(x)"
        )
    return hasattr(x, "__array_ufunc__")


def _members(cls: type) -> set[str]:
    """What a subclass of ndarray has of its own."""
    return {name for base in cls.__mro__[: cls.__mro__.index(np.ndarray)] for name in vars(base)}


def _evaluate(ufunc: np.ufunc, method: str, inputs: Any, outs: Any, kwargs: Any) -> Any:
    """A ufunc without a derivative: NumPy's own result on the values, also in a plain `out=`."""
    if method == "at":
        raise TypeError(f"np.{ufunc.__name__}.at: its results are no numbers to keep in a Tensor")
    # A Tensor is written by way of a copy, which keeps its old value where `where=` is false.
    plain = tuple(np.array(value(out)) if is_tensor(out) else out for out in outs)
    if any(out is not None for out in plain):
        kwargs["out"] = plain if method == "__call__" else plain[0]
    result = Evaluate(getattr(ufunc, method))(*inputs, **kwargs)
    for out, written in zip(outs, plain, strict=True):
        if is_tensor(out):
            mask = as_mask(kwargs.get("where", True) if method == "__call__" else True, out.shape)
            out[mask] = written[mask]
            return out
    return result


def call(
    ufunc: np.ufunc,
    inputs: tuple[Any, ...],
    outs: tuple[Any, ...],
    where: Any = True,
    dtype: Any = None,
    signature: Any = None,
    sig: Any = None,
    casting: str = "same_kind",
    order: str = "K",
    subok: bool = True,
    **more: Any,
) -> Any:
    """Call a ufunc with NumPy's keywords. `subok` says nothing here: a result is a Tensor."""
    name = ufunc.__name__
    if order not in ("K", "C", "A"):
        raise TypeError(f"np.{name}: keyword 'order' is {order!r}; a Tensor is laid out in C order")
    for key in more:
        if ufunc.signature is None or key not in ("axes", "axis", "keepdims"):
            raise TypeError(f"np.{name}: keyword {key!r} is not supported on a Tensor")
    loop = sig if signature is None else signature
    if loop is None and dtype is not None:
        loop = (None,) * ufunc.nin + (np.dtype(dtype),) * ufunc.nout
    if loop is not None:
        inputs = _cast(ufunc, inputs, outs, loop, casting)
    elif casting != "same_kind" or outs[0] is not None:
        _resolve(ufunc, inputs, outs, None, casting)
    # Without a Tensor to differentiate the ufunc itself computes what `out=` takes.
    operation = UFUNCS[ufunc] if any(map(is_tensor, inputs)) else ufunc
    if where is True and more and operation is not ufunc:
        from .functions.gufuncs import along_axes

        results = along_axes(ufunc, operation, inputs, **more)
    elif where is True:
        results = operation(*inputs, **more)
    elif ufunc.signature is not None:
        raise TypeError(f"np.{name}: keyword 'where' is not supported")
    else:
        return _masked(name, operation, inputs, outs, as_mask(where))
    if ufunc.nout == 1:
        return store(outs[0], results, name, True)
    return tuple(store(out, y, name, True) for out, y in zip(outs, results, strict=True))


def _resolve(ufunc: np.ufunc, inputs: Any, outs: Any, signature: Any, casting: Any) -> Any:
    """The dtypes of NumPy's loop, or NumPy's TypeError where the casts are not allowed."""
    kinds = [type(x) if type(x) in (int, float, complex) else _dtype(x) for x in inputs]
    targets = [None if out is None else out.dtype for out in outs]
    options = {} if signature is None else {"signature": signature}
    return ufunc.resolve_dtypes((*kinds, *targets), casting=casting, **options)


def _dtype(x: Any) -> Any:
    return x.dtype if hasattr(x, "dtype") else np.asarray(value(x)).dtype


def _cast(ufunc: np.ufunc, inputs: Any, outs: Any, signature: Any, casting: str) -> Any:
    dtypes = _resolve(ufunc, inputs, outs, signature, casting)
    for dtype in dtypes[ufunc.nin :]:
        if dtype.char not in "dfDF":
            raise _core.DTypeError(
                f"np.{ufunc.__name__}: keyword 'dtype' asks for {dtype}, which no Tensor has"
            )
    pairs = zip(inputs, dtypes[: ufunc.nin], strict=True)
    return tuple(
        x.astype(dtype) if is_tensor(x) else np.asarray(no_tensors(ufunc.__name__, x), dtype)
        for x, dtype in pairs
    )


def as_mask(where: Any, shape: tuple[int, ...] | None = None) -> Any:
    """A `where=` as a boolean array, of this shape; NumPy's TypeError for numbers."""
    mask = np.asarray(value(where)).astype(bool, casting="safe", copy=False)
    if shape is None:
        return mask
    if np.broadcast_shapes(mask.shape, shape) != shape:
        raise _core.ShapeError(f"where= has shape {mask.shape}, the operand {shape}")
    return np.broadcast_to(mask, shape)


def _masked(name: str, operation: Any, inputs: Any, outs: Any, mask: Any) -> Any:
    """Compute where the mask says so and only there: what else comes out may have no gradient."""
    if any(out is None for out in outs):
        raise TypeError(
            f"np.{name}: keyword 'where' needs out=, a Tensor; without it NumPy leaves the rest "
            "unset"
        )
    inputs = [x if np.isscalar(x) else operand(name, x) for x in inputs]
    shape = np.broadcast_shapes(mask.shape, *map(np.shape, inputs), *map(np.shape, outs))
    for out in outs:
        if out.shape != shape:
            raise _core.ShapeError(f"np.{name}: out= has shape {out.shape}, the operands {shape}")
    mask = np.broadcast_to(mask, shape)
    if not mask.any():
        return outs[0] if len(outs) == 1 else outs
    picked = [np.broadcast_to(x, shape)[mask] if np.ndim(x) else x for x in inputs]
    results = operation(*picked)
    for out, y in zip(outs, results if len(outs) > 1 else (results,), strict=True):
        out[mask] = y
    return outs[0] if len(outs) == 1 else outs

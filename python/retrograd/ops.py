"""The operations: one line each for what the C++ registry knows.

A line makes the public function, the method of the same name and the entry under which plain NumPy
functions find it. Names without a leading underscore are exported as `retrograd.<name>`.
"""

import copyreg as _copyreg
from collections.abc import Callable as _Callable
from typing import Any as _Any
from warnings import warn as _warn

import numpy as _np

from . import _core
from .values import UNSET as _UNSET
from .values import is_tensor as _is_tensor
from .values import no_tensors as _no_tensors

# By registry name, NumPy ufunc, NumPy function and method name. None: no function of its own.
OPS: dict[str, _Callable[..., _Any] | None] = {}
UFUNCS: dict[_np.ufunc, _Callable[..., _Any]] = {}
FUNCTIONS: dict[_Callable[..., _Any], _Callable[..., _Any]] = {}
METHODS: dict[str, _Callable[..., _Any]] = {}
# The cotangents for a cotangent g of the result y, by what carries an operation out. After a
# semicolon, what is given where there is no derivative.
DERIVATIVES: dict[_Callable[..., _Any], str] = {}

_PARAMETERS = {
    1: "x : Tensor or array_like\n    Any shape, float64 or float32.",
    2: "a, b : Tensor or array_like\n    Shapes that broadcast; mixed dtypes meet at float64.",
}


def _op(name: str, ufunc: _np.ufunc | None, summary: str, derivative: str) -> _core.Op:
    """Publish an elementwise operation (or the matrix product) of the registry."""
    public = ufunc.__name__ if ufunc is not None else name
    arity = _core.op_info(name)["arity"]
    doc = (
        f"{summary}\n\nParameters\n----------\n{_PARAMETERS[arity]}\n\n"
        "Returns\n-------\nTensor\n    Of the broadcast shape; an ndarray if no operand is a "
        f"Tensor.\n\nNotes\n-----\nCotangents: {derivative}."
    )
    made = _core.op(name, public, ufunc, doc)
    OPS[name] = METHODS[public] = METHODS[name] = made
    DERIVATIVES[made] = derivative
    if ufunc is not None:
        UFUNCS[ufunc] = made
    return made


def _function(
    name: str | None, *numpy_functions: _Callable[..., _Any], derivative: str
) -> _Callable[[_Callable[..., _Any]], _Callable[..., _Any]]:
    """Publish a Python function for a registry operation, or for a composition (None)."""

    def publish(f: _Callable[..., _Any]) -> _Callable[..., _Any]:
        if name is not None:
            OPS[name] = f
        METHODS[f.__name__] = f
        DERIVATIVES[f] = derivative
        FUNCTIONS.update(dict.fromkeys(numpy_functions, f))
        return f

    return publish


add = _op("add", _np.add, "a + b.", "g, g")
subtract = _op("sub", _np.subtract, "a - b.", "g, -g")
multiply = _op("mul", _np.multiply, "a * b.", "g*b, g*a")
divide = _op("div", _np.divide, "a / b.", "g/b, -g*y/b")
power = _op(
    "pow", _np.power, "a ** b.", "g*b*a**(b-1), g*y*log(a); zero for x**0, and by b at 0**b"
)
negative = _op("neg", _np.negative, "-x.", "-g")
positive = _op("pos", _np.positive, "+x, a copy.", "g")
absolute = abs = _op("abs", _np.absolute, "|x|.", "g*sign(x); zero at 0")
sign = _op("sign", _np.sign, "-1, 0 or 1.", "zero")
exp = _op("exp", _np.exp, "e ** x.", "g*y")
log = _op("log", _np.log, "Natural logarithm.", "g/x")
sqrt = _op("sqrt", _np.sqrt, "Square root.", "g/(2*y); infinite at 0")
tanh = _op("tanh", _np.tanh, "Hyperbolic tangent.", "g*(1 - y*y)")
sin = _op("sin", _np.sin, "Sine.", "g*cos(x)")
cos = _op("cos", _np.cos, "Cosine.", "-g*sin(x)")
relu = _op("relu", None, "max(x, 0).", "g where x > 0; zero at 0")
sigmoid = _op("sigmoid", None, "1 / (1 + exp(-x)), without overflow.", "g*y*(1 - y)")
maximum = _op("maximum", _np.maximum, "The larger of a, b.", "g to the larger; halves at a tie")
minimum = _op("minimum", _np.minimum, "The smaller of a, b.", "g to the smaller; halves at a tie")
tan = _op("tan", _np.tan, "Tangent.", "g*(1 + y*y)")
arcsin = _op("arcsin", _np.arcsin, "Inverse sine.", "g/sqrt(1 - x*x)")
arccos = _op("arccos", _np.arccos, "Inverse cosine.", "-g/sqrt(1 - x*x)")
arctan = _op("arctan", _np.arctan, "Inverse tangent.", "g/(1 + x*x)")
arctan2 = _op("arctan2", _np.arctan2, "Angle of (b, a).", "g*b/r**2, -g*a/r**2; zero at (0, 0)")
sinh = _op("sinh", _np.sinh, "Hyperbolic sine.", "g*cosh(x)")
cosh = _op("cosh", _np.cosh, "Hyperbolic cosine.", "g*sinh(x)")
arcsinh = _op("arcsinh", _np.arcsinh, "Inverse hyperbolic sine.", "g/cosh(y)")
arccosh = _op("arccosh", _np.arccosh, "Inverse hyperbolic cosine.", "g/sinh(y)")
arctanh = _op("arctanh", _np.arctanh, "Inverse hyperbolic tangent.", "g/(1 - x*x)")
exp2 = _op("exp2", _np.exp2, "2 ** x.", "g*y*log(2)")
expm1 = _op("expm1", _np.expm1, "exp(x) - 1.", "g*exp(x)")
log2 = _op("log2", _np.log2, "Logarithm to base 2.", "g/(x*log(2))")
log10 = _op("log10", _np.log10, "Logarithm to base 10.", "g/(x*log(10))")
log1p = _op("log1p", _np.log1p, "log(1 + x).", "g/(1 + x)")
logaddexp = _op(
    "logaddexp", _np.logaddexp, "log(exp(a) + exp(b)).", "g*sigmoid(a - b), g*sigmoid(b - a)"
)
logaddexp2 = _op("logaddexp2", _np.logaddexp2, "log2(2**a + 2**b).", "g*2**(a - y), g*2**(b - y)")
cbrt = _op("cbrt", _np.cbrt, "Cube root.", "g/(3*y*y); infinite at 0")
square = _op("square", _np.square, "x * x.", "2*g*x")
reciprocal = _op("reciprocal", _np.reciprocal, "1 / x.", "-g*y*y")
floor = _op("floor", _np.floor, "The integer below.", "zero")
ceil = _op("ceil", _np.ceil, "The integer above.", "zero")
trunc = _op("trunc", _np.trunc, "The integer towards zero.", "zero")
rint = _op("rint", _np.rint, "The nearest integer, the even one at a tie.", "zero")
spacing = _op("spacing", _np.spacing, "Distance to the next number.", "zero")
nextafter = _op("nextafter", _np.nextafter, "The number next to a, towards b.", "g, zero")
floor_divide = _op("floor_divide", _np.floor_divide, "a // b.", "zero, zero")
remainder = _op("remainder", _np.remainder, "a % b, with b's sign.", "g, -g*(a // b)")
fmod = _op("fmod", _np.fmod, "Remainder with a's sign.", "g, -g*trunc(a / b)")
heaviside = _op("heaviside", _np.heaviside, "0, b or 1 by a's sign.", "zero, g where a is 0")
hypot = _op("hypot", _np.hypot, "sqrt(a*a + b*b).", "g*a/y, g*b/y; zero at (0, 0)")
copysign = _op("copysign", _np.copysign, "|a| with b's sign.", "g*sign(a)*sign(y), zero")
fmax = _op("fmax", _np.fmax, "The larger, passing over NaN.", "g to the larger; halves at a tie")
fmin = _op("fmin", _np.fmin, "The smaller, passing over NaN.", "g to the smaller; halves at a tie")
matmul = _op("matmul", _np.matmul, "a @ b, batched and 1-d as in NumPy.", "g @ b.T, a.T @ g")


def _named(public: str) -> _Any:
    return METHODS[public]


# A model that holds its activation can be copied and pickled.
_copyreg.pickle(_core.Op, lambda op: (_named, (op.__name__,)))

# Reached by t[i], by its derivative and by t[i] = v, by abs(z), by the derivative of imag(z); they
# have no function of their own.
OPS.update(dict.fromkeys(("getitem", "scatter", "setitem", "modulus", "complex")))
# Reached by functions of `retrograd.functions`, and by derivatives.
OPS.update(dict.fromkeys(("concatenate", "cumsum", "cumprod", "recurrence")))


@_function(
    "where", _np.where, derivative="g where the condition holds, g elsewhere, none to the condition"
)
def where(condition: _Any, a: _Any = None, b: _Any = None) -> _Any:
    """Elements of `a` where the condition holds, of `b` elsewhere.

    Parameters
    ----------
    condition : Tensor or array_like
        Nonzero is true. No gradient flows into it.
    a, b : Tensor or array_like
        Shapes that broadcast with the condition's. Without both: where the condition is nonzero.

    Returns
    -------
    Tensor
        Of the broadcast shape; an ndarray if neither `a` nor `b` is a Tensor.
    """
    if (a is None) is not (b is None):
        raise ValueError("np.where: either both or neither of x and y should be given")
    if _is_tensor(a) or _is_tensor(b):
        return _core.where(condition, a, b)
    condition = condition._view() if _is_tensor(condition) else condition
    if a is None:
        return _np.where(condition)
    return _np.where(condition, _no_tensors("where", a), _no_tensors("where", b))


# Both take the number of a member of their family first: see the C++ structs.
_sinc = _core.op("sinc", "sinc")
_i0 = _core.op("i0", "i0")
_clip = _core.op("clip", "clip")


@_function("sinc", _np.sinc, derivative="the first derivative of sinc, times g; zero at 0")
def sinc(x: _Any) -> _Any:
    """sin(pi*x) / (pi*x), and 1 at zero, where the derivative is 0."""
    return _sinc(0.0, _np.pi * x) if _is_tensor(x) else _np.sinc(_no_tensors("sinc", x))


@_function("i0", _np.i0, derivative="g*i1(x)")
def i0(x: _Any) -> _Any:
    """Modified Bessel function of the first kind, order 0; its derivative is that of order 1."""
    return _i0(0.0, x) if _is_tensor(x) else _np.i0(_no_tensors("i0", x))


@_function(
    "clip", _np.clip, derivative="g within the bounds, to the bound beyond; all to a on a bound"
)
def clip(
    a: _Any,
    a_min: _Any = _UNSET,
    a_max: _Any = _UNSET,
    *,
    min: _Any = _UNSET,
    max: _Any = _UNSET,
) -> _Any:
    """Elements of `a` held between two bounds.

    Parameters
    ----------
    a : Tensor or array_like
    a_min, a_max : Tensor or array_like
        The bounds; None for no bound. On a bound all of the gradient goes to `a`, beyond it to the
        bound.
    min, max : Tensor or array_like, optional
        The same by other names, of which one may be left out.
    """
    if a_min is _UNSET and a_max is _UNSET:
        a_min, a_max = (None if bound is _UNSET else bound for bound in (min, max))
    elif a_min is _UNSET or a_max is _UNSET:
        raise TypeError("clip: one bound came; pass both, None for no bound, or min= or max=")
    elif min is not _UNSET or max is not _UNSET:
        raise ValueError("clip: the bounds came twice; pass a_min, a_max or min, max")
    if any(map(_is_tensor, (a, a_min, a_max))):
        low, high = -_np.inf if a_min is None else a_min, _np.inf if a_max is None else a_max
        return _clip(a, low, high)
    return _np.clip(_no_tensors("clip", a), _no_tensors("clip", a_min), _no_tensors("clip", a_max))


# What `ndarray.clip(t)` calls, a ufunc without a public name.
UFUNCS[_np._core.umath.clip] = clip  # type: ignore[attr-defined]


@_function("sum", _np.sum, derivative="g spread over the summed axes")
def sum(
    a: _Any,
    axis: _Any = None,
    dtype: _Any = None,
    out: _Any = None,
    keepdims: bool = False,
    initial: _Any = _UNSET,
    where: _Any = _UNSET,
) -> _Any:
    """Sum over axes, pairwise along contiguous ones.

    Parameters
    ----------
    a : Tensor
    axis : int or tuple of int, optional
        All axes if not given.
    dtype : dtype, optional
        The elements become that before they are added.
    out : Tensor, optional
        Where to write the result.
    keepdims : bool, default False
        Keep reduced axes with length one.
    initial : number or Tensor, optional
        Added to the sum.
    where : array of bool, optional
        The elements to take; no gradient flows into the others.

    Returns
    -------
    Tensor
        Of the shape without the reduced axes.

    Raises
    ------
    ShapeError
        If an axis is out of bounds or named twice.
    """
    if not _is_tensor(a):
        return _np.sum(_no_tensors("sum", a), axis, dtype, out, keepdims, initial, where)
    if dtype is out is None and initial is where is _UNSET:
        return _core.sum(a, axis, keepdims)
    from .functions.reductions import total

    return total(a, axis, dtype, out, keepdims, initial, where)


@_function(None, _np.mean, derivative="g spread over the axes, divided by the count")
def mean(
    a: _Any,
    axis: _Any = None,
    dtype: _Any = None,
    out: _Any = None,
    keepdims: bool = False,
    *,
    where: _Any = _UNSET,
) -> _Any:
    """Arithmetic mean over axes; parameters as for `sum`."""
    if not _is_tensor(a):
        return _np.mean(_no_tensors("mean", a), axis, dtype, out, keepdims, where=where)
    if dtype is out is None and where is _UNSET:
        total = _core.sum(a, axis, keepdims)
        n = a.size / total.size if total.size else 1.0
        if not n:  # 0 / 0, as in NumPy
            _warn("Mean of empty slice", RuntimeWarning, stacklevel=2)
        return total / n
    from .functions.reductions import mean_of

    return mean_of(a, axis, dtype, out, keepdims, where)


@_function("max", _np.max, _np.amax, derivative="g to the largest; 1/n to each of n equal ones")
def max(
    a: _Any,
    axis: _Any = None,
    out: _Any = None,
    keepdims: bool = False,
    initial: _Any = _UNSET,
    where: _Any = _UNSET,
) -> _Any:
    """Maximum over axes; n equal maxima share the cotangent, 1/n each. Parameters as for `sum`."""
    if not _is_tensor(a):
        return _np.max(_no_tensors("max", a), axis, out, keepdims, initial, where)
    if out is None and initial is where is _UNSET:
        return _core.max(a, axis, keepdims)
    from .functions.reductions import extremum

    return extremum(_np.max, a, axis, out, keepdims, initial, where)


@_function("min", _np.min, _np.amin, derivative="g to the smallest; 1/n to each of n equal ones")
def min(
    a: _Any,
    axis: _Any = None,
    out: _Any = None,
    keepdims: bool = False,
    initial: _Any = _UNSET,
    where: _Any = _UNSET,
) -> _Any:
    """Minimum over axes; n equal minima share the cotangent, 1/n each. Parameters as for `sum`."""
    if not _is_tensor(a):
        return _np.min(_no_tensors("min", a), axis, out, keepdims, initial, where)
    if out is None and initial is where is _UNSET:
        return _core.min(a, axis, keepdims)
    from .functions.reductions import extremum

    return extremum(_np.min, a, axis, out, keepdims, initial, where)


@_function("reshape", _np.reshape, derivative="g in the operand's shape")
def reshape(
    a: _Any, *extents: _Any, shape: _Any = None, order: _Any = "C", copy: bool | None = None
) -> _Any:
    """The same elements in another shape.

    Parameters
    ----------
    a : Tensor
    *extents : int, or one tuple of int
        The shape; one extent may be -1 and is inferred.
    shape : int or tuple of int, optional
        The same by keyword.
    order : {'C', 'F', 'A'}, default 'C'
        Which index changes fastest, as in NumPy, where it may follow the shape.
    copy : bool, optional
        True always copies, False never does.

    Raises
    ------
    ShapeError
        If the number of elements differs, or if `copy` is False and there is no view.
    """
    if extents and isinstance(extents[-1], str):
        extents, order = extents[:-1], extents[-1]
    if shape is None:
        shape = extents[0] if len(extents) == 1 else extents
    elif extents:
        raise TypeError("reshape: the shape came twice; pass it once")
    if not _is_tensor(a):
        return _np.reshape(_no_tensors("reshape", a), shape, order, copy=copy)
    if order == "C" and copy is None:
        return _core.reshape(a, shape)
    from .functions.shapes import reshaped

    return reshaped(a, shape, order, copy)


@_function("transpose", _np.transpose, derivative="g with the axes put back")
def transpose(a: _Any, *order: _Any, axes: _Any = None) -> _Any:
    """Axes in another order: reversed, or as given one by one, as a tuple or by keyword."""
    if order and axes is not None:
        raise TypeError("transpose: the axes came twice; pass them once")
    if order:
        axes = order[0] if len(order) == 1 else order
    if not _is_tensor(a):
        return _np.transpose(_no_tensors("transpose", a), axes)
    return _core.transpose(a, axes)


@_function("broadcast", _np.broadcast_to, derivative="g summed over the new axes")
def broadcast_to(array: _Any, shape: _Any, subok: bool = False) -> _Any:
    """`array` repeated along axes of length one, and along new leading axes, without a copy."""
    if not _is_tensor(array):
        return _np.broadcast_to(_no_tensors("broadcast_to", array), shape, subok)
    return _core.broadcast_to(array, shape)


@_function("cast", derivative="g in the operand's type")
def astype(a: _Any, dtype: _Any) -> _Any:
    """A copy in another type; the gradient comes back in `a`'s own type.

    Parameters
    ----------
    a : Tensor
    dtype : dtype
        float64, float32, complex128 or complex64. From complex to real the real part remains, with
        NumPy's ComplexWarning.
    """
    if _is_complex(a) and _np.dtype(dtype).kind == "f":
        _warn(
            "Casting complex values to real discards the imaginary part",
            _np.exceptions.ComplexWarning,
            stacklevel=2,
        )
    return _core.astype(a, dtype)


def _is_complex(a: _Any) -> bool:
    return bool(a.dtype.kind == "c")


@_function("real", _np.real, derivative="g as the real part")
def real(val: _Any) -> _Any:
    """The real part; a copy if `val` is real.

    Parameters
    ----------
    val : Tensor

    Notes
    -----
    Cotangent: g, as a complex number.
    """
    if not _is_tensor(val):
        return _np.real(_no_tensors("real", val))
    return _core.real(val) if _is_complex(val) else +val


@_function("imag", _np.imag, derivative="-1j*g, JAX's convention")
def imag(val: _Any) -> _Any:
    """The imaginary part; zeros if `val` is real.

    Parameters
    ----------
    val : Tensor

    Notes
    -----
    Cotangent: -1j*g. A cotangent of a complex number x + iy stands for df/dx - i df/dy, as in JAX:
    no rule of a holomorphic function conjugates anything.
    """
    if not _is_tensor(val):
        return _np.imag(_no_tensors("imag", val))
    return _core.imag(val) if _is_complex(val) else _core.where(False, val, 0.0)


@_function("conj", derivative="conj(g)")
def conjugate(x: _Any) -> _Any:
    """The complex conjugate; a copy if `x` is real. Cotangent: conj(g)."""
    if not _is_tensor(x):
        return _np.conjugate(_no_tensors("conj", x))
    return _core.conj(x) if _is_complex(x) else +x


UFUNCS[_np.conjugate] = METHODS["conj"] = conj = conjugate

"""Where a gradient would end unasked: each conversion to plain values asks here first."""

import re
import sys
from types import CodeType, FrameType

from . import _core
from .modes import strict


def check_detach(how: str, to_array: bool = False) -> None:
    """Refuse what would drop a gradient unasked.

    Called by the conversions themselves. A write into a plain array, `z[i] = t`, arrives there
    too; the instruction that the caller's caller is at tells it from an explicit `float(t)`.
    `to_array` says that a whole array is asked for, by which a gradient would be lost.
    """
    if strict.variable.get():
        raise _core.GraphError(f"{how}: drops a gradient under strict(); use t.detach() to mean it")
    frame = sys._getframe(2)
    if to_array:
        _check_caller(frame)
    code, at = frame.f_code, frame.f_lasti
    if code.co_name == "getdata" and frame.f_globals.get("__name__") == "numpy.ma.core":
        raise _core.GraphError(
            "np.ma: a Tensor met by a masked array loses its gradient; use np.where(mask, a, b) of "
            "plain arrays and Tensors"
        )
    if code.co_code[at] in _store_instructions():
        raise _core.GraphError(
            "setitem: a Tensor written into a plain array loses its gradient; make the target a "
            "Tensor, such as np.zeros_like(t), or write t.detach().numpy() to mean it"
        )
    for name, instead in _LOSING.items():
        if name in code.co_names and _calls_method(code, at, name):
            raise _core.GraphError(
                f"{name}: of a plain array or of numbers, it loses the gradient of t; write "
                f"{instead}, or pass t.numpy() to mean it"
            )


# Functions written in C that ask no protocol: known by the call that the caller is at.
_LOSING = {
    "dot": "X @ t",
    "arange": "t + np.arange(n), or np.linspace",
    "fromiter": "np.stack([...])",
    "nditer": "t[i] for i in np.ndindex(t.shape)",
}
_LIBRARIES = ("numpy.", "scipy.")
# These are asked for plain values: they detach as np.asarray does.
_PLAIN_PACKAGES = ("numpy.testing.", "numpy.ma.", "scipy.optimize.")
_PLAIN_FUNCTIONS = ("asarray_chkfinite", "asmatrix", "require")
# What to write instead, where there is more to say than that the function takes arrays only.
_INSTEAD = {
    "np.full": "write np.full(shape, t, like=t)",
    "np.vectorize": "call the function on the whole Tensor, or np.stack([f(x) for x in t])",
    "np.ndenumerate": "write t[i] for i in np.ndindex(t.shape)",
    "np.AxisConcatenator": "write np.concatenate for np.r_, np.column_stack for np.c_",
}


def _check_caller(frame: FrameType | None) -> None:
    """Refuse to give values to the Python code of NumPy or SciPy, which knows no gradients.

    A function that does not ask the tensor (`np.full`, `scipy.special.softmax`) makes an array of
    it; an explicit `np.asarray(t)` stands in code that is not theirs.
    """
    entered = None
    while frame is not None and str(frame.f_globals.get("__name__")).startswith(_LIBRARIES):
        if entered is None or "<locals>" not in frame.f_code.co_qualname:  # no decorator's
            entered = frame
        frame = frame.f_back
    if entered is None:
        return
    module, code = entered.f_globals["__name__"], entered.f_code
    if f"{module}.".startswith(_PLAIN_PACKAGES) or code.co_name in _PLAIN_FUNCTIONS:
        return
    package = re.split(r"\.(?:_|lib\b|matrixlib\b)", module)[0]
    function = code.co_qualname.partition(".__")[0].partition(".<locals>")[0]
    name = f"{package.replace('numpy', 'np', 1)}.{function}"
    instead = _INSTEAD.get(
        name, "join a list by retrograd.array, or compose it from supported operations"
    )
    if package == "scipy.special":
        from . import special

        if function in special.__all__:
            instead = f"use retrograd.special.{function}"
    raise TypeError(
        f"{name}: not supported on a Tensor, whose gradient would be lost; {instead}, or pass "
        "t.numpy() to mean its value"
    )


def _calls_method(code: CodeType, at: int, name: str) -> bool:
    """Whether the call at this instruction is `something.name(...)`.

    A call begins at the same place of the source as the method it calls, which is the last one
    loaded there.
    """
    from dis import get_instructions

    loaded: dict[object, str] = {}
    for i in get_instructions(code):
        place = i.positions and (i.positions.lineno, i.positions.col_offset)
        if i.offset == at:
            return i.opname.startswith("CALL") and loaded.get(place) == name
        if i.opname in ("LOAD_METHOD", "LOAD_ATTR"):
            loaded[place] = i.argval
    return False


def _store_instructions() -> frozenset[int]:
    global _stores
    if not _stores:
        from opcode import opmap

        _stores = frozenset(opmap[n] for n in ("STORE_SUBSCR", "STORE_SLICE") if n in opmap)
    return _stores


_stores: frozenset[int] = frozenset()

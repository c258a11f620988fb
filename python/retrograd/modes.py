"""`no_grad` and `strict`: modes of the calling thread and asyncio task."""

import sys
from contextlib import ContextDecorator
from contextvars import ContextVar, Token
from functools import wraps
from types import CodeType, FrameType
from typing import Any, ClassVar

from . import _core

_CO_GENERATOR, _CO_COROUTINE, _CO_ASYNC_GENERATOR = 0x20, 0x80, 0x200


class Scope(ContextDecorator):
    """What a `with` block, a call, an awaited call or a running generator may stand in."""

    def _recreate_cm(self) -> Any:
        return self

    def __enter__(self) -> Any: ...

    def __exit__(self, *error: Any) -> None: ...

    def __call__(self, func: Any) -> Any:
        flags = getattr(getattr(func, "__code__", None), "co_flags", 0)
        if flags & _CO_COROUTINE:

            @wraps(func)
            async def run(*args: Any, **kwargs: Any) -> Any:
                with self._recreate_cm():
                    return await func(*args, **kwargs)

            return run
        if flags & _CO_ASYNC_GENERATOR:
            name = type(self).__name__
            raise TypeError(f"{name}: not for an async generator; use `with {name}():` inside it")
        if flags & _CO_GENERATOR:

            @wraps(func)
            def steps(*args: Any, **kwargs: Any) -> Any:
                # The mode holds while the generator runs, not while it waits for its consumer.
                generator = func(*args, **kwargs)
                resume, sent = generator.send, None
                while True:
                    try:
                        with self._recreate_cm():
                            value = resume(sent)
                    except StopIteration as stop:
                        return stop.value
                    try:
                        resume, sent = generator.send, (yield value)
                    except BaseException as error:  # thrown in, or closed: the generator's to see
                        resume, sent = generator.throw, error

            return steps
        return super().__call__(func)


class _Mode(Scope):
    """Sets a context variable for the time of a `with` block, a call, or an awaited call."""

    variable: ClassVar[ContextVar[bool]]
    value: ClassVar[bool]

    def __new__(cls, func: Any = None) -> Any:
        # With a function it stands as a decorator without parentheses.
        return super().__new__(cls) if func is None else cls()(func)

    def __init__(self) -> None:
        self._tokens: list[Token[bool]] = []

    def _recreate_cm(self) -> "_Mode":
        # One decorator serves many threads: every call has tokens of its own.
        return type(self)()

    def __enter__(self) -> None:
        self._tokens.append(self.variable.set(self.value))
        self._count(1)

    def __exit__(self, *error: Any) -> None:
        self._count(-1)
        self.variable.reset(self._tokens.pop())

    def _count(self, change: int) -> None:
        """Tell the core how many modes are open; only modes it asks about do."""


class no_grad(_Mode):
    """Record nothing: results are constants.

    A context manager and a decorator (of functions, coroutines and generators), for the calling
    thread and asyncio task only. Inside, `p -= step` on a leaf changes its data in place.
    """

    variable = _core.grad_mode
    value = False

    def _count(self, change: int) -> None:
        _core.open_mode(change)


class strict(_Mode):
    """Make every silent detach (`np.asarray(t)`, `float(t)`, `t.numpy()`, ...) a GraphError.

    A context manager and a decorator, for the calling thread and asyncio task only; `t.detach()`
    remains the way to say that a gradient ends.
    """

    variable = ContextVar("retrograd_strict", default=False)
    value = True


def check_detach(how: str) -> None:
    """Refuse what would drop a gradient unasked.

    Called by the conversions themselves. A write into a plain array, `z[i] = t`, arrives there
    too; the instruction that the caller's caller is at tells it from an explicit `float(t)`. So
    does a function of NumPy or SciPy that no protocol lets us carry out; it is the caller itself.
    """
    if strict.variable.get():
        raise _core.GraphError(f"{how}: drops a gradient under strict(); use t.detach() to mean it")
    frame = sys._getframe(2)
    _check_library(frame)
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
# Plain arrays are what these are asked for: tests, masked arrays, points to start from.
_PLAIN_PACKAGES = ("numpy.testing", "numpy.ma", "scipy.optimize")
_PLAIN_FUNCTIONS = ("asarray_chkfinite", "asmatrix", "require")
# What to write instead, where there is more to say than how a list is joined.
_INSTEAD = {
    "full": "use np.full(shape, t, like=t)",
    "vectorize": "call the function on the whole Tensor, or np.stack([f(x) for x in t])",
    "ndenumerate": "use t[i] for i in np.ndindex(t.shape)",
    "AxisConcatenator": "use np.concatenate for np.r_, np.column_stack for np.c_",
}


def _check_library(frame: FrameType | None) -> None:
    """Refuse the conversion by a function of NumPy or SciPy that was given a Tensor."""
    entered = None
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_LIBRARIES):
        if entered is None or "<locals>" not in frame.f_code.co_qualname:  # no decorator's
            entered = frame
        frame = frame.f_back
    if entered is None:
        return
    module, code = entered.f_globals["__name__"], entered.f_code
    if module.startswith(_PLAIN_PACKAGES) or code.co_name in _PLAIN_FUNCTIONS:
        return
    package = ".".join(part for part in module.split(".")[:2] if part[0] != "_" and part != "lib")
    name = code.co_qualname.partition(".__")[0].partition(".<locals>")[0]
    otherwise = "join a list by retrograd.array, or compose it from supported operations"
    instead = _INSTEAD.get(name, otherwise)
    if package == "scipy.special":
        from . import special

        if name in special.__all__:
            instead = f"use retrograd.special.{name}"
    raise TypeError(
        f"{package.replace('numpy', 'np', 1)}.{name}: not supported on a Tensor, whose gradient "
        f"would be lost; {instead}, or pass t.numpy() to mean its value"
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

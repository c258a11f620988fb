"""`no_grad` and `strict`: modes of the calling thread and asyncio task."""

from contextlib import ContextDecorator
from contextvars import ContextVar, Token
from functools import wraps
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

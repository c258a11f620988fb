"""Naming the parts of a program."""

from contextvars import Token
from typing import Any

from .. import _core
from ..modes import Scope

# Numbers stand for paths in the core. They hold for the process; 0 is no region.
PATHS: list[tuple[str, ...]] = [()]
_numbers: dict[tuple[str, ...], int] = {(): 0}


class region(Scope):
    """Name a part of the program, whose forward and backward time a profile then shows.

    A context manager and a decorator (of functions, coroutines and generators), for the calling
    thread and asyncio task; regions nest. An operation's backward time goes to the region in which
    the operation was recorded. Without a profile, entering and leaving costs about a microsecond.

    Parameters
    ----------
    name : str

    Examples
    --------
    >>> import retrograd
    >>> x = retrograd.Tensor(3.0)
    >>> with retrograd.profile() as prof, retrograd.region("loss"):
    ...     (x * x).backward()
    >>> [r.path for r in prof.recording.regions]
    [('loss',)]
    """

    def __init__(self, name: str) -> None:
        self.name = str(name)
        self._entered: list[tuple[int, int, Token[int]]] = []

    def _recreate_cm(self) -> "region":
        return type(self)(self.name)

    def __enter__(self) -> "region":
        path = (*PATHS[_core.region_mode.get(0)], self.name)
        number = _numbers.get(path)
        if number is None:
            PATHS.append(path)
            number = _numbers.setdefault(path, len(PATHS) - 1)
        token = _core.region_mode.set(number)
        self._entered.append((number, _core.region_enter(), token))
        return self

    def __exit__(self, *error: Any) -> None:
        number, start, token = self._entered.pop()
        _core.region_exit(number, start)
        _core.region_mode.reset(token)

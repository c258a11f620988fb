"""Hooks on tensors: Python functions that a backward calls with what it has found."""

from collections.abc import Callable
from itertools import count
from typing import Any

from . import _core

_keys = count()


class HookHandle:
    """Stands for one registered hook. As a context manager it removes the hook at the end."""

    __slots__ = ("_hooks", "_key")

    def __init__(self, hooks: dict[int, Callable[[Any], Any]], hook: Callable[[Any], Any]) -> None:
        self._hooks, self._key = hooks, next(_keys)
        hooks[self._key] = hook

    def remove(self) -> None:
        """Take the hook off its tensor; a second time does nothing."""
        self._hooks.pop(self._key, None)

    def __enter__(self) -> "HookHandle":
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


def _add(tensor: Any, hook: Callable[[Any], Any], of_leaf: bool, who: str) -> HookHandle:
    if not callable(hook):
        raise TypeError(f"{who}: wants a callable of one argument, not {type(hook).__name__}")
    return HookHandle(_core.hooks(tensor, of_leaf), hook)


def register_hook(self: Any, hook: Callable[[Any], Any]) -> HookHandle:
    """Call `hook` with this tensor's gradient whenever a backward has computed it.

    Parameters
    ----------
    hook : callable
        It gets the whole cotangent of this tensor: a read-only ndarray of its shape and dtype, or a
        Tensor if the backward records. If it gives something other than None, that takes the
        cotangent's place, here and for everything upstream. Several hooks run in the order in which
        they were registered; each sees what those before it gave.

    Returns
    -------
    HookHandle
        `handle.remove()` takes the hook off again.

    Raises
    ------
    GraphError
        If the tensor does not require a gradient.

    Notes
    -----
    The backward that calls it raises ShapeError or DTypeError if the hook gives something that is
    no gradient of this tensor; what a hook raises goes through. In both cases no gradient changes.
    A hook lives as long as the tensor or a graph with it does, on a leaf as long as the tensor.
    Hooks and graphs that refer to each other are collected, except that a hook registered after the
    tensor was used, whose tensor is gone, must not refer to results computed from it.
    """
    return _add(self, hook, False, "register_hook")


def register_post_accumulate_grad_hook(self: Any, hook: Callable[[Any], Any]) -> HookHandle:
    """Call `hook` with this leaf whenever a backward has added to its `.grad`.

    Parameters
    ----------
    hook : callable
        It gets the tensor. All leaves have their new gradients by then. The hook may change
        `.grad` and `.data`; what it gives is ignored. If it raises, every leaf gets its old
        gradient back.

    Returns
    -------
    HookHandle

    Raises
    ------
    GraphError
        If the tensor is no leaf, or does not require a gradient.
    """
    return _add(self, hook, True, "register_post_accumulate_grad_hook")

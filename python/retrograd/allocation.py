"""What memory retrograd has in use and in reserve, and how to give the reserve back."""

from typing import NamedTuple

from . import _core


class Memory(NamedTuple):
    """Memory in bytes. Python objects, and memory that retrograd only borrows, are not in it.

    Attributes
    ----------
    live
        What values, saved values and gradients take, and the nodes of graphs. An array counts with
        a header of 64 bytes, in steps of 64.
    peak
        The most that `live` has been, exactly, since the import or since the peak was reset.
    cached
        Kept for reuse and given back by `empty_cache`: at most an eighth of the memory this process
        may use in arrays, and what freed nodes have left.
    nodes
        The part of `live` that is nodes; a scalar's value is in its node.
    """

    live: int
    peak: int
    cached: int
    nodes: int


def memory(*, reset_peak: bool = False) -> Memory:
    """Tell how much memory retrograd uses, in this process, all threads together.

    Parameters
    ----------
    reset_peak
        Begin a new peak afterwards, at what is live now.

    Returns
    -------
    Memory
        The bytes that are live, were so at most, are cached, and are in graph nodes.
    """
    return Memory(*_core.memory(reset_peak))


def empty_cache() -> None:
    """Give the memory that waits for reuse back to the operating system.

    What is live stays; nodes go back in slabs of 2 MiB, where none of a slab is live. The next
    operations have to ask the system for memory again, which is slower: it helps before something
    else needs the memory, not between the steps of a loop.
    """
    _core.empty_cache()

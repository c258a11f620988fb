"""How many threads large loops run on."""

from . import _core


def set_num_threads(n: int, /) -> None:
    """Set how many threads large loops run on, in the whole process.

    Elementwise operations, reductions and batched products on large arrays, forward and backward,
    are shared out; results have the same bits for any number. A matrix product runs on the
    threads of NumPy's BLAS, of which this says nothing.

    Parameters
    ----------
    n : int
        From 1, which uses the calling thread alone, to 1024.

    Raises
    ------
    TypeError
        If `n` is no integer.
    ValueError
        If `n` is out of range.

    See Also
    --------
    get_num_threads : The number now.

    Notes
    -----
    Until it is set, the number is the first of ``OMP_NUM_THREADS`` or the processors this process
    may use, and not more than BLAS has. Where BLAS is limited later, as by
    ``threadpoolctl.threadpool_limits``, that limit holds here as well.
    """
    _core.set_num_threads(n)


def get_num_threads() -> int:
    """Return how many threads large loops run on.

    Returns
    -------
    int
        What `set_num_threads` has set, or its default; fewer while BLAS is limited to fewer.

    See Also
    --------
    set_num_threads : Set it.
    """
    return _core.get_num_threads()

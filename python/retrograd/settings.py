"""`config`: settings of the whole process."""

from typing import Any

from . import _core


class config:
    """Set what holds for the whole process, or ask for it.

    A setting holds from the call on; as a context manager, the call's former settings are back at
    the end of the block. Without arguments nothing changes, and the result shows what holds.

    Parameters
    ----------
    exact : bool, optional
        True: every elementwise operation gives NumPy's bits. False, as at the start: where NumPy is
        slow for want of vector code, functions come from vector code of ours, whose error
        docs/performance.md states.

    Raises
    ------
    TypeError
        For an unknown setting, or a value that is no bool.

    Examples
    --------
    >>> import retrograd as rg
    >>> rg.config()
    config(exact=False)
    >>> with rg.config(exact=True):
    ...     rg.config().exact
    True
    """

    exact: bool

    def __init__(self, *, exact: bool | None = None) -> None:
        self._former = _core.is_exact()
        if exact is not None:
            if not isinstance(exact, bool):
                raise TypeError(f"config: exact={exact!r} came; True or False was wanted")
            _core.set_exact(exact)
        self.exact = _core.is_exact()

    def __repr__(self) -> str:
        return f"config(exact={self.exact})"

    def __enter__(self) -> "config":
        return self

    def __exit__(self, *error: Any) -> None:
        _core.set_exact(self._former)

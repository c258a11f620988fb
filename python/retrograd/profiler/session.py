"""Opening a profile, and naming the regions of a program."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .. import _core

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .records import Recording

MAX_EVENTS = 1_000_000
MAX_GRAPH = 100_000  # nodes of a graph whose structure is kept


class profile:
    """Measure what every operation and every line costs, forward and backward.

    A context manager for the whole process: while it is open, operations and walks of all threads
    are measured. Profiles may be nested, and each sees all that happens while it is open. A closed
    one keeps what it saw; opened again, it starts afresh.

    Parameters
    ----------
    stacks : bool, default False
        Keep the callers of each line as well, for deeper flame graphs; some 30 ns a caller and
        operation.
    max_events : int, default 1,000,000
        How many single calls to keep, 40 bytes each, for traces and memory curves. Tables are
        exact sums of everything in any case; what was left out is said.

    Raises
    ------
    GraphError
        From `start`, if the profile is open.

    Examples
    --------
    >>> import retrograd
    >>> x = retrograd.Tensor(3.0)
    >>> with retrograd.profile() as prof:
    ...     (x * x).backward()
    >>> prof.recording.backward_calls
    1
    """

    def __init__(self, *, stacks: bool = False, max_events: int = MAX_EVENTS) -> None:
        if max_events < 0:
            raise ValueError(f"profile: max_events is {max_events}, wanted at least 0")
        self._options = (max_events, stacks)
        self._core: _core.Profile | None = None
        self._recording: Recording | None = None

    def start(self) -> None:
        """Open the profile; what it saw before is forgotten."""
        if self._core is not None:
            raise _core.GraphError("profile: already open; stop it first")
        self._recording = None
        self._core = _core.Profile(*self._options, _look)
        self._core.start()

    def stop(self) -> None:
        """Close the profile; a closed one stays as it is."""
        if self._core is None:
            return
        self._core.stop()
        try:
            self._recording = self._read(self._core)
        finally:
            self._core = None

    def __enter__(self) -> "profile":
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def operations(self) -> int:
        """How many calls, forward and backward, have been seen so far."""
        if self._core is not None:
            return self._core.operations
        return 0 if self._recording is None else _seen(self._recording)

    @property
    def recording(self) -> "Recording":
        """What was seen, as plain data; of an open profile, what was seen until now."""
        if self._core is not None:
            return self._read(self._core)
        if self._recording is None:
            raise _core.GraphError("profile: nothing recorded; open it with `with` or start()")
        return self._recording

    @staticmethod
    def _read(core: _core.Profile) -> "Recording":
        from .decode import decode

        return decode(core.snapshot())

    @property
    def events(self) -> "NDArray[np.void]":
        """The single calls as a structured array; its fields are those of `records.EVENT`."""
        return self.recording.events

    def records(self) -> Iterator[dict[str, Any]]:
        """The single calls as plain dicts, in the order in which they ended."""
        from .records import plain_events

        return plain_events(self.recording)

    def table(
        self,
        by: str = "op",
        *,
        sort: str = "backward",
        limit: int | None = None,
        width: int | None = None,
    ) -> str:
        """One table as text.

        Parameters
        ----------
        by : {"op", "line", "region", "node", "shape"}
            What a row stands for.
        sort : str, default "backward"
            The column to sort by, largest first.
        limit : int, optional
            How many rows to show; all if not given.
        width : int, optional
            Characters in a line; the terminal's if not given.

        Raises
        ------
        ValueError
            For another `by` or `sort`.
        """
        from .table import format_table

        return format_table(self.recording, by=by, sort=sort, limit=limit, width=width)

    def annotate(self) -> str:
        """The user's source with forward and backward time in the margin."""
        from .annotate import annotate

        return annotate(self.recording)

    def memory(self) -> str:
        """Live bytes over time, the peak, and the lines whose saved values made it up, as text."""
        from .memory import format_memory

        return format_memory(self.recording)

    def save(self, path: Any) -> None:
        """Write a file whose format follows from the name.

        Parameters
        ----------
        path : str or path-like
            `x.json`: a Chrome trace, for Perfetto and chrome://tracing. `x.speedscope.json`: for
            speedscope. `x.folded`: collapsed stacks, for flame graph tools. `x.html`: one page
            with everything.

        Raises
        ------
        ValueError
            For another ending.
        """
        from .files import save

        save(self.recording, path)

    def __str__(self) -> str:
        from .table import format_summary

        return format_summary(self.recording)

    def __repr__(self) -> str:
        state = "open" if self._core is not None else "closed" if self._recording else "empty"
        return f"<retrograd.profile, {state}, {self.operations:,} calls>"


def _look(root: Any) -> dict[str, Any] | None:
    """Keep the structure of the first graph that is walked, for the page's picture."""
    from ..picture.columns import capture

    return capture(root, MAX_GRAPH)


def _seen(recording: "Recording") -> int:
    return recording.total.calls + recording.total.backward_calls

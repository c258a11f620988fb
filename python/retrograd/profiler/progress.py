"""A status line on the terminal while a script runs, which gives way to what the script prints."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Event, RLock, Thread
from time import monotonic
from types import TracebackType
from typing import Any, TextIO

from .metrics import format_count
from .text import keep_start

INTERVAL = 0.2  # seconds between two looks
ERASE = "\r\x1b[K"


class Progress:
    """Show on `stream` for how long the script has run, and how many calls were seen.

    Nothing happens unless `stream` is a terminal. The line is drawn only where a new line begins,
    and is gone before the script's next write through `sys.stdout` or `sys.stderr`.
    """

    def __init__(self, stream: TextIO, operations: Callable[[], int]) -> None:
        self._stream, self._operations = stream, operations
        self._lock = RLock()
        self._done = Event()
        self._thread: Thread | None = None
        self._hooked: list[Any] = []
        self._shown, self._new_line = False, True

    def __enter__(self) -> "Progress":
        if _is_terminal(self._stream) and os.environ.get("TERM") != "dumb":
            # Their originals, for this object's own use.
            self._write, self._flush = self._stream.write, self._stream.flush
            for stream in {id(s): s for s in (self._stream, sys.stdout, sys.stderr)}.values():
                if _is_terminal(stream):
                    self._hook(stream)
            if hasattr(os, "register_at_fork"):
                os.register_at_fork(after_in_child=self._leave_to_parent)
            self._thread = Thread(target=self._draw_often, name="retrograd progress", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._thread is None:
            return
        self._done.set()
        self._thread.join()
        self._unhook()
        self._erase()

    def _hook(self, stream: Any) -> None:
        write, flush = stream.write, stream.flush

        def write_after_erasing(text: str) -> Any:
            with self._lock:
                self._erase()
                if text:
                    self._new_line = text.endswith("\n")
                return write(text)

        def flush_after_erasing() -> None:
            with self._lock:
                self._erase()  # also before input(), which flushes and then goes its own way
                flush()

        # Streams of a strange class may refuse; then they are left alone.
        with suppress(AttributeError):
            stream.write, stream.flush = write_after_erasing, flush_after_erasing
            self._hooked.append(stream)

    def _unhook(self) -> None:
        with self._lock:
            for stream in self._hooked:
                with suppress(AttributeError):
                    del stream.write, stream.flush
            self._hooked.clear()

    def _leave_to_parent(self) -> None:
        self._lock = RLock()  # the parent's thread may have held it
        self._thread = None
        self._shown = False
        self._unhook()

    def _draw_often(self) -> None:
        start, seen = monotonic(), 0
        with suppress(OSError, ValueError):  # the terminal is gone, or the stream closed
            while not self._done.wait(INTERVAL):
                operations = self._operations()
                # A script that computes nothing may be waiting for input.
                if self._shown or operations != seen:
                    self._draw(monotonic() - start, operations)
                seen = operations

    def _draw(self, seconds: float, operations: int) -> None:
        text = f"retrograd: {seconds:.0f} s, {format_count(operations)} calls"
        width = os.get_terminal_size(self._stream.fileno()).columns
        with self._lock:
            if self._new_line:
                self._write(f"{ERASE}{keep_start(text, (width or 80) - 1)}\r")
                self._flush()
                self._shown = True

    def _erase(self) -> None:
        if self._shown:
            self._shown = False
            self._write(ERASE)
            self._flush()


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):  # there is no such stream, or it is closed
        return False

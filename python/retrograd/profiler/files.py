"""The files a profile can be saved to: the ending of the name chooses."""

import os
from typing import Any

from .records import Recording


def save(recording: Recording, path: Any) -> None:
    """Write `recording` to `path`; see `profile.save` for the endings."""
    name = os.fspath(path)
    text = name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name
    for ending, write in _writers():
        if text.endswith(ending):
            # Names of files and functions need not be valid text.
            with open(name, "w", encoding="utf-8", errors="backslashreplace") as file:
                write(recording, file)
            return
    endings = ", ".join(ending for ending, _ in _writers())
    raise ValueError(f"profile: no format for {text!r}; a name ends with one of {endings}")


def _writers() -> list[tuple[str, Any]]:
    from .flame import write_folded, write_speedscope
    from .page import write_page
    from .trace import write_trace

    return [
        (".speedscope.json", write_speedscope),
        (".json", write_trace),
        (".folded", write_folded),
        (".html", write_page),
    ]

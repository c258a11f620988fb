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
    from .trace import write_trace

    return [
        (".speedscope.json", write_speedscope),
        (".json", write_trace),
        (".folded", write_folded),
        (".html", _write_page),
    ]


def _write_page(recording: Recording, file: Any) -> None:
    from .page import write_page
    from .roof import machine_roof

    write_page(recording, file, _picture(recording), machine_roof())


def _picture(recording: Recording) -> str | None:
    from ..picture.columns import arrange
    from ..picture.nodes import Graph

    if recording.graph is None:
        return None
    return Graph(arrange(recording.graph, recording)).to_svg()

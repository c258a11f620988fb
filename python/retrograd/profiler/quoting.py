"""Names in JSON files: a path or a function may be called anything, and need not even be text."""

import json

from .text import printable


def quote(name: str) -> str:
    """A JSON string that every reader takes; controls and lone surrogates are spelled out.

    Other characters stand for themselves: Perfetto refuses JSON's pairs of escapes, as in 😀.
    """
    return json.dumps(printable(name), ensure_ascii=False)

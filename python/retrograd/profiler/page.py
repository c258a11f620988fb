"""One HTML page with everything a profile knows; it needs no network and no other file.

The page is put together from the files in `assets`, and draws itself from the JSON that
`page_data` makes. Names in that JSON may be anything: they are escaped here so that they cannot
end the element that holds them, and reach the page as text only. As a second wall, the page's own
Content-Security-Policy lets nothing run or load but the script and the style written here.
"""

import base64
import hashlib
import json
import re
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any, TextIO

from .._version import __version__
from .page_data import page_data
from .records import Recording

if TYPE_CHECKING:
    from .roof import Roof

# In the order in which they stand on the page: `start.js` calls what the others define.
SCRIPTS = ("page.js", "tables.js", "source.js", "flame.js", "memory.js", "start.js")

# What could end a script element, what old JavaScript took for a line's end, and what is no text.
_UNSAFE = re.compile("[<>&\u2028\u2029]|[\ud800-\udfff]")


def write_page(
    recording: Recording,
    file: TextIO,
    graph_svg: str | None = None,
    roof: "Roof | None" = None,
) -> None:
    """Write the page.

    Parameters
    ----------
    recording : Recording
        What to show.
    file : text file
        Where to write it, as UTF-8.
    graph_svg : str, optional
        A picture of the graph, shown as an image.
    roof : Roof, optional
        What the machine can do at best; with it tables say how much of that was reached.
    """
    style = _asset("page.css")
    script = "\n".join(_asset(name) for name in SCRIPTS)
    policy = {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": _digest(style),
        "script-src": _digest(script),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    page = Template(_asset("page.html")).substitute(
        policy="; ".join(f"{name} {value}" for name, value in policy.items()),
        version=__version__,
        style=style,
        script=script,
        data=_embed(page_data(recording, roof) | {"graph": graph_svg}),
    )
    file.write(page)


def _asset(name: str) -> str:
    return (files(__package__) / "assets" / name).read_text("utf-8")


def _digest(text: str) -> str:
    """The source expression that permits exactly this inline text."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _embed(data: Any) -> str:
    """Give JSON that is safe inside a script element and valid UTF-8.

    A surrogate, from a path that is not UTF-8, becomes visible text: a backslash, "udcff".
    """

    def escape(match: re.Match[str]) -> str:
        code = f"\\u{ord(match[0]):04x}"
        return f"\\{code}" if "\ud800" <= match[0] <= "\udfff" else code

    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE.sub(escape, text)

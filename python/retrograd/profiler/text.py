"""Names and source made fit for a terminal: in other people's files they may hold anything."""

from unicodedata import combining, east_asian_width


def printable(text: str) -> str:
    """Escape what a terminal would obey or could not encode: controls, newlines, surrogates."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    return ascii(character)[1:-1]


def source_text(file: str, line: int) -> str:
    """A line of source, printable; empty if there is none to be had."""
    from linecache import getline

    try:
        return printable(getline(file, line).rstrip().expandtabs())
    except ValueError:  # a name that no file can have
        return ""


def columns(text: str) -> int:
    """How many columns of a terminal a printable text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_columns_of, text))


def _columns_of(character: str) -> int:
    if combining(character):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def pad(text: str, width: int) -> str:
    """Fill up with spaces on the right."""
    return text + " " * (width - columns(text))


def keep_start(text: str, width: int) -> str:
    """Cut a printable text to `width` columns; "…" stands for its end."""
    if columns(text) <= width:
        return text
    return _prefix(text, width - 1) + "…" if width > 0 else ""


def keep_end(text: str, width: int) -> str:
    """Cut a printable text to `width` columns; "…" stands for its beginning."""
    if columns(text) <= width:
        return text
    return "…" + _prefix(text[::-1], width - 1)[::-1] if width > 0 else ""


def _prefix(text: str, width: int) -> str:
    used = 0
    for place, character in enumerate(text):
        used += _columns_of(character)
        if used > width:
            return text[:place]
    return text

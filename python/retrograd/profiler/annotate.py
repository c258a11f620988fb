"""The user's source with forward and backward time in the margin."""

import linecache

from .metrics import format_share, format_time, metrics
from .records import Costs, Recording, shorten
from .table import terminal_width
from .text import keep_start, printable, source_text

SHORT_FILE = 60  # lines; such a file is shown whole
AROUND = 3  # lines shown before and after a measured one of a longer file
MARGIN = 26


def annotate(recording: Recording, width: int | None = None) -> str:
    """Show every file with measured lines, the dearest in backward first.

    Long files are shown around their measured lines, with "…" for what lies between. An operation
    counts for the line on which its expression begins.
    """
    width = width or terminal_width()
    files = line_costs(recording)
    sums = {file: Costs.total(lines.values()) for file, lines in files.items()}
    order = sorted(files, key=lambda f: (-sums[f].backward_ns, -sums[f].forward_ns, f))
    parts = [_file(file, files[file], sums[file], recording.total, width) for file in order]
    return "\n\n".join(parts) or "No operation was called from a line of source."


def line_costs(recording: Recording) -> dict[str, dict[int, Costs]]:
    """Sums by file and line."""
    found: dict[str, dict[int, list[Costs]]] = {}
    for row in recording.rows:
        if row.line is not None and row.costs != Costs():
            found.setdefault(row.line.file, {}).setdefault(row.line.line, []).append(row.costs)
    return {
        file: {line: Costs.total(costs) for line, costs in lines.items()}
        for file, lines in found.items()
    }


def _file(file: str, lines: dict[int, Costs], sums: Costs, total: Costs, width: int) -> str:
    share = format_share(metrics(sums, total).share)
    times = f"forward {_time(sums.forward_ns)}, backward {_time(sums.backward_ns)} ({share})"
    length = _length(file)
    head = [f"{printable(shorten(file))}: {times}" + ("" if length else ", source not found")]
    digits = len(str(max(length, *lines)))
    head.append(f"{'forward':>9} {'backward':>9} {'share':>6} │")
    previous = 0
    for number in _shown(lines, length):
        if number != previous + 1:
            head.append(f"{'':{MARGIN}} │ {'…':>{digits}}")
        text = f"{_margin(lines.get(number), total)} │ {number:>{digits}}  "
        head.append((text + keep_start(source_text(file, number), width - len(text))).rstrip())
        previous = number
    if previous < length:
        head.append(f"{'':{MARGIN}} │ {'…':>{digits}}")
    return "\n".join(head)


def _length(file: str) -> int:
    try:
        return len(linecache.getlines(file))
    except ValueError:  # a name that no file can have
        return 0


def _shown(lines: dict[int, Costs], length: int) -> list[int]:
    if length <= SHORT_FILE:
        return sorted({*lines, *range(1, length + 1)})
    near = {n for line in lines for n in range(line - AROUND, line + AROUND + 1)}
    return sorted({*lines, *(n for n in near if 1 <= n <= length)})


def _margin(costs: Costs | None, total: Costs) -> str:
    if costs is None:
        return " " * MARGIN
    share = format_share(metrics(costs, total).share) if costs.backward_ns else ""
    return f"{format_time(costs.forward_ns):>9} {format_time(costs.backward_ns):>9} {share:>6}"


def _time(ns: int) -> str:
    return format_time(ns) or "0 ns"

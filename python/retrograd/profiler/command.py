"""What `retrograd profile` does: run a script under a profile, then report and write the files."""

import os
import sys
from argparse import Namespace
from contextlib import suppress
from dataclasses import replace
from typing import Any, TextIO

from .annotate import annotate
from .files import save
from .memory import format_memory
from .progress import Progress
from .records import Line, Recording
from .script import NotFound, Script
from .session import profile
from .table import format_summary, terminal_width

# What each option writes: the ending by which `files` knows the format, and a word on it.
FILES = {
    "html": (".html", "one page with everything, for a browser"),
    "trace": (".json", "Chrome trace events, for Perfetto and chrome://tracing"),
    "speedscope": (".speedscope.json", "for speedscope"),
    "folded": (".folded", "collapsed stacks, for flame graph tools"),
}


def run_profile(options: Namespace) -> int:
    """Run `options.script`; the result is the exit status, the script's own if it had any trouble.

    Raises
    ------
    KeyboardInterrupt
        If that ended the script, after the report: so the process dies by the signal, as without
        us. Its traceback has been shown.
    """
    # Before the script changes its folder, its streams or the process.
    paths = {name: os.path.abspath(p) for name in FILES if (p := getattr(options, name))}
    output = options.output and os.path.abspath(options.output)
    stream, process = sys.stderr, os.getpid()
    script = Script(options.script, options.arguments, options.module)
    session = profile(stacks=options.stacks, max_events=options.max_events)
    with session, Progress(stream, lambda: session.operations):
        error = script.run()
    status = _end(error)
    if os.getpid() == process and not isinstance(error, NotFound):
        try:
            _report(session.recording, script, options, output, paths, stream)
        except KeyboardInterrupt:
            error = KeyboardInterrupt()
            _say(stream, "retrograd profile: interrupted, the report is not complete")
        except Exception as trouble:  # must not cost the script its exit status
            _say(stream, f"retrograd profile: {type(trouble).__name__}: {trouble}")
            status = status or 1
    if isinstance(error, KeyboardInterrupt):
        sys.excepthook = lambda *_: None
        raise error
    return status


def _end(error: BaseException | None) -> int:
    """Say what Python says when a script ends with `error`, and give its exit status."""
    with suppress(Exception):  # closed, or a broken pipe, of which Python tells at exit
        sys.stdout.flush()
    if error is None:
        return 0
    if isinstance(error, NotFound):
        _say(sys.stderr, f"retrograd profile: {error}")
        return error.status
    if isinstance(error, SystemExit):
        if error.code is None or isinstance(error.code, int):
            return error.code or 0
        _say(sys.stderr, str(error.code))
        return 1
    kind, traceback = type(error), error.__traceback__
    try:
        sys.excepthook(kind, error, traceback)
    except Exception:  # the script's own hook is broken
        sys.__excepthook__(kind, error, traceback)
    return 1


def _report(
    recording: Recording,
    script: Script,
    options: Namespace,
    output: str | None,
    paths: dict[str, str],
    stream: TextIO,
) -> None:
    recording = _above(recording, script.launcher)
    width = None if output else _width(stream)
    by = tuple(options.by or ("op", "line"))
    parts = [format_summary(recording, by, options.sort, options.top, width)]
    if options.annotate:
        parts.append(annotate(recording, width))
    if options.memory:
        parts.append(format_memory(recording, options.top, width))
    text = "\n\n".join(parts)
    if output:
        with open(output, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{text}\n")
        paths = {"report": output, **paths}
    else:
        _say(stream, f"\n{text}")
    for name, path in paths.items():
        if name in FILES:
            save(recording, path)
        _say(stream, f"{name}: {path}")


def _above(recording: Recording, launcher: set[tuple[str, str]]) -> Recording:
    """Cut our own launcher's frames off the bottoms of the stacks."""

    def cut(stack: tuple[Line, ...]) -> tuple[Line, ...]:
        end = len(stack)
        while end and (stack[end - 1].file, stack[end - 1].function) in launcher:
            end -= 1
        return stack[:end]

    rows = tuple(replace(r, stack=cut(r.stack)) if r.stack else r for r in recording.rows)
    return replace(recording, rows=rows)


def _width(stream: Any) -> int:
    """Columns of the report's terminal, which need not be standard output's."""
    with suppress(OSError, ValueError, AttributeError):
        if "COLUMNS" not in os.environ and (size := os.get_terminal_size(stream.fileno())).columns:
            return size.columns
    return terminal_width()


def _say(stream: TextIO | None, text: str) -> None:
    if stream is not None:
        with suppress(OSError, ValueError):  # the script may have closed it
            print(text, file=stream, flush=True)

"""The command `retrograd`, also `python -m retrograd`.

`retrograd profile script.py` runs a script that knows nothing of it, as Python would, and then
says on standard error where the time went. What the script prints, its arguments, exit status and
tracebacks stay its own.
"""

import argparse
import os
from collections.abc import Callable

from . import __version__

EPILOG = """\
The script's exit status, arguments, output and tracebacks stay its own; Ctrl-C ends it, and still
gives a report. A process that is killed or ends itself by os._exit leaves none, nor do the
processes it starts. Threads are measured until the script's main part has ended.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : list of str, optional
        Those of the process if not given.

    Returns
    -------
    int
        The exit status.
    """
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    return run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="retrograd", description="Reverse-mode automatic differentiation for NumPy."
    )
    parser.add_argument("--version", action="version", version=f"retrograd {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    profile = commands.add_parser(
        "profile",
        help="run a script and show which of its lines cost what in backward",
        description="Run a script, unchanged, and show on standard error which of its "
        "operations and lines cost what, forward and backward.",
        usage="%(prog)s [options] (script.py | -m module) [arguments ...]",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    _add_profile_options(profile)
    return parser


def _add_profile_options(parser: argparse.ArgumentParser) -> None:
    from .profiler.command import FILES, run_profile
    from .profiler.session import MAX_EVENTS
    from .profiler.table import GROUPINGS, SORTS

    parser.set_defaults(run=run_profile)
    parser.add_argument("script", help="a Python file, or a folder or archive with a __main__.py")
    parser.add_argument(
        "arguments", nargs=argparse.REMAINDER, help="the script's own, whatever they look like"
    )
    parser.add_argument(
        "-m", dest="module", action="store_true", help="run a module, as `python -m` does"
    )
    report = parser.add_argument_group("report")
    report.add_argument(
        "--by",
        action="append",
        choices=GROUPINGS,
        help="show a table by this; may be given more than once (default: op and line)",
    )
    report.add_argument(
        "--sort",
        choices=[*SORTS, "name"],
        default="backward",
        help="order of the tables (default: %(default)s)",
    )
    report.add_argument(
        "--top",
        type=_count,
        default=20,
        metavar="N",
        help="rows in a table (default: %(default)s)",
    )
    report.add_argument(
        "--annotate", action="store_true", help="show the source with times in the margin"
    )
    report.add_argument(
        "--memory", action="store_true", help="show the live bytes over time and their peak"
    )
    report.add_argument(
        "-o", "--output", type=_file_to_be(""), metavar="FILE", help="write the report to FILE"
    )
    files = parser.add_argument_group("files to write")
    for name, (ending, text) in FILES.items():
        files.add_argument(
            f"--{name}", type=_file_to_be(ending), metavar=f"FILE{ending}", help=text
        )
    recording = parser.add_argument_group("recording")
    recording.add_argument(
        "--stacks", action="store_true", help="keep the callers of each line, for flame graphs"
    )
    recording.add_argument(
        "--max-events",
        type=_count,
        default=MAX_EVENTS,
        metavar="N",
        help="single calls to keep for the files (default: %(default)s)",
    )


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no count")
    return int(text)


def _file_to_be(ending: str) -> Callable[[str], str]:
    """Check before the script runs, not after, that what was asked for can be written."""
    from .profiler.command import FILES

    others = [e for e, _ in FILES.values() if ending and len(e) > len(ending)]

    def check(path: str) -> str:
        if path.endswith(tuple(others)):
            raise argparse.ArgumentTypeError(f"{path!r} has the ending of another format")
        if not path.endswith(ending):
            raise argparse.ArgumentTypeError(f"{path!r} does not end with {ending}")
        folder = os.path.dirname(os.path.abspath(path))
        if os.path.isdir(path) or not os.access(folder, os.W_OK):
            raise argparse.ArgumentTypeError(f"cannot write {path!r}")
        return path

    return check

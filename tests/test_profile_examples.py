"""The profiler finds the line that makes a program slow, that of docs/profiling.md as well."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "docs" / "examples" / "slow_fit.py"


def line_of(text, source):
    [number] = [i for i, line in enumerate(source.splitlines(), 1) if line.strip() == text]
    return number


def first_line(script, *arguments):
    """The file and line at the top of the line table, and how much of the backward time it has."""
    done = subprocess.run(
        [sys.executable, "-m", "retrograd", "profile", "--by", "line", str(script), *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    [row] = re.findall(r"^─+\n(.+)$", done.stderr, re.MULTILINE)[:1]
    place = re.match(r"(\S+):(\d+) ", row)
    share = re.search(r"([\d.]+)%", row)
    return Path(place[1]).name, int(place[2]), float(share[1])


def test_the_line_of_the_story():
    source = EXAMPLE.read_text("utf-8")
    wanted = line_of("return near @ far @ v", source)
    name, line, share = first_line(EXAMPLE, "--steps", "3")
    assert (name, line) == ("slow_fit.py", wanted)
    assert share > 60


def test_a_line_that_was_made_ten_times_dearer(tmp_path):
    program = """
        import numpy as np
        from retrograd import Tensor

        x = Tensor(np.linspace(-1, 1, 20_000))
        wide = Tensor(np.linspace(-1, 1, 200_000))
        for _ in range(5):
            a = np.sin(x).sum()
            b = np.sin(x * 2.0).sum()
            c = np.sin(wide).sum()
            d = np.sin(x * 3.0).sum()
            (a + b + c + d).backward()
    """
    script = tmp_path / "dear.py"
    script.write_text(textwrap.dedent(program))
    name, line, _ = first_line(script)
    assert (name, line) == ("dear.py", line_of("c = np.sin(wide).sum()", script.read_text()))

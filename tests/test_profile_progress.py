"""The status line of `retrograd profile`: on terminals only, and never in the script's way."""

import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

WORK = """\
import os, sys, time
import numpy as np, retrograd as rg
x = rg.Tensor(np.linspace(0, 1, 1_000))
end = time.monotonic() + 1.2
n = 0
while time.monotonic() < end:
    np.tanh(x).sum().backward()
    time.sleep(0.01)
    n += 1
    if n % 20 == 0:
        print("line", n)
    if n % 30 == 0:
        print("half", end="", flush=True)
        time.sleep(0.3)
        print(" whole")
    if n % 50 == 0:
        sys.stderr.write("error\\n")
"""


def run(tmp_path: Path, text: str, *, shared: bool, prompt: bytes = b"", **variables: str):
    """Run a script with standard error, and output if `shared`, on a terminal.

    Once `prompt` was seen, somebody waits a little and types "me".
    """
    script = tmp_path / "script.py"
    script.write_text(text, encoding="utf-8")
    report = tmp_path / "report.txt"
    main, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "retrograd", "profile", "-o", str(report), str(script)],
        stdin=terminal if prompt else subprocess.DEVNULL,
        stdout=terminal if shared else subprocess.PIPE,
        stderr=terminal,
        env={**os.environ, "TERM": "xterm", **variables},
    ) as process:
        os.close(terminal)
        seen, answered = b"", not prompt
        while block := read(main):
            seen += block
            if not answered and prompt in seen:
                time.sleep(0.7)  # some looks of the status line's thread
                os.write(main, b"me\n")
                answered = True
        output = process.stdout.read().decode() if process.stdout else ""
    os.close(main)
    assert process.returncode == 0
    assert report.stat().st_size > 0
    return seen.decode(), output


def read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # how Linux tells of a terminal's end
        return b""


def screen(text: str) -> list[str]:
    """What a terminal shows in the end."""
    lines = []
    for written in text.replace("\r\n", "\n").split("\n"):
        line, place = "", 0
        for part in written.replace("\r", "\0\r\0").replace("\x1b[K", "\0K\0").split("\0"):
            if part == "\r":
                place = 0
            elif part == "K":
                line = line[:place]
            else:
                line = line[:place] + part + line[place + len(part) :]
                place += len(part)
        lines.append(line)
    return lines


def test_screen():
    assert screen("abc\rx\r\nlong\r\x1b[Kab\n\rq") == ["xbc", "ab", "q"]


def test_progress_is_shown_and_wiped(tmp_path):
    seen, output = run(tmp_path, WORK, shared=False)
    assert seen.count("retrograd: ") >= 3
    assert " calls\r" in seen
    assert not any("retrograd: " in line for line in screen(seen))
    assert "error" in screen(seen)
    assert "\x1b" not in output
    assert "half whole" in output.splitlines()


def test_progress_gives_way_to_output_on_the_same_terminal(tmp_path):
    seen, _ = run(tmp_path, WORK, shared=True)
    assert "retrograd: " in seen
    shown = screen(seen)
    assert shown[-2].startswith("report: ")
    assert set(shown[:-2]) == {
        *(f"line {n}" for n in range(20, 200, 20)),
        "half whole",
        "error",
    } & {*shown}
    assert {"line 20", "half whole"} <= set(shown)


def test_progress_leaves_input_alone(tmp_path):
    ask = "print('got', input('name? '))\n"
    seen, _ = run(tmp_path, WORK + ask, shared=True, prompt=b"name? ")
    shown = screen(seen)
    assert shown[shown.index("name? me") + 1] == "got me"


@pytest.mark.parametrize("ending", ["os._exit(0)", "time.sleep(0.5)", "print('child')"])
def test_progress_stays_with_the_parent(tmp_path, ending):
    fork = f"child = os.fork()\nif child == 0:\n    {ending}\nelse:\n    os.waitpid(child, 0)\n"
    seen, _ = run(tmp_path, WORK + fork, shared=True)
    assert not any("retrograd: " in line for line in screen(seen))


def test_no_progress_without_a_terminal(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(WORK, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "retrograd", "profile", str(script)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "\r" not in done.stderr
    assert "\x1b" not in done.stderr
    assert "retrograd: " not in done.stderr


def test_no_progress_on_a_dumb_terminal(tmp_path):
    seen, _ = run(tmp_path, WORK, shared=False, TERM="dumb")
    assert "\x1b" not in seen

"""`retrograd profile`: a script runs under it as it runs without, and a report follows."""

import os
import signal
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PLAIN = [sys.executable]
PROFILE = [sys.executable, "-m", "retrograd", "profile"]

WHO_AM_I = '''\
"""A program's own idea of itself."""
import inspect, sys
main = sys.modules["__main__"]
print(sys.argv, sys.path[0], __name__, __doc__, main.__dict__ is globals())
print(__file__, __package__, __cached__, getattr(__spec__, "name", None), type(__loader__))
print(inspect.currentframe().f_code.co_filename)
'''
WORK = """\
import numpy as np, retrograd as rg
x = rg.Tensor(np.linspace(0, 1, 1_000))
def loss(x):
    return np.tanh(x).sum()
for _ in range(3):
    loss(x).backward()
"""


def run(command, cwd) -> subprocess.CompletedProcess:
    return subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**os.environ, "COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=False,
    )


def profile(*arguments, cwd) -> subprocess.CompletedProcess:
    return run([*PROFILE, *arguments], cwd)


def write(folder: Path, text: str, name: str = "script.py") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def as_plain(arguments, cwd) -> subprocess.CompletedProcess:
    """Run both ways, and require the same status, output and, before the report, errors."""
    plain, profiled = run([*PLAIN, *arguments], cwd), profile(*arguments, cwd=cwd)
    assert profiled.stdout == plain.stdout
    assert profiled.returncode == plain.returncode
    assert profiled.stderr.startswith(plain.stderr)
    return profiled


# -- the script's own view


@pytest.mark.parametrize(
    "arguments",
    [
        ["script.py"],
        ["./script.py", "--top", "x", "-m", "--", "--html"],
        ["sub/../script.py", ""],
        ["link.py"],
        ["-m", "script", "--by", "-o"],
        ["-m", "package", "a"],
        ["-m", "package.inner"],
        ["folder", "b"],
        ["archive.zip"],
    ],
    ids=" ".join,
)
def test_script_sees_what_it_sees_without(tmp_path, arguments):
    write(tmp_path, WHO_AM_I)
    write(tmp_path, WHO_AM_I, "sub/real.py")
    (tmp_path / "link.py").symlink_to(tmp_path / "sub" / "real.py")
    for name in ("package/__main__.py", "package/inner.py", "folder/__main__.py"):
        write(tmp_path, WHO_AM_I, name)
    write(tmp_path, "", "package/__init__.py")
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr("__main__.py", WHO_AM_I)
    done = as_plain(arguments, tmp_path)
    assert "True" in done.stdout
    assert "No operation on a tensor was seen." in done.stderr


def test_absolute_path_and_safe_path(tmp_path):
    script = write(tmp_path / "below", WHO_AM_I)
    as_plain([script], tmp_path)
    for flag in ("-P", "-I"):
        plain = run([sys.executable, flag, script], tmp_path)
        done = run([sys.executable, flag, "-m", "retrograd", "profile", script], tmp_path)
        assert done.stdout == plain.stdout


def test_pickle_and_child_processes_find_main(tmp_path):
    write(
        tmp_path,
        "import pickle, multiprocessing\n"
        "class Point: pass\n"
        "def double(x): return 2 * x\n"
        "if __name__ == '__main__':\n"
        "    assert type(pickle.loads(pickle.dumps(Point()))) is Point\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.map(double, [1, 2, 3]))\n",
    )
    assert as_plain(["script.py"], tmp_path).stdout == "[2, 4, 6]\n"
    as_plain(["-m", "script"], tmp_path)


def test_forked_child_leaves_no_report(tmp_path):
    write(
        tmp_path,
        WORK + "import os\n"
        "child = os.fork()\n"
        "if child:\n"
        "    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
        "else:\n"
        "    raise SystemExit(4)\n",
    )
    done = profile("-o", "report.txt", "script.py", cwd=tmp_path)
    assert done.stdout == "4\n"
    assert done.stderr.count("report:") == 1


# -- how it ends


@pytest.mark.parametrize(
    "ending",
    [
        "pass",
        "raise SystemExit",
        "raise SystemExit(0)",
        "raise SystemExit(3)",
        "raise SystemExit(True)",
        "raise SystemExit('a message\\nof two lines')",
        "raise SystemExit((1, 2))",
        "exit(-1)",
        "1 / 0",
        "raise BaseException('base')",
        "raise ExceptionGroup('two', [ValueError(1), KeyError(2)])",
        "import not_to_be_found",
        "import broken",
        "x = (",
        "try:\n    1 / 0\nexcept Exception as e:\n    raise ValueError('later') from e",
        "import sys\nsys.excepthook = lambda *e: print('hook', e[0], file=sys.stderr)\n1 / 0",
        "import atexit\natexit.register(print, 'at exit')\n1 / 0",
        "import sys\nsys.stderr.write('half a line')",
    ],
)
def test_ending_is_the_scripts_own(tmp_path, ending):
    write(tmp_path, "raise RuntimeError('at import')\n", "broken.py")
    write(tmp_path, ending)
    done = as_plain(["script.py"], tmp_path)
    assert "profiled, " in done.stderr.splitlines()[-2 if "No operation" in done.stderr else 0]
    assert "retrograd" not in done.stderr


def test_broken_excepthook_hides_no_traceback(tmp_path):
    write(tmp_path, "import sys\nsys.excepthook = None\n1 / 0\n")
    done = profile("script.py", cwd=tmp_path)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr


def test_traceback_through_retrograd_is_whole(tmp_path):
    write(tmp_path, WORK + "loss(x).backward(np.ones(7))\n")
    done = as_plain(["script.py"], tmp_path)
    assert done.returncode == 1
    assert "ShapeError" in done.stderr
    assert "script.py:4 " in done.stderr  # a row of the table


@pytest.mark.parametrize(
    ("arguments", "message", "status"),
    [
        (["nowhere.py"], "can't open file", 2),
        (["-m", "nowhere"], "No module named nowhere", 1),
        (["-m", "no.where"], "Error while finding module 'no.where'", 1),
        (["-m", "package"], "'package' is a package and cannot be run", 1),
        (["."], "can't find '__main__' module in ", 1),
    ],
)
def test_nothing_to_run(tmp_path, arguments, message, status):
    write(tmp_path, "", "package/__init__.py")
    assert run([*PLAIN, *arguments], tmp_path).returncode == status
    done = profile(*arguments, cwd=tmp_path)
    assert done.returncode == status
    assert done.stderr.startswith("retrograd profile: ")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_package_that_fails_to_import_shows_its_own_frames(tmp_path):
    write(tmp_path, "1 / 0\n", "package/__init__.py")
    write(tmp_path, "", "package/inner.py")
    done = profile("-m", "package.inner", cwd=tmp_path)
    assert done.returncode == 1
    frames = [line for line in done.stderr.splitlines() if line.startswith("  File ")]
    assert len(frames) == 1
    assert "package/__init__.py" in frames[0]


@pytest.mark.parametrize("prefix", [PLAIN, [*PROFILE, "--trace", "out.json"]])
def test_interrupt(tmp_path, prefix):
    # A shell's background job has the signal ignored, and with it what it starts.
    listen = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
    ready = "print('ready', flush=True)\nwhile True:\n    loss(x).backward()\n"
    write(tmp_path, WORK + listen + ready)
    with subprocess.Popen(
        [*prefix, "script.py"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    # Which a shell shows as 130.
    assert process.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in errors
    assert "cli.py" not in errors
    if prefix is not PLAIN:
        assert errors.startswith("Traceback")
        assert "script.py:4 " in errors
        assert (tmp_path / "out.json").stat().st_size > 0


def test_streams_and_folder_may_be_changed(tmp_path):
    write(
        tmp_path,
        WORK + "import os, sys\nos.mkdir('other'); os.chdir('other')\n"
        "sys.stdout.close(); sys.stderr = open('mine.txt', 'w')\n",
    )
    done = profile("--folded", "out.folded", "script.py", cwd=tmp_path)
    assert done.returncode == 0
    assert "script.py:4" in done.stderr
    assert (tmp_path / "out.folded").exists()
    write(tmp_path, WORK + "import sys; sys.stderr.close()\n")
    assert profile("-o", "report.txt", "script.py", cwd=tmp_path).returncode == 0
    assert "script.py:4" in (tmp_path / "report.txt").read_text("utf-8")


def test_os_exit_leaves_no_report(tmp_path):
    write(tmp_path, WORK + "import os; os._exit(5)\n")
    done = profile("script.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (5, "")


# -- the report


def test_report(tmp_path):
    write(tmp_path, WORK)
    done = as_plain(["script.py"], tmp_path)
    assert "6 operations in" in done.stderr
    assert "3 calls of backward" in done.stderr
    (row,) = [line for line in done.stderr.splitlines() if line.startswith("script.py:")]
    assert row.split()[:2] == ["script.py:4", "6"]
    assert row.endswith("return np.tanh(x).sum()")


def test_dearest_line_comes_first(tmp_path):
    write(
        tmp_path,
        "import numpy as np, retrograd as rg\n"
        "x = rg.Tensor(np.linspace(0, 1, 10_000))\n"
        "for _ in range(20):\n"
        "    a = x * x\n"
        "    b = np.exp(np.sin(np.cos(np.sin(np.cos(np.sin(np.cos(np.sin(a))))))))\n"
        "    c = b + x\n"
        "    c.sum().backward()\n",
    )
    done = profile("--by", "line", "script.py", cwd=tmp_path)
    rows = [line.split()[0] for line in done.stderr.splitlines() if line.startswith("script.py:")]
    assert rows[0] == "script.py:5"
    assert {"script.py:4", "script.py:7"} < set(rows)


def test_report_options(tmp_path):
    write(tmp_path, WORK + "with rg.region('fit'):\n    loss(x).backward()\n")

    def tables(*options):
        done = profile(*options, "script.py", cwd=tmp_path)
        assert done.returncode == 0
        lines = done.stderr.splitlines()
        return [line.split()[0] for line in lines if " backward  " in line], done.stderr

    assert tables()[0] == ["op", "line"]
    shown, text = tables("--by", "region", "--by", "node", "--by", "shape", "--sort", "forward")
    assert shown == ["region", "node", "shape"]
    assert "fit " in text
    assert "#1 tanh script.py:4" in text
    assert "tanh float64(1000,) -> float64(1000,)" in text
    shown, text = tables("--top", "1", "--memory", "--annotate")
    assert text.count(" more)") >= 2
    assert "peak memory" in text
    assert "│ 4      return np.tanh(x).sum()" in text
    shown, text = tables("-o", "report.txt")
    assert (shown, text) == ([], f"report: {tmp_path / 'report.txt'}\n")
    assert "script.py:4" in (tmp_path / "report.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--by", "file"], "invalid choice: 'file'"),
        (["--sort", "time"], "invalid choice: 'time'"),
        (["--top", "-1"], "'-1' is no count"),
        (["--max-events", "many"], "'many' is no count"),
        (["--html", "out.txt"], "'out.txt' does not end with .html"),
        (["--trace", "out.speedscope.json"], "has the ending of another format"),
        (["--folded", "nowhere/out.folded"], "cannot write 'nowhere/out.folded'"),
        (["-o", "."], "cannot write '.'"),
        (["--ht", "out.html"], "unrecognized arguments: --ht"),
    ],
)
def test_wrong_options_are_told_before_the_script_runs(tmp_path, options, message):
    write(tmp_path, "print('run')")
    done = profile(*options, "script.py", cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("ending", ["pass", "raise SystemExit(7)", "1 / 0"])
def test_files_are_written_however_the_script_ends(tmp_path, ending):
    write(tmp_path, WORK + ending)
    names = {
        "--html": "a.html",
        "--trace": "b.json",
        "--speedscope": "c.speedscope.json",
        "--folded": "d.folded",
    }
    options = [text for pair in names.items() for text in pair]
    done = profile(*options, "script.py", cwd=tmp_path)
    assert done.returncode == {"pass": 0, "1 / 0": 1}.get(ending, 7)
    for option, name in names.items():
        assert f"{option[2:]}: {tmp_path / name}\n" in done.stderr
        assert "script.py" in (tmp_path / name).read_text("utf-8")


@pytest.mark.parametrize(("ending", "status"), [("", 1), ("raise SystemExit(7)", 7)])
def test_file_that_cannot_be_written_after_all(tmp_path, ending, status):
    write(tmp_path, WORK + f"import shutil; shutil.rmtree('out')\n{ending}\n")
    (tmp_path / "out").mkdir()
    done = profile("--folded", "out/a.folded", "script.py", cwd=tmp_path)
    assert done.returncode == status
    assert "retrograd profile: FileNotFoundError: " in done.stderr
    assert "script.py:4" in done.stderr


def test_stacks_begin_in_the_script(tmp_path):
    write(tmp_path, WORK)
    for stacks in ([], ["--stacks"]):
        assert profile(*stacks, "--folded", "out.folded", "script.py", cwd=tmp_path).returncode == 0
        text = (tmp_path / "out.folded").read_text("utf-8")
        assert "runpy" not in text
        assert "retrograd" not in text
        lines = [line for line in text.splitlines() if "tanh" in line]
        assert len(lines) == 2
        # Forward or backward, the module if callers were kept, the function, the operation.
        assert [line.count(";") for line in lines] == [3 if stacks else 2] * 2


def test_script_may_profile_itself(tmp_path):
    write(tmp_path, WORK + "with rg.profile() as prof:\n    loss(x).backward()\nprint(prof)\n")
    done = profile("script.py", cwd=tmp_path)
    assert "2 operations in" in done.stdout
    assert "8 operations in" in done.stderr
    assert done.stdout.count("script.py:4 ") == 1


def test_name_that_is_no_text(tmp_path):
    name = os.fsencode(tmp_path) + b"/\xff\n.py"
    with open(name, "w", encoding="utf-8") as file:
        file.write(WORK)
    done = subprocess.run([*PROFILE, name], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0
    assert rb"\udcff\n.py:4 " in done.stderr


# -- the command itself


def test_help_and_version(tmp_path):
    done = run([sys.executable, "-m", "retrograd", "profile", "--help"], tmp_path)
    assert done.returncode == 0
    for option in ("--html", "--trace", "--speedscope", "--folded", "--top", "--by", "--stacks"):
        assert option in done.stdout
    done = run([sys.executable, "-m", "retrograd", "--version"], tmp_path)
    assert done.stdout.startswith("retrograd ")
    for arguments in ([], ["profile"], ["fly"]):
        assert run([sys.executable, "-m", "retrograd", *arguments], tmp_path).returncode == 2


def test_console_script(tmp_path):
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert scripts == {"retrograd": "retrograd.cli:main"}
    # What pip makes of it lies in a folder of its own, which must not stay on the path.
    launcher = write(
        tmp_path, "import sys\nfrom retrograd.cli import main\nsys.exit(main())\n", "bin/retrograd"
    )
    write(tmp_path, WHO_AM_I + WORK + "raise SystemExit(3)\n")
    done = run([sys.executable, launcher, "profile", "--stacks", "script.py"], tmp_path)
    assert done.stdout == run([*PLAIN, "script.py"], tmp_path).stdout
    assert done.returncode == 3
    assert "script.py:10 " in done.stderr

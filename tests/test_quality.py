"""Format, types, sizes, versions and the README's promises, checked like any behaviour."""

import contextlib
import fnmatch
import importlib.metadata
import importlib.util
import io
import re
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

import pytest

import retrograd

ROOT = Path(__file__).resolve().parents[1]
CPP = {".cpp", ".hpp", ".h", ".inc"}
PYTHON = {".py", ".pyi"}
TOP_LEVEL = {
    "CHANGELOG.md",
    "CMakeLists.txt",
    "CONTRIBUTING.md",
    "LICENSE",
    "PKG-INFO",  # in an unpacked sdist
    "README.md",
    "cpp",
    "docs",
    "pyproject.toml",
    "python",
    "tests",
}


def sources(suffixes: set[str]) -> list[Path]:
    files = [p for d in ("cpp", "python", "tests", "docs") for p in (ROOT / d).rglob("*")]
    return sorted(p for p in files if p.suffix in suffixes and p.is_file())


def blocks(text: str, *languages: str) -> list[tuple[int, str]]:
    """The fenced blocks of a Markdown text, each with the line on which its content begins."""
    fence = re.compile(rf"^```(?:{'|'.join(languages)})[ \t]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
    return [(text.count("\n", 0, m.start(1)) + 1, m[1]) for m in fence.finditer(text)]


def run_module(module: str, *arguments: str) -> None:
    """Run an installed tool; its whole output is the failure's message."""
    if importlib.util.find_spec(module.split(".")[0]) is None:
        pytest.skip(f"{module} is not installed; the extra `test` brings it")
    run([sys.executable, "-m", module, *arguments])


def run(command: list[str]) -> None:
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        pytest.fail(done.stdout, pytrace=False)


def test_no_file_above_500_lines() -> None:
    files = sources(CPP | PYTHON)
    assert files
    lengths = {
        f.relative_to(ROOT).as_posix(): len(f.read_text("utf-8").splitlines()) for f in files
    }
    assert {name: n for name, n in lengths.items() if n > 500} == {}


def test_no_line_above_100_columns() -> None:
    long = [
        f"{file.relative_to(ROOT)}:{number}: {len(line)} columns"
        for file in sources(CPP | PYTHON)
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if len(line) > 100
    ]
    assert long == []


def test_top_level_has_no_stray_entry() -> None:
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text("utf-8").split()]
    names = {p.name for p in ROOT.iterdir() if not p.name.startswith(".")}
    stray = {n for n in names - TOP_LEVEL if not any(fnmatch.fnmatch(n, i) for i in ignored)}
    assert stray == set()


def test_one_version() -> None:
    version = retrograd.__version__
    assert importlib.metadata.version("retrograd") == version
    assert retrograd._core.__version__ == version
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_numpy_is_the_only_requirement() -> None:
    required = importlib.metadata.requires("retrograd") or []
    assert [r for r in required if "extra ==" not in r] == ["numpy>=2.0"]


def test_ruff_check() -> None:
    run_module("ruff", "check", "--no-cache", ".")


def test_ruff_format() -> None:
    run_module("ruff", "format", "--check", "--no-cache", ".")


def test_clang_format() -> None:
    # Only the pinned one from PyPI: another release formats otherwise.
    if importlib.util.find_spec("clang_format") is None:
        pytest.skip("clang-format is not installed; the extra `test` brings it")
    tool = Path(sysconfig.get_path("scripts")) / "clang-format"
    run([str(tool), "--dry-run", "-Werror", *map(str, sources(CPP))])


def test_mypy_strict() -> None:
    run_module("mypy", "--strict", "python/retrograd")


def test_stub_matches_module() -> None:
    # The module's own attributes come from pybind11; a heap type's layout is no part of the API.
    run_module(
        "mypy.stubtest",
        "--mypy-config-file=pyproject.toml",
        "--ignore-disjoint-bases",
        "--concise",
        "retrograd._core",
    )


@pytest.mark.parametrize(
    "name", ["README.md", "docs/functional.md", "docs/graph.md", "docs/profiling.md"]
)
def test_python_in_pages_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks run in order in one namespace. A comment after ``print(…)`` ends a line it prints."""
    monkeypatch.chdir(tmp_path)
    page = blocks((ROOT / name).read_text("utf-8"), "python")
    assert page
    namespace: dict[str, Any] = {"__name__": "page"}
    for line, text in page:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            code = compile("\n" * (line - 1) + text, name, "exec")
            exec(code, namespace)
        output = iter(printed.getvalue().splitlines())
        for wanted in re.findall(r"^\s*print\(.*\)\s*#\s*(.+?)\s*$", text, re.MULTILINE):
            assert any(got.rstrip().endswith(wanted) for got in output), f"not printed: {wanted}"


def test_readme_commands_name_what_exists() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    commands = "\n".join(
        text
        for name in ("README.md", "CONTRIBUTING.md")
        for _, text in blocks((ROOT / name).read_text("utf-8"), "sh", "bash", "console")
    )
    assert "pytest" in commands
    for group in re.findall(r"\.\[([\w,]+)\]", commands):
        assert set(group.split(",")) <= set(extras["optional-dependencies"])
    paths = re.findall(r"(?<![\w/.])(?:cpp|python|tests|docs|\.ci)/[\w./-]*\w", commands)
    assert [p for p in paths if not (ROOT / p).exists()] == []


def test_block_reader() -> None:
    text = "a\n```python\nx = 1\n```\n```sh\nls\n```\n```python\ny = 2\nz = 3\n```\n"
    assert blocks(text, "python") == [(3, "x = 1\n"), (9, "y = 2\nz = 3\n")]
    assert blocks(text, "sh", "bash") == [(6, "ls\n")]

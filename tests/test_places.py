"""Adding an operation touches few places; CONTRIBUTING's examples are counted here."""

import re
from pathlib import Path

import pytest

from function_cases import CASES
from op_table import ROWS

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def lines_with(word, *folders):
    """Return the code lines that have a word, in any of its spellings, by file."""
    found = {}
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*")):
            if file.suffix in {".hpp", ".cpp", ".py"}:
                lines = [
                    line.split("//")[0].split("#")[0]
                    for line in file.read_text("utf-8").splitlines()
                ]
                hits = [line for line in lines if re.search(rf"\b{word}\b", line, re.IGNORECASE)]
                if hits:
                    found[file.relative_to(ROOT).as_posix()] = hits
    return found


@pytest.mark.parametrize("name", ["arctanh", "arcsinh"])
def test_an_elementwise_operation_is_one_struct_one_line_and_one_row(name):
    """The struct and its word in the list are in one C++ file."""
    cpp = lines_with(name, "cpp")
    assert len(cpp) == 1
    (lines,) = cpp.values()
    assert len(lines) <= 4  # the struct, its name, its value, its word
    python = lines_with(name, "python")
    assert len(python.pop("python/retrograd/ops.py")) == 1
    python.pop("python/retrograd/functions/complexes.py", None)  # np.emath has its namesakes
    assert python == {}
    assert [row.name for row in ROWS].count(name) == 1


@pytest.mark.parametrize("name", ["ptp", "rot90"])
def test_a_composition_is_one_function_and_one_row(name):
    assert lines_with(name, "cpp") == {}
    entered = [
        file
        for file, hits in lines_with(name, "python/retrograd/functions").items()
        if any(re.search(rf"implements\(.*np\.{name}\b", line) for line in hits)
    ]
    assert len(entered) == 1
    assert any(re.match(rf"\w+-{name}-", label) for label in CASES)


def test_contributing_shows_real_examples():
    """Its code blocks stand in the sources as they are."""
    sources = "".join(
        file.read_text("utf-8")
        for folder in ("cpp", "python", "tests")
        for file in (ROOT / folder).rglob("*")
        if file.suffix in {".hpp", ".py"}
    )
    blocks = re.findall(r"^```(?:cpp|python|text)\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 5
    for block in blocks:
        assert block in sources, block

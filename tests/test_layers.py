"""The arrow python/retrograd -> cpp/bind -> cpp/graph -> cpp/ops -> cpp/array has no way back."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "python" / "retrograd"
LAYERS = ["array", "ops", "graph", "bind"]  # each may include itself and what stands before it
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.MULTILINE)
PYTHON_HEADER = re.compile(r"^(Python\.h|structmember\.h|cpython/|pybind11/|numpy/)")


def wrong_includes(cpp: Path) -> list[str]:
    """Every include under ``cpp`` that points up the layers, nowhere, or at Python."""
    errors = []
    for file in sorted(p for p in cpp.rglob("*") if p.suffix in {".cpp", ".hpp", ".h", ".inc"}):
        name = file.relative_to(cpp).as_posix()
        layer = name.split("/")[0]
        if layer not in LAYERS:
            errors.append(f"{name} is in no layer")
            continue
        for header in INCLUDE.findall(file.read_text(encoding="utf-8")):
            if PYTHON_HEADER.match(header):
                if layer != "bind":
                    errors.append(f"{name} includes {header}: only bind knows Python")
                continue
            target = included_layer(cpp, file, header)
            if target is None:
                continue
            if target not in LAYERS:
                errors.append(f"{name} includes {header}: not in a layer")
            elif LAYERS.index(target) > LAYERS.index(layer):
                errors.append(f"{name} includes {header}: {layer} may not know {target}")
    return errors


def included_layer(cpp: Path, file: Path, header: str) -> str | None:
    """The folder below ``cpp`` that holds ``header``; None for the system's headers."""
    for base in (file.parent, cpp):
        path = (base / header).resolve()
        if path.is_file() and path.is_relative_to(cpp.resolve()):
            return path.relative_to(cpp.resolve()).parts[0]
    first = header.split("/")[0]
    return first if first in LAYERS else None


def imported(source: str, *, at_import: bool = False) -> set[str]:
    """Top-level names a module imports ("" for a relative import).

    ``at_import`` leaves out what runs only later (function bodies) or never (TYPE_CHECKING).
    """
    names: set[str] = set()
    for node in walk(ast.parse(source), at_import):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add("" if node.level else (node.module or "").split(".")[0])
    return names


def walk(node: ast.AST, at_import: bool) -> Iterator[ast.AST]:
    if at_import:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from walk(child, at_import)


def test_no_include_points_up() -> None:
    assert [f for layer in LAYERS for f in (ROOT / "cpp" / layer).glob("*.?pp")]
    assert wrong_includes(ROOT / "cpp") == []


@pytest.mark.parametrize(
    ("place", "line", "complaint"),
    [
        ("array/a.hpp", '#include "ops/o.hpp"', "array may not know ops"),
        ("array/a.hpp", '#include "../graph/g.hpp"', "array may not know graph"),
        ("array/deep/a.hpp", '  #  include "../../bind/b.hpp"', "array may not know bind"),
        ("ops/o.hpp", "#include <graph/g.hpp>", "ops may not know graph"),
        ("graph/g.hpp", '#include "bind/b.hpp"', "graph may not know bind"),
        ("graph/g.cpp", "#include <Python.h>", "only bind knows Python"),
        ("ops/o.cpp", "#include <pybind11/numpy.h>", "only bind knows Python"),
        ("array/a.cpp", "#include <numpy/arrayobject.h>", "only bind knows Python"),
        ("array/a.cpp", '#include "graph/not_written_yet.hpp"', "array may not know graph"),
        ("util/u.hpp", "", "in no layer"),
    ],
)
def test_checker_sees_a_wrong_include(
    tmp_path: Path, place: str, line: str, complaint: str
) -> None:
    write_layers(tmp_path)
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#pragma once\n{line}\n", encoding="utf-8")
    (error,) = wrong_includes(tmp_path)
    assert error.startswith(place)
    assert complaint in error


def test_checker_lets_right_includes_pass(tmp_path: Path) -> None:
    write_layers(tmp_path)
    assert wrong_includes(tmp_path) == []


def write_layers(cpp: Path) -> None:
    """One header a layer, each with every include it is allowed."""
    for rank, layer in enumerate(LAYERS):
        lines = ["#include <vector>"]
        lines += [f'#include "{below}/{below[0]}.hpp"' for below in LAYERS[:rank]]
        if layer == "bind":
            lines += ["#include <Python.h>", "#include <pybind11/pybind11.h>"]
        (cpp / layer).mkdir()
        (cpp / layer / f"{layer[0]}.hpp").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_pure_stands_alone() -> None:
    names = imported((PACKAGE / "pure.py").read_text(encoding="utf-8"))
    assert names - {"numpy"} <= sys.stdlib_module_names


def test_package_needs_only_numpy() -> None:
    for file in sorted(PACKAGE.rglob("*.py")):
        names = imported(file.read_text(encoding="utf-8"), at_import=True)
        if file.relative_to(PACKAGE).as_posix() == "functions/special.py":
            names -= {"scipy"}  # imported once scipy.special is
        assert names - {"", "numpy", "retrograd"} <= sys.stdlib_module_names, file.name


def test_import_reader_sees_a_wrong_import() -> None:
    assert imported("from . import tensor") == {""}
    assert imported("def f():\n    import retrograd._core as c") == {"retrograd"}
    assert imported("def f():\n    import scipy", at_import=True) == set()
    guarded = "if TYPE_CHECKING:\n    import scipy\ntry:\n    import torch\nexcept ImportError: ..."
    assert imported(guarded, at_import=True) == {"torch"}


def private_imports(source: str) -> set[str]:
    """The names with a leading underscore that a module takes from another of the package."""
    return {
        alias.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
        if re.match(r"_[a-z]", alias.name) and alias.name != "_core"
    }


def test_no_module_takes_anothers_private_names() -> None:
    for file in sorted(PACKAGE.rglob("*.py")):
        assert private_imports(file.read_text(encoding="utf-8")) == set(), file.name
    assert private_imports("from ..ops import UFUNCS, _array") == {"_array"}

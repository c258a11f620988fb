"""docs/functions.md is what the tables say, and says something of every function."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy.special")
PATH = Path(__file__).parents[1] / "docs" / "generate_functions.py"
spec = importlib.util.spec_from_file_location("generate_functions", PATH)
generate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generate)


@pytest.mark.skipif(not hasattr(np, "matvec"), reason="the page has what NumPy 2.2 has")
def test_the_page_is_what_the_tables_say():
    """If not: python docs/generate_functions.py."""
    assert generate.PAGE.read_text("utf-8") == generate.page()


def test_every_differentiable_function_has_its_derivative_there():
    from retrograd.values import Evaluate

    silent = [
        generate.place(function)[1]
        for function, entry in generate.entries().items()
        if not entry.derivative and not isinstance(entry.call, Evaluate)
    ]
    assert silent == []


def test_a_changed_rule_changes_the_page(monkeypatch):
    operation = generate.rg.ops.tanh
    monkeypatch.setitem(generate.DERIVATIVES, operation, "g*(1 - y**2)")
    assert generate.PAGE.read_text("utf-8") != generate.page()


@pytest.mark.parametrize(
    ("words", "cell"),
    [
        ("", ""),
        ("zero at (0, 0)", "zero at (0, 0)"),
        ("g*b, g*a", "`g*b, g*a`"),
        ("1/n to each of n equal ones", "`1/n` to each of n equal ones"),
        ("that of arctan2(imag(z), real(z))", "that of `arctan2(imag(z), real(z))`"),
        ("u @ v.T + what is left", "`u @ v.T` + what is left"),
    ],
)
def test_formulas_are_code_and_words_are_words(words, cell):
    assert generate.text(words) == cell

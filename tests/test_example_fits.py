"""The fitting examples run as a user runs them, and their checks can fail."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import OptimizeResult

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"

# Example: how many derivatives and how many fits it reports, and a line that says what it found.
REPORTS = {
    "rosenbrock": (5, 25, r"^100 dimensions$"),
    "logistic": (2, 4, r"^classified correctly: 9[789]\.\d\d% of 569 samples$"),
    "gaussian_process": (2, 4, r"^amplitude [\d.]+, length [\d.]+, noise 0\.[01]\d+$"),
    "curve_fit": (3, 3, r"^frequency  [23]\.\d+, true 3\.0$"),
}


@pytest.mark.parametrize("example", REPORTS)
def test_fit(example):
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / f"{example}.py"],
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    derivatives, fits, line = REPORTS[example]
    errors = re.findall(
        r"^\w.*: relative error (\S+), condition number (\S+)$", done.stdout, re.MULTILINE
    )
    assert len(errors) == derivatives
    assert all(float(error) <= 1e-12 * float(condition) for error, condition in errors)
    counts = re.findall(r" (?:nit|nfev) +(\d+), by hand +(\d+);", done.stdout)
    assert len(counts) == fits
    assert all(abs(int(n) - int(m)) <= 0.05 * int(m) for n, m in counts)
    assert re.search(line, done.stdout, re.MULTILINE), done.stdout


@pytest.fixture
def side_by_side(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import side_by_side

    yield side_by_side
    del sys.modules["side_by_side"]


def result(**changes):
    return OptimizeResult({"nit": 40, "fun": 1.0, "success": True, "message": "done", **changes})


def test_a_wrong_derivative_ends_an_example(side_by_side, capsys):
    right = np.array([1.0, 2.0])
    side_by_side.same_derivative("gradient", right + 1e-12, right, 10.0)
    with pytest.raises(SystemExit, match="FAILED: gradient: relative error"):
        side_by_side.same_derivative("gradient", right + 1e-10, right, 10.0)
    assert capsys.readouterr().out.count("condition number 1.0e+01") == 2


@pytest.mark.parametrize(
    ("changes", "x", "complaint"),
    [
        ({"nit": 43}, 1.0, "43 iterations, by hand 40"),
        ({"nit": 37}, 1.0, "37 iterations, by hand 40"),
        ({}, 1.01, "the optima are 1.0e-02 apart"),
        ({"success": False, "message": "no descent"}, 1.0, "no descent"),
    ],
)
def test_another_fit_ends_an_example(side_by_side, changes, x, complaint):
    side_by_side.same_fit("m", result(nit=42), result(), np.ones(2), np.ones(2), 1e-6)
    with pytest.raises(SystemExit, match=f"FAILED: m: {complaint}"):
        side_by_side.same_fit("m", result(**changes), result(), np.full(2, x), np.ones(2), 1e-6)


def test_an_example_without_scikit_learn_says_what_to_install(tmp_path):
    (tmp_path / "sklearn.py").write_text("raise ImportError('planted')")
    code = (
        f"import sys, runpy; sys.path[:0] = [{str(tmp_path)!r}, {str(EXAMPLES)!r}]; "
        f"runpy.run_path({str(EXAMPLES / 'logistic.py')!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr == "This example needs scikit-learn: pip install scikit-learn\n"

"""docs/compare.md: three lines a library, and what it shows of retrograd computes the right thing.

The benchmark that measures the page reads its code from there; here its reader and its check of
the results are tested, and retrograd's lines run.
"""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.optimize as scipy

TESTS = Path(__file__).parent


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(TESTS / "benchmarks"))
    yield importlib.import_module("functional")
    for name in ("functional", "report"):
        sys.modules.pop(name, None)


@pytest.fixture
def page(benchmark):
    return benchmark.read_page(benchmark.PAGE.read_text("utf-8"))


def test_every_task_has_three_lines_in_every_library(benchmark, page):
    imports, tasks = page
    assert set(imports) == set(benchmark.LIBRARIES)
    assert len(tasks) >= 6
    for title, (_, code) in tasks.items():
        assert set(code) == set(benchmark.LIBRARIES), title
        for library, text in code.items():
            lines = [line for line in text.splitlines() if line]  # ruff sets a function apart
            assert len(lines) == 3, f"{title}, {library}"


def test_the_table_has_the_tasks(benchmark, page):
    times = benchmark.PAGE.read_text("utf-8").split("\n## Times\n")[1]
    rows = [line.split("|")[1].strip() for line in times.splitlines() if line.startswith("|")]
    assert rows[2:] == list(page[1])


def test_retrograds_lines_are_right(benchmark, page):
    imports, tasks = page
    calls, _ = benchmark.prepare(
        {
            title: (timed, {"retrograd": code["retrograd"]})
            for title, (timed, code) in tasks.items()
        },
        {"retrograd": benchmark.namespace("retrograd", imports["retrograd"])},
    )
    found = {title: by["retrograd"]() for title, by in calls.items()}
    d = benchmark.data()
    x, start, points = d["parameters"], d["start"], d["points"]

    pull = -d["labels"] / (1.0 + np.exp(d["labels"] * (d["features"] @ x["weights"] + x["offset"])))
    gradient = found.pop("Gradient of a loss")
    np.testing.assert_allclose(gradient["weights"], d["features"].T @ pull / 569, rtol=1e-11)
    np.testing.assert_allclose(gradient["offset"], pull.mean(), rtol=1e-11)

    bell, turn = np.exp(-(points**2)), 3.0 * points
    slope = bell * (3.0 * np.cos(turn) - 2.0 * points * np.sin(turn))
    np.testing.assert_allclose(found.pop("Derivative of every element"), slope, atol=1e-14)

    population, derivative = 0.5, 0.0
    for _ in range(100):
        derivative = population * (1 - population) + d["rate"] * (1 - 2 * population) * derivative
        population *= d["rate"] * (1 - population)
    np.testing.assert_allclose(found.pop("Through a Python loop"), derivative, rtol=1e-12)

    product = scipy.rosen_hess_prod(start, d["direction"])
    np.testing.assert_allclose(
        found.pop("Product of the Hessian with a vector"), product, rtol=1e-12, atol=1e-10
    )
    np.testing.assert_allclose(found.pop("Hessian"), scipy.rosen_hess(start), rtol=1e-13)

    rate, frequency, phase = d["three"]
    decay, angle = np.exp(-rate * points), frequency * points + phase
    columns = [-points * np.sin(angle), points * np.cos(angle), np.cos(angle)]
    np.testing.assert_allclose(found.pop("Jacobian"), decay[:, None] * np.stack(columns, 1),
                               atol=1e-14)  # fmt: skip
    np.testing.assert_allclose(found.pop("Minimum"), 1.0, atol=1e-4)
    assert found == {}


def test_a_library_that_disagrees_is_not_timed(benchmark):
    right = {"a": np.ones(3), "b": 2.0}
    benchmark.agree("planted", {"retrograd": right, "other": {"a": np.ones(3), "b": 2.0}})
    with pytest.raises(AssertionError, match="planted: other disagrees"):
        benchmark.agree("planted", {"retrograd": right, "other": {"a": np.ones(3), "b": 2.1}})


def test_the_benchmark_runs(benchmark, monkeypatch, capsys):
    # Peers come and go; retrograd alone must do.
    monkeypatch.setattr(benchmark, "LIBRARIES", {"retrograd": "retrograd"})
    monkeypatch.setattr(benchmark, "ENOUGH", 0.0)
    monkeypatch.setattr(sys, "argv", ["functional.py", "--rounds", "1", "--markdown"])
    benchmark.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split("|")[2].strip() == "retrograd"
    assert len(lines) == 2 + 7 + 2
    assert lines[-1].startswith("Best of 1 interleaved rounds")

"""What of NumPy differentiates correctly: the count of tests/benchmarks/coverage.py and its bar."""

import importlib.util
from pathlib import Path

import pytest

import retrograd as rg
from numpy_check import Outcome, examine, names_in, run

PATH = Path(__file__).parent / "benchmarks" / "coverage.py"
spec = importlib.util.spec_from_file_location("coverage", PATH)
coverage = importlib.util.module_from_spec(spec)
spec.loader.exec_module(coverage)


@pytest.fixture(scope="module")
def judged():
    return coverage.judge()


def test_the_share_is_above_the_bar(judged):
    assert sum(map(len, judged.values())) > 600
    assert coverage.share(judged) >= coverage.BAR


def test_what_is_wrong_is_known(judged):
    """NumPy asks nobody in these: a detach by the contract, which `strict()` refuses."""
    outcomes = {name: o for group in judged.values() for name, o in group.items()}
    assert {name for name, o in outcomes.items() if o.status == "wrong"} == {"np.array"}
    with rg.strict(), pytest.raises(rg.GraphError):
        run(coverage.CALLS["array"], {"x": rg.Tensor([1.0]), "y": rg.Tensor([1.0])})


def test_the_report_names_what_is_missing(judged, capsys):
    coverage.report(
        {"functions": {"np.f": Outcome("refused", "not yet"), "np.g": Outcome("right")}}
    )
    printed = capsys.readouterr().out
    assert "50.0 %" in printed
    assert "np.f: not yet" in printed


def test_variables_of_a_text():
    assert names_in("np.sum(M, axis=0, where=x > 0)") == ["M", "x"]
    assert names_in("np.einsum('ij,j', A, b)") == ["A", "b"]
    assert examine("np.exp(x)") == Outcome("right")

"""The benchmark suite itself: its programs agree, its checks can fail, its commands print.

Sizes are tiny; nothing here is a measurement.
"""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from retrograd import _core

FOLDER = Path(__file__).parent / "benchmarks"
SCALARS = ("chain", "fanin", "network", "ode")
ARRAYS = ("vectors", "mlp", "mlp-float32", "logistic", "product", "tanh-exp", "convolution")
WORKLOADS = (*SCALARS, *ARRAYS, "hessian")


@pytest.fixture
def suite(monkeypatch):
    """Import a module of the suite by its name; forget all of them afterwards."""
    monkeypatch.syspath_prepend(str(FOLDER))
    known = set(sys.modules)
    yield importlib.import_module
    for name in sys.modules.keys() - known:
        if FOLDER == Path(getattr(sys.modules[name], "__file__", None) or "/").parent:
            del sys.modules[name]


@pytest.fixture
def peers(suite):
    wanted = "no gradient", "retrograd", "retrograd.pure"
    return [p for p in suite("libraries").LIBRARIES if p.label in wanted]


def run(*command):
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_workloads_are_those_named_here(suite):
    assert sorted(suite("workload").names()) == sorted(WORKLOADS)


@pytest.mark.parametrize("name", WORKLOADS)
def test_every_workload_runs_and_agrees(suite, peers, name):
    harness = suite("harness")
    workload, programs, skipped = harness.contestants(name, tiny=True, libraries=peers)
    assert skipped.keys() <= {"retrograd.pure"}
    assert harness.agree(workload, programs) == {}


@pytest.mark.parametrize("name", [*SCALARS, "vectors"])
def test_a_time_is_divided_by_the_nodes_of_the_graph(suite, peers, name):
    workload, programs, _ = suite("harness").contestants(name, tiny=True, libraries=peers)
    ours = next(p for p in programs if p.label == "retrograd")
    roots = [ours.forward()]  # with it come the nodes of the leaves
    before = _core.live_nodes()
    roots.append(ours.forward())
    assert _core.live_nodes() - before == workload.operations


@pytest.mark.parametrize(
    ("broken", "what"), [("results", "gradient 1"), ("update", "the first result")]
)
def test_what_is_wrong_stops_the_suite(suite, peers, broken, what):
    harness = suite("harness")
    workload, programs, _ = harness.contestants("logistic", tiny=True, libraries=peers)
    pure = next(p for p in programs if p.label == "retrograd.pure")
    results = pure.results
    wrong = {
        "results": lambda root: [r * (1 + 1e-6 * (i == 1)) for i, r in enumerate(results(root))],
        "update": lambda: None,
    }
    setattr(pure, broken, wrong[broken])
    with pytest.raises(SystemExit, match=rf"retrograd\.pure disagrees on {what}"):
        harness.agree(workload, programs)


def test_peers_share_no_code_object(suite, peers):
    _, programs, _ = suite("harness").contestants("chain", tiny=True, libraries=peers)
    codes = [p.workload.loss.__code__ for p in programs if hasattr(p, "workload")]
    assert len(codes) == 3
    assert len({id(code) for code in codes}) == 3


def test_a_broken_library_is_heard_of(suite, peers):
    class Missing(peers[0]):
        label, module = "missing", "no_such_library"

    class Broken(peers[0]):
        label, module = "broken", "broken"

        def __init__(self, workload):
            raise ModuleNotFoundError("its own dependency", name="dependency")

    harness = suite("harness")
    _, _, skipped = harness.contestants("chain", tiny=True, libraries=[Missing])
    assert skipped["missing"] == "not installed"
    with pytest.raises(ModuleNotFoundError, match="its own dependency"):
        harness.contestants("chain", tiny=True, libraries=[Broken])


def test_the_command_prints_tables_and_writes_results(tmp_path):
    libraries, file = "no gradient,retrograd", tmp_path / "results.json"
    options = ["--tiny", "--rounds", "1", "--libraries", libraries, "--json", file, "--markdown"]
    printed = run(FOLDER / "suite.py", *options, "--workloads", "fanin,mlp", "--memory")
    rows = [line.split("|")[1].strip() for line in printed.splitlines() if line.startswith("|")]
    assert rows.count("retrograd") == 2
    assert "one leaf used 10 times" in rows
    assert "peak, step of the float32 MLP" in rows
    assert "1 thread(s)" in printed

    found = json.loads(file.read_text())
    assert [w["name"] for w in found["workloads"]] == ["fanin", "mlp"]
    ours = found["workloads"][1]["results"]["retrograd"]
    assert 0 < ours["best"] == pytest.approx(sum(ours["phases"].values()))
    assert found["about"]["versions"].keys() >= {"Python", "numpy", "retrograd"}


@pytest.mark.parametrize("what", [[], ["--lengths"]])
def test_one_thread_against_two_is_printed(what):
    pytest.importorskip("threadpoolctl")
    printed = run(str(FOLDER / "threads.py"), "--tiny", "--rounds", "1", *what)
    rows = [line for line in printed.splitlines() if "retrograd" in line or "doubles" in line]
    assert len(rows) >= 5
    assert "2 threads" in rows[0]


def test_the_plot_is_drawn_from_the_results(tmp_path):
    pytest.importorskip("matplotlib")
    result = {"best": 10.0, "limit": False}
    results = {"retrograd": result, "PyTorch": {**result, "best": 100.0}}
    workload = {"title": "chain `z = z*x + y`", "results": results}
    (tmp_path / "r.json").write_text(json.dumps({"workloads": [workload]}))
    run(FOLDER / "plot.py", tmp_path / "r.json", tmp_path / "picture")
    assert "<svg" in (tmp_path / "picture.svg").read_text()
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_too_many_instructions_fail_the_gate(suite, capsys):
    compare = suite("instructions").compare
    assert not compare({"a": 101.0, "b": 80.0, "new": 1.0}, {"a": 100.0, "b": 100.0})
    assert compare({"a": 102.1}, {"a": 100.0})
    assert "too many" in capsys.readouterr().out


def test_committed_instructions_say_what_they_depend_on(suite):
    committed = json.loads(suite("instructions").COMMITTED.read_text())
    wanted = {"machine", "python", "numpy", "simd", "compiler", "build", "valgrind"}
    assert set(committed["environment"]) == wanted
    assert committed["environment"]["build"] == "release"
    assert min(committed["instructions"].values()) > 0


def test_kernels_are_timed_in_both_precisions():
    head, row = run(FOLDER / "kernels.py", "hypot").splitlines()
    assert head.split()[1::2] == ["f64"] * 3 + ["f32"] * 3
    assert min(map(float, row.split()[1:])) > 0

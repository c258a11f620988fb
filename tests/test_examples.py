"""The examples run as a user runs them, and a long backward lets other threads run."""

import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from retrograd import Tensor

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"


def test_digits():
    pytest.importorskip("sklearn")
    run = subprocess.run(
        [sys.executable, EXAMPLES / "digits.py"], capture_output=True, text=True, timeout=250
    )
    assert run.returncode == 0, run.stdout + run.stderr
    (accuracy,) = re.findall(r"^held-out accuracy: ([\d.]+)%", run.stdout, re.MULTILINE)
    assert float(accuracy) > 95
    assert re.search(r"^forward [\d.]+ s, backward [\d.]+ s, all [\d.]+ s$", run.stdout, re.M)
    assert "epoch  10/40" in run.stdout
    assert "\r" not in run.stdout, "a progress line is for terminals"


def test_digits_says_what_to_install(tmp_path):
    (tmp_path / "sklearn.py").write_text("raise ImportError('planted')")
    code = (
        f"import sys, runpy; sys.path.insert(0, {str(tmp_path)!r}); "
        f"runpy.run_path({str(EXAMPLES / 'digits.py')!r}, run_name='__main__')"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert run.returncode == 1
    assert run.stderr == "This example needs scikit-learn: pip install scikit-learn\n"


def output_of(example):
    run = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / f"{example}.py"],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def number_after(words, text):
    return float(re.search(rf"{re.escape(words)} ([-+.e\d]+)", text)[1])


def test_hidden_states():
    """The gradient of the forward algorithm is the backward algorithm."""
    out = output_of("hidden_states")
    assert number_after("farthest from the backward algorithm", out) < 1e-13
    assert number_after("dice told apart:", out) > 75


def test_spectral_filter():
    out = output_of("spectral_filter")
    assert number_after("farthest from Wiener's response", out) < 1e-3
    assert number_after("unfiltered,", out) < 0.1 < number_after("new signals:", out)


def ticks_during(work):
    """Run `work` while another thread notes the time every millisecond.

    Return how many notes fall in the middle half of the work. A thread may run as a call begins
    and ends, but in the middle only if the call gave up the interpreter's lock.
    """
    ticks, stop = [], threading.Event()

    def tick():
        while not stop.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        began = time.perf_counter()
        work()
        ended = time.perf_counter()
    finally:
        stop.set()
        thread.join()
    quarter = (ended - began) / 4
    return sum(began + quarter < t < ended - quarter for t in ticks), ended - began


def test_a_long_backward_releases_the_gil():
    rng = np.random.default_rng(0)
    w = Tensor(rng.standard_normal((500, 500)) / 500**0.5)
    h, count = w, 20
    while True:  # long enough to hold many ticks, on a machine of any speed
        for _ in range(count):
            h = (h @ w).tanh()
        ticks, seconds = ticks_during(h.sum().backward)
        if seconds > 0.2:
            break
        count *= 2
    assert ticks >= 3, f"no other thread ran in the middle of a backward of {seconds:.2f} s"


def test_the_measurement_sees_a_held_gil():
    """Sorting a list holds the lock throughout: the same measurement must find nothing."""
    numbers = np.random.default_rng(0).random(1_000_000).tolist()
    ticks, _ = ticks_during(numbers.sort)
    assert ticks == 0

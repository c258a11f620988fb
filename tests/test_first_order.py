"""SGD, RMSProp and Adam against their formulas, and what they show and call."""

import sys
from collections import namedtuple
from math import sqrt

import numpy as np
import pytest

from retrograd import DTypeError
from retrograd.optimize import adam, rmsprop, sgd

Point = namedtuple("Point", "x y")


def bowl(p, i):
    """Gradient (2x, 6y), exact for the powers of two used here."""
    return p.x**2 + 3.0 * p.y**2


def gradient(x, y):
    return 2.0 * x, 6.0 * y


@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd_is_its_formula(nesterov):
    x, v = [1.0, -2.0], [0.0, 0.0]
    for _ in range(5):
        g = gradient(*x)
        v = [0.5 * v[k] + g[k] for k in range(2)]
        step = [g[k] + 0.5 * v[k] if nesterov else v[k] for k in range(2)]
        x = [x[k] - 0.125 * step[k] for k in range(2)]
    found = sgd(bowl, Point(1.0, -2.0), 5, 0.125, 0.5, nesterov)
    assert found == Point(*x)


def test_rmsprop_is_its_formula():
    x, s = [1.0, -2.0], [0.0, 0.0]
    for _ in range(5):
        g = gradient(*x)
        s = [0.75 * s[k] + 0.25 * g[k] ** 2 for k in range(2)]
        x = [x[k] - 0.125 * g[k] / (sqrt(s[k]) + 0.5) for k in range(2)]
    np.testing.assert_allclose(rmsprop(bowl, Point(1.0, -2.0), 5, 0.125, 0.75, 0.5), x, rtol=1e-15)


def test_adam_is_its_formula():
    x, m, v = [1.0, -2.0], [0.0, 0.0], [0.0, 0.0]
    for t in range(1, 6):
        g = gradient(*x)
        m = [0.75 * m[k] + 0.25 * g[k] for k in range(2)]
        v = [0.5 * v[k] + 0.5 * g[k] ** 2 for k in range(2)]
        for k in range(2):
            x[k] -= 0.125 * (m[k] / (1 - 0.75**t)) / (sqrt(v[k] / (1 - 0.5**t)) + 0.25)
    found = adam(bowl, Point(1.0, -2.0), 5, 0.125, 0.75, 0.5, 0.25)
    np.testing.assert_allclose(found, x, rtol=1e-14)


def test_adams_first_step_is_the_step_size():
    x = adam(lambda x, i: (np.array([1e-3, 5.0, -70.0]) * x).sum(), np.zeros(3), 1, 0.01)
    np.testing.assert_allclose(x, [-0.01, -0.01, 0.01], rtol=1e-4)


@pytest.mark.parametrize(("optimiser", "step_size"), [(sgd, 0.05), (rmsprop, 0.01), (adam, 0.05)])
def test_containers_converge_and_keep_their_dtypes(optimiser, step_size):
    x0 = {"w": np.ones((2, 3), np.float32), "b": [0.0, np.arange(3)], "n": 7}
    kept = x0["w"].copy()

    def f(x, i):
        first, second = x["b"]
        return ((x["w"] - 2.0) ** 2).sum() + (first - 1.0) ** 2 + ((second - 4.0) ** 2).sum()

    x = optimiser(f, x0, 1500, step_size)
    assert x["w"].dtype == np.float32
    assert x["b"][1].dtype == np.float64
    np.testing.assert_allclose(x["w"], np.full((2, 3), 2.0), atol=0.02)
    np.testing.assert_allclose(x["b"][0], 1.0, atol=0.02)
    np.testing.assert_allclose(x["b"][1], np.full(3, 4.0), atol=0.02)
    assert x["n"] == 7.0
    np.testing.assert_array_equal(x0["w"], kept)


def test_the_objective_is_told_the_iteration_and_the_rate_may_change():
    batches = np.array([1.0, 2.0, 4.0])
    # The gradient of a linear function is its slope: what was taken off is the sum of rate*batch.
    x = sgd(lambda x, i: x * batches[i], 0.0, 3, lambda i: 0.5**i, momentum=0.0)
    assert x == -(1.0 + 0.5 * 2.0 + 0.25 * 4.0)
    assert isinstance(x, float)


def test_callback_sees_every_iteration_and_may_stop():
    seen = []

    def callback(x, i, value, gradient):
        seen.append((i, x, value, gradient))
        if i == 2:
            raise StopIteration

    x = sgd(bowl, Point(1.0, -2.0), 100, 0.125, 0.0, callback=callback)
    assert [i for i, *_ in seen] == [0, 1, 2]
    assert seen[0][1:] == (Point(1.0, -2.0), 13.0, Point(2.0, -12.0))
    assert x == seen[2][1] == Point(0.5625, -0.125)
    arrays = []
    sgd(lambda x, i: (x * x).sum(), np.ones(2), 3, callback=lambda x, *_: arrays.append(x))
    assert len({tuple(a) for a in arrays}) == 3, "an array shown once must not change later"


def test_a_list_of_numbers_is_an_array():
    x = sgd(lambda x, i: (x * x).sum(), [1, 2], 1, 0.25, 0.0)
    np.testing.assert_array_equal(x, [0.5, 1.0])


@pytest.mark.parametrize("x0", [np.array([1j]), np.float16(1.0), "1.0"])
def test_only_real_numbers_are_varied(x0):
    with pytest.raises(DTypeError):
        sgd(lambda x, i: x * x, x0, 1)


def test_a_vector_is_no_objective():
    with pytest.raises(TypeError, match="jacobian"):
        sgd(lambda x, i: x * x, np.ones(2), 1)


def test_progress_is_tqdms_when_installed(capsys):
    sgd(bowl, Point(1.0, -2.0), 7, 0.125, 0.0, progress=True)
    shown = capsys.readouterr().err
    assert "7/7" in shown
    assert "f=" in shown


def test_progress_without_tqdm(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    sgd(lambda x, i: x * x, 1.0, 1000, 0.25, 0.0, progress=True)
    shown = capsys.readouterr().err
    lines = shown.strip("\r\n").split("\r")
    assert len(lines) == 100
    assert lines[0] == "10/1000 f=3.8147e-06"
    assert lines[-1].startswith("1000/1000 f=")
    assert shown.endswith("\n")
    sgd(lambda x, i: x * x, 1.0, 1000, 0.25, 0.0)
    assert capsys.readouterr().err == ""


def test_the_bar_is_closed_when_the_objective_fails(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)

    def fails(x, i):
        if i == 3:
            raise ZeroDivisionError
        return x * x

    with pytest.raises(ZeroDivisionError):
        sgd(fails, 1.0, 5, 0.1, 0.0, progress=True)
    assert capsys.readouterr().err.endswith("3/5 f=0.4096\n")

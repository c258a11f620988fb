"""Vector mathematics: its error, its special values and flags, and exact mode."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import retrograd as rg
from op_table import ELEMENTWISE
from retrograd import Tensor, _core

# The largest error in ulp, as docs/performance.md states it.
STATED = {
    "exp": 1, "exp2": 1.5, "expm1": 2, "log": 1, "log2": 2, "log10": 1, "log1p": 1, "sin": 1.6,
    "cos": 1.6, "tan": 3, "sinh": 2.6, "cosh": 1.6, "tanh": 2.6, "arctan": 2.4,
}  # fmt: skip
WITHOUT_AVX512 = "X86_V4 AVX512_SKX AVX512F AVX512CD AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR"
DTYPES = (np.float64, np.float32)
UFUNCS = [row.ref for row in ELEMENTWISE if isinstance(row.ref, np.ufunc)]


def whole_range(dtype):
    """All float32 in a stride, or float64 of every size, and what is special."""
    info = np.finfo(dtype)
    special = [np.nan, np.inf, info.max, info.tiny, info.smallest_subnormal, 0.0, 1.0, 0.5, 2.0]
    special += [88.7, 103.9, 709.7, 745.0, np.pi, np.pi / 2, 1e22]
    with np.errstate(over="ignore"):
        special = np.array([s * v for v in special for s in (1, -1)]).astype(dtype)
    if dtype == np.float32:
        bits = np.arange(0, 2**32, 9973, dtype=np.uint32)
        return np.concatenate([bits.view(np.float32), special])
    rng = np.random.default_rng(0)
    sizes = np.exp(rng.uniform(np.log(1e-307), np.log(1e307), 100_000))
    usual = np.concatenate([rng.uniform(-b, b, 100_000) for b in (1, 4, 40, 700, 1e5)])
    return np.concatenate([sizes, -sizes, usual, special])


def errors(y, exact):
    """In ulp of the exact value; where that is no number, whether the values agree."""
    with np.errstate(all="ignore"):
        rounded = exact.astype(y.dtype)
        same = (y == rounded) | (np.isnan(y) & np.isnan(rounded))
        one = np.spacing(np.abs(rounded)).astype(exact.dtype)
        apart = np.abs(y.astype(exact.dtype) - exact) / one
    return np.where(same & ~np.isfinite(y), 0, apart)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", STATED)
def test_the_error_is_at_most_the_stated_one(name, dtype):
    x = whole_range(dtype)
    with np.errstate(all="ignore"):
        y = getattr(rg, name)(Tensor(x)).data
        exact = getattr(np, name)(x.astype(np.longdouble if dtype == np.float64 else np.float64))
    # NumPy's own loops, where they stay, are right to 4 ulp.
    limit = STATED[name] if moved(name, dtype) else 4
    error = errors(y, exact)
    assert error.max() <= limit, (x[error.argmax()], error.max())
    zero = x == 0
    assert (np.signbit(y[zero]) == np.signbit(exact[zero])).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_error_of_hypot(dtype):
    x = whole_range(dtype)
    y = np.random.default_rng(1).permutation(x)
    with np.errstate(all="ignore"):
        got = rg.hypot(Tensor(x), Tensor(y)).data
        exact = np.hypot(*(a.astype(np.longdouble) for a in (x, y)))
    assert errors(got, exact).max() <= 1.5


def moved(name, dtype):
    """Whether the vector code differs from NumPy's somewhere, so that it is seen to be used."""
    x = np.linspace(0.1, 3, 1000).astype(dtype)
    with rg.config(exact=True):
        exact = getattr(rg, name)(Tensor(x)).data
    return (exact != getattr(rg, name)(Tensor(x)).data).any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [*STATED, "hypot", "power", "sigmoid", "logaddexp", "arctan2"])
def test_one_value_has_one_answer(name, dtype):
    f = getattr(rg, name)
    rng = np.random.default_rng(2)
    n = 2 if name in ("hypot", "power", "logaddexp", "arctan2") else 1
    xs = [rng.permutation(np.r_[rng.uniform(0.01, 5, 290), 1e30, 1e-30, 2, 0.5, 1]) for _ in "ab"]
    xs = [x.astype(dtype) for x in xs[:n]]
    with np.errstate(all="ignore"):
        whole = f(*map(Tensor, xs)).data
        for i in range(0, 295, 7):
            assert f(*(Tensor(x[i]) for x in xs)).data == whole[i]
            np.testing.assert_array_equal(f(*(Tensor(x[i:]) for x in xs)).data, whole[i:])
        np.testing.assert_array_equal(f(*(Tensor(x[::-3]) for x in xs)).data, whole[::-3])
        if n == 2:
            got = f(Tensor(xs[0]), Tensor(xs[1][4])).data
            want = f(Tensor(xs[0]), Tensor(np.full(295, xs[1][4]))).data
            np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("name", ["sin", "tanh", "hypot", "power", "sinh", "logaddexp", "arctan2"])
def test_gradients_of_numbers_and_arrays_have_the_same_bits(name):
    f = getattr(rg, name)
    rng = np.random.default_rng(3)
    xs = [rng.uniform(0.1, 3, 150) for _ in range(1 if name in ("sin", "tanh", "sinh") else 2)]
    whole = [Tensor(x) for x in xs]
    f(*whole).sum().backward()
    for i in (0, 3, 77, 149):
        one = [Tensor(x[i]) for x in xs]
        f(*one).backward()
        assert [t.grad for t in one] == [t.grad[i] for t in whole]


FLAGS = [0.0, -0.0, 1.0, -1.0, 0.3, 2.0, 50.0, -50.0, 1e-310, 1e-200, 1e30, 800.0, -800.0, 1e300,
         np.inf, -np.inf, np.nan]  # fmt: skip


@pytest.mark.parametrize("size", [1, 9])
@pytest.mark.parametrize("name", [*STATED, "hypot", "power"])
def test_warnings_are_numpys(name, size):
    f = getattr(np, name)
    for x in FLAGS:
        for others in [()] if f.nin == 1 else [(y,) for y in FLAGS]:
            args = [np.full(size, v) for v in (x, *others)]
            with np.errstate(divide="raise", over="raise", invalid="raise", under="ignore"):
                heard = [raised(f, args), raised(f, [Tensor(a) for a in args])]
            assert heard[0] == heard[1], (x, others)


def raised(f, args):
    try:
        f(*args)
    except FloatingPointError as error:
        return str(error)
    return None


def bits(x):
    x = np.asarray(x)
    return np.where(np.isnan(x), np.nan, x).tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda f: f.__name__)
def test_exact_mode_has_numpys_bits(ufunc, dtype):
    rng = np.random.default_rng(4)
    special = np.array([0, -0.0, 1, 2, 0.5, -1, np.inf, -np.inf, np.nan, 1e-300, 1e30])
    xs = [
        np.r_[rng.uniform(-4, 4, 500), rng.normal(size=200) * 1e10, rng.permutation(special)]
        for _ in range(ufunc.nin)
    ]
    with np.errstate(all="ignore"), rg.config(exact=True):
        xs = [x.astype(dtype) for x in xs]
        assert bits(ufunc(*map(Tensor, xs)).data) == bits(ufunc(*xs))


def test_config_sets_restores_and_shows():
    assert repr(rg.config()) == "config(exact=False)"
    with rg.config(exact=True) as now:
        assert now.exact
        assert rg.config().exact
        with rg.config(exact=False):
            assert not rg.config().exact
        assert rg.config().exact
    assert not rg.config().exact
    rg.config(exact=True)
    assert _core.is_exact()
    rg.config(exact=False)
    for bad in ({"exact": 1}, {"exact": "yes"}, {"fast": True}):
        with pytest.raises(TypeError):
            rg.config(**bad)
    with pytest.raises(TypeError):
        rg.config(True)
    assert not rg.config().exact


def test_switching_while_another_thread_walks():
    x, stop, wrong = np.linspace(0.1, 3, 20_000), threading.Event(), []

    def walk():
        while not stop.is_set():
            t = Tensor(x)
            np.sin(t).sum().backward()
            if not np.allclose(t.grad, np.cos(x), rtol=1e-14):
                wrong.append(t.grad)

    thread = threading.Thread(target=walk)
    thread.start()
    for _ in range(500):
        with rg.config(exact=True):
            np.sin(Tensor(x[:100]))
    stop.set()
    thread.join()
    assert not wrong


@pytest.mark.skipif("RETROGRAD_DISABLED_CPU" in os.environ, reason="is that run itself")
@pytest.mark.parametrize("features", [WITHOUT_AVX512, WITHOUT_AVX512 + " X86_V3 AVX2 FMA3"])
def test_on_a_lesser_cpu(features):
    """All of this page where NumPy is told to do without AVX-512, and without AVX2."""
    known = set(np._core._multiarray_umath.__cpu_dispatch__)
    env = {**os.environ, "RETROGRAD_DISABLED_CPU": "1"}
    env["NPY_DISABLE_CPU_FEATURES"] = " ".join(f for f in features.split() if f in known)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", __file__]
    run = subprocess.run(command, env=env, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stdout[-3000:]

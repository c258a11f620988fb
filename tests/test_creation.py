"""Tensors made from shapes and parts: filling, dtypes, `like=`, `retrograd.array`, and errors."""

import time

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor


def fill(n, make=np.zeros_like):
    t = Tensor(np.arange(1.0, n + 1))
    y = make(t)
    for i in range(n):
        y[i] = t[i] * t[i]
    return t, y


# Filling ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        np.zeros_like,
        np.empty_like,
        np.ones_like,
        lambda t: np.full_like(t, np.nan),
        lambda t: np.zeros(len(t), like=t),
        lambda t: np.empty(t.shape, like=t),
    ],
)
def test_a_loop_fills_a_tensor(make):
    t, y = fill(50, make)
    np.testing.assert_array_equal(y.data, t.data**2)
    (y * np.arange(50.0)).backward()
    np.testing.assert_array_equal(t.grad, 2 * t.data * np.arange(50))


def test_a_write_copies_nothing_and_filling_takes_linear_time():
    t = Tensor(np.arange(1000.0))
    y = np.zeros_like(t)
    y[0] = t[0]
    where = y._view().ctypes.data
    for i in range(1, 1000):
        y[i] = t[i]
        assert y._view().ctypes.data == where

    def seconds(n):
        start = time.perf_counter()
        fill(n)[1].backward(np.ones(n))
        return time.perf_counter() - start

    seconds(1000)
    short, long = min(seconds(2000) for _ in range(3)), min(seconds(32000) for _ in range(2))
    assert long < 16 * 6 * short  # quadratic would be 256 times


def test_a_recurrence_over_rows():
    x = Tensor([1.0, 2.0])
    y = np.zeros_like(x, shape=(5, 2))
    y[0] = x
    for i in range(1, 5):
        y[i] = y[i - 1] * x + 1.0
    y[4].backward(np.ones(2))
    want = 5 * x.data**4 + 3 * x.data**2 + 2 * x.data + 1
    np.testing.assert_allclose(x.grad, want)


def test_a_plain_target_raises_what_tells_the_fix():
    t, y = Tensor([1.0, 2.0]), np.zeros(2)
    with pytest.raises(rg.GraphError, match=r"np\.zeros_like\(t\)"):
        y[0] = t[0]


# Shapes and dtypes ------------------------------------------------------------------------------

LIKE = (np.zeros_like, np.ones_like, lambda a, **k: np.full_like(a, 3.0, **k))


@pytest.mark.parametrize("f", LIKE)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_like_takes_shape_and_dtype(f, dtype):
    t = Tensor(np.ones((2, 3), dtype))
    cases = [{}, {"dtype": np.float32}, {"shape": 4}, {"shape": (1, 0), "order": "F"}]
    for settings in [*cases, {"device": "cpu"}, {"subok": False}]:
        got, want = f(t, **settings), f(t.data, **settings)
        assert type(got) is Tensor
        assert not got.requires_grad
        assert got.dtype == want.dtype
        np.testing.assert_array_equal(got.data, want)


@pytest.mark.parametrize("f", LIKE)
@pytest.mark.parametrize("dtype", [int, bool, np.int8])
def test_like_of_another_dtype_is_a_plain_array(f, dtype):
    got = f(Tensor([1.0, 2.0]), dtype=dtype)
    assert type(got) is np.ndarray
    assert got.dtype == dtype


def test_like_refuses_what_numpy_refuses():
    t = Tensor([1.0])
    with pytest.raises(ValueError, match=r"^np\.zeros_like: "):
        np.zeros_like(t, device="gpu")
    with pytest.raises(ValueError, match=r"^np\.full_like: |^np\.full: "):
        np.full_like(t, [1.0, 2.0, 3.0], shape=2)
    with pytest.raises(ValueError, match=r"^np\.zeros: "):
        np.zeros(-1, like=t)


@pytest.mark.parametrize(
    "make",
    [
        lambda **k: np.zeros((2, 3), **k),
        lambda **k: np.ones(3, np.float32, **k),
        lambda **k: np.eye(3, k=1, **k),
        lambda **k: np.identity(2, **k),
        lambda **k: np.tri(3, 2, -1, **k),
        lambda **k: np.arange(1.0, 4, **k),
        lambda **k: np.full((2, 2), 7.0, **k),
        lambda **k: np.array([1.0, 2.0], ndmin=2, **k),
        lambda **k: np.asarray([[1.0]], np.float32, "F", **k),
        lambda **k: np.array([1.0], copy=None, order="C", subok=True, **k),
    ],
)
def test_like_keyword_makes_constants(make):
    got, want = make(like=Tensor(1.0)), make()
    assert type(got) is Tensor
    assert not got.requires_grad
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got.data, want)


def test_like_keyword_takes_tensors():
    t = Tensor(3.0)
    for f in (np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray):
        for data in (t, [t, t]):
            got = f(data, like=t)
            assert got.requires_grad
            assert got.shape == f(np.array(data)).shape
    assert np.asarray(t, like=t) is t
    np.fromfunction(lambda i: i * t, (3,), like=t).sum().backward()
    assert t.grad == 3


def test_like_keyword_keeps_integers_for_indexing():
    t = Tensor([1.0, 2.0])
    for got in (np.arange(3, like=t), np.array([1, 0], like=t), np.zeros(2, int, like=t)):
        assert type(got) is np.ndarray
        assert got.dtype == int


# retrograd.array --------------------------------------------------------------------------------


def test_array_joins_tensors_and_numbers():
    x, y = Tensor(2.0), Tensor([3.0, 4.0])
    got = rg.array([[x, 1.0], y, [y[0] * x, x]])
    np.testing.assert_array_equal(got.data, [[2, 1], [3, 4], [6, 2]])
    (got * [[1.0, 10], [100, 1000], [10000, 100000]]).backward()
    assert x.grad == 1 + 30000 + 100000
    np.testing.assert_array_equal(y.grad, [100 + 20000, 1000])


def test_array_of_numbers_is_a_constant():
    for data, dtype in (
        ([1, 2], np.float64),
        (np.ones(2, np.float32), np.float32),
        (3, np.float64),
    ):
        got = rg.array(data)
        assert type(got) is Tensor
        assert not got.requires_grad
        assert got.dtype == dtype
        np.testing.assert_array_equal(got.data, data)


def test_array_keywords():
    x = Tensor([1.0, 2.0])
    assert rg.array(x, copy=False) is x
    assert rg.array(x) is not x
    assert rg.array([x, x], dtype=np.float32).dtype == np.float32
    assert rg.array([x], ndmin=4).shape == (1, 1, 1, 2)
    single = Tensor(np.float32(1.0))
    assert rg.array([single, single]).dtype == np.float32
    assert rg.array([single, 1.0]).dtype == np.array([np.float32(1), 1.0]).dtype


def test_array_refuses_what_makes_no_array():
    x = Tensor([1.0, 2.0])
    with pytest.raises(rg.ShapeError, match=r"^stack: shapes \(2,\) and \(\) "):
        rg.array([x, 1.0])
    with pytest.raises(rg.ShapeError):
        rg.array([[x[0], x[1]], [x[0]]])
    for data in ([x], [1.0], x):
        with pytest.raises(rg.DTypeError):
            rg.array(data, dtype=int)


# Ranges -----------------------------------------------------------------------------------------


def test_ranges_take_dtypes_and_steps():
    a = Tensor(1.0)
    got, step = np.linspace(a, 2.0, 5, retstep=True)
    assert step.item() == 0.25
    assert np.isnan(np.linspace(a, 2.0, 1, retstep=True)[1].item())
    for f in (np.linspace, np.logspace, np.geomspace):
        assert f(a, 3.0, 4, dtype=np.float32).dtype == np.float32
        whole = f(a, 3.0, 4, dtype=int)
        assert type(whole) is np.ndarray
        np.testing.assert_array_equal(whole, f(1.0, 3.0, 4, dtype=int))
    single = Tensor(np.float32(1.0))
    assert np.linspace(single, 2.0, 3).dtype == np.linspace(np.float32(1), 2.0, 3).dtype
    assert got.shape == (5,)


def test_equal_ends_have_gradients():
    a, b = Tensor(2.0), Tensor(2.0)
    np.linspace(a, b, 3).backward([1.0, 2.0, 3.0])
    assert (a.grad, b.grad) == (2, 4)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda t: np.linspace(t, 1.0, -2), "np.linspace: "),
        (lambda t: np.geomspace(t, 0.0), "np.geomspace: "),
        (lambda t: np.linspace(t, 1.0, axis=3), "np.linspace: "),
        (lambda t: np.meshgrid(t, t, indexing="xz"), "np.meshgrid: "),
        (lambda t: np.vander(Tensor([[1.0]])), "np.vander: "),
        (lambda t: np.diag(Tensor(np.ones((1, 1, 1)))), "np.diag: "),
        (lambda t: np.diagonal(t), "np.diagonal: "),
    ],
)
def test_errors_have_numpys_type_and_name_the_function(call, text):
    with pytest.raises((ValueError, IndexError)) as error:
        call(Tensor(2.0))
    assert str(error.value).startswith(text)
    assert "\n" not in str(error.value)

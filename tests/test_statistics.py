"""Reductions and statistics beyond the mould of `function_cases`: kinks, NaN, keywords, errors."""

import warnings

import numpy as np
import pytest

import retrograd as rg
from function_cases.statistics import METHODS
from retrograd import Tensor

NAN, INF = np.nan, np.inf
A = np.array([[3.0, 1.0, 2.0], [6.0, 5.0, 4.0]])


def same(got, want):
    np.testing.assert_array_equal(got, want)


def gradient(f, a):
    x = Tensor(a)
    f(x).backward()
    return x.grad


# Kinks ------------------------------------------------------------------------------------------


def test_the_deviation_of_equal_numbers_has_gradient_zero():
    for f in (np.std, np.nanstd, lambda x: np.std(x, ddof=1)):
        same(gradient(f, [2.0, 2.0, 2.0]), [0, 0, 0])
    a = np.array([[2.0, 2.0], [1.0, 3.0]])
    same(gradient(lambda x: np.std(x, axis=1), a), [[0, 0], [-0.5, 0.5]])
    same(rg.hessian(lambda x: np.std(x))(np.ones(2)), np.zeros((2, 2)))


def test_equal_extrema_share():
    a = [3.0, 1.0, 3.0, 1.0]
    same(gradient(np.ptp, a), [0.5, -0.5, 0.5, -0.5])
    same(gradient(np.nanmax, [*a, NAN]), [0.5, 0, 0.5, 0, 0])
    same(gradient(lambda x: np.max(x, initial=3.0), a), [0.25, 0, 0.25, 0])


def test_of_equal_elements_the_first_is_selected():
    same(gradient(np.median, [2.0, 1.0, 2.0, 2.0, 5.0]), [0, 0, 1, 0, 0])
    same(gradient(lambda x: np.quantile(x, 0.0), [2.0, 1.0, 1.0]), [0, 1, 0])


# NaN and inf --------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize(
    "f",
    [np.median, np.mean, np.std, np.max, np.ptp, lambda x, axis: np.quantile(x, [0.2, 0.7], axis)],
)
def test_a_nan_that_is_not_left_out_is_the_answer(f, axis):
    a = np.array([[1.0, NAN, 3.0], [6.0, 5.0, 4.0]])
    got = f(Tensor(a), axis=axis)
    same(got.data, f(a, axis=axis))
    got.backward()


@pytest.mark.parametrize(
    "f", [np.nansum, np.nanmean, np.nanvar, np.nanstd, np.nanmax, np.nanmin, np.nanmedian]
)
def test_a_nan_left_out_has_gradient_zero(f):
    a = np.array([4.0, NAN, 1.0, 6.0, NAN])
    grad = gradient(f, a)
    same(grad[[1, 4]], [0, 0])
    np.testing.assert_allclose(grad[[0, 2, 3]], gradient(f, a[[0, 2, 3]]), rtol=1e-15)


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (np.nanmean, "Mean of empty slice"),
        (np.nanvar, "Degrees of freedom"),
        (np.nanmax, "All-NaN"),
        (np.nanmin, "All-NaN"),
        (np.nanmedian, "All-NaN"),
    ],
)
def test_nothing_but_nan_is_nan_with_numpys_warning(f, message):
    a = np.array([[NAN, NAN], [1.0, NAN]])
    with pytest.warns(RuntimeWarning, match=message):
        want = f(a, axis=1)
    x = Tensor(a)
    with pytest.warns(RuntimeWarning, match=message):
        got = f(x, axis=1)
    same(got.data, want)
    got[1].backward()
    same(x.grad[0], [0, 0])


def test_var_warns_without_degrees_of_freedom():
    for f in (np.var, np.std):
        with np.errstate(all="ignore"):
            with pytest.warns(RuntimeWarning, match="Degrees of freedom"):
                want = f(A, axis=0, ddof=2)
            with pytest.warns(RuntimeWarning, match="Degrees of freedom"):
                got = f(Tensor(A), axis=0, ddof=2)
        same(got.data, want)


def test_quantiles_between_infinities():
    a = np.array([-INF, 1.0, 2.0, INF])
    for q in (0.0, 1 / 3, 2 / 3, 1.0):
        got = np.quantile(Tensor(a), q, method="lower")
        assert got.item() == np.quantile(a, q, method="lower")
    x = Tensor(a)
    np.quantile(x, [0.0, 1.0]).backward()
    same(x.grad, [1, 0, 0, 1])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("method", METHODS)
def test_quantiles_of_many_lengths(method, dtype):
    rng = np.random.default_rng(7)
    for n in (1, 2, 3, 10, 101):
        a = rng.normal(size=(3, n)).astype(dtype)
        for q in (0.0, 0.25, 0.5, 1.0, np.float64(0.3), rng.uniform(size=4)):
            got = np.quantile(Tensor(a), q, axis=1, method=method)
            want = np.quantile(a, q, axis=1, method=method)
            assert got.dtype == want.dtype
            assert got.shape == want.shape
            near = 16 * np.finfo(dtype).eps
            np.testing.assert_allclose(got.data, want, rtol=near, atol=n * near)


def test_nan_quantiles_with_holes_and_weights():
    rng = np.random.default_rng(3)
    a = rng.normal(size=(4, 3, 6))
    a[rng.uniform(size=a.shape) < 0.4] = NAN
    a[:, :, 0] = 1.0
    for q in (0.3, [0.1, 0.8]):
        for axis in (2, (0, 2), None):
            np.testing.assert_allclose(
                np.nanquantile(Tensor(a), q, axis=axis, keepdims=True).data,
                np.nanquantile(a, q, axis=axis, keepdims=True),
                rtol=1e-14,
            )
    w = rng.uniform(0.1, 1.0, size=a.shape)
    for f, data in ((np.nanquantile, a), (np.quantile, np.nan_to_num(a))):
        same(
            f(Tensor(data), [0.2, 0.9], axis=2, method="inverted_cdf", weights=w).data,
            f(data, [0.2, 0.9], axis=2, method="inverted_cdf", weights=w),
        )


# Keywords and errors ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda x: np.quantile(x, 1.5), ValueError, r"\[0, 1\]"),
        (lambda x: np.percentile(x, 150), ValueError, r"\[0, 100\]"),
        (lambda x: np.quantile(x, 0.5, method="best"), ValueError, "method"),
        (lambda x: np.quantile(x, x[0] / 9), TypeError, r"np\.quantile: q is a Tensor"),
        (lambda x: np.quantile(x, 0.5, axis=5), ValueError, "axis"),
        (lambda x: np.median(x, axis=(0, 0)), ValueError, "axis"),
        (lambda x: np.average(x, weights=[1.0, 2.0, 3.0]), TypeError, "Axis must be"),
        (lambda x: np.average(x, 1, weights=[1.0, 2.0]), ValueError, "weights"),
        (lambda x: np.average(x[0], weights=[1.0, -1.0, 0.0]), ZeroDivisionError, "zero"),
        (lambda x: np.var(x, ddof=1, correction=1), ValueError, "correction"),
        (lambda x: np.max(x, where=x > 1), ValueError, "initial"),
        (lambda x: np.sum(x, where=A), TypeError, "bool"),
        (lambda x: np.sum(x, where=np.ones((2, 2, 3), bool)), ValueError, "where= has"),
        (lambda x: np.trace(x[0]), ValueError, r"np\.trace"),
        (lambda x: np.cov(x, ddof=0.5), ValueError, "ddof"),
        (lambda x: np.cov(x, fweights=[1.5, 1, 1]), TypeError, "integer"),
        (lambda x: np.cov(x[None]), ValueError, "2 dim"),
        (lambda x: np.bincount(x[0]), TypeError, "safe"),
        (lambda x: np.histogram(A[0], weights=x[0, :2]), ValueError, "weights"),
        (lambda x: np.histogram2d(A[0], x[1, :2]), ValueError, "histogram2d"),
    ],
)
def test_what_does_not_fit_is_refused_and_records_nothing(call, error, match):
    x = Tensor(A)
    before = rg._core.live_nodes()
    with pytest.raises(error, match=match) as info:
        call(x)
    assert "\n" not in str(info.value)
    del info
    assert rg._core.live_nodes() <= before + 1  # that of the leaf


def test_counts_and_questions_are_plain():
    x = Tensor(A)
    for f in (np.any, np.all, np.count_nonzero, np.argmax, np.argmin, np.nanargmax, np.nanargmin):
        got = f(x, axis=1)
        assert type(got) is np.ndarray
        same(got, f(A, axis=1))
    out = np.zeros(2, int)
    assert np.argmax(x, axis=1, out=out) is out
    same(out, [0, 0])
    same(np.digitize(x[0], [1.5, 2.5]), [2, 0, 1])
    assert type(np.histogram(x, 4)[0]) is np.ndarray


def test_plain_data_with_a_tensor_elsewhere():
    m, w = Tensor(np.full((1, 3), 2.0)), Tensor([1.0, 2.0, 3.0])
    np.testing.assert_allclose(np.var(A, axis=0, mean=m).data, np.var(A, axis=0, mean=m.data))
    np.testing.assert_allclose(np.average(A, 1, w).data, np.average(A, 1, w.data))
    np.testing.assert_allclose(np.cov(A.tolist(), w[None]).data, np.cov(A, w.data[None]))
    out = Tensor(0.0)
    for f in (np.nanmax, np.var, np.median, np.ptp, np.sum):
        assert f(A.tolist(), out=out) is out
        assert out.item() == f(A)


def test_variances_of_complex_tensors_are_real():
    x = Tensor(A)
    z = x * (1 + 2j)
    got = np.var(z, axis=0)
    np.testing.assert_allclose(got.data, np.var(A * (1 + 2j), axis=0))
    got.backward()
    np.testing.assert_allclose(x.grad, 5 * gradient(lambda y: np.var(y, axis=0), A))
    np.testing.assert_allclose(np.cov(z).data, np.cov(A * (1 + 2j)))


def test_float32_stays_what_numpy_makes_of_it():
    a = A.astype(np.float32)
    for f in (np.mean, np.std, np.var, np.median, np.ptp, np.cov, np.average, np.nanmean):
        got, want = f(Tensor(a)), f(a)
        assert got.dtype == want.dtype, f.__name__
    mask = np.array([True, False, True])
    for f in (np.mean, np.std, np.sum):
        assert f(Tensor(a), where=mask).dtype == f(a, where=mask).dtype


def test_nothing_warns_in_a_backward_walk():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gradient(lambda x: np.mean(x, axis=1, where=[True, False, True]), [[1.0, INF, 2.0]])
        gradient(np.nanstd, [1.0, NAN, 2.0])


@pytest.mark.parametrize("f", [np.sum, np.max, np.min, np.prod], ids=lambda f: f.__name__)
@pytest.mark.parametrize("initial", [np.float64(2), 2.0, 2])
def test_a_wider_initial_value_leaves_the_dtype(f, initial):
    x = np.array([1.5, 2.5], np.float32)
    got, want = f(Tensor(x), initial=initial), f(x, initial=initial)
    assert got.dtype == want.dtype
    assert got.item() == want

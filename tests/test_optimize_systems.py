"""`least_squares`, `root` and `curve_fit` against SciPy with Jacobians written by hand."""

from collections import namedtuple

import numpy as np
import pytest
import scipy.optimize as scipy

from retrograd.optimize import curve_fit, least_squares, root
from retrograd.optimize.derivatives import hessian, hessian_product, jacobian

Decay = namedtuple("Decay", "scale rate")
TIMES = np.linspace(0.0, 2.0, 20)
DATA = 3.0 * np.exp(-1.5 * TIMES)


def decay(t, scale, rate):
    return scale * np.exp(-rate * t)


def slope(t, scale, rate):
    wave = np.exp(-rate * t)
    return np.stack([wave, -scale * t * wave], axis=1)


@pytest.mark.parametrize(("m", "n"), [(2, 5), (5, 2), (3, 3), (1, 4), (4, 1)])
def test_jacobians_of_every_shape(m, n):
    rng = np.random.default_rng(m * n)
    a, x = rng.standard_normal((m, n)), rng.standard_normal(n)
    found = jacobian(lambda x: np.sin(a @ x))(x)
    np.testing.assert_allclose(found, np.cos(a @ x)[:, None] * a, rtol=1e-14)
    np.testing.assert_allclose(jacobian(lambda x: a @ x)(x), a, rtol=1e-15)
    np.testing.assert_array_equal(jacobian(lambda x: np.ones(m))(x), np.zeros((m, n)))


def test_second_derivatives():
    x, p = np.array([0.3, -0.7, 1.1]), np.array([1.0, 2.0, -3.0])
    np.testing.assert_allclose(hessian(scipy_rosen)(x), scipy.rosen_hess(x), rtol=1e-13)
    product = hessian_product(scipy_rosen)
    np.testing.assert_allclose(product(x, p), scipy.rosen_hess_prod(x, p), rtol=1e-13)
    moving = x.copy()  # solvers write into the array they hand over
    product(moving, p)
    moving += 0.5
    np.testing.assert_allclose(product(moving, p), scipy.rosen_hess_prod(x + 0.5, p), rtol=1e-13)


def scipy_rosen(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


@pytest.mark.parametrize("method", ["trf", "dogbox", "lm"])
def test_least_squares(method):
    def residuals(p, t, *, data):
        return decay(t, p["scale"], p["rate"]) - data

    result = least_squares(
        residuals, {"scale": 1.0, "rate": 1.0}, method=method, args=(TIMES,), kwargs={"data": DATA}
    )
    assert isinstance(result, scipy.OptimizeResult)
    theirs = scipy.least_squares(
        lambda x: decay(TIMES, *x) - DATA, [1.0, 1.0], lambda x: slope(TIMES, *x), method=method
    )
    assert (result.nfev, result.njev) == (theirs.nfev, theirs.njev)
    np.testing.assert_allclose([result.x["scale"], result.x["rate"]], [3.0, 1.5], rtol=1e-9)
    np.testing.assert_allclose(result.jac, slope(TIMES, 3.0, 1.5), atol=1e-8)


def test_least_squares_takes_containers_bounds_and_losses():
    def residuals(x):
        return {"a": 10.0 * (x.rate - x.scale**2), "b": (1.0 - x.scale, 0.0)}

    result = least_squares(residuals, Decay(-1.0, 1.0), loss="soft_l1", x_scale="jac")
    assert isinstance(result.x, Decay)
    np.testing.assert_allclose(result.x, (1.0, 1.0), rtol=1e-6)
    assert result.fun.shape == (3,)
    for bounds in [(-np.inf, Decay(0.5, np.inf)), scipy.Bounds([-np.inf] * 2, [0.5, np.inf])]:
        result = least_squares(residuals, Decay(-1.0, 1.0), bounds)
        np.testing.assert_allclose(result.x, (0.5, 0.25), rtol=1e-6)
    with pytest.raises(TypeError, match="bounds: the structure"):
        least_squares(residuals, Decay(-1.0, 1.0), ((0.0, 0.0), np.inf))


def test_least_squares_calls_back_with_the_container():
    seen = []
    least_squares(lambda x: x.scale - x.rate, Decay(1.0, 3.0), callback=seen.append)
    assert seen
    assert all(isinstance(x, Decay) for x in seen)


def equations(x, c):
    return [x["u"] ** 2 + x["v"][0] - c, x["u"] - x["v"]]


@pytest.mark.parametrize("method", ["hybr", "lm", "broyden1", "df-sane", "krylov"])
def test_root(method):
    result = root(equations, {"u": 1.5, "v": np.array([0.5])}, 6.0, method=method)
    assert result.success, result.message
    u = 2.0 if result.x["u"] > 0.0 else -3.0  # both are roots
    np.testing.assert_allclose(result.x["u"], u, rtol=1e-5)
    np.testing.assert_allclose(result.x["v"], [u], rtol=1e-5)


def test_root_has_the_jacobian_and_calls_back(monkeypatch):
    seen, real = {}, scipy.root

    def spy(fun, x0, **options):
        seen.update(options)
        return real(fun, x0, **options)

    monkeypatch.setattr(scipy, "root", spy)
    x0 = {"u": 1.5, "v": np.array([0.5])}
    root(equations, x0, (6.0,))
    np.testing.assert_allclose(seen["jac"](np.array([3.0, 1.0])), [[6.0, 1.0], [1.0, -1.0]])
    states = []
    root(equations, x0, (6.0,), "broyden1", callback=lambda x, f: states.append((x, f)))
    assert states[-1][0]["v"].shape == (1,)
    assert states[-1][1].shape == (2,)


@pytest.mark.parametrize(
    ("method", "bounds"),
    [
        (None, (-np.inf, np.inf)),
        ("trf", (0.0, [2.5, 9.0])),
        ("dogbox", scipy.Bounds([0.0, 0.0], [9.0, 9.0])),
    ],
)
@pytest.mark.parametrize("p0", [None, [1.0, 1.0]])
def test_curve_fit_is_scipys_with_a_jacobian(method, bounds, p0):
    noisy = DATA + 0.01 * np.cos(40.0 * TIMES)
    sigma = 0.01 + 0.01 * TIMES
    options = {"bounds": bounds, "method": method, "full_output": True}
    popt, pcov, info, *_ = curve_fit(decay, TIMES, noisy, p0, sigma, True, **options)
    wanted = scipy.curve_fit(decay, TIMES, noisy, p0, sigma, True, jac=slope, **options)
    assert type(popt) is np.ndarray
    np.testing.assert_allclose(popt, wanted[0], rtol=1e-9)
    np.testing.assert_allclose(pcov, wanted[1], rtol=1e-7)
    assert info["nfev"] == wanted[2]["nfev"]


def test_curve_fit_takes_parameters_of_any_structure():
    def bumps(t, heights, places):
        return sum(h * np.exp(-30.0 * (t - c) ** 2) for h, c in zip(heights, places, strict=True))

    heights, places = np.array([1.0, 3.0]), np.array([0.5, 1.5])
    data = bumps(TIMES, heights, places)
    near = np.array([0.45, 1.4])
    (found, where), pcov = curve_fit(bumps, TIMES, data, (np.ones(2), near))
    np.testing.assert_allclose(found, heights, rtol=1e-7)
    np.testing.assert_allclose(where, places, rtol=1e-7)
    assert pcov.shape == (4, 4)
    p0 = {"places": near, "heights": np.ones(2)}
    limits = ({"places": 0.0, "heights": -np.inf}, 2.5)
    popt, _ = curve_fit(bumps, TIMES, data, p0, bounds=limits)
    assert list(popt) == ["places", "heights"]
    np.testing.assert_allclose(popt["heights"][1], 2.5, rtol=1e-6)
    np.testing.assert_allclose(popt["places"], places, rtol=1e-6)

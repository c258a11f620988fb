"""Elementwise operations where their rows do not look: far out, near zero, to higher orders."""

import math
import operator
from itertools import pairwise

import numpy as np
import pytest

import retrograd as rg
from check import agree, ulps
from retrograd import Tensor, grad
from test_complex import differences, parts, total, weights


def gradient(f, *xs):
    leaves = [Tensor(x) for x in xs]
    f(*leaves).backward()
    return [float(leaf.grad) for leaf in leaves]


@pytest.mark.parametrize(
    ("f", "xs", "want"),
    [
        (np.expm1, (-40.0,), [math.exp(-40)]),
        (np.log1p, (1e-20,), [1.0]),
        (np.log1p, (-1 + 2**-53,), [2.0**53]),
        (np.arcsinh, (1e200,), [1e-200]),
        (np.arcsinh, (-1e200,), [1e-200]),
        (np.arccosh, (1e200,), [1e-200]),
        (np.arccosh, (1 + 2**-52,), [1 / math.sqrt(2**-51 + 2**-104)]),
        (np.arcsin, (1 - 2**-53,), [1 / math.sqrt(2**-52 - 2**-106)]),
        (np.arctanh, (1 - 2**-53,), [1 / (2**-52 - 2**-106)]),
        (np.arctan, (1e200,), [0.0]),
        (np.hypot, (3e200, 4e200), [0.6, 0.8]),
        (np.hypot, (3e-200, 4e-200), [0.6, 0.8]),
        (np.arctan2, (3e200, 4e200), [4 / 25 * 1e-200, -3 / 25 * 1e-200]),
        (np.arctan2, (3e-200, 4e-200), [4 / 25 * 1e200, -3 / 25 * 1e200]),
        (np.logaddexp, (1000.0, 1001.0), [1 / (1 + math.e), math.e / (1 + math.e)]),
        (np.logaddexp, (-1000.0, -1001.0), [math.e / (1 + math.e), 1 / (1 + math.e)]),
        (np.logaddexp, (0.0, -700.0), [1.0, math.exp(-700)]),
        (np.logaddexp2, (3000.0, 3001.0), [1 / 3, 2 / 3]),
        (np.reciprocal, (1e100,), [-1e-200]),
        (np.fmod, (0.3, 0.1), [1.0, -2.0]),  # 0.3 / 0.1 rounds to 3, but the remainder is 0.1
        (np.remainder, (0.3, 0.1), [1.0, -2.0]),
        (np.remainder, (-0.3, 0.1), [1.0, 3.0]),
        (np.cbrt, (-8e-300,), [1 / (12 * 1e-200)]),
    ],
    ids=str,
)
def test_derivatives_far_out_and_close_in(f, xs, want):
    np.testing.assert_allclose(gradient(f, *xs), want, rtol=1e-13)


def test_reciprocal_has_no_overflow_on_the_way():
    x = Tensor(1e-200)
    np.reciprocal(x).backward(np.array(1e-300))
    np.testing.assert_allclose(x.grad, -1e100)


def orders(f, n):
    """`f` and its derivatives of order 1 to n."""
    made = [f]
    for _ in range(n):
        made.append(grad(made[-1]))
    return made


def sinc_derivative(n, x):
    """From the integral of cos(pi*x*t) over t in [0, 1], by Gauss's rule: nothing cancels."""
    t, w = np.polynomial.legendre.leggauss(60)
    t, w = (t + 1) / 2, w / 2
    f, sign = [(np.cos, 1), (np.sin, -1), (np.cos, -1), (np.sin, 1)][n % 4]
    return sign * np.sum(w * (np.pi * t) ** n * f(np.pi * x * t))


@pytest.mark.parametrize("x", [0.0, 1e-200, 1e-9, 1e-4, 0.01, 0.3, 0.63, 0.64, 0.95, 1.0, 2.5, 9.5])
def test_sinc_to_sixth_order(x):
    for n, f in enumerate(orders(np.sinc, 6)):
        got, want = float(np.asarray(f(x))), sinc_derivative(n, x)
        # An odd derivative is proportional to x near zero: relative to that, too.
        close = abs(sinc_derivative(n + 1, 0.0) * x) if n % 2 and x < 0.1 else np.pi**n
        assert abs(got - want) <= 2e-13 * close + 1e-300, f"order {n}: {got}, {want}"


def i0_derivative(n, x):
    """From the mean of exp(x*cos(t)) over a turn, where equal weights are exact."""
    c = np.cos(2 * np.pi * np.arange(200) / 200)
    return np.mean(c**n * np.exp(x * c))


@pytest.mark.parametrize("x", [0.0, 1e-9, 0.01, -0.5, 3.0, 7.9, 8.1, -20.0, 60.0])
def test_i0_to_fifth_order(x):
    for n, f in enumerate(orders(np.i0, 5)):
        got, want = float(np.asarray(f(x))), i0_derivative(n, x)
        assert abs(got - want) <= 2e-14 * max(abs(want), 1e-2), f"order {n}: {got}, {want}"


def test_hypot_has_a_zero_hessian_at_the_origin():
    def slope(x, y):
        gx, gy = grad(np.hypot, (0, 1))(x, y)
        return gx + gy

    assert [float(g) for g in grad(slope, (0, 1))(0.0, 0.0)] == [0, 0]


def test_logaddexp_keeps_its_second_derivative_at_a_tie():
    for f, want in ((np.logaddexp, 0.25), (np.logaddexp2, 0.25 * math.log(2))):
        got = grad(grad(f))(1.0, 1.0)
        np.testing.assert_allclose(got, want, rtol=1e-15)


def test_clip_shares_out_to_one():
    """Whatever x and the bounds, exactly one of them has the gradient."""
    grid = np.array(np.meshgrid(*[np.array([-np.inf, -1, 0, 0.5, 1, np.inf])] * 3)).reshape(3, -1)
    leaves = [Tensor(x) for x in grid]
    out = np.clip(*leaves)
    out.backward(np.ones(out.shape))
    np.testing.assert_array_equal(out.data, np.clip(*grid))
    np.testing.assert_array_equal(sum(leaf.grad for leaf in leaves), 1)
    for leaf in leaves:
        taken = leaf.grad == 1
        np.testing.assert_array_equal(leaf.data[taken], out.data[taken])


def test_clip_in_all_its_spellings():
    x, b = np.array([-2.0, 0.5, 2.0]), np.array([-1.0, -1.0, 1.0])
    low, t = Tensor(b), Tensor(x)
    for out in (np.clip(t, 0, 1), np.clip(t, a_min=0, a_max=1), np.clip(t, min=0, max=1),
                t.clip(0, 1), t.clip(max=1, min=0), rg.clip(t, 0, 1)):  # fmt: skip
        np.testing.assert_array_equal(out.data, [0, 0.5, 1])
    for out, want in ((np.clip(t, max=1), [-2, 0.5, 1]), (t.clip(0), [0, 0.5, 2])):
        np.testing.assert_array_equal(out.data, want)
    for out in (np.clip(x, low, 1.5), x.clip(low, 1.5)):
        low.zero_grad()
        out.sum().backward()
        np.testing.assert_array_equal(out.data, [-1, 0.5, 1.5])
        np.testing.assert_array_equal(low.grad, [1, 0, 0])
    with pytest.raises(ValueError, match="clip: the bounds came twice"):
        np.clip(t, 0, 1, max=2)
    with pytest.raises(TypeError, match="clip: one bound came"):
        np.clip(t, 0)
    assert np.clip(Tensor(x.astype("f4")), 0, 1).dtype == np.float32
    assert type(rg.clip(x, 0, 1)) is np.ndarray


def test_functions_of_plain_arrays_are_numpys():
    x = np.array([0.5, -1.5], np.float32)
    for f in (np.sinc, np.i0, np.floor, np.tan, np.square):
        got = getattr(rg, f.__name__)(x)
        assert type(got) is np.ndarray
        assert ulps(got, f(x)) == 0


@pytest.mark.parametrize("op", [operator.floordiv, operator.mod, divmod])
def test_python_s_operators(op):
    x, y = np.array([7.5, -7.5, 6.0]), np.array([2.0, 2.0, -4.0])
    for args in (
        (Tensor(x), Tensor(y)),
        (Tensor(x), y),
        (x, Tensor(y)),
        (Tensor(x), 2),
        (9, Tensor(y)),
    ):
        plain = [a.data if isinstance(a, Tensor) else a for a in args]
        got, want = op(*args), op(*plain)
        got, want = (got, want) if op is divmod else ((got,), (want,))
        assert len(got) == len(want)
        for g, w in zip(got, want, strict=True):
            assert type(g) is Tensor
            assert ulps(g.data, w) == 0
    with pytest.raises(TypeError, match="unsupported operand"):
        op(Tensor(1.0), "2")
    with pytest.raises(TypeError, match="unsupported operand"):
        op(None, Tensor(1.0))


def test_operators_in_place():
    x = Tensor(np.array([7.5, -7.5]))
    y = x * 1
    y %= 2
    y.sum().backward()
    np.testing.assert_array_equal(y.data, [1.5, 0.5])
    np.testing.assert_array_equal(x.grad, [1, 1])
    with rg.no_grad():
        x //= 2
    assert x.is_leaf
    np.testing.assert_array_equal(x.data, [3, -4])


def test_rounding_by_python():
    x = Tensor(2.567)
    assert (math.floor(x), math.ceil(x), math.trunc(x)) == (2, 3, 2)
    assert [type(f(x)) for f in (math.floor, math.ceil, math.trunc)] == [int] * 3
    for got, want in ((round(x), 3), (round(x, 1), 2.6), (round(Tensor([26.0]), -1), [30])):
        assert type(got) is Tensor
        np.testing.assert_array_equal(got.data, want)
    (round(x, 2) + x).backward()
    assert x.grad == 1
    with rg.strict():
        assert math.floor(x) == 2
    with pytest.raises(TypeError):
        math.floor(Tensor([1.0, 2.0]))


@pytest.mark.parametrize("decimals", [0, 1, 3, 17, -1, -2])
def test_round_has_numpys_bits(decimals):
    for dtype in (np.float64, np.float32):
        x = (np.random.default_rng(1).normal(size=50) * 100).astype(dtype)
        for f in (np.round, np.around):
            assert ulps(f(Tensor(x), decimals).data, f(x, decimals)) == 0


def specials(dtype):
    info = np.finfo(dtype)
    up = [np.inf, info.max, 1e5, 3.75, 1, 0.5, info.tiny, info.smallest_subnormal, 0.0]
    return np.array([np.nan, *up, *(-x for x in up)], dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("f", [np.modf, np.frexp, lambda x: np.divmod(x, 0.75)])
def test_two_results_have_numpys_bits(f, dtype):
    x = specials(dtype)
    with np.errstate(all="ignore"):
        for points in (x, *x):
            got, want = f(Tensor(points)), f(np.asarray(points))
            for g, w in zip(got, want, strict=True):
                g, w = np.asarray(g), np.asarray(w)
                assert g.dtype == w.dtype
                assert ulps(g, w) == 0 if w.dtype == dtype else (g == w).all()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_ldexp_is_exact_where_the_power_is_no_number(dtype):
    x = specials(dtype)
    for exponent in (-1080, -140, -30, 1, 500, 2050):
        with np.errstate(all="ignore"):
            assert ulps(np.ldexp(Tensor(x), exponent).data, np.ldexp(x, exponent)) == 0
    assert gradient(lambda x: np.ldexp(x, 3), 1e-310) == [8]
    with pytest.raises(TypeError, match="ldexp"):
        np.ldexp(Tensor(1.0), 1.5)
    with pytest.raises(TypeError, match="ldexp"):
        np.ldexp(1.0, Tensor(1.0))


def test_modf_lets_the_gradient_through_at_integers_and_infinities():
    x = Tensor(np.array([2.0, -2.0, np.inf, 1.5]))
    fraction, integer = np.modf(x)
    (fraction.sum() + integer.sum() * 0.5).backward()
    np.testing.assert_array_equal(x.grad, [1, 1, 0, 1])


def test_nan_to_num():
    x = np.array([1.0, np.nan, np.inf, -np.inf])
    fill = np.array([5.0, 6.0, 7.0, 8.0])
    for options in ({}, {"nan": 3.0}, {"posinf": 4.0, "neginf": -4.0}, {"nan": fill}):
        t = Tensor(x)
        out = np.nan_to_num(t, **options)
        assert ulps(out.data, np.nan_to_num(x, **options)) == 0
        out.backward(np.array([2.0, 3.0, 4.0, 5.0]))
        np.testing.assert_array_equal(t.grad, [2, 0, 0, 0])
        single = np.nan_to_num(Tensor(x.astype("f4")))
        assert ulps(single.data, np.nan_to_num(x.astype("f4"))) == 0
    t = Tensor(x)
    y = t * 2
    assert np.nan_to_num(y, copy=False) is y
    assert np.isfinite(y.data).all()
    y.sum().backward()
    np.testing.assert_array_equal(t.grad, [2, 0, 0, 0])


@pytest.mark.parametrize("name", ["isposinf", "isneginf"])
def test_questions_are_answered_plainly(name):
    x = np.array([1.0, np.nan, np.inf, -np.inf])
    got = getattr(np, name)(Tensor(x))
    assert type(got) is np.ndarray
    np.testing.assert_array_equal(got, getattr(np, name)(x))


def test_float_power_is_computed_in_float64():
    x = Tensor(np.array([2.0, 3.0], np.float32))
    y = np.float_power(x, np.float32(0.5))
    assert y.dtype == np.float64
    assert ulps(y.data, np.float_power(x.data, np.float32(0.5))) <= 1
    y.sum().backward()
    assert x.grad.dtype == np.float32


def test_a_step_s_gradient_is_zeros_and_never_missing():
    x = Tensor(np.array([0.5, 1.5]))
    for f in (np.floor, np.rint, lambda t: t // 1, lambda t: np.heaviside(t, 1.0)):
        y = f(x)
        assert y.requires_grad
        x.zero_grad()
        y.sum().backward()
        np.testing.assert_array_equal(x.grad, [0, 0])


SIGNALS = [
    (np.tan, (np.inf,)), (np.arcsin, (2.0,)), (np.arccosh, (0.5,)), (np.arctanh, (1.0,)),
    (np.arctanh, (2.0,)), (np.sinh, (1000.0,)), (np.exp2, (2000.0,)), (np.expm1, (1000.0,)),
    (np.log2, (0.0,)), (np.log10, (-1.0,)), (np.log1p, (-1.0,)), (np.square, (1e200,)),
    (np.square, (1e-200,)), (np.reciprocal, (0.0,)), (np.floor, (np.nan,)), (np.rint, (0.5,)),
    (np.floor_divide, (1.0, 0.0)), (np.floor_divide, (0.0, 0.0)), (np.remainder, (1.0, 0.0)),
    (np.floor_divide, (1e300, 1e-300)), (np.remainder, (np.inf, 1.0)), (np.fmod, (1.0, 0.0)),
    (np.hypot, (1e308, 1e308)), (np.fmax, (np.nan, 1.0)), (np.copysign, (np.nan, 1.0)),
    (np.nextafter, (1.7976931348623157e308, np.inf)), (np.heaviside, (np.nan, 1.0)),
    (np.logaddexp, (-np.inf, -np.inf)), (np.arctan2, (0.0, 0.0)), (np.clip, (np.nan, 0.0, 1.0)),
    (np.cbrt, (-1.0,)), (np.spacing, (np.inf,)),
]  # fmt: skip


@pytest.mark.parametrize("size", [(), (1,), (50,)], ids=["0d", "1", "50"])
@pytest.mark.parametrize(("f", "xs"), SIGNALS, ids=[f"{f.__name__}-{xs}" for f, xs in SIGNALS])
def test_floating_point_errors_are_numpys(f, xs, size):
    arrays = [np.full(size, x) for x in xs]
    heard = []
    for args in (arrays, [Tensor(x) for x in arrays]):
        with np.errstate(all="raise"):
            try:
                f(*args)
                heard.append(None)
            except FloatingPointError as error:
                heard.append(str(error))
    assert heard[0] == heard[1]


COMPLEX = ("tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "arcsinh", "arccosh", "arctanh",
           "exp2", "expm1", "log2", "log10", "log1p", "square", "reciprocal")  # fmt: skip


@pytest.mark.parametrize("name", COMPLEX)
def test_holomorphic_ones_take_complex_numbers(name):
    f = getattr(np, name)
    of_parts = parts(f)
    xs = [np.array([0.4, -0.7, 1.6]), np.array([0.5, -0.6, -1.3])]
    ws = weights(of_parts, xs)
    z = Tensor(xs[0]) + 1j * Tensor(xs[1])
    for kind in (np.complex128, np.complex64):
        got, want = f(z.astype(kind)).data, f((xs[0] + 1j * xs[1]).astype(kind))
        assert max(ulps(got.real, want.real), ulps(got.imag, want.imag)) == 0
    g = total(of_parts, ws)
    for got, want in zip(grad(g, (0, 1))(*xs), differences(of_parts, xs, ws), strict=True):
        agree(got, want, rtol=1e-9)
    rg.testing.check_grads(g, tuple(xs), order=2)


@pytest.mark.parametrize("name", ["floor", "hypot", "cbrt", "arctan2", "fmax"])
def test_complex_numbers_are_refused_where_numpy_refuses_them(name):
    f, z = getattr(np, name), Tensor(1.0) + 1j
    with pytest.raises(TypeError, match=name):
        f(*[z] * f.nin)


def test_adjacent_numbers_share_no_derivative_by_accident():
    """Around the places where a rule changes its way the derivative has no step."""
    for f, at in ((np.sinc, 2 / np.pi), (np.sinc, 3 / np.pi)):
        for d in orders(f, 3)[1:]:
            values = [float(np.asarray(d(at + k * 1e-15))) for k in range(-3, 4)]
            assert all(abs(a - b) < 1e-12 for a, b in pairwise(values))

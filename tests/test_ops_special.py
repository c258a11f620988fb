"""Special values, kinks and floating-point warnings of every elementwise operation."""

import warnings
from contextlib import suppress
from itertools import product

import numpy as np
import pytest

import retrograd as rg
from check import backward, ulps
from op_table import BINARY, ELEMENTWISE, ROWS
from retrograd import Tensor

each_elementwise = pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
each_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["f64", "f32"])

KINKS = [(row, xs, grads) for row in ROWS for xs, grads in row.kinks]
KINK_IDS = [f"{row.name}-{xs}" for row, xs, _ in KINKS]
each_kink = pytest.mark.parametrize(("row", "xs", "grads"), KINKS, ids=KINK_IDS)


def specials(dtype):
    info = np.finfo(dtype)
    up = [np.inf, info.max, 3, 1, 0.5, info.tiny, info.smallest_subnormal, 0.0]
    return np.array([np.nan, *up, *(-x for x in up)], dtype)


@each_dtype
@each_elementwise
def test_special_values_go_through_as_in_numpy(row, dtype):
    """The whole grid of special operands, as arrays and one by one."""
    grid = np.array(list(product(specials(dtype), repeat=row.nin)), dtype).T.copy()
    with np.errstate(all="ignore"):
        got = row(*map(Tensor, grid)).data
        want = np.asarray(row.numpy(*grid))
        for k in range(grid.shape[1]):
            one = row(*(Tensor(x[k]) for x in grid)).data
            assert ulps(one, got[k]) == 0, f"0-d differs at {grid[:, k]}"
    for k in range(grid.shape[1]):
        assert ulps(got[k], want[k]) <= row.ulp, f"{row.name}{tuple(grid[:, k])} = {got[k]}"


@each_dtype
@each_kink
def test_kinks_and_limits(row, xs, grads, dtype):
    """The table of conventions, for 0-d operands and inside of an array."""
    with np.errstate(all="ignore"):
        points = [np.asarray(x, dtype) for x in xs]
        single = backward(row, points, np.ones((), dtype))
        many = backward(row, [np.full(9, x, dtype) for x in xs], np.ones(9, dtype))
    for leaf, leaves, want in zip(single, many, grads, strict=True):
        if want is not None:
            np.testing.assert_array_equal(leaf.grad, want)
            np.testing.assert_array_equal(leaves.grad, np.full(9, want))


@each_kink
def test_kinks_do_not_depend_on_create_graph(row, xs, grads):
    points = [np.full(3, x, float) for x in xs]
    with np.errstate(all="ignore"):
        plain = backward(row, points, np.ones(3))
        recorded = backward(row, points, np.ones(3), create_graph=True)
    for a, b in zip(plain, recorded, strict=True):
        assert ulps(b.grad.data, a.grad) == 0


@pytest.mark.parametrize(
    ("values", "share"),
    [
        ([1, 3, 3, 2], [0, 0.5, 0.5, 0]),
        ([2, 2, 2, 2], [0.25] * 4),
        ([np.inf, 1, np.inf], [0.5, 0, 0.5]),
        ([-np.inf, -np.inf], [0.5, 0.5]),
        ([0.0, -0.0], [0.5, 0.5]),
    ],
    ids=str,
)
@pytest.mark.parametrize(("extremum", "sign"), [(np.max, 1), (np.min, -1)], ids=["max", "min"])
@each_dtype
def test_tied_extrema_share_the_gradient(values, share, extremum, sign, dtype):
    values = np.array(values, dtype) * sign
    x = Tensor(values)
    extremum(x).backward()
    np.testing.assert_array_equal(x.grad, share)
    rows = Tensor(np.array([values, values]))
    extremum(rows, axis=1).backward(np.array([1, 2], dtype))
    np.testing.assert_array_equal(rows.grad, [share, 2 * np.array(share)])


@pytest.mark.parametrize("extremum", [np.max, np.min], ids=["max", "min"])
@each_dtype
def test_extrema_pass_nan_on_as_numpy(extremum, dtype):
    x = np.array([[1, np.nan], [np.inf, 2], [-np.inf, np.nan]], dtype)
    assert ulps(extremum(Tensor(x), axis=1).data, extremum(x, axis=1)) == 0
    assert np.isnan(extremum(Tensor(x)).data)


@pytest.mark.parametrize("side", [0, 1], ids=["taken", "not taken"])
def test_where_lets_nothing_through_from_the_branch_not_taken(side):
    """The value not taken may be NaN or inf: the gradient is a choice, not a product with 0."""
    bad, good = Tensor(np.array([np.nan, np.inf])), Tensor(np.array([1.0, 2.0]))
    branches = (good, bad) if side == 0 else (bad, good)
    rg.where(np.array([side == 0] * 2), *branches).backward(np.array([np.inf, 3]))
    np.testing.assert_array_equal(good.grad, [np.inf, 3])
    np.testing.assert_array_equal(bad.grad, [0, 0])


SIGNALS = [
    (np.log, (0.0,)), (np.log, (-1.0,)), (np.sqrt, (-1.0,)), (np.exp, (1000.0,)),
    (np.exp, (-1000.0,)), (np.true_divide, (1.0, 0.0)), (np.true_divide, (0.0, 0.0)),
    (np.true_divide, (1e-300, 1e300)), (np.multiply, (1e300, 1e300)), (np.sin, (np.inf,)),
    (np.multiply, (1e-300, 1e-300)), (np.multiply, (np.inf, 0.0)), (np.add, (1e308, 1e308)),
    (np.subtract, (np.inf, np.inf)), (np.power, (10.0, 400.0)), (np.power, (-2.0, 0.5)),
    (np.power, (0.0, -1.0)), (np.cos, (np.inf,)), (np.tanh, (np.nan,)), (np.maximum, (np.nan, 1.0)),
    (np.sum, (np.array([np.inf, -np.inf]),)), (np.sum, (np.array([1e308, 1e308]),)),
    (np.matmul, (np.array([1e200, 1]), np.array([1e200, 1]))), (np.max, (np.array([np.nan, 1]),)),
]  # fmt: skip
SIGNAL_IDS = [f"{f.__name__}-{xs}" for f, xs in SIGNALS]
each_signal = pytest.mark.parametrize(("f", "xs"), SIGNALS, ids=SIGNAL_IDS)
each_size = pytest.mark.parametrize("size", [(), (1,), (50,)], ids=["0d", "1", "50"])


def outcome(f, xs):
    """Return what a call says: the text of its FloatingPointError or of its warnings."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            f(*xs)
        except FloatingPointError as error:
            return str(error)
    return sorted(str(warning.message) for warning in heard)


@pytest.mark.parametrize("state", ["raise", "warn", "ignore"])
@each_size
@each_signal
def test_floating_point_errors_are_numpys(f, xs, size, state):
    if f not in (np.sum, np.matmul, np.max):
        xs = [np.full(size, x) for x in xs]
    with np.errstate(all=state):
        assert outcome(f, [Tensor(x) for x in xs]) == outcome(f, xs)


@each_kink
def test_backward_never_warns_nor_raises(row, xs, grads):
    points = [Tensor(np.full(5, x, float)) for x in xs]
    with np.errstate(all="ignore"):
        out = row(*points)
    with np.errstate(all="raise"):
        out.backward(np.full(5, 1e308))
    with np.errstate(all="raise"):
        out.backward(np.full(5, 5e-324))


@pytest.mark.parametrize("row", BINARY, ids=lambda row: row.name)
def test_a_forward_that_raises_leaves_the_operands_alone(row):
    """The graph before the failed call still runs backward, with the gradient it always had."""
    x = Tensor(np.array([1e308, 1.0]))
    y = x * 0.0625
    with np.errstate(all="raise"):
        with suppress(FloatingPointError):  # some of them have nothing to object
            row(y, Tensor(np.array([0.0, 5e-324])))
        y.backward(np.ones(2))
    np.testing.assert_array_equal(x.grad, [0.0625, 0.0625])


@pytest.mark.parametrize("create_graph", [False, True])
def test_the_maxima_of_an_axis_with_nans_are_the_nans(create_graph):
    x = Tensor([[np.nan, 1.0, np.nan], [2.0, 0.0, 2.0]])
    x.max(axis=1).backward(create_graph=create_graph)
    np.testing.assert_array_equal(np.asarray(x.grad), [[0.5, 0.0, 0.5], [0.5, 0.0, 0.5]])

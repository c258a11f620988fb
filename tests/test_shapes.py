"""Shapes, choices, borders and samples: kinks, keywords, plain answers and errors."""

import io

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor

A = np.arange(1.0, 7).reshape(2, 3)

# Plain answers ----------------------------------------------------------------------------------

PLAIN = {
    "where": np.where,
    "nonzero": np.nonzero,
    "argwhere": np.argwhere,
    "flatnonzero": np.flatnonzero,
    "isin": lambda t: np.isin(t, [2.0, 5.0]),
    "isreal": np.isreal,
    "iscomplex": np.iscomplex,
    "isrealobj": np.isrealobj,
    "iscomplexobj": np.iscomplexobj,
    "array_equiv": lambda t: np.array_equiv(t, A),
    "tril_indices_from": np.tril_indices_from,
    "triu_indices_from": lambda t: np.triu_indices_from(t, k=1),
    "diag_indices_from": lambda t: np.diag_indices_from(t[:, :2]),
    "result_type": lambda t: np.result_type(t, np.float32),
    "common_type": np.common_type,
    "array_repr": np.array_repr,
    "array_str": np.array_str,
    "array2string": lambda t: np.array2string(t, precision=1, separator=", "),
    "shape": np.shape,
    "ndim": np.ndim,
    "size": lambda t: np.size(t, 1),
    "choose": lambda t: np.choose([0, 1, 0], [np.ones(3), 2.0]),
}


@pytest.mark.parametrize("name", PLAIN)
def test_an_answer_without_a_derivative_is_plain(name):
    got, want = PLAIN[name](Tensor(A)), PLAIN[name](A)
    assert type(got) is type(want)
    for a, b in zip(*([x] if not isinstance(x, tuple) else x for x in (got, want)), strict=True):
        assert type(a) is type(b)
        np.testing.assert_array_equal(a, b)


def test_memory_and_files():
    t = Tensor(A)
    row = t[0]
    assert np.shares_memory(t, row)
    assert np.may_share_memory(t, row)
    assert not np.shares_memory(t, np.copy(t))
    file = io.BytesIO()
    np.save(file, t)
    file.seek(0)
    np.testing.assert_array_equal(np.load(file), A)


def test_np_where_wants_none_or_both():
    with pytest.raises(ValueError, match=r"^np\.where: "):
        np.where(Tensor(A), 1.0)


# Keywords ---------------------------------------------------------------------------------------


def test_reshape_tells_views_from_copies():
    t = Tensor(A)
    assert np.shares_memory(np.reshape(t, 6, copy=False), t)
    assert np.shares_memory(np.reshape(t, 6), t)
    assert not np.shares_memory(np.reshape(t, 6, copy=True), t)
    assert not np.shares_memory(np.reshape(t, (2, 3), copy=True), t)
    with pytest.raises(ValueError, match=r"^np\.reshape: "):
        np.reshape(t.T, 6, copy=False)
    with pytest.raises(ValueError, match=r"^np\.reshape: "):
        np.reshape(t, 6, order="X")
    with pytest.raises(rg.ShapeError, match=r"reshape: "):
        np.reshape(t, 5, order="F")


def test_astype():
    t = Tensor(A)
    assert np.astype(t, np.float64, copy=False) is t
    assert np.astype(t, np.float64) is not t
    whole = np.astype(t, int)
    assert type(whole) is np.ndarray
    np.testing.assert_array_equal(whole, A)
    with pytest.raises(ValueError, match=r"^np\.astype: "):
        np.astype(t, np.float32, device="gpu")


def test_a_copy_is_another_tensor_with_the_gradient():
    t = Tensor(A)
    c = np.copy(t)
    c[0] = 0.0
    np.testing.assert_array_equal(t.data, A)
    (c * A).backward()
    np.testing.assert_array_equal(t.grad, [[0, 0, 0], [4, 5, 6]])


FRESH = {
    "copy": np.copy,
    "pad": lambda t: np.pad(t, 1),
    "pad mean": lambda t: np.pad(t, 1, "mean"),
    "pad odd": lambda t: np.pad(t, 1, "reflect", reflect_type="odd"),
    "pad one": lambda t: np.pad(t[:1], ((1, 1), (0, 0)), "symmetric", reflect_type="odd"),
    "pad nothing": lambda t: np.pad(t, 0, "mean"),
    "roll": lambda t: np.roll(t, 1),
    "tril": np.tril,
    "diff": lambda t: np.diff(t, axis=0),
    "gradient": lambda t: np.gradient(t, axis=1),
    "compress": lambda t: np.compress([1, 1, 0], t, axis=1),
    "choose": lambda t: np.choose([[0, 0, 0]], [t]),
    "select": lambda t: np.select([t > 2], [t]),
    "meshgrid": lambda t: np.meshgrid(t[0], t[1])[0],
    "apply_along_axis": lambda t: np.apply_along_axis(np.flip, 0, t),
    "correlate": lambda t: np.correlate(t[0, :1], t[0], "full"),
    "diag": lambda t: np.diag(t[0]),
    "vander": lambda t: np.vander(t[0]),
    "full": lambda t: np.full_like(t, t[0]),
    "array": lambda t: rg.array([[t[0, 0]], [1.0]]),
    "resize": lambda t: np.resize(t, (2, 2)),
    "linspace": lambda t: np.linspace(t[0], t[1], 3, axis=1),
    "polyfit": lambda t: np.polyfit([0.0, 1.0], t, 1),
    "interp": lambda t: np.interp([[0.5]], [0.0, 1.0, 2.0], t[0]),
    "reshape": lambda t: np.reshape(t, (3, 2), copy=True),
    "reshape F": lambda t: np.reshape(t, (3, 2), "F", copy=True),
}


@pytest.mark.parametrize("name", FRESH)
def test_what_numpy_makes_anew_can_be_written_to(name):
    t = Tensor(A) * 1.0
    out = FRESH[name](t)
    first = (0,) * out.ndim
    out[first] = Tensor(50.0) * 2.0
    assert out[first].item() == 100
    np.testing.assert_array_equal(t.data, A)


@pytest.mark.parametrize(
    "f", [np.flip, np.transpose, lambda x: np.expand_dims(x, 0), lambda x: np.moveaxis(x, 0, 1)]
)
def test_what_numpy_shows_as_a_view_says_so(f):
    t = Tensor(A) * 1.0
    with pytest.raises(rg.GraphError, match="setitem"):
        f(t)[0, 0] = 5.0


# Kinks and special values -----------------------------------------------------------------------


def test_interp_at_its_points():
    """The slope to the right of a point, at the last the slope to its left; zero outside."""
    x, xp = Tensor([0.0, 1.0, 3.0, -1.0, 4.0]), [0.0, 1.0, 3.0]
    f = Tensor([0.0, 2.0, 10.0])
    y = np.interp(x, xp, f)
    np.testing.assert_array_equal(y.data, [0, 2, 10, 0, 10])
    y.backward(np.ones(5))
    np.testing.assert_array_equal(x.grad, [2, 4, 4, 0, 0])
    np.testing.assert_array_equal(f.grad, [2, 1, 2])


def test_interp_special_values_are_numpys():
    xp, fp = [0.0, 1.0, 2.0, 3.0], [1.0, np.inf, np.nan, 3.0]
    at = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, np.nan, np.inf, -np.inf]
    np.testing.assert_array_equal(np.interp(Tensor(at), xp, fp).data, np.interp(at, xp, fp))
    got = np.interp(Tensor(np.float32([0.5])), xp, fp)
    assert got.dtype == np.float64


def test_unwrap_jumps_have_no_derivative():
    t = Tensor([0.0, np.pi, 2 * np.pi, 9.0])
    np.unwrap(t).backward(np.ones(4))
    np.testing.assert_array_equal(t.grad, np.ones(4))


def test_statistic_borders_share_ties():
    t = Tensor([2.0, 1.0, 2.0])
    np.pad(t, (1, 1), "maximum").backward(np.ones(5))
    np.testing.assert_array_equal(t.grad, [2, 1, 2])


def test_triangles_and_choices_let_no_infinity_through():
    t = Tensor([[1.0, np.inf], [np.nan, 2.0]])
    np.testing.assert_array_equal(np.tril(t).data, np.tril(t.data))
    (np.tril(t) * 2.0).backward()
    np.testing.assert_array_equal(t.grad, [[2, 0], [2, 2]])


def test_a_double_root_moves_infinitely_fast():
    p = Tensor([1.0, 0.0, 0.0])
    with np.errstate(all="ignore"):
        np.sum(np.roots(p)).backward()
    assert not np.isfinite(p.grad).all()


def test_complex_roots_of_real_coefficients():
    p = Tensor([1.0, 2.0, 5.0, -3.0])
    roots = np.roots(p)
    assert roots.dtype == np.complex128
    np.real(np.sum(roots**2)).backward()
    # The sum of the squares is (p1/p0)**2 - 2 * p2/p0.
    np.testing.assert_allclose(p.grad, [-2 * 4 + 2 * 5, 2 * 2, -2, 0], atol=1e-12)


def test_polynomials_of_poly1d():
    p = Tensor([0.0, 1.0, 2.0])
    assert isinstance(np.polyadd(np.poly1d([1.0]), p), np.poly1d)
    quotient, rest = np.polydiv(np.poly1d([2.0, 3.0, 4.0]), p[1:])
    assert isinstance(quotient, np.poly1d)
    np.testing.assert_array_equal(rest.coeffs.data, [6.0])


def test_spacing_that_is_equal_by_chance_keeps_its_derivative():
    x = Tensor([0.0, 1.0, 2.0, 3.0])
    np.gradient(np.array([0.0, 1.0, 4.0, 9.0]), x)[1].backward()
    h, at = 1e-6, np.array([0.0, 1.0, 2.0, 3.0])
    want = [
        (np.gradient(at**2, at + h * e)[1] - np.gradient(at**2, at - h * e)[1]) / (2 * h)
        for e in np.eye(4)
    ]
    np.testing.assert_allclose(x.grad, want, atol=1e-8)


# Errors -----------------------------------------------------------------------------------------

ERRORS = {
    "moveaxis": (lambda t: np.moveaxis(t, 0, 5), np.exceptions.AxisError),
    "swapaxes": (lambda t: np.swapaxes(t, 0, 2), np.exceptions.AxisError),
    "rollaxis": (lambda t: np.rollaxis(t, 2), np.exceptions.AxisError),
    "squeeze": (lambda t: np.squeeze(t, 0), rg.ShapeError),
    "expand_dims": (lambda t: np.expand_dims(t, (0, 0)), ValueError),
    "flip": (lambda t: np.flip(t, 3), np.exceptions.AxisError),
    "fliplr": (lambda t: np.fliplr(t[0]), ValueError),
    "rot90": (lambda t: np.rot90(t, axes=(0, 0)), ValueError),
    "roll": (lambda t: np.roll(t, 1, 4), np.exceptions.AxisError),
    "resize": (lambda t: np.resize(t, (-1, 2)), ValueError),
    "matrix_transpose": (lambda t: np.matrix_transpose(t[0]), ValueError),
    "broadcast_shapes": (lambda t: np.broadcast_arrays(t, np.ones(4)), rg.ShapeError),
    "sliding_window_view": (
        lambda t: np.lib.stride_tricks.sliding_window_view(t, (3, 3)),
        ValueError,
    ),
    "choose": (lambda t: np.choose([0, 5], [t[0, :2], t[1, :2]]), ValueError),
    "compress": (lambda t: np.compress([1, 1, 1, 1], t, axis=0), IndexError),
    "select": (lambda t: np.select([np.array([1, 0, 1])], [t]), TypeError),
    "piecewise": (lambda t: np.piecewise(t, [t > 1], [1, 2, 3]), ValueError),
    "apply_along_axis": (lambda t: np.apply_along_axis(np.sum, 2, t), np.exceptions.AxisError),
    "apply_over_axes": (lambda t: np.apply_over_axes(lambda a, k: a[0, 0], t, 0), ValueError),
    "trim_zeros": (lambda t: np.trim_zeros(t[0], "x"), ValueError),
    "unwrap": (lambda t: np.unwrap(t, axis=2), ValueError),
    "diff": (lambda t: np.diff(t, -1), ValueError),
    "ediff1d": (lambda t: np.ediff1d(t, to_end=1j), TypeError),
    "gradient": (lambda t: np.gradient(t, 1.0, 2.0, 3.0), TypeError),
    "trapezoid": (lambda t: np.trapezoid(t, axis=2), np.exceptions.AxisError),
    "interp": (lambda t: np.interp(1.0, [0.0, 1.0], t[0]), ValueError),
    "convolve": (lambda t: np.convolve(t, [1.0]), ValueError),
    "polyint": (lambda t: np.polyint(t[0], 2, [1.0, 2.0, 3.0][:0]), ValueError),
    "polyder": (lambda t: np.polyder(t[0], -1), ValueError),
    "roots": (lambda t: np.roots(t), ValueError),
    "pad": (lambda t: np.pad(t, -1), ValueError),
    "pad mode": (lambda t: np.pad(t, 1, "mirror"), ValueError),
    "pad keyword": (lambda t: np.pad(t, 1, "edge", end_values=2), ValueError),
    "pad function": (lambda t: np.pad(t, 1, lambda *a: None), TypeError),
    "pad empty": (lambda t: np.pad(t[:, :0], 1, "edge"), ValueError),
    "pad length": (lambda t: np.pad(t, 1, "maximum", stat_length=0), ValueError),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_have_numpys_type_and_name_the_function(name):
    call, kind = ERRORS[name]
    with pytest.raises(kind) as error:
        call(Tensor(A))
    message = str(error.value)
    assert message.startswith(f"np.{name.split()[0]}: ")
    assert "\n" not in message
    if "function" not in name:
        with pytest.raises((kind.__mro__[1], ValueError, IndexError, TypeError)):
            call(A)


def test_polyfit_warns_of_a_rank_that_is_too_small():
    y = Tensor([1.0, 2.0, 3.0])
    with pytest.warns(np.exceptions.RankWarning):
        np.polyfit([1.0, 1.0, 1.0], y, 1)

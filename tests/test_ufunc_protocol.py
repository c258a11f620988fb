"""`__array_ufunc__`: keywords, methods, targets, and types with protocols of their own."""

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor
from retrograd.values import Evaluate

A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
B = np.array([[2.0, 0.0, 1.0], [0.5, 0.0, 3.0]])
MASK = B != 0
PLAIN = sorted(
    (f for f, carried in rg.ops.UFUNCS.items() if isinstance(carried, Evaluate)),
    key=lambda f: f.__name__,
)


def same(got, want):
    np.testing.assert_array_equal(got, want)


# out= -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrap", [lambda out: out, lambda out: (out,)], ids=["bare", "tuple"])
def test_a_tensor_given_as_out_is_written_and_returned(wrap):
    x, old = Tensor(A), Tensor(B)
    out = old * 1
    got = np.multiply(x, 3.0, out=wrap(out))
    assert got is out
    same(out.data, 3 * A)
    (out * A).backward()
    same(x.grad, 3 * A)
    same(old.grad, 0 * B)


def test_an_operand_may_be_the_target():
    x = Tensor(A)
    t = x * 1
    np.multiply(t, t, out=t)
    same(t.data, A * A)
    t.backward()
    same(x.grad, 2 * A)


def test_a_result_stretches_to_its_target_and_is_cast():
    x, out = Tensor([1.0, 2.0, 3.0]), Tensor(np.zeros((2, 3), np.float32))
    got = np.multiply(x, 2.0, out=out)
    assert got.dtype == np.float32
    same(got.data, [[2, 4, 6], [2, 4, 6]])
    got.backward()
    same(x.grad, [4, 4, 4])
    with pytest.raises(rg.ShapeError, match=r"np\.add: out= has shape \(3,\), the result \(2,3\)"):
        np.add(Tensor(A), 1.0, out=Tensor([0.0] * 3))


def test_plain_operands_may_be_written_into_a_tensor():
    old = Tensor(A)
    out = old * 1
    assert np.add(A, B, out=out) is out
    same(out.data, A + B)
    assert np.add.reduce(A, axis=0, out=out[0].copy()).data.tolist() == [5, 7, 9]
    np.sum(A, axis=1, out=(first := out[:, 0].copy()))
    same(first.data, [6, 15])
    out.backward()
    same(old.grad, 0 * A)


def test_a_gradient_never_goes_into_a_plain_target():
    z, t = np.zeros((2, 3)), Tensor(A)
    with pytest.raises(TypeError, match=r"np\.add: .*z = z \+ t"):
        z += t
    for call in (
        lambda: np.add(t, t, out=z),
        lambda: np.add.reduce(t, out=z[0]),
        lambda: np.add.accumulate(t, out=z),
        lambda: np.add.outer(t[0], t[0], out=np.zeros((3, 3))),
        lambda: np.add.at(z, 0, t[0]),
        lambda: np.add(A, t, out=z, where=MASK),
        lambda: np.sum(t, axis=0, out=z[0]),
        lambda: t.sum(axis=0, out=z[0]),
        lambda: np.var(t, axis=0, out=z[0]),
    ):
        with pytest.raises(TypeError, match=r"add|sum|var") as info:
            call()
        assert "\n" not in str(info.value)
    same(z, 0)


def test_two_results_each_with_its_target():
    x, old = Tensor(A), Tensor(-A)
    first, second = old * 1, old * 1
    quotient, rest = np.divmod(x, 4.0, out=(first, second))
    assert quotient is first
    assert rest is second
    same(first.data, A // 4)
    same(second.data, A % 4)
    (rest * A).backward()
    same(x.grad, A)
    same(old.grad, 0 * A)
    whole, _ = np.divmod(x, 4.0, out=(None, old * 1))
    same(whole.data, A // 4)
    masked = np.modf(x / 4, out=(Tensor(0 * A), Tensor(0 * A - 1)), where=MASK)
    for got, want in zip(masked, np.modf(A / 4), strict=True):
        same(got.data[MASK], want[MASK])
    same(masked[1].data[~MASK], -1)
    for got, want in zip(np.divmod.outer(x[0], x[1]), np.divmod.outer(A[0], A[1]), strict=True):
        same(got.data, want)


# where= -----------------------------------------------------------------------------------------


def test_where_takes_the_result_or_keeps_the_old_value():
    x, y, old = Tensor(A), Tensor(B), Tensor(-A)
    out = old * 1
    assert np.multiply(x, y, out=out, where=MASK) is out
    same(out.data, np.where(MASK, A * B, -A))
    (out * A).backward()
    same(x.grad, np.where(MASK, A * B, 0))
    same(y.grad, np.where(MASK, A * A, 0))
    same(old.grad, np.where(MASK, 0, A))


def test_where_computes_nothing_where_it_is_false():
    """The usual guard of a division: neither a warning nor a NaN in the gradient."""
    x, y = Tensor(A), Tensor(B)
    out = np.divide(x, y, out=Tensor(np.zeros((2, 3))), where=MASK)
    same(out.data, np.divide(A, B, out=np.zeros((2, 3)), where=MASK))
    out.backward()
    same(x.grad, np.divide(1.0, B, out=np.zeros((2, 3)), where=MASK))
    same(y.grad, np.divide(-A, B * B, out=np.zeros((2, 3)), where=MASK))


def test_where_broadcasts_and_takes_numbers_and_0d():
    x = Tensor([1.0, 2.0, 3.0])
    out = np.add(x, 10, out=Tensor(np.zeros((2, 3))), where=[[True], [False]])
    same(out.data, [[11, 12, 13], [0, 0, 0]])
    out.backward()
    same(x.grad, [1, 1, 1])
    t = Tensor(3.0)
    for mask, want in ((True, 9.0), (np.False_, 0.0), (np.array(True), 9.0)):
        assert np.multiply(t, t, out=Tensor(0.0), where=mask).item() == want


def test_where_must_be_boolean_and_have_a_target():
    x = Tensor(A)
    with pytest.raises(TypeError, match="bool"):
        np.add(x, 1.0, where=B, out=Tensor(A))
    with pytest.raises(TypeError, match=r"np\.add: keyword 'where' needs out="):
        np.add(x, 1.0, where=MASK)
    with pytest.raises(ValueError, match="shape"):
        np.add(x, 1.0, where=MASK, out=Tensor(np.zeros(3)))


# dtype=, casting=, order=, subok=, signature= -----------------------------------------------------


@pytest.mark.parametrize("options", [
    {"dtype": np.float32}, {"dtype": "f4"}, {"signature": "ff->f"}, {"sig": "ff->f"},
    {"signature": (None, None, np.float32)},
    {"signature": (np.float32,) * 3}, {"dtype": np.float32, "casting": "unsafe"},
])  # fmt: skip
def test_dtype_is_that_of_the_computation(options):
    x, y = Tensor(A / 3), Tensor(B / 7)
    got = np.multiply(x, y, **options)
    want = np.multiply(A / 3, B / 7, **options)
    assert got.dtype == want.dtype == np.float32
    same(got.data, want)
    got.backward()
    assert x.grad.dtype == np.float64
    np.testing.assert_allclose(x.grad, B / 7, rtol=1e-6)


def test_dtype_with_numbers_arrays_and_wider_types():
    x = Tensor(np.array([0.1, 0.2], np.float32))
    a = np.array([0.1, 0.2], np.float32)
    for other in (0.3, [0.3, 0.4], np.float32(0.3), np.array([1, 2])):
        got = np.add(x, other, dtype=np.float64)
        assert got.dtype == np.float64
        same(got.data, np.add(a, other, dtype=np.float64))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"dtype": np.int64}, "Cannot cast"),
        ({"dtype": np.float16}, "float16"),
        ({"dtype": np.float32, "casting": "safe"}, "Cannot cast"),
        ({"order": "F"}, r"np\.add: keyword 'order'"),
        ({"signature": "f->f"}, "type-string"),
        ({"colour": "red"}, r"add.*'colour'"),
        ({"axis": 0}, r"add.*'axis'"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(options, match):
    with pytest.raises((TypeError, ValueError), match=match):
        np.add(Tensor(A), B, **options)


def test_what_changes_nothing_is_taken():
    for options in ({"order": "C"}, {"order": "A"}, {"subok": False}, {"casting": "no"}):
        same(np.add(Tensor(A), B, **options).data, A + B)


@pytest.mark.parametrize("axes", [
    [(0, 1), (1, 0), (-2, -1)], [(1, 0), (0, 1), (1, 0)], [(0, 2), (2, 1), (0, -1)],
], ids=str)  # fmt: skip
def test_matmul_along_other_axes(axes):
    a, b = np.arange(8.0).reshape(2, 2, 2), np.arange(8.0, 16).reshape(2, 2, 2)
    x, y = Tensor(a), Tensor(b)
    got = np.matmul(x, y, axes=axes)
    same(got.data, np.matmul(a, b, axes=axes))
    w = np.arange(8.0).reshape(2, 2, 2)
    got.backward(w)
    for i in np.ndindex(a.shape):
        d = np.zeros_like(a)
        d[i] = 1
        assert x.grad[i] == (w * np.matmul(d, b, axes=axes)).sum()
        assert y.grad[i] == (w * np.matmul(a, d, axes=axes)).sum()
    with pytest.raises(ValueError, match="axes"):
        np.matmul(x, y, axes=axes[:1])
    with pytest.raises(TypeError, match="axis"):
        np.matmul(x, y, axis=0)


def test_vecdot_along_an_axis():
    x, y = Tensor(A), Tensor(B)
    for options in ({"axis": 0}, {"axis": 1, "keepdims": True}, {"axes": [0, 0]}, {}):
        np.testing.assert_allclose(np.vecdot(x, y, **options).data, np.vecdot(A, B, **options))


# reduce -----------------------------------------------------------------------------------------

REDUCED = [np.subtract, np.divide, np.multiply, np.add, np.maximum, np.minimum, np.power]
CHECKED = REDUCED[:-1]  # not power: NumPy's own takes the last exponent alone


@pytest.mark.parametrize("options", [{}, {"axis": 1}, {"axis": -1, "keepdims": True}], ids=str)
@pytest.mark.parametrize("f", CHECKED)
def test_reduce(f, options):
    x = Tensor(A)
    got = f.reduce(x, **options)
    assert type(got) is Tensor
    np.testing.assert_allclose(got.data, f.reduce(A, **options), rtol=1e-14)
    got.backward()
    h = 1e-6
    for i in np.ndindex(A.shape):
        d = np.zeros_like(A)
        d[i] = h
        slope = (f.reduce(A + d, **options) - f.reduce(A - d, **options)).sum() / (2 * h)
        np.testing.assert_allclose(x.grad[i], slope, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("f", CHECKED)
def test_reduce_with_initial_where_and_dtype(f):
    x = Tensor(A)
    for options in (
        {"initial": 3.0},
        {"initial": 3.0, "where": MASK},
        {"initial": 3.0, "where": MASK[0], "axis": 1, "keepdims": True},
        {"dtype": np.float32},
    ):
        got, want = f.reduce(x, **options), f.reduce(A, **options)
        assert got.dtype == want.dtype
        np.testing.assert_allclose(got.data, want, rtol=1e-6)


def test_a_mask_keeps_what_it_hides_out_of_a_fold_s_gradient():
    x = Tensor([6.0, 0.0, 2.0])
    got = np.divide.reduce(x, where=[True, False, True], initial=12.0)
    assert got.item() == 1.0
    got.backward()
    same(x.grad, [-1 / 6, 0, -0.5])


def test_reduce_of_power_is_a_fold_from_the_left():
    x = Tensor([2.0, 3.0, 2.0])
    got = np.power.reduce(x)
    assert got.item() == 64.0
    got.backward()
    np.testing.assert_allclose(x.grad, [192, 128 * np.log(2), 64 * np.log(8)])


def test_without_an_initial_value_the_first_element_begins():
    a = np.array([-3.0, 4.0])
    for f in (np.hypot, np.add, np.multiply):
        for b in (a, a[:1]):
            assert f.reduce(Tensor(b), initial=None).item() == f.reduce(b, initial=None)
        with pytest.raises(ValueError, match="identity"):
            f.reduce(Tensor(a[:0]), initial=None)


def test_initial_may_be_a_tensor():
    x, start = Tensor(A), Tensor(2.0)
    for f in (np.add, np.multiply, np.subtract):
        got = f.reduce(x, axis=None if f is not np.subtract else 0, initial=start)
        want = f.reduce(A, axis=None if f is not np.subtract else 0, initial=2.0)
        same(got.data, want)
        got.backward()
        assert start.grad.all()


def test_reduce_refuses_as_numpy_does():
    x = Tensor(A)
    with pytest.raises(ValueError, match="reorderable"):
        np.subtract.reduce(x, axis=(0, 1))
    with pytest.raises(ValueError, match="identity"):
        np.divide.reduce(x[:0])
    with pytest.raises(ValueError, match="binary"):
        np.exp.reduce(x)
    with pytest.raises(ValueError, match=r"initial"):
        np.maximum.reduce(x, where=MASK)


def test_reduce_of_logaddexp_is_stable():
    a = np.array([[1000.0, 1000.0, -np.inf], [-2000.0, -2001.0, -2000.5]])
    x = Tensor(a)
    got = np.logaddexp.reduce(x, axis=1)
    np.testing.assert_allclose(got.data, np.logaddexp.reduce(a, axis=1), rtol=1e-15)
    got.backward()
    np.testing.assert_allclose(x.grad.sum(axis=1), 1, rtol=1e-12)
    same(x.grad[0], [0.5, 0.5, 0])
    y = Tensor([-np.inf, -np.inf])
    got = np.logaddexp.reduce(y)
    assert got.item() == -np.inf
    got.backward()
    same(y.grad, [0, 0])
    got = np.logaddexp.reduce(x, axis=1, where=[[True, False, True]] * 2, initial=999.0)
    want = np.logaddexp.reduce(a, axis=1, where=[[True, False, True]] * 2, initial=999.0)
    np.testing.assert_allclose(got.data, want, rtol=1e-15)


@pytest.mark.parametrize("f", [np.fmax, np.fmin, np.logaddexp2, np.hypot])
def test_reduce_of_others(f):
    a = np.array([[1.0, 5.0, 3.0], [4.0, -2.0, 6.0]])
    x = Tensor(a)
    for axis in (0, 1, None):
        np.testing.assert_allclose(f.reduce(x, axis=axis).data, f.reduce(a, axis=axis), rtol=1e-14)
    f.reduce(x).sum().backward()
    assert np.isfinite(x.grad).all()
    assert x.grad.any()


def test_fmax_reduce_leaves_nan_out():
    a = np.array([[np.nan, 2.0, 1.0], [np.nan, np.nan, np.nan]])
    x = Tensor(a)
    got = np.fmax.reduce(x, axis=1)
    same(got.data, np.fmax.reduce(a, axis=1))
    got[0].backward()
    same(x.grad, [[0, 1, 0], [0, 0, 0]])


# accumulate, reduceat, outer ----------------------------------------------------------------------


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("f", REDUCED)
def test_accumulate(f, axis):
    x = Tensor(A)
    got = f.accumulate(x, axis=axis)
    want = f.accumulate(A, axis=axis)
    np.testing.assert_allclose(got.data, want, rtol=1e-14)
    w = np.arange(1.0, 7).reshape(2, 3)
    got.backward(w)
    h = 1e-6
    for i in np.ndindex(A.shape):
        d = np.zeros_like(A)
        d[i] = h
        slope = (w * (f.accumulate(A + d, axis) - f.accumulate(A - d, axis))).sum() / (2 * h)
        np.testing.assert_allclose(x.grad[i], slope, rtol=1e-5, atol=1e-6)


def test_accumulated_extrema_with_nan_and_ties():
    a = np.array([np.nan, 3.0, 1.0, 3.0, 5.0, np.nan, 7.0])
    for f in (np.maximum, np.minimum, np.fmax, np.fmin):
        for b in (a, a[1:], a[:0]):
            same(f.accumulate(Tensor(b)).data, f.accumulate(b))
    x = Tensor([1.0, 3.0, 2.0, 3.0, 4.0])
    np.maximum.accumulate(x).backward()
    same(x.grad, [1, 3, 0, 0, 1])  # of equal elements the first


@pytest.mark.parametrize("f", CHECKED)
def test_reduceat(f):
    a = np.arange(1.0, 13).reshape(6, 2)
    x = Tensor(a)
    for indices in ([0, 2, 5], [4, 1, 5], [3, 3]):
        got, want = f.reduceat(x, indices), f.reduceat(a, indices)
        np.testing.assert_allclose(got.data, want, rtol=1e-14)
        got = f.reduceat(x.T, indices, axis=1)
        np.testing.assert_allclose(got.data, want.T, rtol=1e-14)


def test_segments_added_up():
    a = np.arange(1.0, 13).reshape(6, 2)
    x = Tensor(a)
    np.add.reduceat(x, [1, 3]).backward([[1, 2], [3, 4]])
    same(x.grad, [[0, 0], [1, 2], [1, 2], [3, 4], [3, 4], [3, 4]])
    same(np.add.reduceat(x.T, [0, 4], axis=-1).data, np.add.reduceat(a.T, [0, 4], axis=-1))

    def f(v):
        return (np.add.reduceat(v, [0, 2]) ** 2).sum()

    same(rg.hessian(f)(np.array([1.0, 2.0, 3.0])), [[2, 2, 0], [2, 2, 0], [0, 0, 2]])


def test_a_segment_begins_with_its_element_not_with_the_identity():
    a = np.array([-3.0, 4.0, -5.0])
    for f in (np.hypot, np.logaddexp, np.fmax):
        same(f.reduceat(Tensor(a), [0, 2]).data, f.reduceat(a, [0, 2]))


def test_reduceat_refuses_as_numpy_does():
    for f in CHECKED:
        with pytest.raises(IndexError):
            f.reduceat(Tensor(A), [0, 6])


@pytest.mark.parametrize("which", ["both", "left", "right"])
@pytest.mark.parametrize("shapes", [((2,), (3,)), ((2, 2), ()), ((), (2, 3)), ((2, 1), (1, 3))])
def test_outer(shapes, which):
    a, b = (np.arange(1.0, 1 + np.prod(s, dtype=int)).reshape(s) for s in shapes)
    x = Tensor(a) if which != "right" else a
    y = Tensor(b) if which != "left" else b.tolist()
    got = np.multiply.outer(x, y)
    same(got.data, np.multiply.outer(a, b))
    got.backward()
    if which != "right":
        same(x.grad, np.full(a.shape, b.sum()))
    if which != "left":
        same(y.grad, np.full(b.shape, a.sum()))


def test_outer_takes_the_keywords_of_a_call():
    x = Tensor([1.0, 2.0])
    assert np.add.outer(x, x, dtype=np.float32).dtype == np.float32
    out = Tensor(np.zeros((2, 2)))
    assert np.add.outer(x, [1.0, 2.0], out=out) is out
    same(out.data, [[2, 3], [3, 4]])
    with pytest.raises(TypeError):
        np.add.outer([Tensor(1.0)], x)


# at ---------------------------------------------------------------------------------------------

KEYS = [
    [0, 2, 0, 0],
    np.array([[0, 1], [2, 2]]),
    (slice(None), [1, 1, 0]),
    np.array([True, False, True]),
    1,
    (..., slice(None, None, -1)),
]


@pytest.mark.parametrize("f", [np.add, np.subtract, np.multiply, np.divide, np.maximum, np.power])
@pytest.mark.parametrize("key", KEYS, ids=str)
def test_at_counts_every_repeat_in_order(f, key):
    a = np.arange(1.0, 7).reshape(3, 2) / 4
    shape = a[key].shape
    v = np.arange(2.0, 2 + np.prod(shape, dtype=int)).reshape(shape) / 3
    x, y = Tensor(a), Tensor(v)

    def run(t, u):
        t = t * 1
        f.at(t, key, u)
        return t

    got = run(x, y)
    np.testing.assert_allclose(got.data, run(a, v), rtol=1e-14)
    w = np.arange(1.0, 7).reshape(3, 2)
    got.backward(w)
    h = 1e-6
    for operand, grad in ((a, x.grad), (v, y.grad)):
        for i in np.ndindex(operand.shape):
            keep = operand[i]
            operand[i] = keep + h
            ahead = (w * run(a, v)).sum()
            operand[i] = keep - h
            slope = (ahead - (w * run(a, v)).sum()) / (2 * h)
            operand[i] = keep
            np.testing.assert_allclose(grad[i], slope, rtol=1e-5, atol=1e-6)


def test_at_of_a_unary_and_of_a_broadcast_value():
    x, v = Tensor([1.0, 2.0, 3.0]), Tensor(5.0)
    t = x * 1
    assert np.negative.at(t, [0, 0, 1]) is None
    same(t.data, [1, -2, 3])
    np.add.at(t, [1, 1, 2], v)
    same(t.data, [1, 8, 8])
    np.add.at(t, [], 1.0)
    t.backward()
    same(x.grad, [1, -1, 1])
    assert v.grad == 3


def test_at_differentiates_twice_and_forward():
    def f(v):
        t = Tensor(np.zeros(3), requires_grad=False) * 1
        np.add.at(t, [0, 2, 0], v)
        return (t * t * t).sum()

    v = np.array([1.0, 2.0, 3.0])
    same(rg.grad(f)(v), [48, 12, 48])
    same(rg.hessian(f)(v), [[24, 0, 24], [0, 12, 0], [24, 0, 24]])
    _, tangent = rg.jvp(f, (v,), (np.ones(3),))
    assert tangent == 108


def test_at_refuses_as_numpy_does():
    t = Tensor(A)
    with pytest.raises(IndexError):
        np.add.at(t, [7], 1.0)
    with pytest.raises(ValueError, match=r"shape|broadcast"):
        np.add.at(t, [0], np.ones(5))
    with pytest.raises(TypeError, match="less"):
        np.less.at(t, [0], 1.0)
    with pytest.raises(TypeError, match=r"np\.multiply\.at: .*make the target a Tensor"):
        np.multiply.at(A, [0], t[0])
    same(t.data, A)


# Questions --------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", PLAIN, ids=lambda f: f.__name__)
def test_a_question_is_answered_as_by_numpy(f):
    xs = [Tensor(A), Tensor(B)][: f.nin]
    values = [x.data for x in xs]
    try:
        want = f(*values)
    except TypeError:
        with pytest.raises(TypeError, match=f.__name__):
            f(*xs)
        return
    for got in (f(*xs), f(xs[0], *values[1:]), f(*values[:-1], xs[-1])):
        assert type(got) is np.ndarray
        same(got, want)
    out = np.zeros((2, 3), want.dtype)
    assert f(*xs, out=out) is out
    same(out, want)
    target = Tensor(A)
    assert f(*xs, out=target) is target
    same(target.data, want)
    if f.nin == 2 and want.dtype == bool:
        same(f.outer(xs[0], xs[1]), f.outer(*values))


def test_a_question_written_into_a_tensor_where_a_mask_says_so():
    x, old = Tensor(A), Tensor(B)
    out = old * 1
    assert np.less(x, 3.0, out=out, where=MASK) is out
    same(out.data, np.less(A, 3.0, out=B.copy(), where=MASK))
    out.backward()
    same(old.grad, ~MASK)


def test_logical_reductions_are_plain():
    x = Tensor(B)
    assert not np.logical_and.reduce(x, axis=None)
    assert type(np.logical_or.reduce(x, axis=0)) is np.ndarray
    same(np.logical_or.accumulate(x, axis=1), np.logical_or.accumulate(B, axis=1))


# Types with protocols of their own ----------------------------------------------------------------


class Duck:
    """A type that answers for itself."""

    def __init__(self):
        self.asked = []

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        self.asked.append((ufunc, method))
        return "quack"

    def __array_function__(self, function, types, args, kwargs):
        self.asked.append((function, None))
        return "quack"


class Meters(np.ndarray):
    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return "meters"


class Opaque:
    __array_ufunc__ = None

    def __radd__(self, other):
        return "radd"

    def __add__(self, other):
        return "add"


def test_types_with_a_protocol_have_their_turn():
    t, duck = Tensor(A), Duck()
    for call in (
        lambda: np.add(t, duck),
        lambda: np.add(duck, t),
        lambda: np.add(t, t, out=duck),
        lambda: np.add.outer(t, duck),
        lambda: np.where(t > 0, duck, t),
        lambda: np.less(t, duck),
    ):
        assert call() == "quack"
    meters = np.ones((2, 3)).view(Meters)
    assert np.add(t, meters) == np.add(meters, t) == "meters"
    assert meters * t == "meters"
    assert t + Opaque() == "radd"
    assert Opaque() + t == "add"


def test_a_mask_is_not_dropped():
    t, masked = Tensor(A), np.ma.masked_array(A, MASK)
    for call in (
        lambda: np.add(t, masked),
        lambda: np.add(masked, t),
        lambda: np.where(MASK, t, masked),
        lambda: t + masked,
        lambda: masked + t,
        lambda: np.ma.add(t, masked),
    ):
        with pytest.raises((TypeError, rg.GraphError)):
            call()


def test_memmaps_are_arrays(tmp_path):
    m = np.memmap(tmp_path / "a", np.float64, "w+", shape=(2, 3))
    m[:] = B
    t = Tensor(A)
    for got in (t * m, m * t, np.multiply(m, t), np.where(MASK, t, m) * 0 + A * B):
        assert type(got) is Tensor
        same(got.data, A * B)


# Arrays, scalars, and NEP 50 ---------------------------------------------------------------------


@pytest.mark.parametrize("other", [
    2, 2.0, True, np.float32(2), np.float64(2), np.int8(2), np.int64(2), np.array(2.0),
    np.array([1, 2, 3]), np.ones((2, 3), np.float32), [1.0, 2.0, 3.0],
], ids=repr)  # fmt: skip
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_both_orders_and_the_dtype_of_numpy(dtype, other):
    a = A.astype(dtype)
    t = Tensor(a)
    for f in (np.add, np.subtract, np.multiply, np.divide, np.maximum, np.power):
        for got, want in ((f(t, other), f(a, other)), (f(other, t), f(other, a))):
            assert type(got) is Tensor
            assert got.dtype == want.dtype
            np.testing.assert_allclose(got.data, want, rtol=1e-6)
    for got, want in ((t - other, a - other), (other - t, other - a), (other / t, other / a)):
        assert type(got) is Tensor
        assert got.dtype == want.dtype
        same(got.data, want)

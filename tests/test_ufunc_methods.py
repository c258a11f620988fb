"""The methods of ufuncs on tensors: reduce, accumulate, reduceat, outer, at."""

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor

A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
B = np.array([[2.0, 0.0, 1.0], [0.5, 0.0, 3.0]])
MASK = B != 0


def same(got, want):
    np.testing.assert_array_equal(got, want)


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

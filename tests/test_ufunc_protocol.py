"""`__array_ufunc__`: keywords, targets, and types with protocols of their own."""

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

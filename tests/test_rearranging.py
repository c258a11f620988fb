"""Joining, sorting, writing and scanning by NumPy's functions: keywords, errors, kinks, writes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import retrograd as rg
from retrograd import DTypeError, ShapeError, Tensor

A = np.array([[3.0, 1.0, 2.0], [6.0, 5.0, 4.0]])
INF, NAN = np.inf, np.nan


def same(got, want):
    got = got.data if isinstance(got, Tensor) else got
    assert got.dtype == np.asarray(want).dtype
    np.testing.assert_array_equal(got, want)


def gradient(f, x, w=None):
    leaf = Tensor(x)
    f(leaf).backward(w)
    return leaf.grad


# Joining


def test_parts_of_other_types_meet_as_in_numpy():
    single, double = Tensor(np.ones(2, "f4")), Tensor(np.ones(2))
    assert np.concatenate([single, single]).dtype == np.float32
    assert np.concatenate([single, np.ones(1, "i2")]).dtype == np.float32
    for other in (double, np.ones(1), [2.0], np.ones(1, "i8")):
        assert np.concatenate([single, other]).dtype == np.float64
    assert np.stack([single[0], 1.0]).dtype == np.float64  # a number is an array here
    np.concatenate([single, double]).backward(np.arange(4.0))
    same(single.grad, np.array([0, 1], "f4"))


def test_dtype_and_casting_are_honoured():
    x = Tensor(A)
    joined = np.concatenate([x, A], dtype=np.float32)
    same(joined, np.concatenate([A, A], dtype=np.float32))
    joined.backward(np.ones((4, 3), "f4"))
    same(x.grad, np.ones((2, 3)))
    assert np.vstack([x, A], dtype="f4").dtype == np.float32
    for f in (np.concatenate, np.stack, np.vstack, np.hstack):
        with pytest.raises(TypeError, match=r"^np\.\w+: float64 is not cast to float32 .*'safe'"):
            f([x, A], dtype=np.float32, casting="safe")
        with pytest.raises(DTypeError, match=r"^np\.\w+: dtype int64"):
            f([x, A], dtype=np.int64, casting="unsafe")
    with pytest.raises(TypeError, match="'no'"):
        np.concatenate([x, np.ones((1, 3), "f4")], casting="no")


def test_out_takes_the_joined_value_on():
    x, out = Tensor(A), Tensor(np.ones((4, 3)))
    assert np.concatenate([x, x], out=out) is out
    out.backward()
    same(x.grad, np.full((2, 3), 2.0))


def test_nested_lists_of_tensors_are_stacked():
    x, y = Tensor(1.0), Tensor(2.0)
    rows = np.stack([[x, y], Tensor([3.0, 4.0])])
    same(rows, [[1.0, 2.0], [3.0, 4.0]])
    rows.backward(np.array([[5.0, 6.0], [7.0, 8.0]]))
    assert (x.grad, y.grad) == (5, 6)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: np.concatenate([x, x.T]), ShapeError, "concatenate: shapes (2,3) and (3,2)"),
        (lambda x: np.concatenate([x, x[0]]), ShapeError, "(2,3) and (3,)"),
        (lambda x: np.concatenate([x[0, 0]]), ShapeError, "shape () has no axis"),
        (lambda x: np.concatenate([x, x], 2), np.exceptions.AxisError, "axis 2"),
        (lambda x: np.stack([x, x[:1]]), ShapeError, "stack: shapes (2,3) and (1,3)"),
        (lambda x: np.stack([x, x], -4), np.exceptions.AxisError, "axis -4"),
        (lambda x: np.concatenate([x, ["a"]], None), DTypeError, "dtype"),
        (lambda x: np.block([[x], x]), ValueError, "np.block: lists of depths"),
        (lambda x: np.block([(x, x), x]), TypeError, "np.block: a tuple"),
        (lambda x: np.block([[], x]), ValueError, "np.block: "),
        (lambda x: np.insert([1, 2], 0, x[0]), DTypeError, "np.insert: .*int64"),
        (lambda x: np.insert(x, 9, 1.0), IndexError, "9"),
        (lambda x: np.delete(x, 3, axis=1), IndexError, "3"),
        (lambda x: np.split(x, 2, axis=1), ValueError, "equal division"),
        (lambda x: np.vsplit(x[0], 1), ShapeError, "np.vsplit: shape \\(3,\\) came"),
        (lambda x: np.dsplit(x, 1), ShapeError, "np.dsplit: "),
        (lambda x: np.hsplit(x[0, 0], 1), ShapeError, "np.hsplit: "),
        (lambda x: np.unstack(x[0, 0]), ValueError, "np.unstack: "),
        (lambda x: np.repeat(x, [1, 2], axis=1), ValueError, "broadcast"),
        (lambda x: np.tile(x, -1), ValueError, ""),
        (lambda x: np.take(x, 3, axis=1), IndexError, "out of bounds"),
        (lambda x: np.take(x, [0.5]), TypeError, "safe"),
        (lambda x: np.take(x, 0, mode="round"), ValueError, "np.take: mode 'round'"),
        (lambda x: np.take(x[:0], 0, mode="wrap"), IndexError, "np.take"),
        (lambda x: np.take_along_axis(x, np.array([[3]]), 1), IndexError, "np.take_along_axis"),
        (lambda x: np.take_along_axis(x, np.array([[-4]]), 1), IndexError, "np.take_along_axis"),
        (lambda x: np.take_along_axis(x, np.array([0]), 1), ValueError, "np.take_along_axis"),
        (lambda x: np.take_along_axis(x, np.array([[0.0]]), 1), IndexError, "float64"),
        (lambda x: np.sort(x, axis=2), np.exceptions.AxisError, "axis 2"),
        (lambda x: np.sort(x[0, 0]), np.exceptions.AxisError, ""),
        (lambda x: np.sort(x, order="a"), ValueError, "order"),
        (lambda x: np.partition(x, 3), ValueError, "kth"),
        (np.cumulative_sum, ValueError, "np.cumulative_sum: shape \\(2, 3\\)"),
        (lambda x: np.cumsum(x, dtype=int), DTypeError, "np.cumsum: dtype int64"),
        (lambda x: np.cumsum(x, 2), np.exceptions.AxisError, "axis 2"),
        (lambda x: np.prod(x, axis=(0, 0)), ValueError, "axis"),
        (lambda x: np.prod(x, where=np.ones((4, 2, 3), bool)), ValueError, ""),
        (lambda x: np.put(x, [6], 1.0), IndexError, "np.put"),
        (lambda x: np.put(x, [0.5], 1.0), TypeError, "safe"),
        (lambda x: np.place(x, [True], x), ValueError, "np.place: a mask of 1"),
        (lambda x: np.place(x, A > 0, []), ValueError, "np.place: no values"),
        (lambda x: np.putmask(x, [True], x), ValueError, "np.putmask: a mask of 1"),
        (lambda x: np.copyto(x, x[0], where=A[:1]), TypeError, "np.copyto: where of float64"),
        (lambda x: np.copyto(x, np.ones(3, "f4"), casting="no"), TypeError, "'no'"),
        (lambda x: np.fill_diagonal(x[0], 1.0), ValueError, ""),
    ],
)  # fmt: skip
def test_errors_come_before_any_node_and_name_what_came(call, error, message):
    x = Tensor(A)
    with pytest.raises(error) as raised:
        call(x)
    assert "\n" not in str(raised.value)
    if message.startswith(("concatenate", "stack", "(", "shape (")):
        assert message in str(raised.value)
    else:
        raised.match(message)
    same(x, A)


def test_splits_are_views_and_cut_where_numpy_cuts():
    x = Tensor(np.arange(7.0))
    for cut, where in [
        (np.array_split, 3), (np.array_split, 9), (np.split, [2, 5]), (np.split, [5, 2, -1]),
        (np.split, []), (np.array_split, [9]),
    ]:  # fmt: skip
        got, want = cut(x, where), cut(x.data, where)
        assert isinstance(got, list)
        for piece, expected in zip(got, want, strict=True):
            same(piece, expected)
    got = np.split(x, 7)
    with pytest.raises(rg.GraphError, match="view"):
        got[0][...] = 1.0


def test_tiles_and_blocks_are_copies():
    x = Tensor(A)
    for copy in (np.tile(x, 1), np.tile(x, (1, 1, 1)), np.block(x), np.block([x])):
        copy[...] = 0.0
    same(x, A)


# Sorting


@pytest.mark.parametrize("kind", [None, "stable", "mergesort", "heapsort", "quicksort"])
def test_sort_takes_every_kind_and_special_values(kind):
    x = np.array([2.0, NAN, -INF, INF, -1.0, NAN, 0.5])
    same(np.sort(Tensor(x), kind=kind), np.sort(x, kind=kind))
    w = np.arange(1.0, 8)
    same(gradient(lambda t: np.sort(t, kind=kind)[:5], x, w[:5]), [4.0, 0, 1, 5, 2, 0, 3])


def test_ties_of_a_stable_sort_keep_their_order():
    x = np.array([1.0, 0.0, 1.0, 0.0])
    same(gradient(lambda t: np.sort(t, stable=True), x, np.arange(4.0)), [2.0, 0, 3, 1])


@given(st.integers(1, 3), st.integers(-1, 2), st.integers(0, 2**32 - 1))
def test_sort_along_any_axis(ndim, axis, seed):
    rng = np.random.default_rng(seed)
    x = rng.permuted(np.arange(4.0**ndim)).reshape((4,) * ndim)[:3]
    axis %= ndim
    w = rng.integers(1, 9, x.shape).astype(float)
    same(np.sort(Tensor(x), axis), np.sort(x, axis))
    want = np.zeros_like(x)
    np.put_along_axis(want, np.argsort(x, axis), w, axis)
    same(gradient(lambda t: np.sort(t, axis), x, w), want)


def test_partition_keeps_its_promise():
    x = np.random.default_rng(0).permuted(np.arange(30.0))
    t = Tensor(x)
    for kth in (4, -2, [3, 20]):
        out = np.partition(t, kth)
        places = np.atleast_1d(kth)
        same(out.data[places], np.sort(x)[places])
        assert (out.data[: places[0]] <= out.data[places[0]]).all()
        same(np.sort(out), np.sort(x))
    w = np.arange(30.0)
    same(gradient(lambda t: np.partition(t, 4), x, w)[np.argpartition(x, 4)], w)


def test_places_and_orders_are_plain_integers():
    t = Tensor(A)
    for f in (np.argsort, np.argmax, np.argmin, np.nanargmax, np.nanargmin):
        same(f(t), f(A))
        same(f(t, axis=0), f(A, axis=0))
    same(np.argpartition(t, 1), np.argpartition(A, 1))
    same(np.lexsort((t[0], t[1])), np.lexsort((A[0], A[1])))
    same(np.searchsorted(np.sort(t[0]), Tensor([1.5, 3.5]), "right"), np.array([1, 3]))
    assert not any(isinstance(f(t), Tensor) for f in (np.argsort, np.argmax))


def test_unique_gives_what_numpy_gives_besides():
    x = np.array([3.0, 1.0, 3.0, 2.0, 1.0, NAN, NAN])
    t = Tensor(x)
    got, want = np.unique(t, True, True, True), np.unique(x, True, True, True)
    assert isinstance(got[0], Tensor)
    for a, b in zip(got, want, strict=True):
        same(a, b)
    same(gradient(lambda t: np.unique(t)[:3], x, np.array([5.0, 6, 7])), [7.0, 5, 0, 6, 0, 0, 0])
    same(np.unique(t, equal_nan=False), np.unique(x, equal_nan=False))
    for f in (np.unique_all, np.unique_counts, np.unique_inverse):
        got, want = f(t), f(x)
        assert type(got) is type(want)
        for a, b in zip(got, want, strict=True):
            same(a, b)
        assert isinstance(got.values, Tensor)
    both = np.unique(Tensor(A), return_counts=True, axis=1)
    same(both[0], np.unique(A, axis=1))
    same(np.setdiff1d(t, [1.0, NAN]), np.setdiff1d(x, [1.0, NAN]))
    same(np.setxor1d(t, [1.0, 8.0]), np.setxor1d(x, [1.0, 8.0]))
    same(np.setxor1d(t[:0], []), np.zeros(0))
    same(np.isin(t, [1.0]), np.isin(x, [1.0]))


# Writing


def test_a_write_into_a_plain_array_tells_the_fix():
    v = Tensor(1.0)
    plain = np.zeros((2, 3))
    writes = [
        lambda: np.copyto(plain, v), lambda: np.copyto(plain, v, where=A > 1),
        lambda: np.put(plain, [0], v), lambda: np.place(plain, A > 1, v),
        lambda: np.putmask(plain, A > 1, v),
        lambda: np.put_along_axis(plain, np.array([[0], [1]]), v, 1),
    ]  # fmt: skip
    for write in writes:
        with pytest.raises(TypeError, match=r"^np\.\w+: .*plain array.*np\.zeros_like\(t\)$"):
            write()
    assert not plain.any()


def test_a_tensor_may_say_where_a_plain_array_is_written():
    plain, t = np.zeros(3), Tensor([1.0, 0.0, 2.0])
    np.copyto(plain, 5.0, where=t > 0)
    np.putmask(plain, t, 7.0)
    same(plain, [7.0, 0, 7])
    np.place(plain, t, [1.0, 2.0])
    same(plain, [1.0, 0, 2])


def test_writes_reach_the_target_and_split_the_gradient():
    x, v = Tensor(A), Tensor([10.0, 20.0])
    y = x * 1
    np.put(y, [0, 4], v)
    np.copyto(y, -1.0, where=[True, False, False])
    same(y, [[-1.0, 1, 2], [-1, 20, 4]])
    y.backward(A)
    same(x.grad, [[0.0, 1, 2], [0, 0, 4]])
    same(v.grad, [0.0, 5])
    np.copyto(y, 1)
    x.zero_grad()
    y.backward()
    assert not x.grad.any()
    np.put(y, [], 1.0)
    np.putmask(y, A > 9, [])
    same(y, np.ones((2, 3)))


def test_sort_and_partition_as_methods_change_the_tensor_itself():
    x = Tensor(A)
    y = x * 1
    assert y.sort(axis=0) is None
    assert y.partition(1) is None
    same(y, np.sort(A, 1))
    y.backward(A)
    same(np.sort(x.grad.ravel()), np.sort(A.ravel()))


# Scanning


ZEROS = np.array([[2.0, 0.0, 3.0], [0.0, 5.0, 0.0]])


def test_products_are_exact_where_factors_are_zero():
    x = np.array([2.0, 0.0, 3.0])
    same(gradient(np.prod, x), [0.0, 6, 0])
    same(gradient(np.prod, np.array([2.0, 0, 0])), [0.0, 0, 0])
    same(rg.hessian(np.prod)(np.array([2.0, 0, 0])), [[0.0, 0, 0], [0, 0, 2], [0, 2, 0]])
    same(gradient(lambda t: np.prod(t, axis=0), ZEROS), [[0.0, 5, 0], [2, 0, 3]])
    same(gradient(lambda t: np.cumprod(t)[-1], x), [0.0, 6, 0])
    third = rg.grad(lambda t: rg.hessian(np.prod)(t)[0, 1])
    same(third(np.array([2.0, 0, 0, 7])), [0.0, 0, 7, 0])


def test_an_infinite_cotangent_meets_no_product_with_zero():
    x = np.array([2.0, 3.0])
    same(gradient(np.cumprod, x, np.array([INF, 1.0])), [INF, 2.0])


def test_scans_have_numpys_bits():
    rng = np.random.default_rng(1)
    for dtype in (np.float64, np.float32):
        x = rng.normal(size=(7, 300)).astype(dtype)
        for view in (x, x.T, x[::-1, ::3], np.broadcast_to(x[0], (5, 300))):
            for f in (np.cumsum, np.cumprod):
                for axis in (0, 1, None):
                    same(f(Tensor(view), axis), f(view, axis))
            same(np.prod(Tensor(view), 0), np.prod(view, 0))
    same(np.cumsum(Tensor(np.ones(2, "f4")), dtype="f8"), [1.0, 2.0])
    assert np.prod(Tensor(np.ones(2, "f4")), dtype=np.float64).dtype == np.float64
    signs = np.array([-0.0, -0.0])
    assert np.signbit(np.cumsum(Tensor(signs)).data).all()


@pytest.mark.parametrize("f", [np.cumsum, np.cumprod], ids=["cumsum", "cumprod"])
def test_scans_warn_as_numpy(f):
    x = np.array([1e308, 1e308, 1e308])
    with np.errstate(over="raise"):
        with pytest.raises(FloatingPointError) as want:
            f(x)
        with pytest.raises(FloatingPointError) as got:
            f(Tensor(x))
    assert str(got.value) == str(want.value)


def test_prod_honours_initial_and_where():
    x, start = Tensor(A), Tensor(2.0)
    out = np.prod(x, axis=1, where=A > 2, initial=start)
    same(out, np.prod(A, axis=1, where=A > 2, initial=2.0))
    out.backward()
    same(start.grad, np.array(123.0))
    same(x.grad, [[2.0, 0, 0], [40, 48, 60]])

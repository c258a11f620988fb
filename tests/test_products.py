"""Products of arrays: NumPy's keywords, results in its types, and what does not fit."""

import numpy as np
import pytest

from retrograd import Tensor

RNG = np.random.default_rng(0)


def integers(*shape):
    return RNG.integers(-5, 5, shape).astype(float)


A, B, SWAPPED, ROW = integers(3, 4, 5), integers(3, 4, 5), integers(4, 3, 5), integers(3, 5)

ALONG = {
    "vecdot axis": ("vecdot", A, B, {"axis": 0}),
    "vecdot keepdims": ("vecdot", A, B, {"axis": 1, "keepdims": True}),
    "vecdot axes": ("vecdot", A, SWAPPED, {"axes": [(0,), (1,)]}),
    "vecdot all axes": ("vecdot", A, SWAPPED, {"axes": [0, 1, ()]}),
    "vecdot axes kept": ("vecdot", A, SWAPPED, {"axes": [0, 1, 1], "keepdims": True}),
    "vecdot axes kept last": ("vecdot", A, SWAPPED, {"axes": [0, 1], "keepdims": True}),
    "matvec": ("matvec", A, ROW, {"axes": [(1, 0), 0, 0]}),
    "matvec last": ("matvec", A, ROW, {"axes": [(1, 0), (0,), -1]}),
    "vecmat": ("vecmat", ROW, A, {"axes": [0, (0, 1), 0]}),
    "matmul": ("matmul", A, B, {"axes": [(0, 1), (1, 0), (0, 1)]}),
    "matmul out of order": ("matmul", A, B, {"axes": [(0, 1), (1, 0), (2, 0)]}),
    "matmul negative": ("matmul", A, B, {"axes": [(0, -1), (2, 0), (1, -1)]}),
    "matmul vector": ("matmul", A, integers(5), {"axes": [(0, 2), (0,), (0,)]}),
}


@pytest.mark.parametrize("call", ALONG.values(), ids=ALONG)
def test_axes_of_generalized_ufuncs(call):
    name, a, b, keywords = call
    f = getattr(np, name, None)
    if f is None:
        pytest.skip("NumPy 2.2 has it")
    got = f(Tensor(a), Tensor(b), **keywords)
    np.testing.assert_array_equal(got.data, f(a, b, **keywords), strict=True)


@pytest.mark.parametrize(
    "axes", [[(0, 1), (1, 0)], [(0, 1), (1, 0), 0], [(0, 1), (1, 0), (0, 0)], [(0, 1), 1, (0, 1)]]
)
def test_axes_that_do_not_fit(axes):
    for x in (A, Tensor(A)):
        with pytest.raises(ValueError, match="ax"):
            np.matmul(x, x, axes=axes)


@pytest.mark.filterwarnings("ignore:.*2-dimensional vectors:DeprecationWarning")
@pytest.mark.parametrize(("m", "n"), [(2, 2), (2, 3), (3, 2)])
def test_cross_of_2_vectors(m, n):
    a, b = integers(4, m), integers(4, n)
    x, y = Tensor(a), Tensor(b)
    out = np.cross(x, y)
    np.testing.assert_array_equal(out.data, np.cross(a, b), strict=True)
    out.sum().backward()
    for leaf, f in ((x, lambda v: np.cross(v, b)), (y, lambda v: np.cross(a, v))):
        for i in range(leaf.shape[1]):
            one = np.broadcast_to(np.eye(leaf.shape[1])[i], leaf.shape)
            np.testing.assert_array_equal(leaf.grad[:, i], f(one).reshape(4, -1).sum(-1))


def test_result_types_are_numpys():
    single = np.ones((2, 2), np.float32)
    for f in (np.dot, np.inner, np.outer, np.kron, np.vdot):
        for other in (2.0, np.float32(2), [[1, 2], [3, 4]], np.ones((2, 2), np.int8)):
            try:
                want = f(single, other)
            except ValueError:
                continue
            assert f(Tensor(single), other).dtype == want.dtype, (f.__name__, other)


def test_out_is_written():
    x, out = Tensor(A[0]), Tensor(np.zeros((4, 4)))
    assert np.dot(x, B[0].T, out=out) is out
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, np.ones((4, 4)) @ B[0])


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.matvec(x, np.ones(3)),
        lambda x: np.vecmat(np.ones(3), x),
        lambda x: np.vecdot(x, np.ones(3)),
        lambda x: np.vecdot(x, 1.0),
        lambda x: np.cross(x, x),
        lambda x: np.cross(x[0, 0, :3], x[0, 0, :3], axisc=3),
        lambda x: np.linalg.cross(x, x),
        lambda x: np.linalg.trace(x[0, 0]),
        lambda x: np.tensordot(x, x, ([0, 0], [0, 0])),
    ],
)
def test_what_does_not_fit_raises_as_in_numpy(call):
    for x in (A, Tensor(A)):
        with pytest.raises((ValueError, np.linalg.LinAlgError)):
            call(x)

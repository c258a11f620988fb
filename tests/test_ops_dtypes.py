"""Promotion: NEP 50, exactly NumPy's, in every pairing of a tensor with anything else."""

import operator

import numpy as np
import pytest

import retrograd as rg
from op_table import BINARY
from retrograd import Tensor

FLOATS = [np.float32, np.float64]
INTEGERS = [np.bool_, *(np.dtype(f"{kind}{size}") for kind in "iu" for size in (1, 2, 4, 8))]
each_binary = pytest.mark.parametrize("row", BINARY, ids=lambda row: row.name)
each_float = pytest.mark.parametrize("dtype", FLOATS, ids=["f32", "f64"])

OTHERS = {
    "int": 2,
    "float": 2.0,
    "bool": True,
    **{f"{np.dtype(d)} array": np.ones(2, d) for d in FLOATS + INTEGERS},
    **{f"{np.dtype(d)} 0-d array": np.ones((), d) for d in FLOATS + INTEGERS},
    **{f"{np.dtype(d)} scalar": np.dtype(d).type(1) for d in FLOATS + INTEGERS},
}
each_other = pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)


@each_other
@each_float
@each_binary
def test_promotion_is_numpys(row, dtype, other):
    x = np.array([1.5, 2.5], dtype)
    for args in ((x, other), (other, x)):
        want = np.asarray(row.numpy(*args))
        tensors = [Tensor(arg) if arg is x else arg for arg in args]
        out = row(*tensors)
        assert type(out) is Tensor
        assert out.data.dtype == want.dtype
        np.testing.assert_allclose(out.data, want, rtol=1e-6)
        out.backward(np.ones(2, want.dtype))
        leaf = next(t for t in tensors if isinstance(t, Tensor))
        assert leaf.grad.dtype == dtype


@each_other
@pytest.mark.parametrize("shape", [(), (2,)], ids=["0-d", "1-d"])
def test_promotion_of_0d_tensors(shape, other):
    """A 0-d array is an array, not a number: NEP 50 looks at types, never at values."""
    x = np.ones(shape, np.float32)
    for f in (operator.add, operator.mul, np.power):
        assert f(Tensor(x), other).data.dtype == np.asarray(f(x, other)).dtype
        assert f(other, Tensor(x)).data.dtype == np.asarray(f(other, x)).dtype


@each_float
@pytest.mark.parametrize("other", FLOATS, ids=["f32", "f64"])
@each_binary
def test_promotion_between_tensors(row, dtype, other):
    """Each leaf gets its gradient in its own type, whatever the result's."""
    x, y = Tensor(np.array([1.5, 2.5], dtype)), Tensor(np.array([2, 3], other))
    out = row(x, y)
    assert out.data.dtype == np.result_type(dtype, other)
    out.sum().backward()
    assert x.grad.dtype == dtype
    assert y.grad.dtype == other


@pytest.mark.parametrize("shapes", [((2,), (2,)), ((3, 2), (2, 1))], ids=["1d", "2d"])
def test_promotion_of_matmul(shapes):
    a, b = (np.ones(shape) for shape in shapes)
    single, double = Tensor(a.astype(np.float32)), Tensor(b)
    out = single @ double
    assert out.data.dtype == np.float64
    out.sum().backward()
    assert single.grad.dtype == np.float32
    assert double.grad.dtype == np.float64
    assert (np.ones(shapes[0], np.float32) @ Tensor(b.astype(np.float32))).data.dtype == np.float32
    assert (Tensor(a.astype(np.float32)) @ np.ones(shapes[1], np.int64)).data.dtype == np.float64


@each_float
def test_assignment_keeps_the_dtype_of_what_is_written_to(dtype):
    """`t[i] = v` casts the value, and its gradient comes back in the value's own type."""
    x, v = Tensor(np.zeros(3, np.float32)), Tensor(np.array(0.5, dtype))
    y = x.copy()
    y[1] = v
    assert y.data.dtype == np.float32
    y.sum().backward()
    assert v.grad.dtype == dtype
    assert v.grad == 1


@pytest.mark.parametrize(
    "other",
    [np.ones(2, np.float16), np.float16(1), np.ones(2, np.longdouble), np.array([None, 1]),
     np.array(["1", "2"]), np.array(["2001-01-01"], "M8[D]"), "1", None],
    ids=["f16 array", "f16", "longdouble", "object", "str array", "datetime", "str", "None"],
)  # fmt: skip
@each_binary
def test_dtypes_without_arithmetic_are_refused(row, other):
    """No silent cast and no object array: a TypeError, from either side."""
    x = Tensor(np.array([1.5, 2.5]))
    for args in ((x, other), (other, x)):
        with pytest.raises(TypeError):
            row(*args)
    assert not x.grad.any()


@pytest.mark.parametrize("dtype", [np.float16, np.clongdouble, object, "M8[s]"], ids=str)
def test_casts_to_other_types_are_refused(dtype):
    with pytest.raises(rg.DTypeError, match=r"cast|astype"):
        Tensor(np.ones(2)).astype(dtype)

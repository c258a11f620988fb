"""Contract §2: what a leaf takes, what it refuses, and the dtype it then has."""

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor


def one_line(info):
    """The text of an error, checked to be the single line that the contract asks for."""
    text = str(info.value)
    assert text, "an error says something"
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    "data",
    [
        4,
        True,
        2.5,
        [1, 2],
        [[True, False]],
        (1, 2.5),
        np.int8(3),
        np.uint64(3),
        np.bool_(True),
        np.arange(3, dtype=np.int16),
        np.array([True, False]),
        np.float64(2.5),
        np.ones((2, 0)),
        [],
    ],
    ids=repr,
)
def test_numbers_lists_and_integer_arrays_become_float64(data):
    t = Tensor(data)
    assert t.dtype == np.float64
    assert t.shape == np.shape(data)
    assert type(t.data) is np.ndarray
    np.testing.assert_array_equal(t.data, np.array(data, dtype=float))


@pytest.mark.parametrize("data", [np.float32(1.5), np.ones(3, np.float32), np.ones((), np.float32)])
def test_float32_is_kept(data):
    t = Tensor(data)
    assert t.dtype == t.data.dtype == t.grad.dtype == np.float32


@pytest.mark.parametrize(
    "data",
    [
        1j,
        np.ones(2, np.complex64),
        np.float16(1),
        np.ones(2, np.float16),
        np.longdouble(1),
        np.ones(2, np.longdouble),
        np.array([1, None]),
        None,
        "4",
        b"4",
        ["a", "b"],
        np.array("2024-01-01", "datetime64[D]"),
        np.array([1], "timedelta64[s]"),
        {"a": 1},
        np.array([(1, 2.0)], "i4,f8"),
    ],
    ids=repr,
)
def test_every_other_leaf_is_a_dtype_error(data):
    with pytest.raises(rg.DTypeError) as info:
        Tensor(data)
    one_line(info)


@pytest.mark.parametrize(
    "constant", [np.float16(2), np.ones(2, np.longdouble), np.array(["a", "b"])]
)
def test_refused_dtypes_are_refused_as_constants_too(constant):
    x = Tensor([1.0, 2.0])
    for f in (lambda: x * constant, lambda: constant * x):
        with pytest.raises(TypeError) as info:
            f()
        text = one_line(info)
        assert constant.dtype.name in text or str(constant.dtype) in text


def test_promotion_is_that_of_numpy_2():
    x = Tensor(np.ones(2, np.float32))
    a, ints = np.ones(2), np.ones(2, np.int64)
    assert (x * 2.0).dtype == (2 * x).dtype == (x * True).dtype == np.float32
    assert (x * np.float64(2)).dtype == (np.float64(2) * x).dtype == np.float64
    assert (x * a).dtype == (a * x).dtype == (x * ints).dtype == np.float64


def unaligned(a):
    raw = np.zeros(a.nbytes + 1, np.uint8)[1:].view(a.dtype).reshape(a.shape)
    raw[...] = a
    return raw


def read_only(a):
    a = a.copy()
    a.flags.writeable = False
    return a


LAYOUTS = {
    "contiguous": lambda a: a.copy(),
    "fortran": np.asfortranarray,
    "transposed": lambda a: a.T,
    "strided": lambda a: np.repeat(a, 2, 0)[::2],
    "negative": lambda a: a[::-1, ::-1],
    "zero stride": lambda a: np.broadcast_to(a[:, :1], a.shape),
    "unaligned": unaligned,
    "swapped": lambda a: a.astype(a.dtype.newbyteorder()),
    "read-only": read_only,
    "empty": lambda a: a[:0],
    "0-d": lambda a: a[0, 0, ...],
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_leaf_copies_any_layout_and_its_gradient_is_its_own(layout, dtype):
    source = LAYOUTS[layout](np.arange(1, 13, dtype=dtype).reshape(3, 4))
    want = np.array(source, dtype=np.float32 if dtype == np.float32 else np.float64)
    x = Tensor(source)
    assert not np.shares_memory(x.data, source)
    (x * source + source * x + x).backward()
    grad = x.grad
    np.testing.assert_array_equal(x.data, want)
    np.testing.assert_array_equal(grad, 2 * want + 1)
    assert type(grad) is np.ndarray
    assert (grad.shape, grad.dtype) == (x.shape, x.dtype)
    assert x.dtype == want.dtype, "byte order is the machine's"
    assert grad.flags.c_contiguous
    assert grad.flags.writeable
    assert grad.flags.aligned

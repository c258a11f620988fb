"""Broadcasting between tensors, arrays and numbers, values and gradients."""

from itertools import product

import numpy as np
import pytest

import retrograd as rg
from check import agree, draw, draw_like, ulps
from op_rows import Case
from op_table import BINARY
from retrograd import Tensor

SHAPES = [(), (1,), (3,), (2, 3), (2, 1), (1, 3), (4, 2, 3), (0, 3)]
each_binary = pytest.mark.parametrize("row", BINARY, ids=lambda row: row.name)
each_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["f64", "f32"])
each_pair = pytest.mark.parametrize("shapes", list(product(SHAPES, SHAPES)), ids=str)


def operands(row, *shapes, dtype=np.float64):
    return draw(Case("", row, shapes, row.domains), dtype)


def sum_to(array, shape):
    """Sum a gradient over the axes along which its operand was broadcast."""
    lead = array.ndim - len(shape)
    stretched = (i + lead for i, n in enumerate(shape) if n == 1 and array.shape[i + lead] != 1)
    return array.sum(axis=(*range(lead), *stretched)).reshape(shape)


@each_pair
@each_binary
def test_broadcasting(row, shapes):
    """Equal to writing the broadcast out by hand, gradients summed back to the operands' shapes."""
    arrays = operands(row, *shapes)
    try:
        full = np.broadcast_arrays(*arrays)
    except ValueError:
        # The condition x < y of `where` is the first to fail.
        with pytest.raises(ValueError if row.name == "where" else rg.ShapeError, match="broadcast"):
            row(*map(Tensor, arrays))
        return
    leaves, wide = [Tensor(x) for x in arrays], [Tensor(x) for x in full]
    out, expected = row(*leaves), row(*wide)
    assert ulps(out.data, expected.data) == 0
    w = draw_like(out.data)
    out.backward(w)
    expected.backward(w)
    for leaf, x, whole in zip(leaves, arrays, wide, strict=True):
        assert leaf.grad.shape == x.shape
        agree(leaf.grad, sum_to(whole.grad, x.shape), rtol=0 if not row.domains else 1e-14)


@each_pair
@each_binary
def test_array_constants_left_and_right(row, shapes):
    """An ndarray operand is a constant of the same value: the other side's gradient is the same."""
    arrays = operands(row, *shapes)
    try:
        w = draw_like(np.asarray(row.numpy(*arrays)))
    except ValueError:
        with pytest.raises(ValueError, match="broadcast"):
            row(Tensor(arrays[0]), arrays[1])
        return
    both = [Tensor(x) for x in arrays]
    row(*both).backward(w)
    for i in range(2):
        mixed = list(arrays)
        mixed[i] = Tensor(arrays[i])
        row(*mixed).backward(w)
        np.testing.assert_array_equal(mixed[i].grad, both[i].grad)


@pytest.mark.parametrize("number", [2, 2.5, True, np.float64(0.5), np.int64(3)], ids=repr)
@each_dtype
@each_binary
def test_scalar_constants_left_and_right(row, number, dtype):
    x = operands(row, (2, 3), (), dtype=dtype)[0]
    for args in ([x, number], [number, x]):
        tensors = [Tensor(x) if arg is x else arg for arg in args]
        out = row(*tensors)
        want = row.numpy(*args)
        assert ulps(out.data, want) <= row.ulp
        out.sum().backward()
        leaf = next(t for t in tensors if isinstance(t, Tensor))
        twin = [Tensor(np.asarray(arg, want.dtype)) for arg in args]
        row(*twin).sum().backward()
        wide = twin[0 if args[0] is x else 1].grad
        assert leaf.grad.dtype == dtype
        agree(leaf.grad, wide.astype(dtype), rtol=0 if not row.domains else 1e-6)

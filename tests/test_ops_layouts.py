"""Memory layouts and lengths: the place of an element never changes its value."""

import numpy as np
import pytest

import retrograd as rg
from check import agree, draw, draw_like, ulps
from op_rows import Case
from op_table import ELEMENTWISE
from retrograd import Tensor

each_elementwise = pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
each_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["f64", "f32"])


def operands(row, *shapes, dtype=np.float64):
    return draw(Case("", row, shapes, row.domains), dtype)


def unaligned(x):
    buffer = np.empty(x.nbytes + 1, np.uint8)
    out = buffer[1:].view(x.dtype).reshape(x.shape)
    out[...] = x
    return out


def strided(x, step):
    """Return an array equal to `x` whose every axis strides by `step`; the gaps hold NaN."""
    wide = np.full([n * abs(step) for n in x.shape], np.nan, x.dtype)
    out = wide[tuple(slice(None, None, step) for _ in x.shape)]
    out[...] = x
    return out


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


LAYOUTS = {
    "strided": lambda x: strided(x, 2),
    "negative stride": lambda x: strided(x, -1),
    "negative and strided": lambda x: strided(x, -3),
    "transposed": lambda x: np.ascontiguousarray(x.T).T,
    "one axis backwards": lambda x: np.ascontiguousarray(x[:, ::-1])[:, ::-1],
    "unaligned": unaligned,
    "byte-swapped": lambda x: x.astype(x.dtype.newbyteorder()),
    "read-only": read_only,
    "zero stride": lambda x: np.broadcast_to(x[:, :1], x.shape),
    "empty": lambda x: x[:0],
}
each_layout = pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)


@each_layout
@each_dtype
@each_elementwise
def test_layouts_of_leaves_constants_and_seeds(row, layout, dtype):
    arrays = [layout(x) for x in operands(row, *((4, 5),) * row.nin, dtype=dtype)]
    want = [Tensor(np.array(x, dtype, order="C")) for x in arrays]
    expected = row(*want)
    w = layout(draw_like(expected.data))
    expected.backward(np.array(w, dtype, order="C"))
    # All of them leaves, then each of them alone with constants of that layout around it.
    for chosen in (range(row.nin), *([i] for i in range(row.nin))):
        mixed = [Tensor(x) if i in chosen else x for i, x in enumerate(arrays)]
        out = row(*mixed)
        assert ulps(out.data, expected.data) == 0
        out.backward(w)
        for i in chosen:
            np.testing.assert_array_equal(mixed[i].grad, want[i].grad)
            assert mixed[i].grad.flags.c_contiguous
            assert mixed[i].grad.dtype == dtype
            assert mixed[i].grad.dtype.isnative


VIEWS = {
    "strided": lambda t: t[::2, 1::3],
    "backwards": lambda t: t[::-1, ::-1],
    "transposed": lambda t: t.T,
    "one row": lambda t: t[2],
    "broadcast": lambda t: np.broadcast_to(t[1], (3, 6)),
    "element": lambda t: t[1, 2],
    "empty": lambda t: t[4:],
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@each_elementwise
def test_tensors_that_are_views(row, view):
    """A view of a tensor as operand: the value and the gradient of a fresh leaf of that value."""
    arrays = operands(row, *((4, 6),) * row.nin)
    bases = [Tensor(x) for x in arrays]
    fresh = [Tensor(view(x)) for x in arrays]
    out, expected = row(*map(view, bases)), row(*fresh)
    assert ulps(out.data, expected.data) == 0
    w = draw_like(expected.data)
    out.backward(w)
    expected.backward(w)
    for base, leaf in zip(bases, fresh, strict=True):
        through = Tensor(base.data)
        view(through).backward(leaf.grad)
        agree(base.grad, through.grad, rtol=1e-14)


@each_dtype
@each_elementwise
def test_one_value_one_answer(row, dtype):
    """0-d, tail and strided elements have the bits of the contiguous array's, gradients too."""
    arrays = operands(row, *((40,),) * row.nin, dtype=dtype)

    def run(xs):
        leaves = [Tensor(x) for x in xs]
        out = row(*leaves)
        out.backward(np.ones_like(out.data))
        return [out.data, *(leaf.grad for leaf in leaves)]

    whole = run(arrays)
    for n in range(41):
        for got, want in zip(run([x[:n] for x in arrays]), whole, strict=True):
            assert ulps(got, want[:n]) == 0, f"length {n}"
    for k in range(40):
        for got, want in zip(run([x[k] for x in arrays]), whole, strict=True):
            assert ulps(got, want[k]) == 0, f"0-d, element {k}"
    for step in (2, 3, 7, -1, -2):
        with rg.no_grad():
            got = row(*(Tensor(x)[::step] for x in arrays)).data
        assert ulps(got, whole[0][::step]) == 0, f"stride {step}"


@each_dtype
@each_elementwise
def test_long_arrays_repeat_the_short_ones_bits(row, dtype):
    """Loops are cut into pieces: no element may tell on which side of a cut it lies."""
    arrays = operands(row, *((41,),) * row.nin, dtype=dtype)
    short, long = [Tensor(x) for x in arrays], [Tensor(np.tile(x, 2000)) for x in arrays]
    out, expected = row(*long), row(*short)
    out.backward(np.ones_like(out.data))
    expected.backward(np.ones_like(expected.data))
    assert ulps(out.data, np.tile(expected.data, 2000)) == 0
    for leaf, want in zip(long, short, strict=True):
        assert ulps(leaf.grad, np.tile(want.grad, 2000)) == 0

"""`np.einsum` on tensors: random subscripts, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import retrograd as rg
from check import directional, draw_like, units
from op_rows import Case
from retrograd import Tensor

LETTERS = "abAB"


@st.composite
def calls(draw):
    """Subscripts and shapes that NumPy takes: 1 to 4 operands, small enough to be exact."""
    lengths = {x: draw(st.integers(0, 3) if x == "a" else st.integers(1, 3)) for x in LETTERS}
    dots = draw(st.lists(st.integers(1, 2), max_size=2))
    terms, shapes, seen, widest = [], [], set(), 0
    for _ in range(draw(st.integers(1, 4))):
        labels = draw(st.lists(st.sampled_from(LETTERS), max_size=3))
        # One operand may have length one where others have more, but not within a diagonal.
        short = {x for x in labels if labels.count(x) == 1 and draw(st.integers(0, 5)) == 0}
        shape = [1 if x in short else lengths[x] for x in labels]
        if draw(st.booleans()):
            at, n = draw(st.integers(0, len(labels))), draw(st.integers(0, len(dots)))
            labels.insert(at, "...")
            shape[at:at] = dots[len(dots) - n :]
            widest = max(widest, n)
        terms.append("".join(labels))
        shapes.append(tuple(shape))
        seen.update(labels)
    text = ",".join(terms)
    if draw(st.booleans()):
        known = sorted(seen - {"..."})
        output = draw(st.lists(st.sampled_from(known), unique=True)) if known else []
        if widest or draw(st.booleans()):
            output.insert(draw(st.integers(0, len(output))), "...")
        text += "->" + "".join(output)
    return text, shapes


@settings(max_examples=400, derandomize=True, deadline=None, database=None)
@given(calls(), st.sampled_from([False, True, "optimal"]))
def test_random_subscripts(call, optimize):
    """Integers, so that value and gradient are exact: einsum is linear in every operand."""
    text, shapes = call
    rng = np.random.default_rng(len(text))
    xs = [rng.integers(-3, 4, shape).astype(float) for shape in shapes]
    want = np.asarray(np.einsum(text, *xs))
    leaves = [Tensor(x) for x in xs]
    out = np.einsum(text, *leaves, optimize=optimize)
    assert isinstance(out, Tensor)
    np.testing.assert_array_equal(out.data, want, strict=True)

    w = draw_like(want)
    out.backward(w)
    case = Case("einsum", lambda *xs: np.einsum(text, *xs), tuple(shapes))
    slopes = iter([np.sum(w * directional(case, xs, v)) for v in units(xs)])
    for leaf in leaves:
        np.testing.assert_array_equal(leaf.grad.ravel(), [next(slopes) for _ in range(leaf.size)])


def test_float32_stays_and_meets_float64():
    a, b = Tensor(np.ones((2, 3), np.float32)), Tensor(np.ones((3, 2)))
    assert np.einsum("ij->i", a).dtype == np.float32
    assert np.einsum("ij,jk", a, b).dtype == np.float64
    assert np.einsum("ij,jk", a, [[1], [2], [3]]).dtype == np.float64  # as NumPy's, of int64
    np.einsum("ij,jk->", a, b).backward()
    assert a.grad.dtype == np.float32


def test_integer_constants_do_not_overflow():
    big = np.full((2,), 100, np.int8)
    out = np.einsum("i,i,j->j", big, big, Tensor(np.ones(3)))
    np.testing.assert_array_equal(out.data, 20000)


def test_dtype_is_honoured_as_casting_allows():
    x = Tensor(np.full(3, 1 / 3, np.float32))
    assert np.einsum("i->", x, dtype=np.float64).dtype == np.float64
    y = Tensor(np.ones(3))
    assert np.einsum("i->", y, dtype=np.float32, casting="same_kind").dtype == np.float32
    with pytest.raises(TypeError, match=r"np\.einsum: .*float64 .*float32 by 'safe' casting"):
        np.einsum("i->", y, dtype=np.float32)


def test_out_is_written():
    x, out = Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor(np.zeros(2))
    assert np.einsum("ii->i", x, out=out) is out
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, np.eye(2))


def test_order_is_refused_by_name():
    with pytest.raises(TypeError, match="order"):
        np.einsum("ij", Tensor(np.ones((2, 2))), order="F")


def test_path_is_plain():
    x = Tensor(np.ones((2, 2)))
    path, text = np.einsum_path("ij,jk,kl", x, x, x)
    assert path[0] == "einsum_path"
    assert "Complete contraction" in text


REFUSED = {
    "collapsing": ("ii->i", (1, 3)),
    "no ellipsis in the output": ("...i->i", (2, 3)),
    "output twice": ("ij->ijj", (2, 3)),
    "output unknown": ("ij->k", (2, 3)),
    "too many": ("ijk", (2, 3)),
    "too few": ("i", (2, 3)),
    "lengths": ("i,i", (2,), (3,)),
    "operands": ("i,i", (2,)),
    "two dots": ("i..j", (2, 3)),
    "two ellipses": ("i...j...", (2, 3)),
    "digit": ("i1", (2, 3)),
    "dot in the output": ("i->i.", (2,)),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_what_numpy_refuses_is_refused(call):
    text, *shapes = call
    xs = [np.ones(shape) for shape in shapes]
    with pytest.raises(ValueError):  # noqa: PT011
        np.einsum(text, *xs)
    nodes = rg._core.live_nodes()
    leaves = [Tensor(x) for x in xs]
    with pytest.raises(ValueError, match=r"np\.einsum: "):
        np.einsum(text, *leaves)
    assert rg._core.live_nodes() == nodes


@pytest.mark.parametrize("labels", [[0, 52], [0, -1], [..., ...]])
def test_refused_lists(labels):
    with pytest.raises(ValueError, match=r"np\.einsum: "):
        np.einsum(Tensor(np.ones((2, 3))), labels)


def test_a_letter_in_a_list_is_refused():
    with pytest.raises(TypeError, match="subscript"):
        np.einsum(Tensor(np.ones((2, 3))), [0, "a"])


def test_a_list_of_tensors_is_refused():
    x = Tensor(np.ones(2))
    with pytest.raises(TypeError, match="list of Tensors"):
        np.einsum("ij,j", [x, x], x)

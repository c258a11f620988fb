"""Random indices: `t[i]` and `t[i] = v` against NumPy, their gradients against `np.add.at`."""

from math import prod
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import retrograd as rg
from retrograd import Tensor, indexing

often = settings(max_examples=500, derandomize=True, deadline=None, database=None)


@st.composite
def slices(draw, n):
    bound = st.none() | st.integers(-n - 2, n + 2)
    step = st.none() | st.sampled_from([1, 2, 3, -1, -2, -3])
    return slice(draw(bound), draw(bound), draw(step))


def slice_of(rng, n):
    ends = [None if rng.random() < 0.5 else int(rng.integers(-n - 2, n + 3)) for _ in range(2)]
    return slice(*ends, rng.choice([None, 1, 2, 3, -1, -2, -3]))


def places_of(rng, n, shape):
    """An array of places on an axis, repeats among them, that broadcasts to a shape."""
    shape = tuple(m if rng.random() < 0.8 else 1 for m in shape)[rng.choice([0, 0, len(shape)]) :]
    array = rng.integers(-n, n, shape) if n else np.zeros(0, int)
    return array.tolist() if array.ndim and rng.random() < 0.3 else array


def shape_and_index(seed):
    """A shape and an index for it, nearly always a valid one."""
    rng = np.random.default_rng(seed)
    shape = tuple(
        rng.choice([1, 2, 3, 4, 5, 0], rng.integers(5), p=[0.2, 0.2, 0.3, 0.2, 0.07, 0.03])
    )
    together = [(3,), (2, 2), (4,), (2, 3), (), (1, 3), (2,), (1,), (5,), (0,)][rng.integers(10)]
    parts, axis = [], 0
    while axis < len(shape) or rng.random() < 0.2:
        kind = rng.random()
        if kind < 0.07:
            parts.append(None)
        elif kind < 0.14 and Ellipsis not in [p for p in parts if not np.ndim(p)]:
            parts.append(Ellipsis)
            axis += rng.integers(0, len(shape) - axis + 1)
        elif kind < 0.18:
            parts.append([True, np.array(True), True, False][rng.integers(4)])
        elif kind < 0.22:
            break
        elif axis < len(shape):
            n = int(shape[axis])
            if kind < 0.3:
                masked = shape[axis : axis + rng.integers(1, 3)]
                parts.append(rng.random(masked) < 0.6)
                axis += len(masked) - 1
            elif kind < 0.6:
                parts.append(places_of(rng, n, together))
            elif kind < 0.72 and n:
                parts.append(int(rng.integers(-n, n)))
            else:
                parts.append(slice_of(rng, n))
            axis += 1
    shape = tuple(map(int, shape))
    return shape, parts[0] if len(parts) == 1 and rng.random() < 0.5 else tuple(parts)


def shapes_and_indices():
    return st.integers(0, 2**32 - 1).map(shape_and_index)


def numbered(shape):
    return np.arange(1.0, prod(shape) + 1).reshape(shape)


def seed(shape):
    return numbered(shape) * 3 - 7


def taken(shape, index):
    """What NumPy selects, or None, if the tensor refuses the index as NumPy does."""
    try:
        return numbered(shape)[index]
    except IndexError:
        with pytest.raises(IndexError):
            Tensor(numbered(shape))[index]
        return None


@often
@given(shapes_and_indices())
def test_get(case):
    shape, index = case
    want = taken(shape, index)
    if want is None:
        return
    x = Tensor(numbered(shape))
    out = x[index]
    assert out.shape == want.shape
    np.testing.assert_array_equal(out.data, want)
    g = seed(want.shape)
    out.backward(g)
    gradient = np.zeros(shape)
    np.add.at(gradient, index, g)
    np.testing.assert_array_equal(x.grad, gradient)
    # The same from a walk that records, and forward.
    (recorded,) = rg.vjp(lambda t: t[index] * 1.0, Tensor(numbered(shape)))[1](Tensor(g))
    np.testing.assert_array_equal(recorded, gradient)
    _, pushed = rg.jvp(lambda t: t[index], (numbered(shape),), (seed(shape),))
    np.testing.assert_array_equal(pushed, seed(shape)[index])


@often
@given(shapes_and_indices())
def test_positions_in_a_large_array_are_found_axis_by_axis(case):
    shape, index = case
    if not shape or taken(shape, index) is None:
        return
    want = np.arange(prod(shape)).reshape(shape)[index]
    with patch.object(indexing, "_SMALL", -1):
        np.testing.assert_array_equal(indexing.positions(shape, index, "getitem"), want)


@often
@given(shapes_and_indices(), st.data())
def test_set(case, data):
    shape, index = case
    place = taken(shape, index)
    if place is None:
        return
    # The value may be broadcast to the place.
    some = [data.draw(st.sampled_from([n, n, 1])) for n in place.shape]
    some = some[data.draw(st.sampled_from([0, 0, len(some)])) :]
    x, v = Tensor(numbered(shape)), Tensor(-numbered(some))
    y = x * 2.0
    y[index] = v * 3.0
    want = np.array(numbered(shape) * 2)
    want[index] = -3 * numbered(some)
    np.testing.assert_array_equal(y.data, want)

    g = seed(shape)
    y.backward(g)
    # Whose value stands in an element: of several written there, the last one's.
    owner = np.full(shape, -1)
    owner[index] = np.broadcast_to(np.arange(prod(some)).reshape(some), place.shape)
    np.testing.assert_array_equal(x.grad, np.where(owner == -1, 2 * g, 0))
    gradient = np.zeros(prod(some))
    np.add.at(gradient, owner[owner >= 0], 3 * g[owner >= 0])
    np.testing.assert_array_equal(v.grad, gradient.reshape(some))


@often
@given(shapes_and_indices(), st.integers(0, 3), st.sampled_from(["in", "out"]))
def test_a_wrong_index_is_numpys_error(case, at, way):
    """One part too many, or out of bounds: IndexError, and nothing is recorded."""
    shape, index = case
    parts = list(index) if isinstance(index, tuple) else [index]
    parts.insert(min(at, len(parts)), 99 if way == "out" else slice(None))
    index = tuple(parts)
    try:
        want = numbered(shape)[index]
    except IndexError:
        t = Tensor(numbered(shape))
        with pytest.raises(IndexError) as error:
            t[index]
        assert "\n" not in str(error.value)
        with pytest.raises(IndexError):
            t[index] = 0.0
        np.testing.assert_array_equal(t.data, numbered(shape))
    else:
        np.testing.assert_array_equal(Tensor(numbered(shape))[index].data, want)


class One:
    def __index__(self):
        return 1


FORMS = {
    "range": range(2),
    "booleans": [True, False],
    "nested booleans": [[True, False, True], [False] * 3],
    "unsigned": np.uint8(1),
    "unsigned array": np.array([0, 1], np.uint8),
    "0-d": np.array(1),
    "numpy bool": np.bool_(True),
    "index object": One(),
    "slice of index objects": (slice(One(), None),),
    "lists": ([0, 1], [1, 0]),
    "empty list": [],
    "empty lists": [[]],
    "empty floats": np.array([]),
    "far slice": slice(10**30),
    "memory": memoryview(np.array([1, 0])),
    "split by a number": (0, slice(None), [1, 2]),
    "bool and number": (True, 0),
    "list of numpy bools": [np.True_, False],
    "masked": np.ma.masked_array([0, 1]),
    "float": 1.0,
    "float array": np.array([0.5]),
    "text": "a",
    "two ellipses": (..., ...),
    "huge": 10**30,
    "no step": slice(None, None, 0),
    "too many": (0, 0, 0, 0),
    "list of slices": [slice(0, 1)],
    "list of none": [None],
    "set": {0},
    "short mask": np.array([True, False, True]),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_numpys(form):
    """The same value, or the same type of error, read and written."""
    index, data = FORMS[form], numbered((2, 3, 4))

    def read(a):
        return a[index]

    def write(a):
        a = a.copy()
        a[index] = -1.0
        return a

    for do in (read, write):
        try:
            want = do(data)
        except Exception as error:
            with pytest.raises(type(error)):
                do(Tensor(data))
        else:
            np.testing.assert_array_equal(do(Tensor(data)).data, want)

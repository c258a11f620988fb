"""Contract §3: no gradient is lost unasked, in a write into a plain array or in a function."""

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor

# Writes into a plain array ----------------------------------------------------------------------


def in_a_loop(z, t):
    # The interpreter rewrites a hot instruction; the write must still be seen.
    for _ in range(1000):
        with pytest.raises((TypeError, rg.GraphError)):
            z[0] = t
    z[0] = t


def as_a_loop_target(z, t):
    for z[0] in [t]:
        pass


WRITES = {
    "item": lambda z, t: exec("z[0] = t"),
    "slice": lambda z, t: exec("z[1:3] = t"),
    "mask": lambda z, t: exec("z[z > 1] = t"),
    "list": lambda z, t: exec("z[[0, 1]] = t"),
    "all": lambda z, t: exec("z[...] = t"),
    "chained": lambda z, t: exec("z[0] = y = t"),
    "loop": in_a_loop,
    "target": as_a_loop_target,
    "iadd": lambda z, t: exec("z += t"),
    "imul item": lambda z, t: exec("z[0] *= t"),
    "out": lambda z, t: np.add(z, t, out=z),
    "copyto": lambda z, t: np.copyto(z, t),
    "put": lambda z, t: np.put(z, [0], t),
}


@pytest.mark.parametrize("value", [5.0, [5.0], np.float32(5)], ids=["0-d", "1-d", "float32"])
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_writing_a_tensor_into_an_array_raises_and_writes_nothing(write, value):
    z, t = np.arange(3.0), Tensor(value) * 1
    with pytest.raises((TypeError, rg.GraphError)) as info:
        write(z, t)
    assert "\n" not in str(info.value)
    assert z.tolist() == [0, 1, 2]


def test_a_list_of_tensors_written_into_an_array_is_seen_too():
    z = np.zeros(2)
    with pytest.raises((TypeError, rg.GraphError)):
        z[:] = [Tensor(1.0), Tensor(2.0)]
    assert not z.any()


class Slots:
    """A container whose own `__setitem__` asks for the number."""

    def __setitem__(self, key, value):
        self.value = float(value)


def read(t):
    z, lst, own = np.zeros(3), [0, 0], Slots()
    lst[0] = float(t)
    z[0] = float(t)
    z[1] = np.asarray(t)
    z[2] = t.item()
    z[int(t)] = 2
    own[0] = t
    lst[1] = t
    assert lst[1] is t
    return [lst[0], *z.tolist(), own.value]


DETACHING = {
    "float": float,
    "int": int,
    "numpy": lambda t: t.numpy(),
    "asarray": np.asarray,
    "array": lambda t: np.array([t, t]),
    "fill": lambda t: np.zeros(2).fill(t),
    "in a write": lambda t: exec("z = np.zeros(2); z[0] = float(t)", {"np": np, "t": t}),
}


@pytest.mark.parametrize("f", DETACHING.values(), ids=DETACHING)
def test_asking_for_a_number_detaches_and_strict_forbids_it(f):
    t = Tensor(2.0) * 1
    f(t)
    with rg.strict():
        with pytest.raises(rg.GraphError) as info:
            f(t)
        (t * t).backward()
    assert "\n" not in str(info.value)
    f(t)


def test_plain_numbers_may_be_stored_anywhere():
    assert read(Tensor(1.0) * 1) == [1, 1, 2, 1, 1]


def test_no_object_arrays_and_array_on_the_left_gives_a_tensor():
    x, y = Tensor(1.0), Tensor(2.0)
    assert np.array([x, y]).dtype == np.float64
    for product in (np.arange(3.0) * x, np.float64(3) * x):
        assert type(product) is Tensor
    with pytest.raises(TypeError):
        _ = np.array([x, None]) * x
    assert type(sum([x, y, x])) is Tensor


# What is not supported --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("packbits", lambda t: np.packbits(t)),
        ("busday_count", lambda t: np.busday_count(t, t)),
    ],
)
def test_an_unsupported_function_computes_nothing(name, call):
    with pytest.raises(TypeError) as info:
        call(Tensor([1.0, 2.0]))
    assert name in str(info.value)
    assert "\n" not in str(info.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda t: np.add(t, 1.0, out=np.zeros(2)),
        lambda t: np.add(t, 1.0, dtype=np.float32),
        lambda t: np.exp(t, casting="no"),
        lambda t: np.sum(t, out=np.zeros(())),
        lambda t: np.sum(t, where=np.array([True, False])),
        lambda t: np.sum(t, initial=5.0),
        lambda t: np.max(t, initial=5.0),
        lambda t: np.sum(t, dtype=np.float32),
        lambda t: np.reshape(t, (2, 1), order="F"),
        lambda t: np.add.reduce(t),
        lambda t: np.add.accumulate(t),
        lambda t: np.multiply.outer(t, t),
    ],
)
def test_a_keyword_is_honoured_or_refused(call):
    a = np.array([1.0, 2.0])
    try:
        got = call(Tensor(a))
    except TypeError:
        return
    want = call(a)
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got.data, want)


def test_where_without_out_has_no_defined_result_and_is_refused():
    with pytest.raises(TypeError, match="where"):
        np.add(Tensor([1.0, 2.0]), 1.0, where=np.array([True, False]))


@pytest.mark.parametrize(
    "call",
    [
        lambda a, t: a.dot(t),
        lambda a, t: (a.T.dot(t) + 1.0).sum(),
        lambda a, t: a.dot(a).dot(t),
    ],
)
def test_dot_of_a_plain_array_is_refused(call):
    a, t = np.eye(2), Tensor([1.0, 2.0])
    with pytest.raises(rg.GraphError, match="X @ t"):
        call(a, t)


def test_dot_with_a_value_meant_as_one_is_not_refused():
    a, t = np.eye(2), Tensor([1.0, 2.0])
    np.testing.assert_array_equal(a.dot(np.asarray(t)), [1.0, 2.0])
    np.testing.assert_array_equal(a.dot(a).clip(max=t), [[1.0, 0.0], [0.0, 1.0]])

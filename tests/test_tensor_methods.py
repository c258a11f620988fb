"""A Tensor has the methods and attributes of an ndarray, or says what to use."""

import builtins
import math
import operator
import subprocess
import sys

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor

A = np.array([[3.0, 1.0, 2.0], [6.0, 5.0, 4.0]])
MASK = np.array([[True, False, True], [False, True, True]])


def same(got, want):
    np.testing.assert_array_equal(got, want)


# Each is called on a Tensor and on an array; the result is NumPy's, a Tensor where it has numbers.
CALLS = {
    "all": lambda x: x.all(),
    "any": lambda x: x.any(axis=0),
    "argmax": lambda x: x.argmax(axis=1),
    "argmin": lambda x: x.argmin(),
    "argpartition": lambda x: x.argpartition(1, axis=1),
    "argsort": lambda x: x.argsort(axis=0),
    "astype": lambda x: x.astype("f4", casting="same_kind"),
    "astype int": lambda x: x.astype(int),
    "astype bool": lambda x: x.astype(bool),
    "clip": lambda x: x.clip(2, 4),
    "clip min": lambda x: x.clip(min=2),
    "compress": lambda x: x.compress([True, False, True], axis=1),
    "conj": lambda x: x.conj(),
    "conjugate": lambda x: x.conjugate(),
    "copy": lambda x: x.copy("K"),
    "cumprod": lambda x: x.cumprod(axis=1),
    "cumsum": lambda x: x.cumsum(),
    "diagonal": lambda x: x.diagonal(1),
    "dot": lambda x: x.dot([1.0, 2.0, 3.0]),
    "flatten": lambda x: x.flatten(),
    "imag": lambda x: x.imag,
    "mT": lambda x: x.mT,
    "max": lambda x: x.max(0),
    "mean": lambda x: x.mean(axis=1, keepdims=True),
    "min": lambda x: x.min(initial=2.0),
    "nonzero": lambda x: x.nonzero(),
    "prod": lambda x: x.prod(axis=0),
    "ravel": lambda x: x.ravel(),
    "real": lambda x: x.real,
    "repeat": lambda x: x.repeat(2, axis=0),
    "reshape": lambda x: x.reshape(3, -1),
    "round": lambda x: (x / 3).round(2),
    "searchsorted": lambda x: x[1, ::-1].searchsorted([4.5, 6.0]),
    "squeeze": lambda x: x[None].squeeze(0),
    "std": lambda x: x.std(axis=0, ddof=1),
    "sum": lambda x: x.sum(axis=0, where=MASK),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "T": lambda x: x.T,
    "take": lambda x: x.take([0, 2, 2], axis=1),
    "tobytes": lambda x: x.tobytes(),
    "tolist": lambda x: x.tolist(),
    "trace": lambda x: x.trace(),
    "transpose": lambda x: x.transpose(1, 0),
    "var": lambda x: x.var(),
    "view": lambda x: x.view(),
    "item": lambda x: x.item(1, 2),
    "item flat": lambda x: x.item(4),
    "itemsize": lambda x: x.itemsize,
    "nbytes": lambda x: x.nbytes,
    "strides": lambda x: x.strides,
    "flags": lambda x: (x.flags.c_contiguous, x.flags["F_CONTIGUOUS"]),
    "flat": lambda x: x.flat[4],
    "flat slice": lambda x: x.flat[1::2],
    "len flat": lambda x: len(x.flat),
}
PLAIN = {
    *("all", "any", "argmax", "argmin", "argpartition", "argsort", "astype bool", "astype int"),
    *("nonzero", "searchsorted"),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_method_does_what_ndarrays_does(name):
    got, want = CALLS[name](Tensor(A)), CALLS[name](A)
    if name in PLAIN or not isinstance(want, (np.ndarray, np.generic)):
        assert not isinstance(got, Tensor)
        assert not isinstance(want, np.ndarray) or type(got) is np.ndarray
    elif isinstance(want, np.ndarray) or np.ndim(want) == 0:
        assert isinstance(got, Tensor)
        assert got.dtype == want.dtype
        got = got.data
    if isinstance(want, (list, tuple, bytes)):
        assert np.array_equal(np.array(got), np.array(want))
    else:
        np.testing.assert_allclose(got, want, rtol=1e-15)


IN_PLACE = {
    "fill": lambda x: x.fill(7.0),
    "sort": lambda x: x.sort(),
    "sort axis": lambda x: x.sort(axis=0),
    "partition": lambda x: x.partition(1, axis=1),
    "put": lambda x: x.put([0, 4, -1], [10.0, 20.0]),
    "flat": lambda x: x.flat.__setitem__(slice(1, 4), 9.0),
    "flat one": lambda x: x.flat.__setitem__(4, 9.0),
    "flat short": lambda x: x.flat.__setitem__(slice(None), [11.0, 12.0]),
    "flat all": lambda x: setattr(x, "flat", 8.0),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_a_method_in_place_repoints_the_tensor_and_returns_none(name):
    x, want = Tensor(A), A.copy()
    t = x * 1
    assert IN_PLACE[name](t) is None
    IN_PLACE[name](want)
    same(t.data, want)
    (t * A).backward()
    assert x.grad.sum() == A[np.isin(want, A)].sum()  # what is new has no gradient of x's


def test_sorting_in_place_moves_the_gradient():
    x = Tensor(A)
    t = x * 1
    t.sort(axis=1)
    (t * [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).backward()
    same(x.grad, [[3, 1, 2], [6, 5, 4]])


def test_fill_takes_a_tensor_and_refuses_more_than_one():
    x, v = Tensor(A), Tensor(2.0)
    t = x * 1
    t.fill(v * 3)
    same(t.data, np.full((2, 3), 6.0))
    t.backward()
    assert v.grad == 18
    assert not x.grad.any()
    with pytest.raises(ValueError, match=r"^fill: "):
        t.fill(A)


def test_flat_is_a_sequence_that_records():
    x = Tensor(A)
    t = x * 1
    t.flat[[0, 5]] = x[0, :2] * 2
    total = sum(t.flat)
    total.backward()
    same(x.grad, [[2, 3, 1], [1, 1, 0]])
    assert [float(v) for v in x.flat] == A.ravel().tolist()


@pytest.mark.parametrize("method", ["sum", "mean", "max", "min", "std", "var", "prod", "cumsum"])
def test_out_of_a_method(method):
    x = Tensor(A)
    want = getattr(A, method)(axis=1)
    out = Tensor(np.zeros_like(want))
    assert getattr(x, method)(axis=1, out=out) is out
    np.testing.assert_allclose(out.data, want)
    out.backward()
    assert x.grad.any()
    with pytest.raises(TypeError, match=method):
        getattr(x, method)(axis=1, out=np.zeros_like(want))


REFUSED = ["byteswap", "dump", "dumps", "getfield", "resize", "setfield", "setflags", "tofile"]


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_tensor_cannot_do_says_what_to_use(name):
    with pytest.raises(TypeError, match=rf"^{name}: not supported on a Tensor; use ") as info:
        getattr(Tensor(A), name)("f4")
    assert "\n" not in str(info.value)


def test_keywords_that_change_the_layout_or_the_bytes_are_refused():
    t = Tensor(A)
    for call in (
        lambda: t.copy("F"),
        lambda: t.astype("f4", order="F"),
        lambda: t.astype("f4", casting="safe"),
        lambda: t.view(np.int64),
        lambda: t.view(type=np.matrix),
    ):
        with pytest.raises(TypeError, match=r"^(copy|astype|view): ") as info:
            call()
        assert "\n" not in str(info.value)
    with pytest.raises(ValueError, match="mT"):
        _ = t[0].mT
    assert t.astype(np.float64, copy=False) is t
    assert t.astype(np.float64) is not t
    with pytest.raises(AttributeError, match="reshape"):
        t.shape = (6,)


# What an ndarray has and a Tensor has not, and why.
ABSENT = {
    "base": "views are an affair of the graph's",
    "ctypes": "a pointer to memory that the graph shares; t.numpy().ctypes",
}


def test_every_public_name_of_ndarray_is_there():
    have = {name for name in dir(np.ndarray) if not name.startswith("_")}
    missing = {name for name in have if not hasattr(Tensor, name)}
    assert missing <= set(ABSENT)
    assert not hasattr(Tensor(A), "__array_interface__"), "np.asarray would not ask strict()"


@pytest.mark.parametrize("how", [lambda t: t.tobytes(), lambda t: t.item(0), lambda t: t.tolist()])
def test_strict_sees_methods_that_detach(how):
    t = Tensor(A) * 1
    how(t)
    with rg.strict(), pytest.raises(rg.GraphError):
        how(t)


# Python's own functions ---------------------------------------------------------------------------


def test_builtins_and_operators_on_tensors_and_lists_of_them():
    xs = [Tensor(3.0), Tensor(1.0), Tensor(2.0)]
    assert builtins.sum(xs).item() == 6
    assert builtins.max(xs) is xs[0]
    assert builtins.min(xs) is xs[1]
    assert sorted(xs) == [xs[1], xs[2], xs[0]]
    assert builtins.sum(Tensor([1.0, 2.0])).item() == 3
    assert builtins.max(Tensor([1.0, 2.0])).item() == 2
    x, y = xs[0], xs[1]
    for f in (operator.add, operator.sub, operator.mul, operator.truediv, operator.pow):
        for got in (f(x, y), f(x, 1.0), f(3.0, y), f(np.float64(3), y)):
            assert type(got) is Tensor
            assert got.item() == f(3.0, 1.0)
    assert operator.neg(x).item() == -3
    assert operator.itemgetter(1)(Tensor([1.0, 2.0])).item() == 2
    assert math.sqrt(Tensor(4.0)) == 2
    assert math.prod(xs).item() == 6
    with rg.strict(), pytest.raises(rg.GraphError):
        math.sqrt(x)
    with rg.strict(), pytest.raises(rg.GraphError):
        np.sum(xs)  # NumPy makes an array of a list before anyone is asked


def test_families_of_functions_are_imported_when_a_method_needs_them():
    code = (
        "import sys, retrograd as rg; t = rg.Tensor([1.0, 2.0]); t.sum(); t.max(); t.mean()\n"
        "assert 'retrograd.functions' not in sys.modules\n"
        "t.std(); assert 'retrograd.functions' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

"""The lists of operations agree, and what is on none of them is refused by name."""

import inspect

import numpy as np
import pytest

import retrograd as rg
import retrograd.functions  # enters the families
from op_table import ROWS
from retrograd import Tensor

UFUNCS = {f.__name__: f for f in vars(np).values() if isinstance(f, np.ufunc)}
Dispatcher = type(np.sum)  # of functions that honour __array_function__
FUNCTIONS = {
    f"{module.__name__.removeprefix('numpy.')}.{name}".removeprefix("numpy."): f
    for module in (np, np.linalg, np.fft)
    for name, f in vars(module).items()
    if isinstance(f, Dispatcher)
}
# Comparisons answer with plain arrays, without a graph.
PLAIN = {"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"}


def operands(n=1):
    return [Tensor(np.array([[1.0, 2.0], [3.0, 4.0]])) for _ in range(n)]


def test_registry_public_functions_and_table_agree():
    table = [row.name for row in ROWS]
    assert len(set(table)) == len(table)
    assert set(rg._core.op_names()) == set(rg.ops.OPS) == set(table)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_public_function_of_a_row(row):
    public = rg.ops.OPS[row.name]
    if row.public is None:
        assert public is None
        return
    assert public is getattr(rg.ops, row.public)
    assert public is getattr(rg, row.public)
    assert public.__doc__
    if row.in_numpy:
        served = rg.ops.UFUNCS if isinstance(row.ref, np.ufunc) else rg.ops.FUNCTIONS
        assert served[row.ref] is public


def test_the_tables_hold_numpys_own_functions():
    assert all(isinstance(f, np.ufunc) for f in rg.ops.UFUNCS)
    # Functions of no array ask the one given as like=.
    likes = {f for f in vars(np).values() if "like : array_like" in (f.__doc__ or "")}
    assert all(isinstance(f, Dispatcher) or f in likes for f in rg.ops.FUNCTIONS)


REFUSED = sorted(n for n, f in UFUNCS.items() if f not in rg.ops.UFUNCS and n not in PLAIN)


@pytest.mark.parametrize("name", REFUSED)
def test_an_unsupported_ufunc_is_refused_by_name(name):
    f = UFUNCS[name]
    xs = operands(f.nin)
    for i in range(f.nin):
        mixed = [x if i == k else np.ones((2, 2)) for k, x in enumerate(xs)]
        with pytest.raises(TypeError, match=rf"\b{name}\b"):
            f(*mixed)
    with pytest.raises(TypeError, match=rf"\b{name}\b"):
        f(*xs)


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_comparisons_give_plain_arrays(name):
    (x,) = operands()
    for args in ((x, 2.0), (2.0, x), (x, x), (np.eye(2), x)):
        got = UFUNCS[name](*args)
        assert type(got) is np.ndarray
        plain = [a.data if isinstance(a, Tensor) else a for a in args]
        np.testing.assert_array_equal(got, UFUNCS[name](*plain))


def call_with_tensors(f):
    """Call `f` with a tensor for every argument that it must have, and one for `*args`."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except ValueError:  # before NumPy 2.4 functions written in C have no signature
        return f(*operands(2))
    needed = [p for p in parameters if p.default is p.empty and p.kind != p.VAR_KEYWORD]
    return f(*operands(len(needed)))


UNSERVED = sorted(name for name, f in FUNCTIONS.items() if f not in rg.ops.FUNCTIONS)


@pytest.mark.parametrize("name", UNSERVED)
def test_an_unsupported_function_is_refused_by_name(name):
    f = FUNCTIONS[name]
    with pytest.raises(TypeError, match=rf"\b{f.__name__}\b"):
        call_with_tensors(f)


OBJECTS = {
    "np.array": lambda x: np.array([x, x], dtype=object),
    "np.array of rows": lambda x: np.array([x, None], dtype=object),
    "np.asarray": lambda x: np.asarray(x, dtype=object),
    "astype": lambda x: x.astype(object),
}


@pytest.mark.parametrize("make", OBJECTS.values(), ids=OBJECTS)
def test_no_object_arrays_of_tensors(make):
    x = Tensor(2.0)
    try:
        got = make(x)
    except TypeError:
        return
    assert not any(isinstance(item, Tensor) for item in got.ravel())

"""The lists of operations agree; `test_numpy_enumerated.py` has what is on none of them."""

import numpy as np
import pytest

import retrograd as rg
import retrograd.functions  # enters the families
from op_table import ROWS
from retrograd import Tensor

UFUNCS = {f.__name__: f for f in vars(np).values() if isinstance(f, np.ufunc)}
Dispatcher = type(np.sum)  # of functions that honour __array_function__
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


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_comparisons_give_plain_arrays(name):
    (x,) = operands()
    for args in ((x, 2.0), (2.0, x), (x, x), (np.eye(2), x)):
        got = UFUNCS[name](*args)
        assert type(got) is np.ndarray
        plain = [a.data if isinstance(a, Tensor) else a for a in args]
        np.testing.assert_array_equal(got, UFUNCS[name](*plain))

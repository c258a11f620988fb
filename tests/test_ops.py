"""Every operation of the table: values, derivatives of order one and two, spellings.

One check is one function; `op_table.py` says what it runs on and `check.py` how it compares.
"""

import numpy as np
import pytest

import retrograd as rg
from check import (
    agree,
    backward,
    check_gradient,
    check_second_order,
    check_value,
    draw,
    draw_like,
    ulps,
)
from op_table import BINARY, CASES, ROWS
from retrograd import Tensor

each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
each_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["f64", "f32"])
each_binary = pytest.mark.parametrize("row", BINARY, ids=lambda row: row.name)
# What a function needs besides its tensors.
MORE_ARGUMENTS = {"broadcast": ((2, 3),), "reshape": (-1,), "cast": (np.float32,)}


@each_dtype
@each_case
def test_value_is_numpys(case, dtype):
    check_value(case, dtype)


@each_case
def test_gradient(case):
    check_gradient(case)


@each_case
def test_second_order(case):
    check_second_order(case)


@each_case
def test_float32_gradient(case):
    """The float64 gradient, checked above, judges the float32 one at the same numbers."""
    xs = draw(case)
    w = draw_like(np.asarray(case.oracle(*xs)))
    singles = [x.astype(np.float32) for x in xs]
    w32 = w.astype(np.asarray(case.oracle(*singles)).dtype)
    for double, single in zip(backward(case.f, xs, w), backward(case.f, singles, w32), strict=True):
        assert single.grad.dtype == np.float32
        agree(single.grad, double.grad, rtol=0 if case.exact else 4e-6)


@each_dtype
@each_case
def test_recorded_gradient_is_the_plain_one(case, dtype):
    """`create_graph=True` runs the same rules on tensors: the bits, or the stated distance."""
    xs = draw(case, dtype)
    w = draw_like(np.asarray(case.oracle(*xs)))
    plain = backward(case.f, xs, w)
    recorded = backward(case.f, xs, w, create_graph=True)
    for a, b in zip(plain, recorded, strict=True):
        assert isinstance(b.grad, Tensor)
        assert ulps(b.grad.data, a.grad) <= case.ulp


@each_binary
def test_one_tensor_as_both_operands(row):
    """Its gradient is the sum of what two tensors of that value would get."""
    x = np.array([0.5, 1.0, 2.0])
    one, two = Tensor(x), [Tensor(x), Tensor(x)]
    row(one, one).sum().backward()
    row(*two).sum().backward()
    agree(one.grad, two[0].grad + two[1].grad, rtol=1e-15)


@each_binary
def test_a_tensor_that_asks_for_no_gradient_gets_none(row):
    for side in range(2):
        xs = draw(row.cases[0])
        both = [Tensor(x) for x in xs]
        row(*both).sum().backward()
        mixed = [Tensor(x, requires_grad=i == side) for i, x in enumerate(xs)]
        row(*mixed).sum().backward()
        np.testing.assert_array_equal(mixed[side].grad, both[side].grad)
        assert not np.any(mixed[1 - side].grad)


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.name != "scatter"], ids=lambda r: r.name
)
def test_no_grad_computes_the_same_and_records_nothing(row):
    """Without scatter, whose cases are backward passes themselves."""
    for case in row.cases:
        leaves = [Tensor(x) for x in draw(case)]
        want = case.f(*leaves)
        with rg.no_grad():
            out = case.f(*leaves)
        assert want.requires_grad
        assert not out.requires_grad
        assert ulps(out.data, want.data) == 0


@pytest.mark.parametrize("row", [row for row in ROWS if row.public], ids=lambda row: row.name)
def test_every_spelling_is_the_same_operation(row):
    """`rg.f`, `rg.ops.f`, `np.f`, the method and the operator."""
    xs = [Tensor(x) for x in draw(row.cases[0])]
    spellings = [getattr(rg, row.public), getattr(rg.ops, row.public)]
    if row.in_numpy:
        spellings.append(row.ref)
    if row.method:
        spellings.append(getattr(Tensor, row.public))
    results = [row.spell(f, *xs, *MORE_ARGUMENTS.get(row.name, ())) for f in spellings]
    if row.operator:
        results.append(row.operator(*xs))
    for other in results:
        assert type(other) is Tensor
        assert other.op == results[0].op
        assert ulps(other.data, results[0].data) == 0

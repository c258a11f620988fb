"""NumPy's functions on tensors: every call of `function_cases`, by the checks of `check.py`."""

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
from function_cases import CASES
from retrograd import Tensor

each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
each_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["f64", "f32"])


@each_dtype
@each_case
def test_value_is_numpys(case, dtype):
    check_value(case, dtype)


@each_case
def test_gradient(case):
    check_gradient(case)


@each_case
def test_second_order(case):
    check_second_order(case, rtol=1e-7)


@each_case
def test_float32_gradient(case):
    """The float64 gradient, checked above, judges the float32 one at the same numbers."""
    xs = draw(case)
    w = draw_like(np.asarray(case.oracle(*xs)))
    singles = [x.astype(np.float32) for x in xs]
    w32 = w.astype(np.asarray(case.oracle(*singles)).dtype)
    for double, single in zip(backward(case.f, xs, w), backward(case.f, singles, w32), strict=True):
        assert single.grad.dtype == np.float32
        agree(single.grad, double.grad, rtol=0 if case.exact else 2e-5)


@each_case
def test_recorded_gradient_is_the_plain_one(case):
    xs = draw(case)
    w = draw_like(np.asarray(case.oracle(*xs)))
    plain = backward(case.f, xs, w)
    recorded = backward(case.f, xs, w, create_graph=True)
    for a, b in zip(plain, recorded, strict=True):
        assert isinstance(b.grad, Tensor)
        agree(b.grad.data, a.grad, rtol=0 if case.exact else 1e-13)


@each_case
def test_tangent_is_the_transpose_of_the_cotangent(case):
    """`<w, Df(xs)[us]>` from the forward mode and from the backward one."""
    xs = draw(case)
    us = [draw_like(x, seed=1) for x in xs]
    out, pushed = rg.jvp(case.f, tuple(xs), tuple(us))
    w = draw_like(np.asarray(out))
    leaves = backward(case.f, xs, w)
    there = np.sum(w * pushed)
    back = sum(np.sum(leaf.grad * u) for leaf, u in zip(leaves, us, strict=True))
    agree(there, back, rtol=0 if case.exact else 1e-10)


@each_case
def test_views_as_operands(case):
    """Transposed and strided tensors: the value and the gradients of fresh leaves of that value."""
    xs = draw(case)
    w = draw_like(np.asarray(case.oracle(*xs)))
    want = backward(case.f, xs, w)
    bases = [Tensor(np.repeat(x.T, 2, axis=-1) if x.ndim else x) for x in xs]
    views = [(t[..., ::2].T if t.ndim else t.reshape(())) for t in bases]
    out = case.f(*views)
    assert ulps(out.data, case.f(*map(Tensor, xs)).data) <= case.ulp
    out.backward(w)
    for base, leaf in zip(bases, want, strict=True):
        grad = base.grad[..., ::2].T if base.ndim else base.grad
        agree(grad, leaf.grad, rtol=0 if case.exact else 1e-12)
        assert not base.ndim or not base.grad[..., 1::2].any()


@each_case
def test_no_grad_computes_the_same_and_records_nothing(case):
    leaves = [Tensor(x) for x in draw(case)]
    want = case.f(*leaves)
    with rg.no_grad():
        out = case.f(*leaves)
    assert isinstance(out, Tensor)
    assert not out.requires_grad
    assert ulps(out.data, want.data) == 0


@each_case
def test_nothing_is_detached_on_the_way(case):
    leaves = [Tensor(x) for x in draw(case)]
    with rg.strict():
        case.f(*leaves).sum().backward(create_graph=True)

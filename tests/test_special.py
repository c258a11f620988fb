"""`scipy.special` on tensors: what is carried out, what is refused, and nothing between the two.

Values and gradients of every row are in `function_cases/special.py`.
"""

import inspect
import subprocess
import sys

import numpy as np
import pytest
import scipy.special as sp

import retrograd as rg
import retrograd.special
from retrograd import Tensor

UFUNCS = sorted(n for n in sp.__all__ if isinstance(getattr(sp, n), np.ufunc))
OTHERS = sorted(
    n for n in sp.__all__ if inspect.isfunction(getattr(sp, n)) and n not in ("geterr", "seterr")
)
# Python functions of SciPy that are made of its ufuncs alone: they work as they are.
COMPOSED = {"assoc_laguerre", "ivp", "jvp", "kvp", "yvp", "zeta", "sinc", "softplus"}


@pytest.mark.filterwarnings("ignore:floating point number truncated")
@pytest.mark.parametrize("name", UFUNCS)
def test_every_ufunc_is_differentiated_or_refused_by_name(name):
    f = getattr(sp, name)
    for place in range(f.nin):
        operands = [Tensor([0.3, 0.6]) if i == place else 0.5 for i in range(f.nin)]
        try:
            parts = f(*operands)
        except TypeError as error:
            assert f.__name__ in str(error) or name in str(error)  # noqa: PT017
            continue
        for part in parts if isinstance(parts, tuple) else (parts,):
            assert isinstance(part, Tensor)
            assert part.requires_grad


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", OTHERS)
def test_no_python_function_of_scipy_drops_a_gradient(name):
    """They would make it an array: an error; or a Tensor, where they only call ufuncs."""
    f = getattr(sp, name)
    needed = [p for p in inspect.signature(f).parameters.values() if p.default is p.empty]
    for place in range(len(needed)):
        arguments = [Tensor([1.2, 2.3]) if i == place else 2 for i in range(len(needed))]
        try:
            got = f(*arguments)
        except (TypeError, ValueError):
            continue
        assert name in COMPOSED
        assert isinstance(got, Tensor)
        assert got.requires_grad


@pytest.mark.parametrize("name", retrograd.special.__all__)
def test_the_error_names_what_takes_its_place(name):
    arguments = {"polygamma": (1,)}.get(name, ())
    more = {"multigammaln": (2,)}.get(name, ())
    with pytest.raises(TypeError, match=rf"^scipy.special.{name}: .*use retrograd.special.{name}"):
        getattr(sp, name)(*arguments, Tensor([1.5, 2.5]), *more)


@pytest.mark.parametrize(
    ("call", "place"),
    [
        (lambda t: sp.jv(t, 1.0), 1),
        (lambda t: sp.gammainc(t, 1.0), 1),
        (lambda t: sp.betainc(t, 1.0, 0.5), 1),
        (lambda t: sp.betainc(1.0, t, 0.5), 2),
        (lambda t: sp.zeta(t, 2.0), 1),
        (lambda t: sp.ellipkinc(0.3, t), 2),
    ],
)
def test_an_operand_without_a_derivative_is_refused(call, place):
    t = Tensor([1.5, 2.5])
    with pytest.raises(TypeError, match=rf"no derivative with respect to operand {place}"):
        call(t)
    with rg.no_grad():
        np.testing.assert_array_equal(call(t).numpy(), call(t.numpy()))
    assert not call(t.detach()).requires_grad


def test_operands_broadcast_and_types_mix():
    a, b = Tensor(np.array([1.0, 2.0], np.float32)), Tensor([[1.5], [2.5], [3.5]])
    out = sp.beta(a, b)
    np.testing.assert_array_equal(out.numpy(), sp.beta(a.numpy(), b.numpy()))
    out.backward()
    assert (a.grad.shape, a.grad.dtype) == ((2,), np.float32)
    assert (b.grad.shape, b.grad.dtype) == ((3, 1), np.float64)
    slope = out.numpy() * (sp.digamma(b.numpy()) - sp.digamma(a.numpy() + b.numpy()))
    np.testing.assert_allclose(b.grad, slope.sum(axis=1, keepdims=True))


def test_a_python_number_is_weak():
    t = Tensor(np.array([0.5, 1.5], np.float32))
    for f in (sp.xlogy, sp.beta, sp.jv, sp.betaln):
        assert f(2.0, t).dtype == f(2.0, t.numpy()).dtype


@pytest.mark.parametrize(
    ("f", "at", "want"),
    [
        (lambda t: sp.xlogy(t, 0.0), 0.0, -np.inf),
        (lambda t: sp.xlogy(0.0, t), 0.0, 0.0),
        (lambda t: sp.xlog1py(0.0, t), -1.0, 0.0),
        (lambda t: sp.entr(t), 0.0, np.inf),
        (lambda t: sp.huber(1.0, t), 0.0, 0.0),
        (lambda t: sp.round(t), 0.7, 0.0),
        (lambda t: sp.expit(t), 800.0, 0.0),
        (lambda t: sp.log_expit(t), -800.0, 1.0),
        (lambda t: sp.log_ndtr(t), -1e4, 1e4),
        (lambda t: sp.exprel(t), 0.0, 0.5),
        (lambda t: sp.boxcox(2.0, t), 0.0, np.log(2.0) ** 2 / 2),
        (lambda t: sp.spence(t), 1.0, -1.0),
        (lambda t: sp.ellipk(t), 0.0, np.pi / 8),
        (lambda t: sp.ellipe(t), 0.0, -np.pi / 8),
        (lambda t: retrograd.special.logsumexp(t), [-np.inf, 0.0], [0.0, 1.0]),
        (lambda t: retrograd.special.logsumexp(t), [1e4, 1e4], [0.5, 0.5]),
        (lambda t: retrograd.special.logsumexp(t, b=[0.0, 2.0]), [np.inf, 0.0], [0.0, 1.0]),
    ],
)
def test_limits_and_kinks(f, at, want):
    t = Tensor(at)
    with np.errstate(all="ignore"):
        out = f(t)
    out.backward()  # without a warning
    np.testing.assert_allclose(t.grad, want, rtol=1e-7)


@pytest.mark.parametrize("f", [rg.special.logsumexp, rg.special.softmax, rg.special.log_softmax])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1)])
def test_compositions_have_scipys_values(f, axis):
    x = np.array([[700.0, 710.0, -3.0], [1.0, 2.0, np.inf if f is rg.special.logsumexp else 3.0]])
    with np.errstate(all="ignore"):
        want = getattr(sp, f.__name__)(x, axis)
        np.testing.assert_allclose(f(Tensor(x), axis).numpy(), want)
        np.testing.assert_allclose(f(x, axis=axis), want)


def test_logsumexp_has_scipys_values_with_factors():
    x, b = np.array([[1.0, 2.0], [3.0, -np.inf]]), np.array([[2.0, -1.0], [0.0, 1.0]])
    for options in ({"b": b}, {"b": b, "return_sign": True}, {"b": b, "axis": 1, "keepdims": True}):
        with np.errstate(all="ignore"):
            got = retrograd.special.logsumexp(Tensor(x), **options)
        want = sp.logsumexp(x, **options)
        for a, c in zip(*((v if isinstance(v, tuple) else (v,)) for v in (got, want)), strict=True):
            np.testing.assert_allclose(a.numpy(), c)


def test_wrong_arguments_are_refused():
    with pytest.raises(TypeError, match="polygamma: the order"):
        retrograd.special.polygamma(Tensor(1.0), 2.0)
    with pytest.raises(ValueError, match="multigammaln: d="):
        retrograd.special.multigammaln(Tensor(3.0), 1.5)
    with pytest.raises(ValueError, match="multigammaln: a must be above"):
        retrograd.special.multigammaln(Tensor(0.5), 3)


def test_scipy_is_imported_only_by_who_uses_it():
    code = (
        "import sys, numpy as np, retrograd as rg, retrograd.special as s;"
        "np.swapaxes(rg.Tensor([[2.0]]), 0, 1);"
        "s.softmax(rg.Tensor([1.0, 2.0]));"
        "assert not any(m.split('.')[0] == 'scipy' for m in sys.modules);"
        "import scipy.special as sp; assert sp.erf(rg.Tensor(1.0)).requires_grad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

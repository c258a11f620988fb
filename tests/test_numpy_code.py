"""NumPy's own Python code that does not ask the tensor: it raises, or is asked for values alone."""

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor

REFUSED = {
    "np.full": lambda t: np.full(3, t[0]),
    "np.vectorize": lambda t: np.vectorize(lambda x: x * x)(t),
    "np.vectorize ": lambda t: np.vectorize(lambda x: x[0], signature="(n)->()")(t),
    "np.AxisConcatenator": lambda t: np.r_[t, 1.0],
    "np.AxisConcatenator ": lambda t: np.c_[t, t],
    "np.sum": lambda t: np.sum([t, t]),
    "np.ravel": lambda t: np.ravel([t, t]),
    "np.select": lambda t: np.select([np.array([True])], [np.ones(1)], default=t),
    "np.diff": lambda t: np.diff(np.ones(3), append=[t[0]]),
    "np.ndenumerate": lambda t: list(np.ndenumerate(t)),
    "np.polynomial.polynomial.polyval": lambda t: np.polynomial.polynomial.polyval(2.0, t),
    "np.polynomial.ABCPolyBase": lambda t: np.polynomial.Polynomial(t),
    "np.as_strided": lambda t: np.lib.stride_tricks.as_strided(t, (2,), (8,)),
    "np.kaiser": lambda t: np.kaiser(3, t[0]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_code_that_would_drop_a_gradient_raises(name):
    with pytest.raises(TypeError) as error:
        REFUSED[name](Tensor([1.0, 2.0]))
    message = str(error.value)
    assert message.startswith(f"{name.strip()}: ")
    assert "t.numpy()" in message
    assert "\n" not in message


@pytest.mark.parametrize("name", sorted(set(REFUSED) - {"np.as_strided"}))
def test_values_alone_and_constants_pass(name):
    REFUSED[name](np.array([1.0, 2.0]))
    if "vectorize" not in name:  # makes an array of objects of what it is given
        REFUSED[name](Tensor([1.0, 2.0]).detach())


def test_an_iteration_over_values_raises_what_keeps_the_gradient():
    t = Tensor([1.0, 2.0])
    with pytest.raises(rg.GraphError, match=r"^nditer: .*np\.ndindex"):
        np.nditer(t)
    with pytest.raises(rg.GraphError, match=r"^nditer: "):
        np.nditer([np.ones(2), t])
    sum(t[i] * t[i] for i in np.ndindex(t.shape)).backward()
    np.testing.assert_array_equal(t.grad, [2, 4])
    assert [float(x) for x in np.nditer(t.numpy())] == [1, 2]


def test_a_tangent_is_not_dropped_either():
    with pytest.raises(TypeError, match=r"^np\.full: "):
        rg.jvp(lambda t: np.full(3, t), (2.0,), (1.0,))


ASKED = {
    "asarray": np.asarray,
    "array": np.array,
    "ascontiguousarray": np.ascontiguousarray,
    "asfortranarray": np.asfortranarray,
    "asarray_chkfinite": np.asarray_chkfinite,
    "require": lambda t: np.require(t, requirements="C"),
    "testing": lambda t: np.testing.assert_array_equal(t, t.data) or t.data,
    "allclose": lambda t: np.testing.assert_allclose(t, t) or t.data,
}


@pytest.mark.parametrize("name", ASKED)
def test_what_asks_for_values_gets_them(name):
    t = Tensor([1.0, 2.0])
    got = ASKED[name](t)
    assert not isinstance(got, Tensor)
    np.testing.assert_array_equal(got, [1.0, 2.0])


INSTEAD = {
    "full": (lambda t: np.full(3, t[0], like=t), [3, 0]),
    "full_like": (lambda t: np.full_like(t, t[1], shape=3), [0, 3]),
    "r_": (lambda t: np.concatenate([t, [1.0]]), [1, 1]),
    "c_": (lambda t: np.column_stack([t, t]), [2, 2]),
    "vectorize": (lambda t: np.stack([x * x for x in t]), [2, 4]),
    "list": (lambda t: np.sum(rg.array([t, t])), [2, 2]),
    "polyval": (lambda t: np.polynomial.polynomial.polyval(t, [0.0, 0.0, 1.0]), [2, 4]),
    "fromfunction": (lambda t: np.fromfunction(lambda i: t * i, (2,)), [0, 1]),
    "frompiecewise": (lambda t: np.where(t > 1, t * t, t), [1, 4]),
}


@pytest.mark.parametrize("name", INSTEAD)
def test_what_the_message_says_instead_has_the_gradient(name):
    f, want = INSTEAD[name]
    t = Tensor([1.0, 2.0])
    f(t).sum().backward()
    np.testing.assert_array_equal(t.grad, want)


def test_series_of_orthogonal_polynomials_differentiate_by_place():
    """`np.polynomial` asks no tensor, but is plain arithmetic in x."""
    for module in ("chebyshev", "legendre", "laguerre", "hermite", "hermite_e"):
        package = getattr(np.polynomial, module)
        value = getattr(package, next(n for n in dir(package) if n.endswith("val")))
        slope = getattr(package, next(n for n in dir(package) if n.endswith("der") and n[0] != "_"))
        t = Tensor([0.5, 2.0])
        out = value(t, [1.0, 2.0, 3.0, 4.0])
        np.testing.assert_allclose(out.data, value(t.data, [1.0, 2.0, 3.0, 4.0]))
        out.backward(np.ones(2))
        np.testing.assert_allclose(t.grad, value(t.data, slope([1.0, 2.0, 3.0, 4.0])))

"""`check_grads`: right rules pass, planted wrong ones are found and named."""

import re

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor, custom
from retrograd.testing import check_grads

A = np.array([[0.3, -0.7, 1.2], [0.9, 0.4, -0.2]])
REVERSE = {"modes": ("rev",)}


def planted(factor=1.0, dtype=None):
    """A sine whose cotangent is off by a factor."""

    def sine(x):
        return np.sin(x)

    made = custom(sine)
    made.defvjp(lambda x: (np.sin(x), x), lambda x, g: (np.cos(x) * g * factor,))
    return made


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sin(x) * x,
        lambda x: (x @ x.T).sum(axis=0),
        lambda x: {"a": np.exp(x), "b": (x[0] * 2.0, 3, "text")},
        lambda x: rg.sigmoid(x).max(axis=1),  # no complex arrays here
        lambda x: np.abs(x) ** 1.5,  # takes complex numbers, but is not analytic
        lambda x: np.where(x > 0, x * x, -x),
        lambda x: np.sqrt(x * x),
        lambda x: x[::-1] / (1 + x * x),
        lambda x: 2.0,
        lambda x: x * 0.0,
        planted(),
    ],
)
def test_right_rules_pass(f):
    check_grads(f, A, **REVERSE)


def test_third_order_several_arguments_and_what_is_no_float():
    def f(p, how, k, y):
        return how(p["w"] * y) ** k + p["b"][0]

    p = {"w": A, "b": (np.float64(0.5), None)}
    check_grads(f, (p, np.tanh, 3, 0.7), order=3, **REVERSE)
    check_grads(f, (p, np.tanh, 3, Tensor(0.7)), order=1, **REVERSE)
    with pytest.raises(TypeError, match="no argument is of a floating type"):
        check_grads(lambda k: k, 3)
    for wrong in ({"modes": ("back",)}, {"order": 0}):
        with pytest.raises(ValueError, match="modes are 'fwd' and 'rev', orders from 1"):
            check_grads(np.sin, A, **wrong)


def test_float32_has_tolerances_of_its_own():
    check_grads(lambda x: np.tanh(x * 3) / 7, A.astype(np.float32), **REVERSE)
    check_grads(lambda x: np.exp(x.astype(np.float32)), A, **REVERSE)
    with pytest.raises(AssertionError, match="order 1, rev, at"):
        check_grads(planted(1.05), A.astype(np.float32), **REVERSE)


def message_of(f, args, **options):
    with pytest.raises(AssertionError) as caught:
        check_grads(f, args, **{**REVERSE, **options})
    text = str(caught.value)
    assert "\n" not in text
    found = re.fullmatch(
        r"check_grads: order (\d), ([\w ]+), at (.*): "
        r"the derivative is (\S+), the values say (\S+)",
        text,
    )
    assert found, text
    order, modes, place, came, wanted = found.groups()
    return int(order), modes, place, float(came), float(wanted)


@pytest.mark.parametrize("factor", [1.1, 1.0001, -1.0, 0.0])
def test_a_wrong_factor_is_found(factor):
    order, modes, place, came, wanted = message_of(planted(factor), A)
    assert (order, modes) == (1, "rev")
    i, j = map(int, re.fullmatch(r"args\[0\]\[(\d), (\d)\]", place).groups())
    # Both numbers are of that element, up to the random weight of the result.
    assert came == pytest.approx(factor * wanted, rel=1e-5, abs=1e-9)
    assert 0.4 * abs(np.cos(A[i, j])) < abs(wanted) < 1.6 * abs(np.cos(A[i, j]))


@pytest.mark.parametrize("index", [(0, 0), (1, 2), (0, 2)])
def test_the_argument_and_the_index_are_named(index):
    factor = np.ones((2, 3))
    factor[index] = 1.01
    wrong = planted(factor)

    def f(p, y):
        return np.exp(p["a"][0]) * wrong(p["b"]) * y

    args = ({"a": (A,), "b": A}, np.float64(2.0))
    place = message_of(f, args)[2]
    assert place == f"args[0]['b'][{index[0]}, {index[1]}]"
    assert message_of(lambda x: planted(2.0)(x), np.float64(0.3))[2] == "args[0]"


def test_a_rule_that_is_right_only_to_first_order():
    @custom
    def cube(x):
        return x**3

    cube.defvjp(lambda x: (x**3, x), lambda x, g: (3 * x * rg.stop_gradient(x) * g,))
    check_grads(cube, A, order=1, **REVERSE)
    order, modes, place, came, wanted = message_of(cube, A)
    assert (order, modes) == (2, "rev of rev")
    assert place.startswith("args[0][")
    assert came == pytest.approx(wanted / 2)


def test_a_rule_that_mixes_elements_up():
    @custom
    def double(x):
        return 2 * x

    double.defvjp(lambda x: (2 * x, ()), lambda s, g: (2 * g[::-1],))
    assert message_of(double, A[0])[1] == "rev"


def test_nan_is_no_agreement():
    wrong = planted(np.nan)
    assert np.isnan(message_of(wrong, A)[3])


def test_the_complex_step_sees_what_differences_cannot():
    check_grads(planted(1 + 1e-8), A, order=1, rtol=1e-7, **REVERSE)
    with pytest.raises(AssertionError):
        check_grads(planted(1 + 1e-8), A, order=1, rtol=1e-11, atol=0.0, **REVERSE)
    check_grads(planted(), A, order=1, rtol=1e-13, atol=0.0, **REVERSE)


def test_the_same_seed_gives_the_same_directions():
    seen = []
    for seed in (1, 1, 2):
        seen.append(message_of(planted(1.1), A, seed=seed, directions=1)[3])
    assert seen[0] == seen[1] != seen[2]


def test_both_modes_by_default():
    check_grads(lambda p: np.tanh(p["a"]) @ p["b"], {"a": A, "b": A[0]}, order=2)
    check_grads(planted(), A, order=2)
    wrong = planted()
    wrong.defjvp(lambda p, t: (np.sin(p[0]), np.cos(p[0]) * t[0] * 1.1))
    order, modes, place, came, wanted = message_of(wrong, A, modes=("rev", "fwd"))
    assert (order, modes) in ((1, "fwd"), (2, "fwd of rev"))
    assert place.startswith("args[0][")
    assert abs(came - wanted) > 0.05 * abs(wanted)
    check_grads(wrong, A, order=1, modes=("rev",))
    assert message_of(wrong, A, order=1, modes=("fwd",))[1] == "fwd"

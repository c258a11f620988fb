"""The gradient checker itself, on rules that are wrong on purpose."""

import numpy as np
import pytest

from check import backward, check_gradient, check_second_order, check_value, numeric_vjp, ulps
from op_rows import Case
from retrograd import Tensor


def rule(factor):
    """Return tanh written the notebook's way, its gradient off by `factor`."""

    def tanh(x):
        out = Tensor(np.tanh(x.data), (x,), "tanh")

        def pull():
            x.grad += factor * (1 - out.data**2) * out.grad

        out._backward = pull
        return out

    return tanh


def tanh_case(factor):
    return Case("tanh", rule(factor), ((2, 3),), ((-2, 2),), np.tanh)


def test_a_right_rule_passes():
    check_value(tanh_case(1))
    check_gradient(tanh_case(1))


@pytest.mark.parametrize("factor", [0, -1, 2, 1 + 1e-9])
def test_a_wrong_factor_is_caught(factor):
    with pytest.raises(AssertionError):
        check_gradient(tanh_case(factor))


def test_one_wrong_element_is_caught():
    case = tanh_case(np.array([[1, 1, 1], [1, 1, 1 + 1e-9]]))
    with pytest.raises(AssertionError):
        check_gradient(case)


def test_a_rule_that_is_wrong_only_at_order_two_is_caught():
    def square(x):
        frozen = x.detach()
        return 2 * frozen * x - frozen * frozen

    case = Case("square", square, ((3,),), (), np.square)
    check_value(case)
    check_gradient(case)
    with pytest.raises(AssertionError):
        check_second_order(case)


def test_a_wrong_value_is_caught():
    case = Case("double", lambda x: x + x, ((3,),), (), lambda x: np.nextafter(2 * x, 99))
    with pytest.raises(AssertionError):
        check_value(case)


def test_complex_step_and_differences_agree():
    smooth = Case("", lambda x, y: x * y * y, ((2,), ()), ((1, 2), (1, 2)))
    bilinear = Case("", lambda x, y: x * y, ((2,), ()))
    xs = [np.array([2.0, 3.0]), np.array(5.0)]
    seed = np.array([1.0, 10.0])
    np.testing.assert_allclose(numeric_vjp(smooth, xs, seed)[1], 2 * 5 * (2 + 30), rtol=1e-15)
    np.testing.assert_array_equal(numeric_vjp(bilinear, xs, seed)[0], [5.0, 50.0])


def test_distance_in_units_of_the_last_place():
    one, nan = np.float64(1), np.float64("nan")
    assert ulps(np.nextafter(one, 2), one) == 1
    assert ulps(nan, nan) == 0
    assert ulps(np.float64(-0.0), np.float64(0)) == np.inf
    assert ulps(nan, one) == np.inf
    with pytest.raises(AssertionError, match="float32"):
        ulps(np.float32(1), one)


def test_a_gradient_is_read_from_fresh_leaves():
    (x,) = backward(lambda x: x * x, [np.array([1.0, 2.0])], np.array([1.0, 10.0]))
    np.testing.assert_array_equal(x.grad, [2, 40])

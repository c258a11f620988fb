"""`detect_anomaly` stops at the first NaN or infinity that is born and says where and why."""

import re
import sys

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def line_of_caller():
    return sys._getframe(1).f_lineno


def test_a_nan_made_in_forward():
    x = Tensor([[1.0, 4.0], [-1.0, 9.0]])
    line = line_of_caller() + 2
    with rg.detect_anomaly(), pytest.raises(rg.AnomalyError) as caught:
        np.sqrt(x)
    message = str(caught.value)
    assert message.startswith("sqrt: nan at element (1,0) of the result float64(2,2) in [1, 3]")
    assert "operand float64(2,2) in [-1, 9]" in message
    assert f"made at {__file__}:{line} in test_a_nan_made_in_forward: np.sqrt(x)" in message
    assert "\n" not in message


def test_a_gradient_that_breaks_only_in_backward():
    x = Tensor([4.0, 0.0, 1.0])
    with rg.detect_anomaly():
        line = line_of_caller() + 1
        y = np.sqrt(x)
        z = y.sum()
        with pytest.raises(rg.AnomalyError) as caught:
            z.backward()
    message = str(caught.value)
    assert message.startswith(
        "sqrt: backward made inf at element (1,) of the gradient of operand 0"
    )
    assert "result float64(3,) in [0, 2]" in message
    assert f"made at {__file__}:{line} in" in message
    assert np.array_equal(x.grad, np.zeros(3))


@pytest.mark.parametrize("retain_graph", [True, False])
def test_operands_are_described_whatever_the_walk_frees(retain_graph):
    x = Tensor(0.0)
    with rg.detect_anomaly():
        y = (x * 2.0) ** 0.5
        with pytest.raises(rg.AnomalyError, match=r"pow: backward made inf.*operands float64\(\)"):
            y.backward(retain_graph=retain_graph)


def test_order_two_breaks_at_the_forward_line():
    x = Tensor(0.0)
    with rg.detect_anomaly():
        line = line_of_caller() + 1
        y = abs(x) ** 1.5
        y.backward(create_graph=True)
        first = x.grad
        with pytest.raises(rg.AnomalyError) as caught:
            first.backward()
    assert f":{line} in " in str(caught.value)


def test_what_the_user_put_in_passes():
    x = Tensor([1.0, 2.0])
    mask = np.array([0.0, -np.inf])
    with rg.detect_anomaly():
        y = np.exp(x + mask)
        y.sum().backward()
        z = Tensor([np.nan, 1.0]) * 2.0
    assert np.array_equal(x.grad, [np.e, 0.0])
    assert np.isnan(z.numpy()[0])


def test_a_nan_out_of_infinities_is_born():
    x = Tensor([np.inf, 1.0])
    with rg.detect_anomaly(), pytest.raises(rg.AnomalyError, match=r"sub: nan at element \(0,\)"):
        x - x


def test_scalars_and_float32():
    with rg.detect_anomaly():
        with pytest.raises(
            rg.AnomalyError, match=r"div: inf at element \(\) of the result float64"
        ):
            Tensor(1.0) / Tensor(0.0)
        with pytest.raises(rg.AnomalyError, match=r"exp: inf .* float32\(1,\)"):
            np.exp(Tensor(np.array([100.0], np.float32)))


def test_it_is_a_floating_point_error_and_ends():
    assert issubclass(rg.AnomalyError, FloatingPointError)
    with rg.detect_anomaly():
        pass
    assert np.isinf((Tensor(1.0) / Tensor(0.0)).numpy())


def test_it_decorates():
    @rg.detect_anomaly()
    def f(x):
        return 1.0 / x

    with pytest.raises(rg.AnomalyError):
        f(Tensor(0.0))
    assert np.isinf((1.0 / Tensor(0.0)).numpy())


def test_it_goes_with_a_profile():
    x = Tensor(0.0)
    with rg.profile() as prof, rg.detect_anomaly(), pytest.raises(rg.AnomalyError):
        1.0 / x
    assert [row.op for row in prof.recording.rows if not row.is_phase] == ["div"]


def test_graphs_from_before_have_no_line():
    x = Tensor(0.0)
    y = np.sqrt(x)
    with rg.detect_anomaly(), pytest.raises(rg.AnomalyError) as caught:
        y.backward()
    assert not re.search("made at", str(caught.value))


def test_setitem_leaves_the_tensor_whole():
    x = Tensor([1.0, 2.0]) * 1.0
    with rg.detect_anomaly():
        x[0] = np.nan
        with pytest.raises(rg.AnomalyError, match="log: nan"):
            np.log(Tensor([-1.0]))
    assert np.isnan(x.numpy()[0])
    assert x.numpy()[1] == 2.0


def test_a_rule_of_the_users_is_looked_at_by_its_name():
    x = Tensor(2.0)
    with rg.detect_anomaly():
        with pytest.raises(rg.AnomalyError, match=r"^mine: nan at element \(\) of the result"):
            Tensor(np.nan, (x,), "mine")
        out = Tensor(1.0, (x,), "mine")

        def rule():
            x.grad = np.nan

        out._backward = rule
        with pytest.raises(rg.AnomalyError, match=r"^mine: backward made nan at element \(\)"):
            out.backward()


def test_a_node_is_not_blamed_for_what_another_brought():
    x, y = Tensor([1.0, 2.0]), Tensor(np.zeros(4))
    y[:2] = x * 2.0
    y[2:] = x * 3.0
    with rg.detect_anomaly():
        y.backward(np.array([1.0, 1.0, np.nan, 1.0]))  # the user put it in
    assert np.isnan(x.grad[0])
    assert x.grad[1] == 5.0

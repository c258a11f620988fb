"""Contract §4: what fails says so in one line and leaves everything as it was."""

import gc
import re

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor

A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
HUGE = 2**31  # HUGE * HUGE elements are more than any memory holds


def live():
    gc.collect()
    return rg._core.live_nodes(), rg._core.live_buffers()


def virtual(dtype, side=HUGE):
    """An array of 2⁶² elements (by default) that takes no memory."""
    return np.broadcast_to(np.ones((), dtype), (side, side))


SHAPE, DTYPE = rg.ShapeError, rg.DTypeError

# name: (exception, start of the message, what else it shows, call)
BAD = {
    "add": (SHAPE, "add: shapes (2,3) and (4,) do not broadcast", "", lambda x: x + np.ones(4)),
    "radd": (SHAPE, "add: shapes (4,) and (2,3) do not broadcast", "", lambda x: np.ones(4) + x),
    "sub": (SHAPE, "sub: shapes (2,3) and (4,2)", "", lambda x: x - Tensor(np.ones((4, 2)))),
    "mul": (SHAPE, "mul: shapes (2,3) and (4,) do not broadcast", "", lambda x: x * np.ones(4)),
    "div": (SHAPE, "div: shapes (2,3) and (0,)", "", lambda x: x / np.ones(0)),
    "pow": (SHAPE, "pow: shapes (2,3) and (2,)", "", lambda x: x ** np.ones(2)),
    "maximum": (SHAPE, "maximum: shapes (2,3) and (2,)", "", lambda x: np.maximum(x, np.ones(2))),
    "minimum": (SHAPE, "minimum: shapes (2,3) and (2,)", "", lambda x: rg.minimum(x, np.ones(2))),
    "where": (SHAPE, "where: ", "(2,3)", lambda x: rg.where(np.ones(2, bool), x, 0.0)),
    "matmul": (SHAPE, "matmul: ", "(2,3) and (2,3)", lambda x: x @ A),
    "matmul 0-d": (SHAPE, "matmul: ", "()", lambda x: x @ 2.0),
    "matmul batch": (SHAPE, "matmul: ", "(4,3,2)", lambda x: np.ones((4, 3, 2)) @ x[:1]),
    "reshape": (SHAPE, "reshape: ", "(2,3)", lambda x: x.reshape(7)),
    "reshape -1": (SHAPE, "reshape: ", "(2,3)", lambda x: x.reshape(-1, 4)),
    "transpose": (ValueError, "transpose: ", "", lambda x: rg.transpose(x, (0, 0))),
    "broadcast": (SHAPE, "broadcast: ", "(2,3)", lambda x: rg.broadcast_to(x, (3, 2))),
    "sum": (ValueError, "sum: ", "5", lambda x: x.sum(axis=5)),
    "sum twice": (ValueError, "sum: ", "", lambda x: x.sum(axis=(0, 0))),
    "max of nothing": (ValueError, "max: ", "", lambda x: x[:0].max()),
    "getitem": (IndexError, "getitem: ", "", lambda x: x[5]),
    "getitem list": (IndexError, "getitem: ", "", lambda x: x[[0, 5]]),
    "getitem many": (IndexError, "getitem: ", "", lambda x: x[0, 0, 0]),
    "getitem float": (IndexError, "getitem: ", "", lambda x: x[0.5]),
    "getitem 65-d": (IndexError, "getitem: ", "", lambda x: x.reshape((1,) * 62 + (2, 3))[None]),
    "setitem": (IndexError, "setitem: ", "", lambda x: x.__setitem__(5, 1.0)),
    "setitem shape": (SHAPE, "setitem: ", "(4,)", lambda x: x.__setitem__(0, np.ones(4))),
    "half": (DTYPE, "mul: ", "float16", lambda x: x * np.float16(2)),
    "half left": (DTYPE, "add: ", "float16", lambda x: np.ones(3, np.float16) + x),
    "longdouble": (DTYPE, "sub: ", np.dtype("g").name, lambda x: x - np.ones(3, "g")),
    "text array": (TypeError, "", "", lambda x: x * np.array(["a", "b", "c"])),
    "text": (TypeError, "", "str", lambda x: x + "a"),
    "None": (TypeError, "", "None", lambda x: x * None),
    "dict": (TypeError, "", "dict", lambda x: {} - x),
    "seed": (SHAPE, "", "(2,3)", lambda x: (x * 1).backward(np.ones(3))),
    "seed dtype": (TypeError, "", "", lambda x: (x * 1).backward(np.array([["a"] * 3] * 2))),
    "bool": (ValueError, "", "", bool),
    "leaf text": (DTYPE, "", "U5", lambda x: Tensor("hello")),
    "leaf complex": (DTYPE, "", "complex", lambda x: Tensor([1j])),
    "leaf object": (DTYPE, "", "object", lambda x: Tensor(np.array([None]))),
    "leaf ragged": (ValueError, "", "", lambda x: Tensor([[1.0], [2.0, 3.0]])),
    "grad shape": (SHAPE, "", "(2,3)", lambda x: setattr(x, "grad", np.ones(4))),
    "grad dtype": (TypeError, "", "", lambda x: setattr(x, "grad", "a")),
    "huge leaf": (MemoryError, "", "", lambda x: Tensor(virtual(bool))),
    "huge product": (MemoryError, "", "", lambda x: x[0, 0] * virtual(np.int8)),
    "huge floats": (MemoryError, "", "", lambda x: x[0, 0] * virtual(float, 2**29)),
    "huge power": (MemoryError, "", "", lambda x: virtual(bool) ** x[0, 0]),
    "huge broadcast": (MemoryError, "", "", lambda x: rg.broadcast_to(x[0, 0], (HUGE, HUGE)) + 1),
    "huge outer": (MemoryError, "", "", lambda x: rg.exp(rg.broadcast_to(x[0], (2**58, 3)))),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_and_changes_nothing(name):
    error, start, also, call = BAD[name]
    x = Tensor(A)
    root = (x * x).sum()
    root.backward()
    call_twice = []
    before = live()
    for _ in range(2):
        try:
            call(x)
        except error as caught:
            call_twice.append(str(caught))
    assert len(call_twice) == 2
    text = call_twice[0]
    assert text.startswith(start)
    assert also in text
    assert "\n" not in text
    assert re.search(r"\(\d+, ", text) is None, "shapes are written without spaces"
    assert live() == before
    np.testing.assert_array_equal(x.grad, 2 * A)
    root.backward()
    np.testing.assert_array_equal(x.grad, 4 * A)
    np.testing.assert_array_equal(x.data, A)


def test_the_three_exceptions_and_their_bases():
    assert issubclass(rg.GraphError, RuntimeError)
    assert issubclass(rg.ShapeError, ValueError)
    assert issubclass(rg.DTypeError, TypeError)
    for error in (rg.GraphError, rg.ShapeError, rg.DTypeError):
        assert error.__module__ == "retrograd"
        assert getattr(rg, error.__name__) is error
        assert str(error("text")) == "text"


# Failures in the middle of a walk ---------------------------------------------------------------


def rule_that_fails(x, error):
    """x → 3x by a Python rule that raises `error`, while there is one, after half its work."""
    out = Tensor(3 * x.data, (x,), "triple")
    errors = [error]

    def rule():
        x.grad += 1 * out.grad
        if errors:
            raise errors.pop()
        x.grad += 2 * out.grad

    out._backward = rule
    return out


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, MemoryError, rg.GraphError])
@pytest.mark.parametrize("data", [2.0, A], ids=["scalar", "array"])
def test_a_rule_that_raises_leaves_all_gradients_old_and_can_run_again(data, error):
    a, b, c = Tensor(data), Tensor(data), Tensor(data)
    (a + b + c).backward()
    old = a.grad.copy()
    root = rule_that_fails(a * b, error("in the rule")) * c * b
    held = root * 1
    with pytest.raises(error, match="in the rule"):
        held.backward()
    for leaf in (a, b, c):
        np.testing.assert_array_equal(leaf.grad, old)
    held.backward()
    d = np.array(data)
    np.testing.assert_array_equal(a.grad, old + 3 * d**3)
    np.testing.assert_array_equal(b.grad, old + 6 * d**3)
    np.testing.assert_array_equal(c.grad, old + 3 * d**3)


def test_a_failed_walk_that_frees_the_graph_leaves_an_error_or_a_right_gradient():
    x = Tensor(A)
    root = rule_that_fails(x * x, ValueError("in the rule")) * x
    with pytest.raises(ValueError, match="in the rule"):
        root.backward(retain_graph=False)
    np.testing.assert_array_equal(x.grad, 0 * A)
    want = 9 * A**2
    try:
        root.backward()
    except rg.GraphError:  # what the walk had passed may be gone
        want = 0 * A
    np.testing.assert_array_equal(x.grad, want)


def test_children_without_a_rule_are_an_error_never_a_silent_zero():
    x = Tensor(A)
    root = Tensor(A, (x,), "mystery") * 2 + x
    with pytest.raises(rg.GraphError, match="mystery") as info:
        root.backward()
    assert "\n" not in str(info.value)
    np.testing.assert_array_equal(x.grad, 0 * A)


def test_a_rule_whose_contribution_does_not_fit_is_refused():
    x = Tensor(A)
    out = Tensor(A, (x,), "odd")

    def rule():
        x.grad = np.ones(5)

    out._backward = rule
    with pytest.raises(rg.ShapeError):
        (out * 2).backward()
    np.testing.assert_array_equal(x.grad, 0 * A)

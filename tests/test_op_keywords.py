"""Spellings of operations and of refusals; every keyword there is: test_numpy_enumerated.py."""

from inspect import signature

import numpy as np
import pytest

import retrograd as rg
import retrograd.functions  # enters the families
from retrograd import Tensor


def test_shape_and_axes_go_by_keyword_too():
    x = Tensor(np.arange(6.0).reshape(2, 3))
    reshapes = [rg.reshape, Tensor.reshape]
    if "shape" in signature(np.reshape).parameters:  # since NumPy 2.1
        reshapes.append(np.reshape)
    for got in (reshape(x, shape=(3, 2)) for reshape in reshapes):
        np.testing.assert_array_equal(got.data, x.data.reshape(3, 2))
    for got in (np.transpose(x, axes=(1, 0)), x.transpose(axes=(1, 0)), x.transpose(axes=None)):
        np.testing.assert_array_equal(got.data, x.data.T)
    with pytest.raises(TypeError, match=r"^reshape: .*twice"):
        x.reshape(3, 2, shape=(3, 2))
    with pytest.raises(TypeError, match=r"^transpose: .*twice"):
        x.transpose(1, 0, axes=(1, 0))


@pytest.mark.parametrize(
    ("function", "args", "name", "nearest"),
    [
        (np.linalg.norm, (), "np.linalg.norm", ""),
        (np.linalg.eigvalsh, (), "np.linalg.eigvalsh", "np.linalg.eigvals"),
        (np.dot, ([1.0, 2.0],), "np.dot", "np.vdot"),
        (np.square, (), "np.square", "np.sqrt"),
    ],
)
def test_a_refused_function_goes_by_its_whole_name_and_its_neighbour(
    function, args, name, nearest, monkeypatch
):
    """As if the function were not there: few are left that are refused."""
    table = rg.ops.UFUNCS if isinstance(function, np.ufunc) else rg.ops.FUNCTIONS
    monkeypatch.delitem(table, function)
    with pytest.raises(TypeError) as error:
        function(Tensor([1.0, 2.0]), *args)
    message = str(error.value)
    assert message.startswith(f"{name}: ")
    assert f"(nearest: {nearest}" in message
    assert "\n" not in message


def test_functions_of_plain_arrays_are_numpys_also_under_strict():
    mask = np.array([True, False])
    with rg.strict():
        for condition in (mask, Tensor([1.0, 0.0])):
            got = rg.where(condition, 1, 2)
            assert type(got) is np.ndarray
            assert got.dtype == np.where(mask, 1, 2).dtype
            assert got.tolist() == [1, 2]


@pytest.mark.parametrize(
    "f",
    [
        rg.sum,
        rg.mean,
        rg.max,
        rg.transpose,
        lambda x: rg.reshape(x, -1),
        lambda x: rg.broadcast_to(x, (2, 2)),
        lambda x: rg.where([True, False], x, 0.0),
        rg.exp,
    ],
)
def test_a_list_of_tensors_is_refused_not_detached(f):
    for bad in ([Tensor(1.0), 2.0], (2.0, Tensor(1.0)), [[1.0, 2.0], [3.0, Tensor(4.0)]]):
        with pytest.raises(rg.DTypeError, match="a list of Tensors would lose their gradients"):
            f(bad)
    assert np.asarray(f([2.0, 2.0])).max() > 0

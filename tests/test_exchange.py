"""DLPack and the array API: the value leaves detached, code for the standard differentiates."""

import ctypes
import os
import subprocess
import sys

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor

# Before NumPy 2.1 `np.from_dlpack` speaks the older protocol: it gets a copy.
new_numpy = pytest.mark.skipif(not hasattr(np, "unstack"), reason="needs NumPy 2.1")


@new_numpy
def test_from_dlpack_is_a_read_only_view():
    x = Tensor([1.0, 2.0, 3.0])
    for t in (x, x * 2, x[::2], x[:0], x.reshape(3, 1), Tensor(2.0), Tensor(np.float32([1, 2]))):
        got = np.from_dlpack(t)
        np.testing.assert_array_equal(got, t.numpy())
        assert got.dtype == t.dtype
        assert not got.flags.writeable
        assert not t.size or np.shares_memory(got, t.data)
    assert np.from_dlpack(x, copy=True).flags.writeable
    assert np.from_dlpack(x, device="cpu").shape == (3,)
    assert x.__dlpack_device__() == np.ones(1).__dlpack_device__()


def test_the_array_outlives_the_tensor():
    got = np.from_dlpack(Tensor([1.0, 2.0]) * 2)
    rg.Tensor(np.zeros(1000)) * 2  # would reuse the memory
    np.testing.assert_array_equal(got, [2.0, 4.0])


class Older:
    """A consumer of DLPack before 1.0: it does not know read-only memory."""

    def __init__(self, t):
        self.t = t
        self.__dlpack_device__ = t.__dlpack_device__

    def __dlpack__(self, **options):
        return self.t.__dlpack__()


def test_an_older_consumer_gets_a_copy():
    x = Tensor([1.0, 2.0])
    got = np.from_dlpack(Older(x))
    np.testing.assert_array_equal(got, [1.0, 2.0])
    assert not np.shares_memory(got, x.data)
    with pytest.raises(BufferError, match="copy=False"):
        x.__dlpack__(copy=False)


@new_numpy
def test_a_consumer_that_writes_in_spite_of_the_flag_changes_no_gradient():
    x = Tensor([1.0, 2.0, 3.0])
    y = x * 2
    z = y * y
    shared = np.from_dlpack(y)
    ctypes.memset(shared.ctypes.data, 0, shared.nbytes)  # as PyTorch would
    z.backward()
    np.testing.assert_array_equal(x.grad, 8 * np.array([1.0, 2.0, 3.0]))


def test_strict_refuses_the_detach():
    with rg.strict(), pytest.raises(rg.GraphError, match="from_dlpack"):
        np.from_dlpack(Tensor([1.0]))


def standardize(x):
    """Written to the array API standard, as libraries write it."""
    xp = x.__array_namespace__()
    x = xp.asarray(x, dtype=xp.float64)
    centred = x - xp.mean(x, axis=0, keepdims=True)
    scale = xp.sqrt(xp.mean(centred**2, axis=0))
    return xp.where(scale > 0, centred / scale, xp.asarray(0.0))


def test_code_for_the_standard_differentiates():
    rng = np.random.default_rng(0)
    value = rng.normal(size=(4, 2))
    x = Tensor(value)
    out = standardize(x)
    np.testing.assert_allclose(out.numpy(), (value - value.mean(0)) / value.std(0))
    w = rng.normal(size=(4, 2))
    out.backward(w)
    step = 1e-6
    for index in np.ndindex(4, 2):
        d = np.zeros((4, 2))
        d[index] = step
        ahead, behind = ((v - v.mean(0)) / v.std(0) for v in (value + d, value - d))
        assert x.grad[index] == pytest.approx(np.sum(w * (ahead - behind)) / (2 * step), abs=1e-6)


def test_asarray_of_the_namespace():
    xp = Tensor(1.0).__array_namespace__(api_version="2024.12")
    x = Tensor([1.0, 2.0])
    assert xp.asarray(x) is x
    assert xp.asarray(x, copy=True) is not x
    assert xp.asarray(x, dtype=np.float32).dtype == np.float32
    both = xp.asarray([x, x * 2])
    assert isinstance(both, Tensor)
    assert both.shape == (2, 2)
    assert type(xp.asarray([1.0, 2.0])) is np.ndarray
    assert xp.exp is np.exp
    assert "exp" in dir(xp)
    with pytest.raises(ValueError, match="device"):
        xp.asarray(x, device="gpu")
    with pytest.raises(ValueError, match="needs a copy"):
        xp.asarray(x, dtype=np.float32, copy=False)
    assert xp.newaxis is None
    with pytest.raises(AttributeError):
        _ = xp.no_such_function


def test_device_is_the_cpu():
    x = Tensor([1.0])
    assert x.device == "cpu"
    assert x.to_device("cpu") is x
    with pytest.raises(ValueError, match="to_device: 'gpu'"):
        x.to_device("gpu")


def test_scipy_in_its_array_api_mode_differentiates():
    """There SciPy's own Python functions are written to the standard."""
    pytest.importorskip("scipy.special")
    code = (
        "import numpy as np, retrograd as rg, scipy.special as sp;"
        "x = rg.Tensor([1.0, 2.0, 3.0]);"
        "sp.log_softmax(x)[0].backward();"
        "want = np.array([1.0, 0.0, 0.0]) - sp.softmax(np.array([1.0, 2.0, 3.0]));"
        "np.testing.assert_allclose(x.grad, want)"
    )
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)

"""`np.fft` on tensors: values, gradients by differences, order two, every norm and length."""

import numpy as np
import pytest

import retrograd as rg
from check import agree
from retrograd import Tensor
from test_complex import differences, total, weights

LENGTHS = (None, 4, 5, 6, 7)
NORMS = (None, "ortho", "forward")
ONE = {"fft": 2, "ifft": 2, "rfft": 1, "irfft": 2, "hfft": 2, "ihfft": 1}
MANY = {"fft2": 2, "ifft2": 2, "fftn": 2, "ifftn": 2, "rfft2": 1, "irfft2": 2, "rfftn": 1,
        "irfftn": 2}  # fmt: skip


def in_parts(f, n):
    """A transform as a function of one or two real arrays that gives two."""

    def g(*xs):
        out = f(xs[0] + 1j * xs[1] if n == 2 else xs[0])
        return np.real(out), np.imag(out)

    return g


def draw(n, shape):
    rng = np.random.default_rng(len(shape))
    return [rng.normal(size=shape) for _ in range(n)]


def check(f, xs):
    ws = weights(f, xs)
    leaves = [Tensor(x) for x in xs]
    out = f(*leaves)
    for got, want in zip(out, f(*xs), strict=True):
        np.testing.assert_array_equal(got.data, want)
    g = total(f, ws)
    gradients = rg.grad(g, tuple(range(len(xs))))(*xs)
    for got, want in zip(gradients, differences(f, xs, ws, h=0.5), strict=True):
        assert got.dtype == np.float64
        agree(got, want, rtol=1e-12)
    us = [np.cos(x) for x in xs]
    _, slope = rg.jvp(g, tuple(xs), tuple(us))
    agree(slope, sum(np.sum(a * u) for a, u in zip(gradients, us, strict=True)), rtol=1e-11)

    def squared(*args):
        return (sum((p * p * w).sum() for w, p in zip(ws, f(*args), strict=True))) ** 2

    rg.testing.check_grads(squared, tuple(xs), order=2)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("name", ONE)
def test_along_one_axis(name, n, norm):
    transform = getattr(np.fft, name)
    for shape, axis in (((5,), -1), ((5, 3), 0)):
        f = in_parts(lambda a, axis=axis: transform(a, n, axis, norm), ONE[name])
        check(f, draw(ONE[name], shape))


@pytest.mark.parametrize("name", MANY)
@pytest.mark.parametrize(
    "keywords",
    [{}, {"s": (3, 4), "axes": (0, 1)}, {"axes": (1, 0), "norm": "ortho"},
     {"s": (-1, 5), "axes": (-1, 0)}],
    ids=str,
)  # fmt: skip
def test_along_many_axes(name, keywords):
    transform = getattr(np.fft, name)
    check(in_parts(lambda a: transform(a, **keywords), MANY[name]), draw(MANY[name], (3, 4)))


def test_float32_gives_complex64():
    x = Tensor(np.ones(4, np.float32))
    y = np.fft.fft(x)
    assert y.dtype == np.complex64
    np.abs(y).sum().backward()
    assert x.grad.dtype == np.float32


def test_errors_are_numpys():
    x = Tensor(np.ones(4))
    with pytest.raises(ValueError, match="Invalid number of FFT data points"):
        np.fft.fft(x, 0)
    with pytest.raises(ValueError, match="norm"):
        np.fft.hfft(x, norm="other")
    with pytest.raises(TypeError, match="axes"):
        np.fft.fftn(x, s=(3,))
    with pytest.raises(ValueError, match="lengths"):
        np.fft.fftn(x, s=(3, 3), axes=(0,))


def test_convolution_theorem():
    x, y = (Tensor(v) for v in draw(2, (8,)))
    z = np.fft.irfft(np.fft.rfft(x) * np.fft.rfft(y))
    (z * z).sum().backward()
    want = [sum(x.data[k] * y.data[(i - k) % 8] for k in range(8)) for i in range(8)]
    np.testing.assert_allclose(z.data, want, atol=1e-14)

"""Complex numbers inside a graph: real leaves, JAX's convention, no conjugates.

Every function here is made of two real arrays, and gives two: the real and the imaginary part of
`f(x + 1j*y)`. The oracle is NumPy's value of that, differenced.
"""

import operator

import numpy as np
import pytest

import retrograd as rg
from check import agree, ulps
from retrograd import Tensor

UNARY = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "negative": operator.neg,
    "positive": operator.pos,
    "square": lambda z: z**2,
    "cube": lambda z: z**3,
    "inverse square": lambda z: z**-2,
    "root": lambda z: z**0.5,
    "complex exponent": lambda z: z ** (1.5 - 0.5j),
    "base": lambda z: (1 + 2j) ** z,
    "itself": lambda z: z**z,
    "conj": np.conjugate,
    "where": lambda z: np.where(np.array([True, False, True]), z * z, 1 / z),
    "astype": lambda z: z.astype(np.complex64).astype(np.complex128),
    "reshape": lambda z: z.reshape(3, 1).T,
    "sum": lambda z: (z * z).sum(keepdims=True),
    "mean": lambda z: np.mean(z * z),
    "slice": lambda z: z[::-2] * z[0],
    "gather": lambda z: z[[0, 0, 2]] * 1j,
    "write": lambda z: write(z),
    "broadcast": lambda z: np.broadcast_to(z, (2, 3)) * z,
    "abs": lambda z: np.abs(z) * 1j,
    "parts": lambda z: z.real * z.imag + 1j * np.imag(z),
}
BINARY = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
    "matmul": lambda a, b: a @ b,
    "outer": lambda a, b: a.reshape(3, 1) @ b.reshape(1, 3),
    "real and complex": lambda a, b: a.real * b + b.imag / a,
}


def write(z):
    y = z * 2
    y[1] = z[0] * z[2]
    return y


def parts(f):
    """`f` of complex numbers as a function of their parts."""

    def of_parts(*xs):
        out = f(*(x + 1j * y for x, y in zip(xs[::2], xs[1::2], strict=True)))
        return np.real(out), np.imag(out)

    return of_parts


def differences(f, xs, ws, h=1e-3):
    """Return the gradient of `sum(<w, part>)` by fourth-order differences."""

    def value(args):
        return sum(np.sum(w * part) for w, part in zip(ws, f(*args), strict=True))

    out = []
    for i, x in enumerate(xs):
        g = np.zeros_like(x)
        for index in np.ndindex(x.shape):
            unit = np.zeros_like(x)
            unit[index] = 1

            def at(step, i=i, unit=unit):
                return value([a + step * unit if j == i else a for j, a in enumerate(xs)])

            g[index] = (8 * (at(h) - at(-h)) - at(2 * h) + at(-2 * h)) / (12 * h)
        out.append(g)
    return out


def draw(n):
    rng = np.random.default_rng(n)
    return [rng.uniform(0.5, 1.5, 3) for _ in range(n)]


def weights(f, xs):
    return [np.cos(np.arange(np.size(p))).reshape(np.shape(p)) + k for k, p in enumerate(f(*xs))]


CASES = {**{k: (parts(f), 2) for k, f in UNARY.items()},
         **{k: (parts(f), 4) for k, f in BINARY.items()}}  # fmt: skip
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def total(f, ws):
    return lambda *xs: sum((w * p).sum() for w, p in zip(ws, f(*xs), strict=True))


@each_case
def test_value_and_gradient(case):
    f, n = case
    xs = draw(n)
    ws = weights(f, xs)
    leaves = [Tensor(x) for x in xs]
    out = f(*leaves)
    for got, want in zip(out, f(*xs), strict=True):
        assert got.dtype == np.float64
        np.testing.assert_allclose(got.data, want, rtol=1e-6 if "astype" in str(case) else 1e-14)
    sum((w * p).sum() for w, p in zip(ws, out, strict=True)).backward()
    wide = f is CASES["astype"][0]
    for leaf, want in zip(leaves, differences(f, xs, ws, 0.25 if wide else 1e-3), strict=True):
        assert leaf.grad.dtype == np.float64
        agree(leaf.grad, want, rtol=1e-5 if wide else 1e-9)


@each_case
def test_second_order_and_forward_mode(case):
    f, n = case
    xs = draw(n)
    us = [np.sin(x + k) for k, x in enumerate(xs)]
    g = total(f, weights(f, xs))
    _, slope = rg.jvp(g, tuple(xs), tuple(us))
    gradients = rg.grad(g, tuple(range(n)))(*xs)
    far = 1e-6 if f is CASES["astype"][0] else 1e-12
    agree(slope, sum(np.sum(a * u) for a, u in zip(gradients, us, strict=True)), rtol=far)

    def directional(*args):
        return sum((a * u).sum() for a, u in zip(rg.grad(g, tuple(range(n)))(*args), us,
                                                 strict=True))  # fmt: skip

    twice = rg.grad(directional, tuple(range(n)))(*xs)
    _, over = rg.jvp(rg.grad(g, tuple(range(n))), tuple(xs), tuple(us))
    for a, b in zip(twice, over, strict=True):
        agree(a, b, rtol=1e-5 if f is CASES["astype"][0] else 1e-10)


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "sin", "cos", "tanh", "negative"])
@pytest.mark.parametrize("dtype", [np.complex128, np.complex64])
def test_values_have_numpys_bits(name, dtype):
    rng = np.random.default_rng(3)
    for shape in ((), (5,), (40, 3)):
        z = np.asarray(rng.normal(size=shape) + 1j * rng.normal(size=shape), dtype)
        constant = Tensor(np.real(z)) * dtype(0) + z
        got = UNARY[name](constant)
        assert got.dtype == dtype
        for part in ("real", "imag"):
            want = np.asarray(UNARY[name](z))
            assert ulps(getattr(got.data, part), getattr(want, part)) == 0


@pytest.mark.parametrize(
    "other",
    [2, 2.0, 2j, np.float32(2), np.float64(2), np.complex64(2), np.complex128(2),
     np.ones(2, np.int8), np.ones(2, np.int64), np.ones(2, np.float32), np.ones(2),
     np.ones(2, np.complex64), np.ones(2, np.complex128)],
    ids=lambda x: f"{type(x).__name__} {getattr(x, 'dtype', '')}",
)  # fmt: skip
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_promotion_is_numpys(dtype, other):
    x = np.ones(2, dtype)
    for f in (operator.add, operator.mul, operator.pow):
        for make in (lambda a: a, lambda a: a * dtype(1) * 1j):
            for args in ((make(x), other), (other, make(x))):
                tensors = [make(Tensor(x)) if a is not other else a for a in args]
                assert f(*tensors).dtype == np.asarray(f(*args)).dtype


def test_gradients_come_back_in_the_leaf_s_type():
    x = Tensor(np.ones(2, np.float32))
    z = x * 1j
    assert z.dtype == np.complex64
    np.abs(z * np.ones(2)).sum().backward()
    assert x.grad.dtype == np.float32


def test_the_convention_is_jaxs():
    """df/dx - i df/dy for a real f, so that the cotangent of z*z is 2*z*g."""
    _, pull = rg.vjp(lambda z: z * z, np.array([1 + 2j]))
    np.testing.assert_array_equal(pull(np.array([1.0 + 0j]))[0], [2 + 4j])
    _, pull = rg.vjp(np.abs, np.array([3 + 4j]))
    np.testing.assert_allclose(pull(np.array([1.0]))[0], [0.6 - 0.8j])
    _, pull = rg.vjp(np.imag, np.array([3 + 4j]))
    np.testing.assert_array_equal(pull(np.array([1.0]))[0], [-1j])


def test_kinks():
    x = Tensor(0.0)
    abs(x * (1 + 1j)).backward()
    assert x.grad == 0


def test_what_is_refused():
    with pytest.raises(rg.DTypeError, match="leaf"):
        Tensor(Tensor(1.0) * 1j)
    for data in (1j, np.ones(2, complex)):
        with pytest.raises(rg.DTypeError, match="real and imaginary parts"):
            Tensor(data)
    z = Tensor([1.0, 2.0]) * 1j
    with pytest.raises(rg.DTypeError, match="backward: the tensor is complex128"):
        z.sum().backward()
    z.backward(np.ones(2, complex))
    x = Tensor([1.0, 2.0])
    with pytest.raises(rg.DTypeError, match="backward: complex128 came, wanted float64"):
        (x * 2).backward(np.ones(2, complex))
    with pytest.raises(rg.DTypeError, match="grad: complex128 came, wanted float64"):
        x.grad = 1j * np.ones(2)
    with pytest.raises(rg.DTypeError, match="no order"):
        np.max(z)
    for f in (np.maximum, np.minimum):
        with pytest.raises(rg.DTypeError, match=f"{f.__name__}: complex128 is not taken"):
            f(z, z)
    with pytest.raises(rg.DTypeError, match="relu"):
        rg.relu(z)
    with pytest.raises(TypeError, match="real result"):
        rg.grad(lambda x: x * 1j)(1.0)
    with pytest.raises(rg.DTypeError, match="complex argument"):
        rg.grad(lambda z: abs(z))(1j)


def test_casting_to_real_warns_as_numpy_does():
    x = Tensor([1.0, 2.0])
    with pytest.warns(np.exceptions.ComplexWarning):
        y = (x * (2 + 1j)).astype(np.float64)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [2, 2])


def test_0d_and_python_numbers():
    z = Tensor(3.0) + 4j
    assert z.ndim == 0
    assert z.item() == 3 + 4j
    assert complex(z) == 3 + 4j
    assert z.tolist() == 3 + 4j
    assert repr(z) == "Tensor(3.+4.j, dtype=complex128, op='+')"
    with pytest.raises(TypeError):
        float(z)
    np.testing.assert_array_equal(z.reshape(1, 1).data, [[3 + 4j]])
    np.testing.assert_array_equal(np.broadcast_to(z, (2,)).data, [3 + 4j] * 2)


def test_anomaly_sees_both_parts():
    x = Tensor([1.0, 0.0])
    with (
        np.errstate(all="ignore"),
        rg.detect_anomaly(),
        pytest.raises(rg.AnomalyError, match=r"nan at element \(1,\)"),
    ):
        x * np.array([1, complex(0, np.inf)])


def test_profile_counts_complex_arrays():
    x = Tensor(np.ones(100))
    with rg.profile() as prof:
        np.abs(x * 1j).sum().backward()
    assert "abs" in prof.table(by="op") or "modulus" in prof.table(by="op")

"""Gradient checking: what the engine says against what the oracle's values say.

The functions below take a `Case` of the operation table, or anything with its `f`, `oracle` and
`exact`. Everything is compared element by element, in three steps:

- `check_value`: the forward pass against NumPy;
- `check_gradient`: one backward pass against the oracle's derivative;
- `check_second_order`: the gradient of `<gradient, u>`, taken through `create_graph=True`.

The oracle is never the engine: derivatives come from the NumPy reference alone, by complex step
(no cancellation, so right to the last bits), by five-point differences where the reference takes
no complex numbers, or by central differences on piecewise quadratics with
a step that is a power of two (no error at all).
"""

import zlib
from math import prod

import numpy as np

from retrograd import Tensor

STEP = 2.0**-6  # of differences on exact cases: nothing is rounded, no kink is so near
TINY = 1e-30  # of the complex step
FAR = 1e-3  # of the five-point difference: an error of order FAR**4


def draw(case, dtype=np.float64):
    """Return operands for a case: always the same ones, and the same numbers in every dtype."""
    rng = np.random.default_rng(zlib.crc32(f"{case.label} {case.shapes}".encode()))
    if case.exact:
        # Distinct and non-zero over all operands together: no ties, nothing on a kink.
        sizes = [prod(shape) for shape in case.shapes]
        pool = rng.permutation(np.arange(sum(sizes)) + 1) * rng.choice([-1, 1], sum(sizes))
        parts = np.split(pool, np.cumsum(sizes)[:-1])
        return [p.reshape(s).astype(dtype) for p, s in zip(parts, case.shapes, strict=True)]
    drawn = (rng.uniform(*d, s) for d, s in zip(case.domains, case.shapes, strict=True))
    return [np.asarray(x).astype(np.float32).astype(dtype) for x in drawn]


def draw_like(value, seed=0):
    """Return small integers (as floats) in the shape and dtype of `value`: seeds and directions."""
    rng = np.random.default_rng(seed)
    return rng.integers(1, 8, np.shape(value)).astype(value.dtype)


def units(xs):
    """Yield every unit direction in the space of all operands, in C order."""
    for i, x in enumerate(xs):
        for index in np.ndindex(np.shape(x)):
            direction = [np.zeros(np.shape(other)) for other in xs]
            direction[i][index] = 1.0
            yield direction


def like(xs, values):
    """Lay a flat list of values out as one array per operand."""
    flat = np.array(list(values), dtype=np.float64)
    parts = np.split(flat, np.cumsum([np.size(x) for x in xs])[:-1])
    return [p.reshape(np.shape(x)) for p, x in zip(parts, xs, strict=True)]


def directional(case, xs, vs):
    """Return the derivative of the oracle at `xs` along `vs`."""
    if case.exact:
        ahead = case.oracle(*(x + STEP * v for x, v in zip(xs, vs, strict=True)))
        behind = case.oracle(*(x - STEP * v for x, v in zip(xs, vs, strict=True)))
        return (np.asarray(ahead, float) - np.asarray(behind, float)) / (2 * STEP)
    if case.real:

        def difference(step):
            ahead = case.oracle(*(x + step * v for x, v in zip(xs, vs, strict=True)))
            behind = case.oracle(*(x - step * v for x, v in zip(xs, vs, strict=True)))
            return np.asarray(ahead, float) - np.asarray(behind, float)

        return (8 * difference(FAR) - difference(2 * FAR)) / (12 * FAR)
    moved = (x + 1j * TINY * v for x, v in zip(xs, vs, strict=True))
    return np.imag(case.oracle(*moved)) / TINY


def numeric_vjp(case, xs, w):
    """Return the gradient of `<w, f(xs)>`, one array per operand."""
    return like(xs, (np.sum(w * directional(case, xs, v)) for v in units(xs)))


def numeric_second_order(case, xs, w, us):
    """Return the gradient of `<w, Df(xs)[us]>`, one array per operand."""

    def slope(v, step):
        moved = [x + step * d for x, d in zip(xs, v, strict=True)]
        return np.sum(w * directional(case, moved, us))

    def along(v):
        if case.exact:
            return (slope(v, STEP) - slope(v, -STEP)) / (2 * STEP)
        near = slope(v, FAR) - slope(v, -FAR)
        far = slope(v, 2 * FAR) - slope(v, -2 * FAR)
        return (8 * near - far) / (12 * FAR)

    return like(xs, map(along, units(xs)))


def backward(f, xs, w=None, **options):
    """Run `f` on fresh leaves and backward with the seed `w`; return the leaves."""
    leaves = [Tensor(x) for x in xs]
    f(*leaves).backward(w, **options)
    return leaves


def agree(got, want, *, rtol, floor=0.0):
    """Compare gradients: `==` where the oracle is exact (rtol 0), else relative to the largest.

    `floor` is the least that counts as largest: differences leave noise where the truth is zero.
    """
    got, want = np.asarray(got), np.asarray(want)
    assert got.shape == want.shape
    scale = np.abs(want).max(initial=floor)
    np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol * scale)


def ulps(got, want):
    """Return the largest distance in units of the last place; NaN equals NaN, −0.0 is not 0.0."""
    got, want = np.asarray(got), np.asarray(want)
    assert got.dtype == want.dtype, f"{got.dtype} is not {want.dtype}"
    assert got.shape == want.shape, f"{got.shape} is not {want.shape}"
    both_nan = np.isnan(got) & np.isnan(want)
    same = both_nan | ((got == want) & (np.signbit(got) == np.signbit(want)))
    if same.all():
        return 0
    with np.errstate(all="ignore"):
        far = np.abs(got.astype(np.longdouble) - want) / np.spacing(np.abs(want))
    return np.where(same, 0, np.where(np.isfinite(far) & (got != want), far, np.inf)).max()


def check_value(case, dtype=np.float64):
    """Compare the forward value with NumPy's: its bits, or within the row's distance."""
    xs = draw(case, dtype)
    got = case.f(*map(Tensor, xs))
    assert isinstance(got, Tensor)
    distance = ulps(got.data, np.asarray(case.oracle(*xs)))
    assert distance <= case.ulp, f"{distance} units in the last place"


def check_gradient(case, *, rtol=1e-12):
    """Compare one backward pass with the oracle's derivative."""
    xs = draw(case)
    w = draw_like(np.asarray(case.oracle(*xs)))
    leaves = backward(case.f, xs, w)
    rtol = 0 if case.exact else max(rtol, 1e-8) if case.real else rtol
    for leaf, want in zip(leaves, numeric_vjp(case, xs, w), strict=True):
        agree(leaf.grad, want, rtol=rtol, floor=float(case.real))


def check_second_order(case, *, rtol=1e-9):
    """Compare the gradient of the gradient with the oracle's second derivative.

    The seed `w` is a leaf too. The gradient of `<vjp(w), u>` with respect to `w` is the forward
    derivative along `u`, so this also checks the operation's jvp.
    """
    xs = draw(case)
    seed = draw_like(np.asarray(case.oracle(*xs))).astype(np.float64)
    us = [draw_like(x, seed=1) for x in xs]
    leaves, w = [Tensor(x) for x in xs], Tensor(seed)
    (case.f(*leaves) * w).sum().backward(create_graph=True)
    gradients = [leaf.grad for leaf in leaves]
    for leaf in (*leaves, w):
        leaf.zero_grad()
    slope = sum((g * u).sum() for g, u in zip(gradients, us, strict=True))
    if slope.requires_grad:  # not that of `sign`, whose gradient is a constant zero
        slope.backward()

    rtol = 0 if case.exact else max(rtol, 1e-5) if case.real else rtol
    floor = float(case.real)
    for leaf, want in zip(leaves, numeric_second_order(case, xs, seed, us), strict=True):
        agree(leaf.grad, want, rtol=rtol, floor=floor)
    agree(w.grad, directional(case, xs, us), rtol=rtol, floor=floor)

"""`np.linalg` inside a graph of complex numbers: from two real matrices to real numbers."""

import numpy as np

from op_rows import cases_of

from .linalg import sure, t, tall

la = np.linalg
UNIT = (0.5, 1.5)


def seen(z):
    """Every part of a complex number, in one real one."""
    return z.real + 2 * z.imag


def of(f, before=sure, **keywords):
    return lambda a, b: seen(f(before(a) + 0.3j * b, **keywords))


def hermitian(a, b):
    z = sure(a) + 0.3j * b
    return z + np.conj(t(z))


def invariant(f):
    """Of a decomposition of two real matrices."""
    return lambda a, b: f(sure(a) + 0.3j * b)


def wide(f):
    return lambda a, b: f(tall(a) + 0.3j * b)


def squares(v):
    """What does not change with the phase of vectors."""
    return np.abs(v) ** 2


def products(v):
    return seen(v[..., :1, :] * np.conj(v))


SQUARE = (3, 3)
PAIR = (SQUARE, SQUARE)

CASES = (
    *cases_of(
        np.vdot, UNIT, real=True, ulp=4,
        complex=(lambda a, b: seen(np.vdot(a + 1j * b, b - 1j * a + a * a)), (3,), (3,)),
    ),
    *cases_of(
        np.vecdot, UNIT, real=True, ulp=4,
        complex=(lambda a, b: seen(np.vecdot(a + 1j * b, b - 1j * a + a * a)), (2, 3), (2, 3)),
    ),
    *cases_of(
        np.einsum, UNIT, real=True, ulp=4,
        complex=(lambda a, b: seen(np.einsum("ij,kj->ik", a + 1j * b, b)), (2, 3), (2, 3)),
    ),
    *cases_of(la.inv, UNIT, real=True, ulp=32, complex=(of(la.inv), *PAIR)),
    *cases_of(
        la.solve, UNIT, real=True, ulp=32,
        complex=(lambda a, b: seen(la.solve(sure(a) + 1j * b, b[:, 0])), *PAIR),
        real_matrix=(lambda a, b: seen(la.solve(sure(a), a + 1j * b)), *PAIR),
    ),
    *cases_of(la.det, UNIT, real=True, ulp=64, complex=(of(la.det), *PAIR)),
    *cases_of(
        la.slogdet, UNIT, real=True, ulp=64,
        complex_sign=(lambda a, b: seen(la.slogdet(sure(a) + 1j * b).sign), *PAIR),
        complex_log=(lambda a, b: la.slogdet(sure(a) + 1j * b).logabsdet, *PAIR),
    ),
    *cases_of(
        la.cholesky, UNIT, real=True, ulp=64,
        complex=(lambda a, b: seen(la.cholesky(hermitian(a, b))), *PAIR),
        complex_upper=(lambda a, b: seen(la.cholesky(hermitian(a, b), upper=True)), *PAIR),
    ),
    *cases_of(
        la.qr, UNIT, real=True, ulp=256,
        complex_q=(wide(lambda z: seen(la.qr(z).Q)), (3, 2), (3, 2)),
        complex_r=(wide(lambda z: seen(la.qr(z).R)), (3, 2), (3, 2)),
        complex_wide=(wide(lambda z: seen(la.qr(z).R) + seen(la.qr(z).Q)[:, :1]), (2, 3), (2, 3)),
    ),
    *cases_of(
        la.eigh, UNIT, real=True, ulp=512,
        complex_values=(lambda a, b: la.eigh(hermitian(a, b))[0], *PAIR),
        complex_vectors=(lambda a, b: products(la.eigh(hermitian(a, b), "U")[1]), *PAIR),
    ),
    *cases_of(
        la.eigvalsh, UNIT, real=True, ulp=64,
        complex=(lambda a, b: la.eigvalsh(hermitian(a, b)), *PAIR),
    ),
    *cases_of(
        la.eig, UNIT, real=True, ulp=512,
        complex_values=(invariant(lambda z: seen(la.eig(z)[0])), *PAIR),
        complex_vectors=(invariant(lambda z: products(la.eig(z)[1])), *PAIR),
        complex_phase=(invariant(lambda z: seen(la.eig(z)[1]) ** 2), *PAIR),
        rotation_phase=(
            lambda a: seen(la.eig(a + 5 * np.array([[0, -1], [2, 0]]))[1]) ** 2, (2, 2),
        ),
        rotation=(lambda a: squares(la.eig(a + 5 * np.array([[0, -1], [1, 0]]))[1]), (2, 2)),
        rotation_values=(lambda a: seen(la.eig(a + 5 * np.array([[0, -1], [1, 0]]))[0]), (2, 2)),
    ),
    *cases_of(
        la.eigvals, UNIT, real=True, ulp=512,
        complex=(invariant(lambda z: seen(la.eigvals(z))), *PAIR),
        rotation=(lambda a: seen(la.eigvals(a + 5 * np.array([[0, -1], [1, 0]]))), (2, 2)),
    ),
    *cases_of(
        la.svd, UNIT, real=True, ulp=1024,
        complex_values=(wide(lambda z: la.svd(z)[1]), (3, 2), (3, 2)),
        complex_left=(wide(lambda z: products(la.svd(z, False)[0])), (3, 2), (3, 2)),
        complex_full=(wide(lambda z: products(la.svd(z)[0])), (3, 2), (3, 2)),
        complex_right=(wide(lambda z: products(t(la.svd(z)[2]))), (2, 3), (2, 3)),
        complex_rebuilt=(
            wide(lambda z: (lambda u, s, vh: seen((u * np.exp(s / 4)) @ vh))(*la.svd(z, False))),
            (3, 2), (3, 2),
        ),
    ),
    *cases_of(la.svdvals, UNIT, real=True, ulp=64, complex=(wide(la.svdvals), (3, 2), (3, 2))),
    *cases_of(
        la.pinv, UNIT, real=True, ulp=256,
        complex_tall=(of(la.pinv, tall), (3, 2), (3, 2)),
        complex_wide=(of(la.pinv, tall), (2, 3), (2, 3)),
        complex_hermitian=(lambda a, b: seen(la.pinv(hermitian(a, b), hermitian=True)), *PAIR),
        complex_lost_rank=(
            lambda a, b: seen(la.pinv((a + 1j * b)[:, None] * (a - 0.5j * b), rcond=1e-3)),
            (3,), (3,),
        ),
    ),
    *cases_of(
        la.lstsq, UNIT, real=True, ulp=512,
        complex=(lambda a, b: seen(la.lstsq(tall(a) + 1j * b, b[:, 0])[0]), (3, 2), (3, 2)),
        real_matrix=(
            lambda a, b: seen(la.lstsq(tall(a), b[:, :1] + 1j * a[:, 1:])[0]), (3, 2), (3, 2),
        ),
        complex_residuals=(
            lambda a, b: la.lstsq(tall(a) + 1j * b, b[:, 0] + 1j * a[:, 1])[1], (3, 2), (3, 2),
        ),
    ),
    *cases_of(
        la.norm, UNIT, real=True, ulp=16,
        complex=(lambda a, b: la.norm(a + 1j * b), (2, 3), (2, 3)),
        complex_three=(lambda a, b: la.norm(a + 1j * b, 3, axis=0), (2, 3), (2, 3)),
        complex_one=(lambda a, b: la.norm(a + 1j * b, 1), (2, 3), (2, 3)),
        complex_nuclear=(wide(lambda z: la.norm(z, "nuc")), (3, 2), (3, 2)),
        complex_frobenius=(lambda a, b: la.norm(a + 1j * b, "fro", axis=(0, 1)), (2, 2), (2, 2)),
        complex_nonzero=(lambda a, b: la.norm(a + 1j * b, 0), (3,), (3,)),
    ),
    *cases_of(
        la.cond, UNIT, real=True, ulp=64,
        complex=(lambda a, b: la.cond(sure(a) + 1j * b), *PAIR),
    ),
)  # fmt: skip

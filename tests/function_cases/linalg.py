import numpy as np

from op_rows import cases_of

la = np.linalg
UNIT = (0.5, 1.5)


def t(a):
    return a.transpose((*range(a.ndim - 2), a.ndim - 1, a.ndim - 2))


def sure(a):
    """Well conditioned, with distinct eigenvalues that are real."""
    return a / 4 + np.diag(np.arange(2.0, 2 * a.shape[-1] + 2, 2).astype(a.dtype))


def spd(a):
    return a @ t(a) + sure(a @ t(a))


def tall(a):
    """Well conditioned, with distinct singular values."""
    m, n = a.shape[-2:]
    return a / 4 + (np.eye(m, n) * np.arange(2.0, 2 + n)).astype(a.dtype)


def of(f, before=sure, **keywords):
    """`f` of the matrices that `before` makes."""

    def call(a):
        return f(before(a), **keywords)

    return call


CASES = (
    *cases_of(
        la.inv, UNIT, ulp=8,
        matrix=(of(la.inv), (3, 3)),
        batch=(of(la.inv), (2, 2, 2)),
    ),
    *cases_of(
        la.solve, UNIT, ulp=8,
        vector=(lambda a, b: la.solve(sure(a), b), (3, 3), (3,)),
        matrix=(lambda a, b: la.solve(sure(a), b), (3, 3), (3, 2)),
        batch=(lambda a, b: la.solve(sure(a), b), (2, 1, 2, 2), (3, 2, 1)),
        batch_vector=(lambda a, b: la.solve(sure(a), b), (2, 2, 2), (2,)),
        left=(lambda a: la.solve(sure(a), [1.0, 2.0]), (2, 2)),
        right=(lambda b: la.solve([[3.0, 1], [1, 2]], b), (2,)),
    ),
    *cases_of(
        la.tensorsolve, UNIT, ulp=8,
        flat=(lambda a, b: la.tensorsolve(sure(a.reshape(4, 4)).reshape(a.shape), b),
              (2, 2, 4), (2, 2)),
        axes=(lambda a, b: la.tensorsolve(a, b, axes=(0, 2)), (2, 2, 1), (2,)),
    ),
    *cases_of(
        la.tensorinv, UNIT, ulp=8,
        default=(lambda a: la.tensorinv(sure(a.reshape(4, 4)).reshape(a.shape)), (4, 1, 2, 2)),
        one=(lambda a: la.tensorinv(sure(a.reshape(4, 4)).reshape(a.shape), 1), (4, 2, 2)),
    ),
    *cases_of(
        la.det, UNIT, ulp=8,
        matrix=(of(la.det), (3, 3)),
        batch=(of(la.det), (2, 2, 2)),
        number=(of(la.det), (1, 1)),
    ),
    *cases_of(
        la.slogdet, UNIT, real=True, ulp=8,
        logarithm=(lambda a: la.slogdet(sure(a)).logabsdet, (3, 3)),
        negative=(lambda a: la.slogdet(-sure(a))[1], (2, 3, 3)),
    ),
    *cases_of(
        la.cholesky, UNIT, real=True, ulp=16,
        matrix=(of(la.cholesky, spd), (3, 3)),
        upper=(of(la.cholesky, spd, upper=True), (2, 2, 2)),
        triangle=(of(la.cholesky), (3, 3)),  # not symmetric: the other triangle is not read
        triangle_upper=(of(la.cholesky, upper=True), (3, 3)),
    ),
    *cases_of(
        la.qr, UNIT, real=True, ulp=64,
        q=(lambda a: la.qr(tall(a)).Q, (3, 2)),
        r=(lambda a: la.qr(tall(a)).R, (3, 2)),
        square=(lambda a: np.sin(la.qr(tall(a)).Q) @ la.qr(tall(a)).R, (2, 2, 2)),
        wide_q=(lambda a: la.qr(tall(a)).Q, (2, 3)),
        wide_r=(lambda a: la.qr(tall(a)).R, (2, 3)),
        only_r=(of(la.qr, tall, mode="r"), (3, 2)),
        only_r_wide=(of(la.qr, tall, mode="r"), (2, 3)),
        complete_q=(lambda a: la.qr(tall(a), mode="complete").Q, (3, 2)),
        complete_r=(lambda a: la.qr(tall(a), "complete").R, (4, 2)),
        complete_projection=(lambda a: (lambda q: q[..., 2:] @ t(q[..., 2:]))(
            la.qr(tall(a), "complete")[0][..., :3]), (3, 2)),
    ),
    *cases_of(
        la.eigh, UNIT, real=True, ulp=64,
        values=(lambda a: la.eigh(sure(a)).eigenvalues, (3, 3)),
        squares=(lambda a: la.eigh(sure(a)).eigenvectors ** 2, (3, 3)),
        upper=(lambda a: la.eigh(sure(a), UPLO="U")[1] ** 2, (2, 2, 2)),
        both=(lambda a: (lambda w, v: (v * np.exp(w / 4)[..., None, :]) @ t(v))(*la.eigh(sure(a))),
              (3, 3)),
    ),
    *cases_of(
        la.eigvalsh, UNIT, real=True, ulp=64,
        matrix=(of(la.eigvalsh), (3, 3)),
        upper=(of(la.eigvalsh, UPLO="u"), (2, 2, 2)),
    ),
    *cases_of(
        la.eig, UNIT, real=True, ulp=64,
        values=(lambda a: la.eig(sure(a))[0], (3, 3)),
        squares=(lambda a: la.eig(sure(a))[1] ** 2, (3, 3)),
        batch=(lambda a: la.eig(sure(a)).eigenvectors ** 2, (2, 2, 2)),
    ),
    *cases_of(
        la.eigvals, UNIT, real=True, ulp=64,
        matrix=(of(la.eigvals), (3, 3)),
        batch=(of(la.eigvals), (2, 2, 2)),
    ),
    *cases_of(
        la.svd, UNIT, real=True, ulp=128,
        values=(of(la.svd, tall, compute_uv=False), (3, 2)),
        left=(lambda a: la.svd(tall(a), full_matrices=False).U ** 2, (3, 2)),
        right=(lambda a: la.svd(tall(a), full_matrices=False)[2] ** 2, (2, 3)),
        full=(lambda a: la.svd(tall(a))[0] ** 2, (3, 2)),
        full_wide=(lambda a: la.svd(tall(a)).Vh ** 2, (2, 3)),
        square=(lambda a: la.svd(tall(a))[2] ** 2, (2, 2, 2)),
        rebuilt=(lambda a: (lambda u, s, vh: (u * np.exp(s / 4)[..., None, :]) @ vh)(
            *la.svd(tall(a), False)), (3, 2)),
        hermitian=(lambda a: la.svd(sure(a), hermitian=True)[0] ** 2, (3, 3)),
        hermitian_values=(of(la.svd, compute_uv=False, hermitian=True), (3, 3)),
    ),
    *cases_of(
        la.svdvals, UNIT, real=True, ulp=64,
        matrix=(of(la.svdvals, tall), (3, 2)),
        batch=(of(la.svdvals, tall), (2, 2, 3)),
    ),
    *cases_of(
        la.pinv, UNIT, real=True, ulp=64,
        tall=(of(la.pinv, tall), (3, 2)),
        wide=(of(la.pinv, tall), (2, 2, 3)),
        square=(of(la.pinv, rcond=1e-6), (2, 2)),
        rtol=(of(la.pinv, tall, rtol=1e-6), (3, 2)),
        hermitian=(of(la.pinv, hermitian=True), (3, 3)),
        lost_rank=(lambda a: la.pinv(a[:, None] * a, rcond=1e-3), (3,)),
    ),
    *cases_of(
        la.lstsq, UNIT, real=True, ulp=256,
        solution=(lambda a, b: la.lstsq(tall(a), b)[0], (4, 2), (4,)),
        matrix=(lambda a, b: la.lstsq(tall(a), b, rcond=None)[0], (4, 2), (4, 2)),
        residuals=(lambda a, b: la.lstsq(tall(a), b)[1], (4, 2), (4, 2)),
        values=(lambda a: la.lstsq(tall(a), [1.0, 2, 3], 1e-6)[3], (3, 2)),
        wide=(lambda a, b: la.lstsq(tall(a), b)[0], (2, 3), (2,)),
        lost_rank=(lambda a, b: la.lstsq(a[:, None] * a[:2], b, 1e-3)[0], (3,), (3,)),
    ),
    *cases_of(
        la.norm, UNIT, real=True, ulp=8,
        flat=(la.norm, (2, 3)),
        flat_keepdims=(lambda x: la.norm(x, keepdims=True), (2, 2, 2)),
        one=(lambda x: la.norm(x, 1), (3,)),
        two=(lambda x: la.norm(x, 2, axis=0), (3, 2)),
        three=(lambda x: la.norm(x, 3, axis=-1, keepdims=True), (2, 3)),
        half=(lambda x: la.norm(x, 0.5, axis=1), (2, 3)),
        minus=(lambda x: la.norm(x, -1.5), (3,)),
        largest=(lambda x: la.norm(x, np.inf), (3,)),
        smallest=(lambda x: la.norm(x, -np.inf, axis=0), (3, 2)),
        nonzero=(lambda x: la.norm(x, 0), (3,)),
        frobenius=(lambda x: la.norm(x, "fro", axis=(2, 0)), (2, 3, 2)),
        nuclear=(lambda x: la.norm(tall(x), "nuc"), (3, 2)),
        spectral=(lambda x: la.norm(tall(x), 2), (3, 2)),
        least=(lambda x: la.norm(tall(x), -2), (3, 2)),
        columns=(lambda x: la.norm(x, 1), (3, 2)),
        least_column=(lambda x: la.norm(x, -1, axis=(0, 2), keepdims=True), (3, 2, 2)),
        rows=(lambda x: la.norm(x, np.inf), (3, 2)),
        least_row=(lambda x: la.norm(x, -np.inf), (3, 2)),
    ),
    *cases_of(
        la.vector_norm, UNIT, real=True, ulp=8,
        flat=(la.vector_norm, (2, 3)),
        axes=(lambda x: la.vector_norm(x, axis=(0, 2), ord=3, keepdims=True), (2, 3, 2)),
        axis=(lambda x: la.vector_norm(x, axis=1), (2, 3)),
    ),
    *cases_of(
        la.matrix_norm, UNIT, real=True, ulp=8,
        frobenius=(la.matrix_norm, (2, 3, 2)),
        nuclear=(lambda x: la.matrix_norm(tall(x), ord="nuc", keepdims=True), (2, 3, 2)),
    ),
    *cases_of(
        la.cond, UNIT, real=True, ulp=32,
        default=(of(la.cond, tall), (3, 2)),
        least=(of(la.cond, p=-2), (3, 3)),
        two=(of(la.cond, p=2), (2, 2, 2)),
        frobenius=(of(la.cond, p="fro"), (2, 2)),
        one=(of(la.cond, p=1), (2, 2)),
        inf=(of(la.cond, p=-np.inf), (2, 2)),
    ),
    *cases_of(
        la.matrix_power, UNIT, ulp=16,
        zero=(lambda a: la.matrix_power(a, 0), (2, 2)),
        one=(lambda a: la.matrix_power(a, 1), (2, 2)),
        two=(lambda a: la.matrix_power(a, 2), (2, 2, 2)),
        three=(lambda a: la.matrix_power(a, 3), (2, 2)),
        six=(lambda a: la.matrix_power(a, 6), (2, 2)),
        minus=(of(lambda a: la.matrix_power(a, -3)), (2, 2)),
    ),
    *cases_of(
        la.multi_dot, UNIT, ulp=8,
        two=(lambda *x: la.multi_dot(x), (2, 3), (3, 2)),
        three=(lambda *x: la.multi_dot(x), (2, 3), (3, 4), (4, 1)),
        four=(lambda *x: la.multi_dot(x), (3, 1), (1, 2), (2, 3), (3, 2)),
        vectors=(lambda *x: la.multi_dot(list(x)), (2,), (2, 3), (3,)),
        first=(lambda *x: la.multi_dot(x), (2,), (2, 3), (3, 2)),
        last=(lambda *x: la.multi_dot(x), (2, 3), (3, 2), (2,)),
    ),
    *cases_of(
        la.diagonal,
        matrix=(la.diagonal, (3, 3)),
        above=(lambda a: la.diagonal(a, offset=1), (2, 2, 3)),
        below=(lambda a: la.diagonal(a, offset=-2), (3, 2)),
        outside=(lambda a: la.diagonal(a, offset=5), (3, 2)),
    ),
    *cases_of(
        la.trace,
        linalg=(la.trace, (2, 3, 3)),
        linalg_offset=(lambda a: la.trace(a, offset=-1), (3, 3)),
    ),
    *cases_of(la.matrix_transpose, batch=(la.matrix_transpose, (2, 3, 2))),
)  # fmt: skip

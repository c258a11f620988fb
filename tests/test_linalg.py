"""`np.linalg` on tensors where no table of calls reaches: ties, lost rank, keywords, errors."""

import numpy as np
import pytest

import retrograd as rg
from check import agree
from retrograd import GraphError, Tensor
from retrograd.functions.linalg.eigen import _same_order

la = np.linalg
EYE = np.eye(3)
TIED = np.diag([1.0, 2.0, 2.0])
SINGULAR = np.arange(1.0, 10).reshape(3, 3)


def slope(f, x, step=1e-4):
    """The gradient of a number by five-point differences."""
    out = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        d = np.zeros(x.shape)
        d[index] = step
        out[index] = (8 * (f(x + d) - f(x - d)) - f(x + 2 * d) + f(x - 2 * d)) / (12 * step)
    return out


def gradient(f, x):
    leaf = Tensor(x)
    f(leaf).backward()
    return leaf.grad


# Determinants of singular matrices.


@pytest.mark.parametrize(
    "a",
    [SINGULAR, np.zeros((2, 2)), np.ones((3, 3)), np.zeros((3, 3)), np.diag([1.0, 0, 2]),
     np.zeros((1, 1)), np.stack([SINGULAR, EYE])],
    ids=["rank 2", "zeros 2", "rank 1", "zeros 3", "diagonal", "number", "stack"],
)  # fmt: skip
def test_det_of_singular_matrices(a):
    def f(x):
        return (la.det(x) * 3.0).sum()

    np.testing.assert_allclose(gradient(f, a), slope(f, a), rtol=1e-9, atol=1e-9)

    def along(x):
        leaf = x if isinstance(x, Tensor) else Tensor(x)
        g = rg.grad(f)(leaf)
        return (g * np.arange(a.size).reshape(a.shape) ** 2).sum()

    agree(gradient(along, a), slope(lambda x: float(along(x)), a), rtol=1e-7)


@pytest.mark.filterwarnings("ignore:invalid value")  # the forward operation's
def test_det_of_nan():
    assert np.isnan(gradient(la.det, np.full((2, 2), np.nan))).all()


def test_second_derivatives_of_minors():
    """Of a singular matrix: those minors of two rows and columns less that do not vanish."""
    hessian = rg.hessian(la.det)
    want = np.zeros((2, 2, 2, 2))
    want[0, 0, 1, 1] = want[1, 1, 0, 0] = 1
    want[0, 1, 1, 0] = want[1, 0, 0, 1] = -1
    np.testing.assert_allclose(hessian(np.zeros((2, 2))), want, atol=1e-15)
    a = np.diag([2.0, 3.0, 0.0, 0.0])
    got = hessian(a)
    assert got[2, 2, 3, 3] == pytest.approx(6)
    assert got[2, 3, 3, 2] == pytest.approx(-6)
    assert np.count_nonzero(np.abs(got) > 1e-12) == 4


def test_cofactors_of_integers_are_those_by_minors():
    a = np.array([[2.0, 1, 3], [4, 2, 6], [1, 1, 1]])  # det 0
    want = np.array([[-4.0, 2, 2], [2, -1, -1], [0, 0, 0]])
    agree(gradient(la.det, a), want, rtol=1e-13)


def test_third_derivative_of_det():
    def three(f):
        return rg.grad(lambda x: rg.grad(lambda x: rg.grad(f)(x).sum())(x).sum())

    # det of a diagonal and its products: every order, where the matrix is well conditioned.
    got = three(la.det)(np.diag([1.0, 2, 3]))
    assert np.all(np.isfinite(got))
    with pytest.raises(GraphError, match=r"np\.linalg\.det: .*singular"):
        three(la.det)(SINGULAR)


def test_slogdet_of_a_singular_matrix():
    out = la.slogdet(Tensor(np.zeros((2, 2))))
    assert out.sign.data == 0
    assert out.logabsdet.data == -np.inf
    with pytest.raises(GraphError, match="slogdet: a singular matrix has no derivative"):
        out.logabsdet.backward()


def test_sign_has_the_derivative_zero():
    np.testing.assert_array_equal(gradient(lambda a: la.slogdet(a).sign, 2 * EYE), 0)


# Repeated eigenvalues and singular values.

SYMMETRIC = ("L", "U", "l", "u")


@pytest.mark.parametrize("uplo", SYMMETRIC)
def test_functions_of_tied_eigenvalues(uplo):
    for f in (lambda a: la.eigvalsh(a, uplo), lambda a: la.eigh(a, uplo)[0]):
        got = gradient(lambda a: (f(a) ** 3).sum(), TIED)  # noqa: B023
        # d tr(a**3) = 3 a**2
        agree(got, 3 * TIED @ TIED, rtol=1e-12)


@pytest.mark.parametrize("a", [TIED, 2 * EYE, np.stack([EYE, TIED])], ids=["two", "all", "stack"])
def test_vectors_of_tied_eigenvalues(a):
    q = la.qr(SINGULAR + EYE)[0]
    for x in (a, q @ a @ q.T):
        leaf = Tensor(x)
        with pytest.raises(GraphError, match=r"np\.linalg\.eigh: vectors of repeated eigenvalues"):
            (la.eigh(leaf)[1] ** 3).sum().backward()


def test_a_vector_beside_the_tie():
    """The first vector is determined; that others are not does not matter to it."""

    def f(a):
        v = la.eigh(a)[1][..., 0]
        return (v * v * np.array([1.0, 3, 5])).sum()

    q = la.qr(SINGULAR + EYE)[0]
    a = q @ np.diag([1.0, 2, 2]) @ q.T
    agree(gradient(f, a), slope(f, a), rtol=1e-7)


def test_tangents_of_tied_vectors_are_refused():
    with pytest.raises(GraphError, match="repeated eigenvalues"):
        rg.jvp(lambda a: la.eigh(a)[1] ** 2, (TIED,), (np.ones((3, 3)),))


def test_second_derivative_at_a_tie_is_refused():
    f = rg.grad(lambda a: rg.grad(lambda x: (la.eigvalsh(x) ** 2).sum())(a)[1, 0])
    with pytest.raises(GraphError, match="repeated eigenvalues"):
        f(np.diag([1.0, 1.0]))


def test_functions_of_tied_singular_values():
    for a in (TIED, 2 * EYE, np.eye(3, 2)):
        for f in (la.svdvals, lambda x: la.svd(x)[1], lambda x: la.svd(x, compute_uv=False)):
            got = gradient(lambda x: (f(x) ** 2).sum(), a)  # noqa: B023
            agree(got, 2 * a, rtol=1e-12)


def test_vectors_of_tied_singular_values():
    with pytest.raises(GraphError, match=r"np\.linalg\.svd: vectors of repeated or vanishing"):
        (la.svd(Tensor(TIED))[0] ** 3).sum().backward()


def test_the_null_vector():
    """The last of `vh` solves a @ x = 0: the usual way, and it has a derivative."""
    a = np.array([[1.0, 2, 3], [3, 1, 1]])

    def f(x):
        return (la.svd(x)[2][-1] ** 2 * np.array([1.0, 3, 5])).sum()

    agree(gradient(f, a), slope(f, a), rtol=1e-8)


def test_vectors_that_complete_a_basis():
    a = np.array([[1.0], [2], [3]])
    for make in (lambda x: la.svd(x)[0], lambda x: la.qr(x, "complete")[0]):

        def projection(x):
            rest = make(x)[:, 1:]  # noqa: B023
            return ((rest @ rest.T) * SINGULAR).sum()

        agree(gradient(projection, a), slope(projection, a), rtol=1e-8)
        with pytest.raises(GraphError, match="the vectors that complete the basis"):
            (make(Tensor(a)) ** 3 * SINGULAR).sum().backward()


def test_the_phase_of_complex_vectors():
    def phase(f):
        x = Tensor(EYE[:2, :2])
        z = x * np.array([[2.0, 1j], [-1j, 3.0]])
        f(z).imag.sum().backward()

    tied = np.array([[0.0, -1.0], [1.0, 0.0]])  # elements of equal size
    for f in (
        lambda z: la.eigh(z + np.array([[0, 1j], [-1j, 0]]))[1],
        lambda z: la.svd(z + np.array([[0, 1j], [1, 0]]))[0],
        lambda z: la.eig(z * EYE[:2, :2] * 0 + tied)[1] ** 3,
    ):
        with pytest.raises(GraphError, match="changes with the phase of vectors"):
            phase(f)


# Lost rank.


def test_qr_of_dependent_columns():
    with pytest.raises(GraphError, match=r"np\.linalg\.qr: .*linearly dependent"):
        la.qr(Tensor(np.ones((3, 2))))[1].sum().backward()


def test_defective_matrices():
    a = np.array([[1.0, 1], [0, 1]])
    with pytest.raises(GraphError, match="defective"):
        la.eigvals(Tensor(a)).sum().backward()


def test_eigenvalues_in_another_order():
    y = np.array([[1 + 2j, 1 - 2j, 3.0], [5.0, 5.0, 6.0]])
    w = np.array([[3.0, 1 - 2j, 1 + 2j], [5.0, 5.0, 6.0]]) + 1e-9
    np.testing.assert_array_equal(_same_order(y[:1], w[:1]), [[2, 1, 0]])
    np.testing.assert_array_equal(_same_order(y[1:], y[1:]), [[0, 1, 2]])
    with pytest.raises(GraphError, match="nearly meet"):
        _same_order(y, w)


@pytest.mark.parametrize("p", [None, 1, 2, "fro", np.inf])
def test_cond_of_a_singular_matrix(p):
    for a in (np.zeros((2, 2)), SINGULAR):
        out = la.cond(Tensor(a), p)
        np.testing.assert_array_equal(out.data, la.cond(a, p))
        with pytest.raises(GraphError, match=r"np\.linalg\.cond: a singular matrix"):
            out.backward()


def test_nuclear_norm_at_lost_rank():
    """What keeps the rank has a derivative; what leaves the range is a kink, like abs at 0."""
    a = np.array([[3.0, 4], [6, 8]])
    agree(gradient(lambda x: la.norm(x, "nuc"), a), a / la.norm(a), rtol=1e-12)
    np.testing.assert_array_equal(gradient(lambda x: la.norm(x, "nuc"), np.zeros((2, 2))), 0)


@pytest.mark.parametrize("order", [None, 2, 1, 3, 0.5, -1, np.inf, -np.inf, 0])
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_norms_of_the_zero_vector(order):
    np.testing.assert_array_equal(gradient(lambda x: la.norm(x, order), np.zeros(3)), 0)
    second = rg.grad(lambda x: (rg.grad(lambda y: la.norm(y, order))(x) ** 2).sum())
    np.testing.assert_array_equal(second(np.zeros(3)), 0)


@pytest.mark.parametrize("order", [1.5, 3])
def test_norm_with_a_zero_among_the_elements(order):
    x = np.array([3.0, 0.0, -4.0])
    agree(
        gradient(lambda y: la.norm(y, order), x), slope(lambda y: la.norm(y, order), x), rtol=1e-5
    )


def test_equal_maxima_share():
    np.testing.assert_array_equal(
        gradient(lambda x: la.norm(x, np.inf), np.array([2.0, -2.0, 1.0])), [0.5, -0.5, 0]
    )


# Modes inside modes.


@pytest.mark.parametrize(
    "f",
    [
        lambda x: la.slogdet(x)[1],
        lambda x: (la.solve(x, x[0]) ** 2).sum(),
        lambda x: (la.qr(x)[0] ** 3).sum(),
        lambda x: (la.eigh(x + x.T)[1] ** 4).sum(),
        lambda x: la.norm(x, "nuc"),
    ],
    ids=["slogdet", "solve", "qr", "eigh", "nuclear"],
)
def test_forward_mode_through_rules_that_call_each_other(f):
    """A rule of one operation calls another, whose tangent then comes inside a walk."""
    x, u, v = SINGULAR + 9 * EYE, SINGULAR.T / 9, np.cos(SINGULAR)
    want = np.sum(v * rg.grad(lambda x: (rg.grad(f)(x) * u).sum())(x))
    over = rg.jvp(lambda x: rg.jvp(f, (x,), (u,))[1], (x,), (v,))[1]
    mixed = np.sum(v * rg.jvp(rg.grad(f), (x,), (u,))[1])
    agree([over, mixed], [want, want], rtol=1e-9)


# Shapes, errors and keywords.

EMPTY = {
    "inv": la.inv,
    "det": la.det,
    "slogdet": lambda a: la.slogdet(a)[1],
    "cholesky": la.cholesky,
    "qr": lambda a: la.qr(a)[1],
    "eigh": lambda a: la.eigh(a)[0],
    "eigvalsh": la.eigvalsh,
    "eig": lambda a: la.eig(a)[0],
    "eigvals": la.eigvals,
    "svd": lambda a: la.svd(a)[1],
    "svdvals": la.svdvals,
    "pinv": la.pinv,
    "matrix_power": lambda a: la.matrix_power(a, 3),
    "norm": la.norm,
    "matrix_norm": la.matrix_norm,
    "solve": lambda a: la.solve(a, a),
    "trace": la.trace,
}


@pytest.mark.parametrize("shape", [(0, 0), (2, 0, 0), (0, 2, 2)], ids=str)
@pytest.mark.parametrize("f", EMPTY.values(), ids=EMPTY)
def test_empty_matrices(f, shape):
    a = np.zeros(shape)
    leaf = Tensor(a)
    out = f(leaf)
    np.testing.assert_array_equal(out.data, f(a), strict=True)
    out.sum().backward()
    assert leaf.grad.shape == shape


RAISING = {
    "inv": (la.inv, SINGULAR * 0),
    "inv of no square": (la.inv, np.ones((2, 3))),
    "inv of a vector": (la.inv, np.ones(3)),
    "solve": (lambda a: la.solve(a, np.ones(3)), SINGULAR * 0),
    "cholesky": (la.cholesky, -EYE),
    "det": (la.det, np.ones((2, 3))),
    "eigh": (la.eigh, np.ones((2, 3))),
    "eig": (la.eig, EYE * np.nan),
    "tensorsolve": (lambda a: la.tensorsolve(a, np.ones(2)), np.ones((2, 3))),
    "lstsq": (lambda a: la.lstsq(a, np.ones(4)), EYE),
    "matrix_power": (lambda a: la.matrix_power(a, 2), np.ones((2, 3))),
    "cond": (la.cond, np.ones((0, 0))),
    "multi_dot": (lambda a: la.multi_dot([a, a, a]), np.ones((2, 2, 2))),
}


@pytest.mark.parametrize(("f", "a"), RAISING.values(), ids=RAISING)
def test_what_is_no_such_matrix_raises_as_in_numpy(f, a):
    with pytest.raises(la.LinAlgError):
        f(a)
    leaf = Tensor(a)
    nodes = rg._core.live_nodes()
    with pytest.raises(la.LinAlgError):
        f(leaf)
    assert rg._core.live_nodes() == nodes


VALUES = {
    "order for vectors": lambda x: la.norm(x, "nuc", axis=0),
    "order for matrices": lambda x: la.norm(x, 3),
    "order by name": lambda x: la.norm(x, "abc"),
    "three axes": lambda x: la.norm(x, 2, axis=(0, 1, 1)),
    "axis out of bounds": lambda x: la.norm(x, axis=2),
    "ind": lambda x: la.tensorinv(x, 0),
    "one array": lambda x: la.multi_dot([x]),
    "fitting": lambda x: la.multi_dot([x, np.ones((2, 2))]),
    "outer of matrices": lambda x: la.outer(x, x),
    "cross of matrices": lambda x: la.cross(x[:, :2], x[:, :2]),
    "dot": lambda x: np.dot(x, np.ones((2, 2))),
    "inner": lambda x: np.inner(x, np.ones(2)),
    "vdot": lambda x: np.vdot(x, np.ones(2)),
    "tensordot": lambda x: np.tensordot(x, x[:2], 1),
    "tensordot's axes": lambda x: np.tensordot(x, x, ([0, 1], [0])),
    "cross": lambda x: np.cross(x, np.ones(4)),
    "vecdot": lambda x: np.vecdot(x, np.ones(2)),
}


@pytest.mark.parametrize("f", VALUES.values(), ids=VALUES)
def test_what_does_not_fit_raises_as_in_numpy(f):
    with pytest.raises(ValueError):  # noqa: PT011
        f(np.ones((3, 3)))
    with pytest.raises(ValueError, match=r"\w"):
        f(Tensor(np.ones((3, 3))))


@pytest.mark.parametrize("mode", ["raw", "full", "x"])
def test_modes_of_qr(mode):
    with pytest.raises(TypeError, match=r"np\.linalg\.qr: keyword 'mode'"):
        la.qr(Tensor(EYE), mode)


def test_named_results():
    a = Tensor(EYE * np.array([1.0, 2, 3]))
    assert la.svd(a)._fields == ("U", "S", "Vh")
    assert la.qr(a)._fields == ("Q", "R")
    assert la.eigh(a)._fields == la.eig(a)._fields == ("eigenvalues", "eigenvectors")
    assert la.slogdet(a)._fields == ("sign", "logabsdet")


def test_powers_are_whole():
    for a in (EYE, Tensor(EYE)):
        with pytest.raises(TypeError, match="integer"):
            la.matrix_power(a, 1.5)


def test_norm_of_a_number():
    assert gradient(la.norm, np.array(-3.0)) == -1


def test_matrix_rank_is_plain():
    assert la.matrix_rank(Tensor(SINGULAR)) == 2
    assert la.matrix_rank(Tensor(SINGULAR), tol=100.0) == 0


def test_lstsq_of_lost_rank_has_no_residuals():
    a, b = Tensor(np.ones((3, 2))), Tensor(np.ones(3))
    x, residuals, rank, s = la.lstsq(a, b)
    want = la.lstsq(a.data, b.data)
    assert rank == want[2] == 1
    assert residuals.shape == want[1].shape == (0,)
    np.testing.assert_allclose(x.data, want[0])
    np.testing.assert_allclose(s.data, want[3], atol=1e-15)


def test_lstsq_of_constants_and_of_a_constant_matrix():
    b = Tensor(np.arange(3.0))
    x, _, _, s = la.lstsq(np.eye(3, 2), b)
    assert type(s) is np.ndarray
    x.sum().backward()
    np.testing.assert_allclose(b.grad, [1, 1, 0])


@pytest.mark.parametrize("f", [la.solve, np.dot, np.kron, np.inner, np.outer, np.tensordot])
def test_lists_of_tensors_are_refused(f):
    x = Tensor(np.eye(2))
    row = Tensor(np.ones(2))
    with pytest.raises(TypeError, match="list of Tensors"):
        f(x, [row, row])


def test_cross_of_2_vectors_warns_as_numpy_does():
    x, y = np.array([1.0, 2]), np.array([3.0, 5])
    with pytest.warns(DeprecationWarning, match="2-dimensional vectors"):
        out = np.cross(Tensor(x), y)
    assert out.data == -1


def test_multi_dot_keeps_nothing_alive():
    """A checkpoint takes a living tensor for one that its function uses from outside."""
    x = Tensor(np.arange(1.0, 5.0).reshape(2, 2))
    rg.checkpoint(lambda x: la.multi_dot([x[0], x, x, x[1]]))(x).backward()
    want = gradient(lambda x: x[0] @ x @ x @ x[1], x.data)
    np.testing.assert_array_equal(x.grad, want)

import numpy as np

from op_rows import cases_of


def both(f):
    """The product of the sums of two results, so that one number depends on both."""
    return lambda *xs: np.multiply(*(np.sum(y) for y in f(*xs)))


CASES = (
    *cases_of(
        np.polyval, (0.5, 2),
        both=(np.polyval, (4,), (3,)),
        point=(np.polyval, (3,), ()),
        coefficients=(lambda p: np.polyval(p, [[1.0, 2.0]]), (3,)),
        places=(lambda x: np.polyval([1, 0, -2], x), (2, 2)),
        poly1d=(lambda p: np.poly1d(p)(np.array([1.0, 2.0])), (3,)),
        composed=(lambda p: np.polyval(p, np.poly1d([1.0, 2.0])).coeffs, (3,)),
    ),
    *cases_of(
        np.polyadd,
        longer=(np.polyadd, (3,), (2,)),
        shorter=(lambda x: np.polyadd(x, [1.0, 2.0, 3.0]), (2,)),
        scalar=(np.polyadd, (3,), ()),
        poly1d=(lambda x: (np.poly1d(x) + np.poly1d([1.0, 2.0])).coeffs, (3,)),
    ),
    *cases_of(
        np.polysub,
        longer=(np.polysub, (3,), (2,)),
        shorter=(lambda x: np.polysub(x, np.poly1d([1.0, 2.0, 3.0])).coeffs, (2,)),
    ),
    *cases_of(
        np.polymul,
        two=(np.polymul, (3,), (2,)),
        leading_zeros=(lambda x: np.polymul(x, [0.0, 0.0, 2.0]), (3,)),
        zero=(lambda x: np.polymul(x, [0.0]), (3,)),
    ),
    *cases_of(
        np.polydiv, (0.5, 2), ulp=4,
        quotient=(lambda u, v: np.polydiv(u, v)[0], (4,), (2,)),
        remainder=(lambda u, v: np.polydiv(u, v)[1], (4,), (3,)),
        both=(both(np.polydiv), (4,), (2,)),
        divisor=(lambda v: np.polydiv([1.0, 2.0, 3.0], v)[0], (2,)),
        short=(lambda u: np.polydiv(u, [1.0, 2.0, 3.0])[1], (2,)),
    ),
    *cases_of(
        np.polyder,
        once=(np.polyder, (4,)),
        twice=(lambda p: np.polyder(p, 2), (4,)),
        never=(lambda p: 2.0 * np.polyder(p, m=0), (3,)),
        poly1d=(lambda p: np.poly1d(p).deriv().coeffs, (3,)),
    ),
    *cases_of(
        np.polyint, (0.5, 2),
        once=(np.polyint, (4,)),
        twice=(lambda p, k: np.polyint(p, 2, k), (3,), (2,)),
        constant=(lambda p, k: np.polyint(p, m=2, k=k), (3,), ()),
        number=(lambda p: np.polyint(p, k=3.0), (2,)),
    ),
    *cases_of(
        np.roots, (1, 2), ulp=64,
        real=(lambda p: np.roots(p * np.array([1.0, -9.0, 3.0])), (3,)),
    ),
    *cases_of(
        np.poly, (0.5, 2), ulp=4,
        zeros=(np.poly, (3,)),
        zero=(np.poly, (1,)),
    ),
    *cases_of(
        np.polyfit, (1, 2), ulp=1024, real=True,
        values=(lambda y: np.polyfit([0, 1, 2, 4], y * y, 1), (4,)),
        both=(lambda x, y: np.polyfit(x + np.arange(5), y, 2), (5,), (5,)),
        columns=(lambda y: np.polyfit([0, 1, 2, 4], y * y, deg=1), (4, 2)),
        weights=(lambda y, w: np.polyfit([0, 1, 2, 4], y, 1, w=w), (4,), (4,)),
        residuals=(lambda y: np.polyfit([0, 1, 2, 4], y, 1, full=True)[1], (4,)),
        covariance=(lambda x, y: np.polyfit(x + np.arange(4), y, 1, cov=True)[1], (4,), (4,)),
        unscaled=(lambda x: np.polyfit(x + np.arange(4), x, 1, cov="unscaled")[1], (4,)),
    ),
)  # fmt: skip

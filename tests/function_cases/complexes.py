import numpy as np
from numpy.lib import scimath

from op_rows import cases_of

NEGATIVE, BEYOND = (-3.0, -0.5), (1.2, 3.0)


def both(f):
    """Real and imaginary part of a function's complex result, in one real number each."""

    def parts(*xs):
        z = f(*xs)
        return np.real(z) + 2 * np.imag(z)

    return parts


CASES = (
    *cases_of(np.angle, (0.5, 2), (0.5, 2), real=True, ulp=4,
        plane=(lambda x, y: np.angle(x + 1j * y), (2, 3), (2, 3)),
        degrees=(lambda x, y: np.angle(y - 1j * x, deg=True), (3,), (3,)),
    ),
    *cases_of(np.real_if_close, (0.5, 2), real=True,
        line=(np.real_if_close, (2, 3)),
        close=(lambda x: np.real_if_close(x * x + 1e-20j), (2, 3)),
        far=(lambda x: both(np.real_if_close)(x * x + 1j * x), (2, 3)),
    ),
    *cases_of(np.sort_complex, (-2, 2), real=True, ulp=4,
        line=(both(np.sort_complex), (5,)),
        plane=(lambda x: both(np.sort_complex)(x + 1j * x * x), (5,)),
    ),
    *(
        case
        for f, domain in (
            (scimath.sqrt, NEGATIVE), (scimath.log, NEGATIVE), (scimath.log2, NEGATIVE),
            (scimath.log10, NEGATIVE), (scimath.arccos, BEYOND), (scimath.arcsin, BEYOND),
            (scimath.arctanh, BEYOND),
        )
        for case in cases_of(f, domain, real=True, ulp=16,
            complex=(both(f), (2, 3)), other=(lambda x, f=f: both(f)(-x), (2, 3)),
        )
    ),
    *cases_of(scimath.power, NEGATIVE, real=True, ulp=16,
        half=(lambda x: both(scimath.power)(x, 1.5), (2, 3)),
        integer=(lambda x: scimath.power(-x, -2), (2, 3)),
    ),
    *cases_of(scimath.logn, NEGATIVE, real=True, ulp=16,
        two=(lambda x: both(scimath.logn)(2.0, x), (2, 3)),
    ),
)  # fmt: skip

import numpy as np

from op_rows import cases_of

PLACES = np.array([1, -2, 3])

CASES = (
    *cases_of(np.fabs, plain=(np.fabs, (2, 3))),
    *cases_of(np.deg2rad, (-180, 180), real=True, ulp=1,
              deg2rad=(np.deg2rad, (3,)), radians=(np.radians, (2, 2))),
    *cases_of(np.rad2deg, (-3, 3), real=True, ulp=1,
              rad2deg=(np.rad2deg, (3,)), degrees=(np.degrees, ())),
    *cases_of(np.fix, (-1.4, -1.1), real=True, plain=(np.fix, (3,))),
    *cases_of(
        np.round, (1.1, 1.2), real=True,
        plain=(np.round, (3,)),
        places=(lambda x: np.round(x * 0.2, 1), (2, 3)),
        tens=(lambda x: np.around(x * 27, decimals=-1), (2, 3)),
    ),
    *cases_of(
        np.float_power, (0.5, 2), ulp=4,
        both=(np.float_power, (3,), (2, 1)),
        constant=(lambda x: np.float_power(x, 3), (3,)),
        integers=(lambda x: np.float_power([2, 3], x), (2,)),
    ),
    *cases_of(
        np.divmod, (2.3, 2.5), (0.9, 1), real=True,
        quotient=(lambda x, y: np.divmod(x, y)[0], (3,), (3,)),
        remainder=(lambda x, y: np.divmod(x, y)[1], (2, 3), (3,)),
        operator=(lambda x, y: divmod(x, y)[1] + divmod(x, y)[0], (2, 3), (3,)),
    ),
    *cases_of(
        np.modf, (-1.8, -1.2), real=True,
        fraction=(lambda x: np.modf(x)[0], (3,)),
        integer=(lambda x: np.modf(x)[1], (3,)),
    ),
    *cases_of(
        np.ldexp,
        number=(lambda x: np.ldexp(x, 3), (2, 3)),
        array=(lambda x: np.ldexp(x, PLACES), (2, 3)),
        broadcast=(lambda x: np.ldexp(x, PLACES), ()),
    ),
    *cases_of(
        np.frexp, (2.2, 3.8), real=True,
        mantissa=(lambda x: np.frexp(x)[0], (3,)),
        back=(lambda x: np.ldexp(*np.frexp(x * x)), (3,)),
    ),
    *cases_of(np.nan_to_num, kept=(np.nan_to_num, (2, 3))),
)  # fmt: skip

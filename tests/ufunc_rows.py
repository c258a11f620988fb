"""Rows of the operation table for NumPy's ufuncs beyond arithmetic; see `op_table.py`.

Where NumPy's function takes no complex numbers (`real=True`) the oracle is differenced.
"""

import numpy as np

from op_rows import elementwise

INF, NAN = np.inf, np.nan

STEPS = tuple(
    elementwise(
        name, getattr(np, name), (1.1, 1.4), real=True,
        kinks=(((0,), (0,)), ((2,), (0,)), ((-0.5,), (0,)), ((INF,), (0,)), ((NAN,), (0,))),
    )
    for name in ("floor", "ceil", "trunc", "rint", "spacing")
)  # fmt: skip

UFUNC_ROWS = (
    elementwise("tan", np.tan, (-1.2, 1.2), ulp=4, kinks=(((0,), (1,)),)),
    elementwise(
        "arcsin", np.arcsin, (-0.7, 0.7), ulp=4,
        kinks=(((1,), (INF,)), ((-1,), (INF,)), ((0,), (1,)), ((2,), (NAN,))),
    ),
    elementwise(
        "arccos", np.arccos, (-0.7, 0.7), ulp=4,
        kinks=(((1,), (-INF,)), ((-1,), (-INF,)), ((0,), (-1,))),
    ),
    elementwise(
        "arctan", np.arctan, (-3, 3), ulp=4,
        kinks=(((INF,), (0,)), ((-INF,), (0,)), ((0,), (1,)), ((1,), (0.5,))),
    ),
    elementwise("sinh", np.sinh, (-3, 3), ulp=4, kinks=(((0,), (1,)), ((-INF,), (INF,)))),
    elementwise("cosh", np.cosh, (-3, 3), ulp=4, kinks=(((0,), (0,)), ((-INF,), (-INF,)))),
    elementwise(
        "arcsinh", np.arcsinh, (-3, 3), ulp=4,
        kinks=(((0,), (1,)), ((-0.0,), (1,)), ((INF,), (0,)), ((-INF,), (0,))),
    ),
    elementwise(
        "arccosh", np.arccosh, (1.2, 3), ulp=4,
        kinks=(((1,), (INF,)), ((INF,), (0,)), ((0.5,), (NAN,))),
    ),
    elementwise(
        "arctanh", np.arctanh, (-0.8, 0.8), ulp=4,
        kinks=(((0,), (1,)), ((1,), (INF,)), ((-1,), (INF,))),
    ),
    elementwise(
        "arctan2", np.arctan2, (0.5, 2), (-2, -0.5), real=True, ulp=4,
        kinks=(((0, 0), (0, 0)), ((0, -0.0), (0, 0)), ((0, 2), (0.5, 0)), ((2, 0), (0, -0.5)),
               ((0, -2), (-0.5, 0))),
    ),
    elementwise("sinc", np.sinc, (0.3, 2), ulp=4, kinks=(((0,), (0,)), ((-0.0,), (0,)))),
    elementwise(
        "exp2", np.exp2, (-3, 3), ulp=4,
        kinks=(((-INF,), (0,)), ((INF,), (INF,)), ((2000,), (INF,))),
    ),
    elementwise(
        "expm1", np.expm1, (-3, 3), ulp=4, kinks=(((-INF,), (0,)), ((0,), (1,)), ((INF,), (INF,))),
    ),
    elementwise("log2", np.log2, (0.5, 3), ulp=4, kinks=(((0,), (INF,)), ((INF,), (0,)))),
    elementwise("log10", np.log10, (0.5, 3), ulp=4, kinks=(((0,), (INF,)), ((INF,), (0,)))),
    elementwise(
        "log1p", np.log1p, (-0.5, 3), ulp=4,
        kinks=(((-1,), (INF,)), ((0,), (1,)), ((INF,), (0,)), ((1,), (0.5,))),
    ),
    elementwise(
        "logaddexp", np.logaddexp, (-2, 2), (-2, 2), real=True, ulp=4,
        kinks=(
            ((2, 2), (0.5, 0.5)),
            ((-INF, -INF), (0.5, 0.5)),
            ((INF, INF), (0.5, 0.5)),
            ((INF, 0), (1, 0)),
            ((0, -INF), (1, 0)),
            ((-1000, 1000), (0, 1)),
            ((NAN, 1), (NAN, NAN)),
        ),
    ),
    elementwise(
        "logaddexp2", np.logaddexp2, (-2, 2), (-2, 2), real=True, ulp=4,
        kinks=(
            ((2, 2), (0.5, 0.5)),
            ((-INF, -INF), (0.5, 0.5)),
            ((INF, INF), (0.5, 0.5)),
            ((INF, 0), (1, 0)),
            ((-2000, 2000), (0, 1)),
        ),
    ),
    elementwise(
        "cbrt", np.cbrt, (0.5, 3), real=True, ulp=4,
        kinks=(((0,), (INF,)), ((-0.0,), (INF,)), ((INF,), (0,)), ((-INF,), (0,))),
        cases={"negative": (np.cbrt, ((-3, -0.5),), (3,))},
    ),
    elementwise("square", np.square, kinks=(((0,), (0,)), ((-INF,), (-INF,)))),
    elementwise(
        "reciprocal", np.reciprocal, (0.5, 2),
        kinks=(((0,), (-INF,)), ((-0.0,), (-INF,)), ((INF,), (0,)), ((2,), (-0.25,))),
    ),
    elementwise(
        "i0", np.i0, (-9, 9), real=True, ulp=24, kinks=(((0,), (0,)), ((-0.0,), (0,))),
    ),
    *STEPS,
    elementwise(
        "nextafter", np.nextafter, (0.5, 2), (0.5, 2), real=True,
        kinks=(((1, 2), (1, 0)), ((1, 1), (1, 0)), ((0, -1), (1, 0)), ((INF, 0), (1, 0))),
    ),
    elementwise(
        "floor_divide", np.floor_divide, (2.3, 2.5), (0.9, 1), operator=lambda a, b: a // b,
        real=True, kinks=(((4, 2), (0, 0)), ((1, 0), (0, 0)), ((-1, INF), (0, 0))),
    ),
    elementwise(
        "remainder", np.remainder, (2.3, 2.5), (0.9, 1), operator=lambda a, b: a % b, real=True,
        kinks=(((4, 2), (1, -2)), ((-3, 2), (1, 2)), ((1, INF), (1, 0)), ((-1, INF), (1, 1))),
        cases={"of a negative": (lambda x, y: x % -y, ((2.3, 2.5), (0.9, 1)), (3,), (3,)),
               "constant left": (lambda y: 2.5 % y, ((0.9, 1),), (3,)),
               "constant right": (lambda x: x % 0.75, ((2.3, 2.9),), (3,))},
    ),
    elementwise(
        "fmod", np.fmod, (2.3, 2.5), (0.9, 1), real=True,
        kinks=(((4, 2), (1, -2)), ((-3, 2), (1, 1)), ((1, INF), (1, 0)), ((-1, INF), (1, 0))),
    ),
    elementwise(
        "heaviside", np.heaviside, nin=2,
        kinks=(((0, 3), (0, 1)), ((-0.0, 3), (0, 1)), ((1, 3), (0, 0)), ((INF, 1), (0, 0)),
               ((NAN, 1), (0, 0))),
    ),
    elementwise(
        "hypot", np.hypot, (-2, -0.5), (0.5, 2), real=True, ulp=1,
        kinks=(((0, 0), (0, 0)), ((-0.0, 0), (0, 0)), ((0, -2), (0, -1)), ((1, -INF), (0, NAN))),
    ),
    elementwise(
        "copysign", np.copysign, nin=2,
        kinks=(((0, -1), (0, 0)), ((-0.0, 1), (0, 0)), ((2, -0.0), (-1, 0)), ((-2, 0.0), (-1, 0)),
               ((INF, -1), (-1, 0)), ((-1e-45, 1), (-1, 0))),
    ),
    elementwise(
        "fmax", np.fmax, nin=2,
        kinks=(((2, 2), (0.5, 0.5)), ((0, -0.0), (0.5, 0.5)), ((INF, INF), (0.5, 0.5)),
               ((NAN, 2), (0, 1)), ((2, NAN), (1, 0)), ((NAN, NAN), (1, 0))),
    ),
    elementwise(
        "fmin", np.fmin, nin=2,
        kinks=(((2, 2), (0.5, 0.5)), ((0, -0.0), (0.5, 0.5)), ((-INF, -INF), (0.5, 0.5)),
               ((NAN, 2), (0, 1)), ((2, NAN), (1, 0)), ((NAN, NAN), (1, 0))),
    ),
    elementwise(
        "clip", np.clip, nin=3,
        kinks=(
            ((1, 1, 3), (1, 0, 0)),
            ((3, 1, 3), (1, 0, 0)),
            ((2, 3, 1), (0, 0, 1)),
            ((0, 1, 3), (0, 1, 0)),
            ((4, 1, 3), (0, 0, 1)),
            ((NAN, 0, 1), (1, 0, 0)),
            ((-INF, -INF, 1), (1, 0, 0)),
            ((INF, 0, 1), (0, 0, 1)),
        ),
        cases={"numbers": (lambda x: np.clip(x, -2.5, 3.5), (), (2, 3)),
               "below": (lambda x: np.clip(x, 1.5, None), (), (2, 3)),
               "above": (lambda x: np.clip(x, None, 1.5), (), (2, 3)),
               "unbounded": (lambda x: np.clip(x, None, None), (), (2, 3)),
               "method": (lambda x: x.clip(-1.5), (), (2, 3)),
               "bound alone": (lambda b: np.clip(np.arange(4.0) - 1.5, b, 4), (), (2, 1))},
    ),
)  # fmt: skip

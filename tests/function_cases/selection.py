import numpy as np

from op_rows import cases_of

WHICH = np.array([[0, 2, 1], [1, 0, 2]])
KEEP = np.array([[True, False, True], [False, True, True]])


def parts(x):
    return [x < 2, x >= 4]


CASES = (
    *cases_of(
        np.choose,
        list=(lambda x, y: np.choose(WHICH, [x, y, x * y]), (2, 3), (2, 3)),
        broadcast=(lambda x, y: np.choose(WHICH, [x, y, 5.0]), (3,), (2, 1)),
        stacked=(lambda x: np.choose([2, 0, 0], x), (3, 3)),
        wrap=(lambda x: np.choose([4, -1, 0], x, mode="wrap"), (3, 3)),
        clip=(lambda x: np.choose([4, -1, 0], x, mode="clip"), (3, 3)),
    ),
    *cases_of(
        np.compress,
        flat=(lambda x: np.compress([0, 1, 1, 0, 1], x), (2, 3)),
        axis=(lambda x: np.compress([True, False, True], x, axis=-1), (2, 3)),
        short=(lambda x: np.compress([False, True], x, axis=0), (3, 2)),
    ),
    *cases_of(np.extract, mask=(lambda x: np.extract(KEEP, x), (2, 3))),
    *cases_of(
        np.select,
        two=(lambda x, y: np.select([WHICH == 0, WHICH < 2], [x, y], x * y), (2, 3), (2, 3)),
        default=(lambda x: np.select([KEEP, ~KEEP[0]], [x, 2.0]), (3,)),
        constant=(lambda x: np.select([KEEP[0], True], [np.ones(3), x]), (3,)),
    ),
    *cases_of(
        np.piecewise,
        rest=(lambda x: np.piecewise(x, [KEEP], [lambda v: v * v, lambda v: -v]), (2, 3)),
        number=(lambda x: np.piecewise(x, [KEEP[0], KEEP[1]], [np.negative, 7.0]), (3,)),
        single=(lambda x: np.piecewise(x, KEEP[0], [lambda v, k, m: v * k * m, 1], 2, m=3), (3,)),
        scalar=(lambda x: np.piecewise(x, [True], [lambda v: v * v]), ()),
        twice=(lambda x: np.piecewise(x, [KEEP[0], [True] * 3], [1.0, lambda v: v * 2]), (3,)),
    ),
    *cases_of(
        np.apply_along_axis,
        scalar=(lambda x: np.apply_along_axis(lambda v: (v * v).sum(), 0, x), (3, 2)),
        vector=(lambda x: np.apply_along_axis(lambda v, k: v[1:] * k, 1, x, 2.0), (2, 3)),
        matrix=(lambda x: np.apply_along_axis(np.diag, -1, x), (2, 3)),
        middle=(lambda x: np.apply_along_axis(np.diag, 1, x), (2, 3, 2)),
    ),
    *cases_of(
        np.apply_over_axes,
        sum=(lambda x: np.apply_over_axes(np.sum, x, [0, -1]), (2, 3, 2)),
        one=(lambda x: np.apply_over_axes(np.flip, x, 1), (2, 3)),
    ),
    *cases_of(
        np.trim_zeros,
        both=(lambda x: np.trim_zeros(x * [0, 1, 0, 1, 0]), (5,)),
        front=(lambda x: np.trim_zeros(x * [0, 0, 1, 0], "f"), (4,)),
        back=(lambda x: np.trim_zeros(x * [0, 0, 1, 0], trim="B"), (4,)),
        none=(lambda x: np.trim_zeros(x * [0, 0]), (2,)),
    ),
    # With an odd period integers are far from the jumps.
    *cases_of(
        np.unwrap,
        plain=(lambda x: np.unwrap(x, period=5), (5,)),
        axis=(lambda x: np.unwrap(x, axis=0, period=5.0), (3, 2)),
        discont=(lambda x: np.unwrap(x, 4.5, period=5), (2, 4)),
    ),
    *cases_of(
        np.unwrap, (-0.4, 0.4), real=True,
        angle=(lambda x: x * np.unwrap(x + np.array([0, 1, 7, 8, 15])), (5,)),
    ),
)  # fmt: skip

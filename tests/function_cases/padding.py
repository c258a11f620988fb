import numpy as np

from op_rows import cases_of


def pad(width, mode, **settings):
    return lambda x: np.pad(x, width, mode, **settings)


CASES = (
    *cases_of(
        np.pad,
        zeros=(lambda x: np.pad(x, 1), (2, 3)),
        constant=(pad(((1, 0), (2, 3)), "constant", constant_values=((1, 2), (3, 4))), (2, 3)),
        constant_scalar=(pad(2, "constant", constant_values=5.0), ()),
        constant_tensor=(lambda x, c: np.pad(x, (1, 2), constant_values=c), (2, 2), ()),
        constant_pair=(lambda x, c: np.pad(x, (1, 2), constant_values=(c, 3.0)), (2, 2), ()),
        constant_pairs=(lambda x, c: np.pad(x, 2, "constant", constant_values=c), (2, 1), (2, 2)),
        constant_empty=(pad((1, 2), "constant"), (0,)),
        edge=(pad(((1, 2), (0, 3)), "edge"), (2, 3)),
        wrap=(pad((4, 5), "wrap"), (3,)),
        wrap_2d=(pad(((1, 0), (2, 3)), "wrap"), (2, 3)),
        reflect=(pad((2, 1), "reflect"), (3,)),
        reflect_far=(pad(((0, 3), (6, 7)), "reflect", reflect_type="even"), (2, 3)),
        reflect_odd=(pad((2, 1), "reflect", reflect_type="odd"), (3, 3)),
        reflect_odd_far=(pad((1, 12), "reflect", reflect_type="odd"), (3,)),
        reflect_odd_one=(pad((2, 1), "reflect", reflect_type="odd"), (1, 2)),
        symmetric=(pad((2, 1), "symmetric"), (3,)),
        symmetric_far=(pad(((0, 3), (6, 7)), "symmetric"), (2, 3)),
        symmetric_odd=(pad((2, 1), "symmetric", reflect_type="odd"), (3, 2)),
        symmetric_odd_far=(pad((13, 2), "symmetric", reflect_type="odd"), (3,)),
        maximum=(pad(1, "maximum"), (2, 3)),
        maximum_of=(pad((2, 1), "maximum", stat_length=(1, 2)), (4,)),
        maximum_pairs=(pad(1, "maximum", stat_length=((1, 2), (2, 9))), (3, 3)),
        minimum=(pad(1, "minimum"), (2, 3)),
        minimum_of=(pad((2, 1), "minimum", stat_length=2), (4,)),
        mean=(pad((2, 1), "mean"), (2, 4)),
        mean_of=(pad((1, 2), "mean", stat_length=2), (3, 3)),
        median=(pad(1, "median"), (2, 3)),
        median_of=(pad((2, 1), "median", stat_length=3), (4,)),
        nothing=(pad(0, "edge"), (2, 2)),
        nothing_computed=(pad(0, "mean"), (2, 2)),
    ),
    *cases_of(
        np.pad, (1, 2),
        ramp=(pad((3, 2), "linear_ramp"), (3,)),
        ramp_ends=(pad(((1, 2), (3, 0)), "linear_ramp", end_values=((1, 2), (3, 4))), (2, 3)),
        ramp_tensor=(lambda x, e: np.pad(x, 2, "linear_ramp", end_values=e), (2, 3), ()),
    ),
)  # fmt: skip

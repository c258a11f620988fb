import numpy as np

from op_rows import cases_of


def by(f, **settings):
    return lambda *xs: f(*xs, **settings)


CASES = tuple(
    case
    for f in (np.convolve, np.correlate)
    for case in cases_of(
        f,
        plain=(f, (4,), (3,)),
        longer_second=(f, (2,), (5,)),
        full=(by(f, mode="full"), (4,), (3,)),
        same=(by(f, mode="same"), (5,), (2,)),
        same_odd=(by(f, mode="same"), (4,), (3,)),
        same_longer=(by(f, mode="same"), (2,), (5,)),
        valid=(by(f, mode="valid"), (5,), (2,)),
        valid_longer=(by(f, mode="valid"), (2,), (4,)),
        equal=(by(f, mode="valid"), (3,), (3,)),
        numbers=(lambda x, f=f: f(x, [1.0, 2.0, 3.0]), (3,)),
        reversed_numbers=(lambda x, f=f: f([1.0, 2.0, 3.0], x, "same"), (2,)),
        itself=(lambda x, f=f: f(x, x, "full"), (3,)),
        scalar=(lambda x, f=f: f(np.atleast_1d(x), [2.0]), ()),
    )
)

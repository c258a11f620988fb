import numpy as np

from op_rows import cases_of

BINS = np.array([0.5, 2.5, 1.0, 0.6, 3.5])
OTHER = np.array([0.1, 0.9, 0.4, 0.8, 0.2])


def edges(*which):
    """The edges of a histogram of operands that lie in fixed places of the bins."""
    return lambda x: np.histogram(x, *which)[1]


CASES = (
    *cases_of(np.histogram_bin_edges, (0.5, 2), ulp=2, real=True,
        data=(lambda x: np.histogram_bin_edges(x, 3), (5,)),
        matrix=(lambda x: np.histogram_bin_edges(x, 2), (2, 3)),
    ),
    *cases_of(
        np.histogram,
        weights=(lambda w: np.histogram(BINS, 3, weights=w)[0], (5,)),
        edges=(lambda w: np.histogram(BINS, [0.5, 2, 3], weights=w)[0], (5,)),
    ),
    *cases_of(
        np.histogram, (0.5, 2), ulp=2,
        density=(lambda w: np.histogram(BINS, 3, weights=w, density=True)[0], (5,)),
    ),
    *cases_of(np.histogram, (0.5, 2), ulp=2, real=True,
        data=(edges(3), (5,)),
        widths=(lambda x: np.histogram(x, 1, density=True)[0], (5,)),
    ),
    *cases_of(np.histogram, (0.5, 2), ulp=4, real=True,
        rule=(edges("sqrt"), (6,)),
        bins=(lambda x: np.histogram(BINS, bins=np.cumsum(x))[1], (4,)),
        range=(lambda x: np.histogram(x, 4, range=(x[0] - 2, x[1] * x[0] + 2))[1], (2,)),
        one_element=(lambda x: np.histogram(x * x, 2)[1], (1,)),
    ),
    *cases_of(
        np.histogram2d,
        weights=(lambda w: np.histogram2d(BINS, OTHER, 2, weights=w)[0], (5,)),
        pair=(lambda w: np.histogram2d(BINS, OTHER, [2, [0, 0.3, 0.7]], weights=w)[0], (5,)),
        range=(lambda w: np.histogram2d(BINS, OTHER, 2, [(0, 2), (0, 1)], weights=w)[0], (5,)),
    ),
    *cases_of(np.histogram2d, (0.5, 2), ulp=2, real=True,
        edges=(lambda x, y: np.add(*np.histogram2d(x, y, 2)[1:]), (5,), (5,)),
        density=(lambda x, y: np.histogram2d(x, y, 1, density=True)[0], (5,), (5,)),
    ),
    *cases_of(
        np.histogramdd,
        weights=(lambda w: np.histogramdd(np.stack([BINS, OTHER], 1), 2, weights=w)[0], (5,)),
        one=(lambda w: np.histogramdd(BINS, 2, weights=w)[0], (5,)),
    ),
)  # fmt: skip

import numpy as np

from op_rows import cases_of

MASK = np.array([[True, False, True], [True, True, True]])
WEIGHTS = np.array([1.0, 2.0, 0.5])
COUNTS = np.array([1, 2, 3])
BINS = np.array([0, 2, 1, 2, 4])
METHODS = (
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf",
    "hazen", "weibull", "linear", "median_unbiased", "normal_unbiased", "lower", "higher",
    "midpoint", "nearest",
)  # fmt: skip


def holed(x):
    return np.where(MASK, x, np.nan)


def quantiles(method):
    return lambda x: np.quantile(x * x, [0.1, 0.4, 0.85], axis=1, method=method)


CASES = (
    *cases_of(
        np.var, (0.5, 2), ulp=4, real=True,
        all=(np.var, (2, 3)),
        axis=(lambda x: np.var(x, axis=0, ddof=1), (3, 2)),
        kept=(lambda x: np.var(x, 1, keepdims=True, correction=1), (2, 3)),
        dtype=(lambda x: np.var(x, dtype=np.float64), (2, 3)),
        where=(lambda x: np.var(x, axis=1, where=MASK), (2, 3)),
        mean=(lambda x: np.var(x, axis=1, mean=np.mean(x, axis=1, keepdims=True)), (2, 3)),
        other_mean=(lambda x, m: np.var(x, axis=0, mean=m), (2, 3), (1, 3)),
        nan=(lambda x: np.nanvar(holed(x), axis=1, ddof=1), (2, 3)),
        nan_free=(np.nanvar, (2, 3)),
    ),
    *cases_of(
        np.std, (0.5, 2), ulp=4, real=True,
        all=(np.std, (2, 3)),
        axes=(lambda x: np.std(x, axis=(0, 2), keepdims=True), (2, 3, 2)),
        method=(lambda x: x.std(ddof=1), (4,)),
        where=(lambda x: np.std(x, axis=1, where=MASK), (2, 3)),
        nan=(lambda x: np.nanstd(holed(x), axis=1), (2, 3)),
    ),
    *cases_of(
        np.average, (0.5, 2), ulp=4,
        plain=(np.average, (2, 3)),
        weights=(lambda x, w: np.average(x, axis=1, weights=w), (2, 3), (3,)),
        both=(lambda x, w: np.average(x, weights=w), (2, 3), (2, 3)),
        constant=(lambda x: np.average(x, axis=1, weights=WEIGHTS, keepdims=True), (2, 3)),
        of_constant=(lambda w: np.average(WEIGHTS, weights=w), (3,)),
        axes=(lambda x, w: np.average(x, axis=(2, 0), weights=w), (2, 3, 4), (4, 2)),
        scale=(lambda w: np.average(np.ones((2, 3)), 1, w, returned=True)[1], (3,)),
    ),
    *cases_of(
        np.cov, (0.5, 2), ulp=64, real=True,
        rows=(np.cov, (2, 4)),
        columns=(lambda x: np.cov(x, rowvar=False, bias=True), (4, 2)),
        one=(lambda x: np.cov(x, ddof=0), (5,)),
        two=(np.cov, (4,), (4,)),
        more=(np.cov, (2, 4), (3, 4)),
        fweights=(lambda x: np.cov(x, fweights=COUNTS), (2, 3)),
        aweights=(lambda x, w: np.cov(x, aweights=w), (2, 3), (3,)),
        weights=(lambda x, w: np.cov(x, aweights=w, fweights=COUNTS, ddof=2), (2, 3), (3,)),
    ),
    *cases_of(
        np.corrcoef, (0.5, 2), ulp=64, real=True,
        rows=(lambda x: np.corrcoef(x)[0, 1], (2, 4)),
        two=(lambda x, y: np.corrcoef(x, y, rowvar=False)[0], (4,), (4,)),
    ),
    *cases_of(
        np.median,
        odd=(np.median, (3,)),
        even=(np.median, (2, 2)),
        axis=(lambda x: np.median(x, axis=0), (3, 4)),
        axes=(lambda x: np.median(x, axis=(0, 2), keepdims=True), (2, 3, 2)),
        last=(lambda x: np.median(x, axis=-1), (2, 4)),
        zero_d=(np.median, ()),
        nan=(lambda x: np.nanmedian(holed(x), axis=1), (2, 3)),
        nan_kept=(lambda x: np.nanmedian(holed(x), axis=0, keepdims=True), (2, 3)),
        nan_all=(lambda x: np.nanmedian(holed(x)), (2, 3)),
    ),
    *cases_of(
        np.quantile, (0.5, 9), ulp=2, real=True,
        **{method: (quantiles(method), (2, 5)) for method in METHODS},
        scalar=(lambda x: np.quantile(x * x, 0.3), (2, 3)),
        edges=(lambda x: np.quantile(x * x, np.array([0, 1.0]), axis=0), (4, 3)),
        table=(lambda x: np.quantile(x * x, np.array([[0.2, 0.3], [0.4, 0.9]]), axis=1), (2, 5)),
        axes=(lambda x: np.quantile(x * x, 0.7, axis=(0, 2), keepdims=True), (2, 3, 4)),
        weights=(lambda x: np.quantile(
            x * x, [0.2, 0.6], axis=1, method="inverted_cdf", weights=WEIGHTS), (2, 3)),
        percentile=(lambda x: np.percentile(x * x, [10, 45, 90], axis=1), (2, 5)),
        percent=(lambda x: np.percentile(x * x, 35.0), (2, 5)),
        nan=(lambda x: np.nanquantile(holed(x * x), [0.3, 0.8], axis=1), (2, 3)),
        nan_lower=(lambda x: np.nanquantile(holed(x * x), 0.4, axis=0, method="lower"), (2, 3)),
        nan_percentile=(lambda x: np.nanpercentile(holed(x * x), 40, 1), (2, 3)),
        nan_all=(lambda x: np.nanpercentile(holed(x * x), 40), (2, 3)),
    ),
    *cases_of(
        np.bincount,
        weights=(lambda w: np.bincount(BINS, w, minlength=7), (5,)),
    ),
)  # fmt: skip

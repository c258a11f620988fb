import numpy as np

from op_rows import cases_of

MASK = np.array([[True, False, True], [False, True, True]])

CASES = (
    *cases_of(
        np.sum,
        dtype=(lambda x: np.sum(x, dtype=np.float64), (2, 3)),
        initial=(lambda x: np.sum(x, axis=0, initial=3), (2, 3)),
        where=(lambda x: np.sum(x, axis=1, where=MASK), (2, 3)),
        where_row=(lambda x: np.sum(x, where=MASK[0], keepdims=True), (2, 3)),
        method=(lambda x: x.sum(0, initial=2.0), (2, 3)),
        axis_of_0d=(lambda x: np.sum(x, axis=0), ()),
        positional=(lambda x: x.sum(1, None, None, True), (2, 3)),
        reduce=(np.add.reduce, (3, 2)),
        reduce_0d=(np.add.reduce, ()),
        reduce_all=(lambda x: np.add.reduce(x, axis=None), (3, 2)),
    ),
    *cases_of(
        np.mean,
        pair=(lambda x: np.mean(x, axis=0), (2, 3)),
        four=(lambda x: x.mean((0, 1), keepdims=True), (2, 2)),
        dtype=(lambda x: np.mean(x, dtype=np.float64), (2, 2)),
        where=(lambda x: np.mean(x, axis=1, where=MASK[:, :2] | True), (2, 2)),
    ),
    *cases_of(
        np.mean, (0.5, 2), ulp=1,
        all=(np.mean, (2, 3)),
        masked=(lambda x: np.mean(x, axis=1, where=MASK), (2, 3)),
        masked_kept=(lambda x: np.mean(x, axis=0, where=MASK, keepdims=True), (2, 3)),
    ),
    *cases_of(
        np.max,
        initial=(lambda x: np.max(x, axis=0, initial=1.5), (2, 3)),
        where=(lambda x: np.max(x, axis=1, where=MASK, initial=-20), (2, 3)),
        method=(lambda x: x.max(initial=1.5), (4,)),
        empty=(lambda x: np.max(x, axis=0, initial=3.0), (0, 3)),
        reduce=(np.maximum.reduce, (2, 3)),
    ),
    *cases_of(
        np.min,
        all=(np.min, (2, 3)),
        axis_of_0d=(lambda x: np.min(x, axis=-1), ()),
        axis=(lambda x: np.min(x, axis=0), (2, 3)),
        axes=(lambda x: np.amin(x, axis=(0, 2), keepdims=True), (2, 3, 2)),
        initial=(lambda x: np.min(x, axis=0, initial=1.5), (2, 3)),
        where=(lambda x: np.min(x, axis=1, where=MASK, initial=20), (2, 3)),
        method=(lambda x: x.min(1), (2, 3)),
        reduce=(np.minimum.reduce, (2, 3)),
    ),
    *cases_of(
        np.ptp,
        all=(np.ptp, (2, 3)),
        axis=(lambda x: np.ptp(x, axis=1, keepdims=True), (2, 3)),
    ),
    *cases_of(
        np.trace,
        square=(np.trace, (3, 3)),
        wide=(lambda x: np.trace(x, 1), (2, 4)),
        below=(lambda x: np.trace(x, offset=-1), (4, 2)),
        outside=(lambda x: np.trace(x, offset=5), (4, 2)),
        axes=(lambda x: np.trace(x, axis1=2, axis2=0), (2, 3, 4)),
        dtype=(lambda x: x.trace(dtype=np.float64), (2, 2)),
    ),
    *cases_of(
        np.nansum,
        all=(np.nansum, (2, 3)),
        axis=(lambda x: np.nansum(x, axis=0, keepdims=True, initial=1.0), (2, 3)),
        some=(lambda x: np.nansum(np.where(MASK, x, np.nan), axis=0), (2, 3)),
    ),
    *cases_of(
        np.nanmax,
        some=(lambda x: np.nanmax(np.where(MASK, x, np.nan), axis=0), (2, 3)),
        initial=(lambda x: np.nanmax(x, axis=0, initial=2.5), (2, 3)),
    ),
    *cases_of(
        np.nanmin,
        some=(lambda x: np.nanmin(np.where(MASK, x, np.nan), axis=1, keepdims=True), (2, 3)),
        plain=(np.nanmin, (2, 3)),
    ),
    *cases_of(
        np.nanprod,
        axis_of_0d=(lambda x: np.nanprod(x, axis=0), ()),
        some=(lambda x: np.nanprod(np.where(MASK, x, np.nan), axis=1), (2, 3)),
    ),
    *cases_of(
        np.nancumsum,
        some=(lambda x: np.nancumsum(np.where(MASK, x, np.nan), axis=1), (2, 3)),
        flat=(np.nancumsum, (2, 3)),
    ),
    *cases_of(
        np.nancumprod,
        some=(lambda x: np.nancumprod(np.where(MASK, x, np.nan), axis=1), (2, 3)),
    ),
    *cases_of(
        np.nanmean, (0.5, 2), ulp=1,
        some=(lambda x: np.nanmean(np.where(MASK, x, np.nan), axis=1), (2, 3)),
        where=(lambda x: np.nanmean(np.where(MASK, x, np.nan), axis=0, where=x > 0), (2, 3)),
        plain=(np.nanmean, (2, 3)),
    ),
)  # fmt: skip

import numpy as np

from op_rows import cases_of

MASK = np.array([True, False, True])

CASES = (
    *cases_of(
        np.cumsum,
        flat=(np.cumsum, (2, 3)),
        axis=(lambda x: np.cumsum(x, axis=0), (3, 2)),
        dtype=(lambda x: np.cumsum(x, 1, np.float64), (2, 3)),
    ),
    *cases_of(
        np.cumulative_sum,
        vector=(np.cumulative_sum, (3,)),
        initial=(lambda x: np.cumulative_sum(x, include_initial=True), (3,)),
        axis=(lambda x: np.cumulative_sum(x, axis=-1, include_initial=True), (2, 3)),
    ),
    *cases_of(
        np.cumprod, (-2, 2),
        flat=(np.cumprod, (2, 3)),
        axis=(lambda x: np.cumprod(x, axis=0), (3, 2)),
    ),
    *cases_of(
        np.cumulative_prod, (-2, 2),
        vector=(np.cumulative_prod, (3,)),
        initial=(lambda x: np.cumulative_prod(x, axis=0, include_initial=True), (3, 2)),
    ),
    *cases_of(
        np.prod, (-2, 2),
        all=(np.prod, (2, 3)),
        axis=(lambda x: np.prod(x, axis=0), (3, 2)),
        last=(lambda x: np.prod(x, -1, keepdims=True), (2, 3)),
        axes=(lambda x: np.prod(x, axis=(1, -1)), (2, 3, 2)),
        no_axes=(lambda x: np.prod(x, axis=()), (2, 3)),
        number=(np.prod, ()),
        empty=(np.prod, (0,)),
        empty_axis=(lambda x: np.prod(x, axis=1), (2, 0)),
        mask=(lambda x: np.prod(x, axis=1, where=MASK), (2, 3)),
        everything_kept=(lambda x: np.prod(x, keepdims=True), (2, 2)),
    ),
    *cases_of(
        np.prod, (-2, 2), ulp=2,
        initial=(lambda x, y: np.prod(x, axis=0, initial=3.0) * y, (3, 2), ()),
        outer_axes=(lambda x: np.prod(x, axis=(0, 2)), (2, 3, 2)),
        transposed=(lambda x: np.prod(x.T), (2, 3)),
    ),
)  # fmt: skip

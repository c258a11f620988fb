import numpy as np

from op_rows import cases_of

CASES = (
    *cases_of(
        np.tril,
        square=(np.tril, (3, 3)),
        above=(lambda x: np.tril(x, 1), (2, 3)),
        batch=(lambda x: np.tril(x, k=-1), (2, 3, 2)),
        vector=(np.tril, (3,)),
    ),
    *cases_of(
        np.triu,
        square=(np.triu, (3, 3)),
        below=(lambda x: np.triu(x, -1), (3, 2)),
        batch=(lambda x: np.triu(x, k=1), (2, 3, 2)),
        vector=(np.triu, (3,)),
    ),
    *cases_of(
        np.diagonal,
        square=(np.diagonal, (3, 3)),
        offset=(lambda x: np.diagonal(x, -1), (3, 2)),
        axes=(lambda x: np.diagonal(x, 1, axis1=2, axis2=0), (2, 3, 4)),
    ),
    *cases_of(
        np.diag,
        place=(np.diag, (3,)),
        place_above=(lambda x: np.diag(x, 1), (2,)),
        place_below=(lambda x: np.diag(x, k=-2), (2,)),
        take=(np.diag, (2, 3)),
        take_above=(lambda x: np.diag(x, 1), (2, 3)),
    ),
    *cases_of(np.diagflat, matrix=(lambda x: np.diagflat(x, 1), (2, 2))),
    *cases_of(
        np.vander, (0.5, 2),
        square=(np.vander, (3,)),
        wide=(lambda x: np.vander(x, 4), (2,)),
        increasing=(lambda x: np.vander(x, N=4, increasing=True), (2,)),
        column=(lambda x: np.vander(x, 1), (2,)),
        nothing=(lambda x: np.vander(x, 0), (2,)),
    ),
)  # fmt: skip

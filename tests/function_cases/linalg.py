import numpy as np

from op_rows import cases_of

CASES = (
    *cases_of(
        np.linalg.inv, (0.5, 2),
        matrix=(np.linalg.inv, (2, 2)),
        batch=(np.linalg.inv, (3, 2, 2)),
    ),
)  # fmt: skip

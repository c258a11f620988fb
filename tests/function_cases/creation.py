import numpy as np

import retrograd as rg
from op_rows import cases_of


def filled(like, n=3):
    """The loop that fills an array element by element."""

    def f(x):
        y = like(x)
        for i in range(n):
            y[i] = x[i] * x[i - 1]
        return y

    return f


def array(parts):
    """Of tensors by ours, of arrays by NumPy's."""
    return rg.array(parts) if has_tensor(parts) else np.array(parts)


def has_tensor(x):
    return isinstance(x, rg.Tensor) or (isinstance(x, list) and any(map(has_tensor, x)))


CASES = (
    *cases_of(np.zeros_like, filled=(filled(np.zeros_like), (3,))),
    *cases_of(np.ones_like, filled=(filled(np.ones_like), (3, 2))),
    *cases_of(np.empty_like, filled=(filled(np.empty_like), (3, 2))),
    *cases_of(
        np.full_like,
        filled=(filled(lambda x: np.full_like(x, 5.0)), (3,)),
        value=(lambda x, v: x * np.full_like(x, v), (2, 3), ()),
        row=(lambda x, v: x * np.full_like(x, v), (2, 3), (3,)),
        shape=(lambda v: np.full_like(v, v, shape=(2, 2), dtype=np.float64), (2, 1)),
    ),
    *cases_of(
        np.full,
        like=(lambda x: np.full((2, 3), x, like=x), (3,)),
        single=(lambda x: np.full(4, x, np.float32, like=x), (1,)),
    ),
    *cases_of(
        np.array,
        numbers=(lambda x: array([[x[0], 1.0], [0.0, x[0] * x[1]]]), (2,)),
        rows=(lambda x, y: array([x, y, x * y]), (3,), (3,)),
        deep=(lambda x: array([[[x], [x + 1.0]]]), (2,)),
        like=(lambda x: np.array([x[0] * x[1], x[1]], ndmin=2, like=x), (2,)),
        alone=(lambda x: 2.0 * np.asarray(x, like=x), (2,)),
    ),
)

import numpy as np

from op_rows import cases_of

ROWS = np.array([[2, 0], [1, -1]])


def at_kth(kth, axis):
    """The only element of a partition that is not a matter of the algorithm."""
    return lambda x: np.take(np.partition(x, kth, axis=axis), kth, axis=axis)


def filled(function, *args, values=lambda v: v):
    """A function that writes, as one of the target and the values."""

    def f(x, v):
        y = x.copy()
        function(y, *args, values(v))
        return y

    return f


def copied(**settings):
    return filled(lambda y, v: np.copyto(y, v, **settings))


def put_along(indices, axis):
    return filled(lambda y, v: np.put_along_axis(y, indices, v, axis))


CASES = (
    *cases_of(
        np.sort,
        vector=(np.sort, (5,)),
        matrix=(np.sort, (3, 4)),
        axis=(lambda x: np.sort(x, axis=0), (4, 3)),
        middle=(lambda x: np.sort(x, 1, "stable"), (2, 3, 2)),
        flat=(lambda x: np.sort(x, axis=None), (2, 3)),
        stable=(lambda x: np.sort(x, stable=True), (5,)),
        empty=(np.sort, (2, 0)),
        squared=(lambda x: np.sort(x) * x, (4,)),
    ),
    *cases_of(
        np.partition,
        vector=(at_kth(2, 0), (5,)),
        rows=(at_kth(1, 1), (2, 4)),
        columns=(at_kth(0, 0), (3, 2)),
        flat=(lambda x: np.partition(x, 3, axis=None)[3], (2, 3)),
    ),
    *cases_of(
        np.take_along_axis,
        rows=(lambda x: np.take_along_axis(x, ROWS, 1), (2, 3)),
        columns=(lambda x: np.take_along_axis(x, ROWS, axis=0), (3, 2)),
        shared=(lambda x: np.take_along_axis(x, ROWS[:1], -1), (2, 3)),
        flat=(lambda x: np.take_along_axis(x, np.array([5, 0, 5]), None), (2, 3)),
        argsort=(lambda x: np.take_along_axis(x, np.argsort(x, 1), 1), (2, 4)),
        argmax=(lambda x: np.take_along_axis(x, np.argmax(x, 0, keepdims=True), 0), (3, 2)),
    ),
    *cases_of(
        np.take,
        flat=(lambda x: np.take(x, [3, 0, 3]), (2, 3)),
        number=(lambda x: np.take(x, -1), (3,)),
        rows=(lambda x: np.take(x, ROWS, axis=0), (3, 2)),
        columns=(lambda x: np.take(x, [1, 1], axis=-1), (2, 3)),
        wrap=(lambda x: np.take(x, [7, -4, 2], mode="wrap"), (3,)),
        clip=(lambda x: np.take(x, [7, -4, 1], axis=1, mode="clip"), (2, 3)),
    ),
    *cases_of(
        np.unique,
        vector=(lambda x: np.unique(np.concatenate([x, x])), (4,)),
        matrix=(np.unique, (2, 3)),
        rows=(lambda x: np.unique(np.concatenate([x, x[:1]]), axis=0), (3, 2)),
        with_index=(lambda x: np.unique(x, return_index=True)[0], (4,)),
        all=(lambda x: np.unique_all(np.concatenate([x, x])).values, (3,)),
        values=(lambda x: np.sort(np.unique_values(np.stack([x, x]))), (3,)),
        counts=(lambda x: np.unique_counts(np.stack([x, x])).values, (3,)),
        inverse=(lambda x: np.unique_inverse(np.stack([x, x])).values, (3,)),
        union=(lambda x, y: np.union1d(x, np.concatenate([y, x])), (3,), (2,)),
        either=(lambda x, y: np.setxor1d(np.append(x, y[:1]), y), (3,), (2,)),
        one_of_each=(lambda x, y: np.setxor1d(x, y, assume_unique=True), (3,), (2,)),
        difference=(lambda x: np.setdiff1d(np.stack([x, x]), x[1:2]), (3,)),
    ),
    *cases_of(
        np.copyto,
        whole=(copied(), (2, 3), (3,)),
        masked=(copied(where=[True, False, True]), (2, 3), (2, 3)),
        number=(copied(where=[[True], [False]]), (2, 3), ()),
    ),
    *cases_of(
        np.put,
        some=(filled(np.put, [2, -1, 0]), (2, 3), (3,)),
        cycled=(filled(np.put, [0, 1, 2]), (4,), (2,)),
        repeated=(filled(np.put, [1, 1, 0]), (4,), (3,)),
        wrap=(filled(lambda y, v: np.put(y, [5, -7], v, mode="wrap")), (3,), (2,)),
        clip=(filled(lambda y, v: np.put(y, [5, -7], v, mode="clip")), (2, 2), (2,)),
    ),
    *cases_of(
        np.place,
        cycled=(filled(np.place, [True, True, False, True]), (4,), (2,)),
        some=(filled(np.place, [[True, False], [False, True]]), (2, 2), (3,)),
    ),
    *cases_of(
        np.putmask,
        same=(filled(np.putmask, [[True, False], [False, True]]), (2, 2), (2, 2)),
        cycled=(filled(np.putmask, [True, False, True, True]), (4,), (2,)),
    ),
    *cases_of(
        np.put_along_axis,
        rows=(put_along(np.array([[2], [0]]), 1), (2, 3), (2, 1)),
        columns=(put_along(np.array([[1, 0, -1]]), 0), (2, 3), ()),
        flat=(put_along(np.array([4, 1]), None), (2, 3), (2,)),
    ),
    *cases_of(
        np.fill_diagonal,
        number=(filled(np.fill_diagonal), (3, 3), ()),
        values=(filled(np.fill_diagonal), (3, 3), (3,)),
        cycled=(filled(np.fill_diagonal), (4, 4), (2,)),
        tall=(filled(np.fill_diagonal), (5, 2), (2,)),
        wrap=(filled(lambda y, v: np.fill_diagonal(y, v, wrap=True)), (5, 2), (2,)),
        cube=(filled(np.fill_diagonal), (2, 2, 2), (2,)),
    ),
)  # fmt: skip

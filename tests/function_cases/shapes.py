import numpy as np

from op_rows import cases_of

windows = np.lib.stride_tricks.sliding_window_view

CASES = (
    *cases_of(
        np.reshape,
        fortran=(lambda x: np.reshape(x, (3, 2), "F"), (2, 3)),
        keyword=(lambda x: x.reshape(3, -1, order="F"), (2, 3)),
        any_order=(lambda x: np.reshape(x, shape=6, order="A"), (2, 3)),
        copy=(lambda x: np.reshape(x, -1, copy=True), (2, 3)),
        fortran_copy=(lambda x: np.reshape(x, (2, 3), order="F", copy=True), (3, 2)),
    ),
    *cases_of(
        np.ravel,
        plain=(np.ravel, (2, 3)),
        scalar=(np.ravel, ()),
        fortran=(lambda x: np.ravel(x, "F"), (2, 3)),
    ),
    *cases_of(
        np.squeeze,
        all=(np.squeeze, (1, 3, 1)),
        axis=(lambda x: np.squeeze(x, -1), (1, 3, 1)),
        axes=(lambda x: np.squeeze(x, axis=(0, 2)), (1, 3, 1)),
    ),
    *cases_of(
        np.expand_dims,
        axis=(lambda x: np.expand_dims(x, 1), (2, 3)),
        axes=(lambda x: np.expand_dims(x, (0, -1)), (2, 3)),
    ),
    *cases_of(np.atleast_1d, scalar=(np.atleast_1d, ()), vector=(np.atleast_1d, (3,))),
    *cases_of(np.atleast_2d, scalar=(np.atleast_2d, ()), vector=(np.atleast_2d, (3,))),
    *cases_of(
        np.atleast_3d,
        scalar=(np.atleast_3d, ()),
        vector=(np.atleast_3d, (3,)),
        matrix=(np.atleast_3d, (2, 3)),
        two=(lambda x, y: np.multiply(*np.atleast_3d(x, y)), (2, 3), (3,)),
    ),
    *cases_of(np.swapaxes, outer=(lambda x: np.swapaxes(x, 0, -1), (2, 3, 2))),
    *cases_of(
        np.moveaxis,
        one=(lambda x: np.moveaxis(x, 0, -1), (2, 3, 4)),
        two=(lambda x: np.moveaxis(x, (0, 1), (-1, 0)), (2, 3, 4)),
    ),
    *cases_of(
        np.rollaxis,
        front=(lambda x: np.rollaxis(x, 2), (2, 3, 4)),
        back=(lambda x: np.rollaxis(x, 0, 3), (2, 3, 4)),
        still=(lambda x: np.rollaxis(x, 1, 1), (2, 3)),
    ),
    *cases_of(np.matrix_transpose, batch=(np.matrix_transpose, (2, 3, 4))),
    *cases_of(np.permute_dims, axes=(lambda x: np.permute_dims(x, axes=(1, 2, 0)), (2, 3, 4))),
    *cases_of(
        np.flip,
        all=(np.flip, (2, 3)),
        axis=(lambda x: np.flip(x, -1), (2, 3)),
        axes=(lambda x: np.flip(x, axis=(0, 2)), (2, 1, 3)),
        scalar=(np.flip, ()),
    ),
    *cases_of(np.fliplr, matrix=(np.fliplr, (2, 3))),
    *cases_of(np.flipud, vector=(np.flipud, (3,))),
    *cases_of(
        np.rot90,
        once=(np.rot90, (2, 3)),
        twice=(lambda x: np.rot90(x, 2), (2, 3)),
        back=(lambda x: np.rot90(x, -1, (2, 1)), (2, 2, 3)),
        round=(lambda x: np.rot90(x, k=4), (2, 3)),
    ),
    *cases_of(
        np.roll,
        flat=(lambda x: np.roll(x, 4), (2, 3)),
        axis=(lambda x: np.roll(x, -1, axis=1), (2, 3)),
        axes=(lambda x: np.roll(x, (1, 2), (0, 1)), (2, 3)),
        twice=(lambda x: np.roll(x, (1, 1), (1, 1)), (2, 3)),
        shared=(lambda x: np.roll(x, 1, (0, 1)), (2, 3)),
        empty=(lambda x: np.roll(x, 1, 0), (0, 2)),
    ),
    *cases_of(
        np.resize,
        larger=(lambda x: np.resize(x, (3, 3)), (2, 2)),
        smaller=(lambda x: np.resize(x, 3), (2, 2)),
    ),
    *cases_of(
        np.broadcast_arrays,
        product=(lambda x, y: np.multiply(*np.broadcast_arrays(x, y)), (2, 1), (3,)),
        constant=(lambda x: np.multiply(*np.broadcast_arrays(x, np.ones((2, 3)))), (3,)),
    ),
    *cases_of(np.broadcast_to, subok=(lambda x: np.broadcast_to(x, (2, 3), subok=True), (3,))),
    *cases_of(
        windows,
        vector=(lambda x: windows(x, 3), (5,)),
        image=(lambda x: windows(x, (2, 2)), (3, 4)),
        axis=(lambda x: windows(x, 2, axis=1), (2, 3)),
        axes=(lambda x: windows(x, (2, 2), axis=(0, 0)), (4,)),
    ),
    *cases_of(np.copy, plain=(np.copy, (2, 3)), order=(lambda x: np.copy(x, order="F"), (2, 3))),
    *cases_of(np.astype, single=(lambda x: np.astype(x, np.float32), (2, 3))),
)

import numpy as np

from op_rows import cases_of

CASES = (
    *cases_of(
        np.linspace, (1, 2),
        numbers=(lambda a, b: np.linspace(a, b, 5), (), ()),
        start=(lambda a: np.linspace(a, 3.0, num=4), ()),
        stop=(lambda b: np.linspace(-1, b, 4, endpoint=False), ()),
        arrays=(lambda a, b: np.linspace(a, b, 3, axis=-1), (2, 1), (3,)),
        one=(lambda a, b: np.linspace(a, b, 1), (), ()),
        none=(lambda a, b: np.linspace(a, b, 0), (2,), ()),
        step=(lambda a, b: np.multiply(*np.linspace(a, b, 3, retstep=True)), (), ()),
    ),
    *cases_of(
        np.logspace, (1, 2), ulp=4,
        numbers=(lambda a, b: np.logspace(a, b, 5), (), ()),
        base=(lambda a, b, c: np.logspace(a, b, 4, base=c), (), (), ()),
        bases=(lambda a, b: np.logspace(a, 3.0, 4, base=b, axis=1), (), (2,)),
    ),
    *cases_of(
        np.geomspace, (1, 2),
        numbers=(lambda a, b: np.geomspace(a, b, 5), (), ()),
        open=(lambda a: np.geomspace(a, 8.0, 4, endpoint=False), ()),
        arrays=(lambda a, b: np.geomspace(a, b, 3, axis=1), (2, 1), (3,)),
        negative=(lambda a, b: np.geomspace(-a, -b, 3), (), ()),
    ),
    *cases_of(
        np.meshgrid,
        xy=(lambda x, y: np.multiply(*np.meshgrid(x, y)), (2,), (3,)),
        ij=(lambda x, y: np.multiply(*np.meshgrid(x, y, indexing="ij")), (2,), (3,)),
        sparse=(lambda x, y: np.multiply(*np.meshgrid(x, y, sparse=True)), (2,), (3,)),
        views=(lambda x: np.multiply(*np.meshgrid(x, [1.0, 2.0], copy=False)), (3,)),
        three=(lambda x, y: np.multiply(*np.meshgrid(x, y, x)[:2]), (2,), (3,)),
        scalar=(lambda x, y: np.multiply(*np.meshgrid(x, y)), (), (3,)),
    ),
)  # fmt: skip

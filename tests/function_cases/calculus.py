import numpy as np

from op_rows import cases_of

# Exact cases draw integers: these points lie between them.
POINTS = np.array([-9.5, -4.25, -0.5, 1.25, 3.5, 9.75])
TURNS = np.array([1.1, 6.1, -6.9, -0.6])
UNEVEN = np.array([0.0, 1.0, 3.0, 4.0, 8.0])


def line(x, n):
    """Increasing points that depend on x."""
    return np.arange(float(n)) + x / 8


CASES = (
    *cases_of(
        np.diff,
        plain=(np.diff, (4,)),
        twice=(lambda x: np.diff(x, 2, axis=0), (4, 2)),
        never=(lambda x: 2.0 * np.diff(x, n=0), (3,)),
        more=(lambda x, y, z: np.diff(x, prepend=y, append=z), (2, 3), (), (2, 2)),
        numbers=(lambda x: np.diff(x, axis=0, prepend=0, append=[[1.0, 2.0]]), (3, 2)),
        appended=(lambda y: np.diff(np.ones(3), append=y), (2,)),
        short=(np.diff, (1,)),
    ),
    *cases_of(
        np.ediff1d,
        plain=(np.ediff1d, (2, 3)),
        ends=(lambda x, y, z: np.ediff1d(x, to_end=y, to_begin=z), (4,), (), (2, 1)),
        numbers=(lambda x: np.ediff1d(x, [1.0, 2.0], 3.0), (3,)),
        single=(lambda x: np.ediff1d(x, to_begin=0.0), (1,)),
    ),
    *cases_of(
        np.gradient,
        plain=(np.gradient, (5,)),
        step=(lambda x: np.gradient(x, 2.0), (4,)),
        both=(lambda x: np.multiply(*np.gradient(x)), (3, 4)),
        axis=(lambda x: np.gradient(x, 0.5, axis=0), (3, 2)),
        axes=(lambda x: np.multiply(*np.gradient(x, 2, 4.0, axis=(2, 0))), (2, 2, 3)),
        second=(lambda x: np.gradient(x, 2.0, edge_order=2), (4,)),
        equal=(lambda x: np.gradient(x, np.arange(4) * 2), (4,)),
        shortest=(np.gradient, (2,)),
    ),
    *cases_of(
        np.gradient, (0.5, 2), ulp=4,
        uneven=(lambda x: np.gradient(x, UNEVEN), (5,)),
        uneven_second=(lambda x: np.gradient(x, UNEVEN, edge_order=2), (5,)),
        uneven_axis=(lambda x: np.gradient(x, UNEVEN, 3.0)[0], (5, 2)),
        spacing=(lambda x, h: np.gradient(x, h), (4,), ()),
        spacing_second=(lambda x, h: np.gradient(x, h, edge_order=2), (4,), ()),
    ),
    *cases_of(
        np.gradient, (0.5, 2), ulp=64,
        places=(lambda f, x: np.gradient(f, line(x, 5)), (5,), (5,)),
        places_second=(lambda f, x: np.gradient(f, line(x, 5), axis=1, edge_order=2), (2, 5), (5,)),
    ),
    *cases_of(
        np.gradient, (0.5, 2), ulp=64, real=True,
        places_alone=(lambda x: np.gradient(np.arange(4) ** 2, line(x, 4)), (4,)),
    ),
    *cases_of(
        np.trapezoid,
        plain=(np.trapezoid, (4,)),
        dx=(lambda y: np.trapezoid(y, dx=2.0, axis=0), (3, 2)),
        places=(np.trapezoid, (4,), (4,)),
        rows=(np.trapezoid, (2, 3), (3,)),
        columns=(lambda y, x: np.trapezoid(y, x, axis=0), (3, 2), (3,)),
        full=(lambda y, x: np.trapezoid(y, x, axis=1), (2, 3), (2, 3)),
        of_places=(lambda x: np.trapezoid([1.0, 2.0, 4.0], x), (3,)),
        step=(lambda y, h: np.trapezoid(y, dx=h), (3,), ()),
    ),
    *cases_of(
        np.interp, (0.5, 2), real=True,
        values=(lambda f: np.interp([-1.0, 0.5, 1.0, 2.25, 3.0, 7.0], np.arange(4), f), (4,)),
        places=(lambda x: np.interp(3 * x, UNEVEN, [1.0, 3.0, 2.0, 7.0, 4.0]), (2, 3)),
        both=(lambda x, f: np.interp(3 * x, UNEVEN, f), (4,), (5,)),
        points=(lambda x, f: np.interp([0.25, 1.5, 2.5, 3.25, -4, 9], line(x, 5), f), (5,), (5,)),
        ends=(lambda f, a, b: np.interp([-1, 0.5, 9], [0, 1], f, a, right=b), (2,), (), ()),
        number=(lambda f: np.interp(1.5, [0, 1, 2], f), (3,)),
        one=(lambda f: np.interp([0.0, 1.0, 2.0], [1.0], f), (1,)),
        period=(lambda x, f: np.interp(TURNS + x * 0.5, [1, 3, 9.25], f, period=5), (4,), (3,)),
        period_points=(lambda x, f: np.interp([0, 3, 5.5], line(x, 3), f, period=4), (3,), (3,)),
        double=(lambda f: np.interp([0.5, 1, 2, 3], [0, 1, 1, 2, 2], f), (5,)),
    ),
)  # fmt: skip

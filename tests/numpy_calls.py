"""A small call of every public NumPy function with a derivative, as the text a user writes.

A text is an expression, or statements that leave their result in `out`. It reads the names of
`VALUES`; those of floats become tensors, and their gradients are checked. The last parenthesis
closes the call itself, so that a keyword can be put before it.
"""

import re
from typing import Any

import numpy as np

VALUES = {
    "x": np.array([0.7, -1.3, 2.1, 0.4]),
    "y": np.array([1.6, 0.3, -0.8, 1.2]),
    "p": np.array([0.6, 1.7, 0.9, 2.3]),  # positive
    "q": np.array([0.3, -0.6, 0.8, -0.2]),  # in (-1, 1)
    "b": np.array([0.5, -1.1, 0.8]),
    "v": np.array([1.3, 0.2, -0.7]),
    "s": np.array(1.7),
    "A": np.array([[2.1, -0.3, 0.4], [0.8, 1.7, -0.6], [-0.2, 0.5, 2.6]]),
    "B": np.array([[0.9, 1.4, -0.5], [-1.2, 0.3, 0.7], [0.6, -0.8, 1.1]]),
    "M": np.array([[0.7, -1.4, 2.2], [1.9, 0.3, -0.6]]),
    "N": np.array([[1.2, 0.5, -0.9], [-0.4, 2.3, 0.8]]),
    "T": (np.arange(24) * 7 % 25 - 11.3).reshape(2, 3, 4) / 5,
    "D": np.array([[0.37, 0.82, 0.55], [0.74, 0.24, 0.91]]),  # for every ufunc's domain but one
    "d": np.array([0.66, 0.43, 0.29]),
    "k": np.array([2, 0, 3, 2]),
    "m": np.array([True, False, True, True]),
}  # fmt: skip

# Functions that one argument list suits.
_ALIKE = (
    ("x", "absolute cbrt ceil conjugate cos cosh deg2rad degrees exp exp2 expm1 fabs floor "
          "negative positive rad2deg radians reciprocal rint sign sin sinh square tan tanh trunc "
          "arctan arcsinh modf frexp spacing fft.fft fft.ifft fft.rfft fft.irfft fft.hfft "
          "fft.ihfft fft.fftshift fft.ifftshift cumulative_sum cumulative_prod polyint polyder "
          "vander"),
    ("p", "sqrt log log10 log1p log2"),
    ("q", "arccos arcsin arctanh"),
    ("p + 1", "arccosh"),
    ("p, y", "float_power power"),
    ("x, y", "add arctan2 copysign divide fmax fmin hypot logaddexp logaddexp2 maximum minimum "
             "multiply subtract heaviside floor_divide remainder fmod divmod vecdot meshgrid "
             "union1d setxor1d broadcast_arrays"),
    ("(x, y)", "concatenate stack hstack vstack dstack column_stack row_stack"),
    ("b, v", "cross dot inner kron outer vdot convolve correlate polyadd polymul polysub polydiv "
             "polyval linalg.cross linalg.outer linalg.vecdot"),
    ("M", "atleast_1d atleast_2d atleast_3d copy cumprod cumsum diagflat diagonal diff ediff1d fix "
          "flip fliplr flipud gradient i0 amax amin around imag max mean median min nan_to_num "
          "nancumprod nancumsum "
          "nanmax nanmean nanmedian nanmin nanprod nanstd nansum nanvar prod ptp ravel real "
          "real_if_close rot90 round sinc sort sort_complex squeeze std sum trace transpose tril "
          "triu trapezoid unwrap var angle matrix_transpose unique unique_all unique_counts "
          "unique_inverse unique_values average cov corrcoef unstack fft.fft2 fft.ifft2 fft.fftn "
          "fft.ifftn fft.rfft2 fft.rfftn fft.irfft2 fft.irfftn linalg.svd linalg.svdvals "
          "linalg.pinv linalg.matrix_norm linalg.norm linalg.vector_norm linalg.diagonal "
          "linalg.trace linalg.matrix_transpose"),
    ("A", "linalg.cond linalg.det linalg.eigvals linalg.inv linalg.qr linalg.slogdet"),
    ("A @ A.T", "linalg.cholesky linalg.eig linalg.eigh linalg.eigvalsh"),
    ("A, B", "matmul linalg.matmul linalg.tensordot"),
    ("A, b", "matvec linalg.solve linalg.tensorsolve"),
    ("b, A", "vecmat"),
    ("-x", "lib.scimath.sqrt lib.scimath.log lib.scimath.log2 lib.scimath.log10 "
           "lib.scimath.arccos lib.scimath.arcsin lib.scimath.arctanh"),
)  # fmt: skip

_OWN = {
    "append": "M, N, axis=0",
    "apply_along_axis": "lambda r: r * r, 1, M",
    "apply_over_axes": "np.sum, M, [0]",
    "astype": "x, np.float32",
    "bincount": "k, weights=p",
    "block": "[[M], [N]]",
    "broadcast_to": "b, (2, 3)",
    "choose": "[1, 0, 1, 0], [x, y]",
    "clip": "x, -1.0, 1.5",
    "compress": "m, x",
    "delete": "x, [1]",
    "einsum": "'ij,jk->ik', A, B",
    "expand_dims": "x, 0",
    "extract": "m, x",
    "full_like": "x, s",
    "geomspace": "p, p + 1, 4",
    "linspace": "x, y, 4",
    "logspace": "x, y, 4",
    "histogram": "x, 3, weights=p",
    "histogram2d": "x, y, 3, weights=p",
    "histogramdd": "np.stack([x, y], 1), 3, weights=p",
    "histogram_bin_edges": "x, 3",
    "insert": "x, 1, y",
    "interp": "q, [-1.0, -0.4, 0.1, 0.9], x",
    "interp#2": "q, np.array([-1.0, -0.4, 0.1, 0.9]) + 0.01 * x, y",
    "intersect1d": "x, x[1:]",
    "setdiff1d": "x, x[1:]",
    "hsplit": "M, [1]",
    "vsplit": "M, [1]",
    "dsplit": "T, 2",
    "split": "x, 2",
    "array_split": "x, 3",
    "linalg.lstsq": "np.vstack([A, B]), np.concatenate([b, v])",
    "linalg.matrix_power": "A, 3",
    "linalg.multi_dot": "[A, B, A]",
    "linalg.tensorinv": "A.reshape(3, 3), ind=1",
    "lib.scimath.logn": "2.0, -x",
    "lib.scimath.power": "-x, 1.5",
    "lib.stride_tricks.sliding_window_view": "x, 2",
    "lib.stride_tricks.as_strided": "x, (2, 2), (8, 8)",
    "moveaxis": "T, 0, 2",
    "pad": "x, 2, 'reflect'",
    "partition": "x, 2",
    "percentile": "x, 30",
    "nanpercentile": "x, 30",
    "quantile": "x, 0.3",
    "nanquantile": "x, 0.3",
    "piecewise": "x, [x < 0, x >= 0], [lambda t: -t, lambda t: t * t]",
    "poly": "b",
    "polyder": "x",
    "polyfit": "x, y, 1",
    "polyint": "x",
    "roots": "[1.0, -6.5, 11.0, -5.0] + 0.01 * x",
    "put_along_axis": "out = M.copy(); np.put_along_axis(out, np.array([[0], [2]]), s, 1)",
    "put": "out = x.copy(); np.put(out, [0, 2], y[:2])",
    "place": "out = x.copy(); np.place(out, m, b)",
    "putmask": "out = x.copy(); np.putmask(out, m, y)",
    "copyto": "out = x.copy(); np.copyto(out, y)",
    "fill_diagonal": "out = A.copy(); np.fill_diagonal(out, s)",
    "repeat": "M, 2, axis=1",
    "reshape": "M, (3, 2)",
    "resize": "x, (2, 3)",
    "roll": "x, 1",
    "rollaxis": "T, 2",
    "select": "[x < 0, x > 1], [x, y], s",
    "swapaxes": "T, 0, 2",
    "take": "x, [2, 0, 2]",
    "take_along_axis": "M, np.array([[2, 0], [1, 1]]), 1",
    "tensordot": "A, B, 1",
    "tile": "x, 2",
    "trim_zeros": "np.concatenate([[0.0], x, [0.0]])",
    "where": "x > 0, x, y",
    "fromfunction": "lambda i: i * s, (4,)",
    "vectorize": "lambda t: t * t)(x",
    "full": "3, s",
    "array": "[x, y]",
    "arange": "s, 5.0",
    "fromiter": "(t for t in x), float",
    "r_": "np.r_[x, y]",
    "c_": "np.c_[x, y]",
    "bmat": "[[A, B]]",
    "diag": "b",
    "nextafter": "x, 5.0",
    "ldexp": "x, [1, 2, 0, 3]",
    "poly1d": "np.poly1d(b)(s)",
    "frompyfunc": "lambda t: t * t, 1, 1)(x",
}


# Attributes and methods of an array.
_METHODS = """
M.T  M.mT  M.imag  M.real  M.flat[2]  M.flat[1:4]  M.astype(np.float32)  M.clip(-1.0, 1.5)
x.compress(m)  M.conj()  M.conjugate()  M.copy()  M.cumprod(axis=1)  M.cumsum(axis=1)
A.diagonal()  A.dot(b)  M.flatten()  M.max(axis=0)  M.mean(axis=0)  M.min(axis=0)  M.prod(axis=0)
M.ravel()  M.repeat(2)  M.reshape(3, 2)  M.round(1)  M.squeeze()  M.std(axis=0)  M.sum(axis=0)
M.swapaxes(0, 1)  M.take([0, 2])  A.trace()  M.transpose()  M.var(axis=0)
"""
_STATEMENTS = {
    "fill": "out = x.copy(); out.fill(s)",
    "partition": "out = x.copy(); out.partition(1)",
    "put": "out = x.copy(); out.put([0, 2], b[:2])",
    "resize": "out = x.copy(); out.resize((2, 2))",
    "sort": "out = x.copy(); out.sort()",
}
METHODS = {
    re.split(r"\W", text)[1] + "#" * ("4" in text): text
    for text in re.split(r"\s{2,}|\n", _METHODS.strip())
} | _STATEMENTS


def _text(name: str, arguments: str) -> str:
    name = name.partition("#")[0]
    return arguments if f"np.{name}" in arguments else f"np.{name}({arguments})"


def _lay_out(alike: Any, own: dict[str, str]) -> dict[str, str]:
    rows = [(name, arguments) for arguments, names in alike for name in names.split()]
    return {name: _text(name, arguments) for name, arguments in (*rows, *own.items())}


CALLS = _lay_out(_ALIKE, _OWN)

# Calls of functions without a derivative. What takes neither text nor files nor dates: the rest is
# called with a tensor for every argument that it must have.
_PLAIN_ALIKE = (
    ("M", "argmax argmin argsort argwhere count_nonzero nanargmax nanargmin nonzero ndim shape "
          "size array_repr array_str array2string flatnonzero iscomplexobj isrealobj common_type "
          "result_type min_scalar_type ones_like zeros_like linalg.matrix_rank all any isfinite "
          "isinf isnan isneginf isposinf isreal iscomplex logical_not signbit"),
    ("A", "diag_indices_from tril_indices_from triu_indices_from"),
    ("x, y", "isclose allclose array_equal array_equiv may_share_memory shares_memory isin equal "
             "not_equal greater greater_equal less less_equal logical_and logical_or logical_xor"),
)  # fmt: skip
_PLAIN_OWN = {
    "argpartition": "x, 1",
    "empty_like": "out = np.empty_like(M); out[...] = 1.5",
    "digitize": "x, [0.0, 1.0]",
    "searchsorted": "[0.0, 1.0], x",
    "lexsort": "(x, y)",
    "einsum_path": "'ij,jk', A, B",
    "can_cast": "np.float32, np.float64",
    "ix_": "b, v",
    "save": "f = io.BytesIO(); out = np.save(f, x); out = f.getvalue()",
    "savetxt": "f = io.StringIO(); out = np.savetxt(f, x); out = f.getvalue()",
}
PLAIN = _lay_out(_PLAIN_ALIKE, _PLAIN_OWN)

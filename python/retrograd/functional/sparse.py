"""Jacobians that are mostly zeros: patterns, their colouring, and few seeds.

Two columns with no row in common can share a seed, since every element of the result then still
comes from one of them. Columns are vertices of a graph, with an edge where two share a row (the
column intersection graph); a greedy colouring of it says which columns go together. With rows in
place of columns the same holds for seeds pulled backward. SciPy's sparse matrices are an extra.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .. import _core
from .forward import Linear
from .jacobian import Mode, pieces
from .nesting import plain
from .reverse import Argnums
from .tree import map_leaves


def _scipy_sparse() -> Any:
    try:
        import scipy.sparse  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError as error:
        raise ImportError(
            "jacobian: sparsity needs SciPy; install the extra retrograd[optimize]"
        ) from error
    return scipy.sparse


def colour(pattern: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Colour columns so that no two with a nonzero in the same row share a colour.

    Greedy, in the columns' order: a band of width b takes b colours, which is the least possible.

    Parameters
    ----------
    pattern : sparse or dense matrix of shape (m, n)
        Nonzero where an element may be.

    Returns
    -------
    ndarray of int64, shape (n,)
        The colour of each column: 0, 1, 2, …
    """
    sparse = _scipy_sparse()
    columns = sparse.csc_array(pattern, dtype=bool).astype(np.int32)
    # Nonzero where two columns meet in a row.
    meets = (columns.T @ columns).tocsr()
    colours = np.full(columns.shape[1], -1, np.int64)
    for j in range(columns.shape[1]):
        near = meets.indices[meets.indptr[j] : meets.indptr[j + 1]]
        taken = set(colours[near].tolist())
        c = 0
        while c in taken:
            c += 1
        colours[j] = c
    return colours


class _Plan:
    """A pattern, and how to read its elements from few sweeps."""

    def __init__(self, pattern: Any, mode: Mode | None) -> None:
        sparse = _scipy_sparse()
        self.pattern = sparse.csr_array(pattern, dtype=bool)
        self.pattern.eliminate_zeros()
        self.pattern.sum_duplicates()
        entries = self.pattern.tocoo()
        self.rows, self.columns = entries.row, entries.col
        by_column = None if mode == "reverse" else colour(self.pattern)
        by_row = None if mode == "forward" else colour(self.pattern.T)
        self.forward = by_row is None or (
            by_column is not None and _count(by_column) <= _count(by_row)
        )
        chosen = by_column if self.forward else by_row
        assert chosen is not None
        self.colours = chosen
        self.seeds = _count(chosen)

    def matrix(self, compressed: np.ndarray[Any, Any]) -> Any:
        """The sparse matrix; `compressed` has one row a colour."""
        if self.forward:
            data = compressed[self.colours[self.columns], self.rows]
        else:
            data = compressed[self.colours[self.rows], self.columns]
        sparse = _scipy_sparse()
        return sparse.csr_array((data, (self.rows, self.columns)), shape=self.pattern.shape)


def _count(colours: np.ndarray[Any, Any]) -> int:
    return int(colours.max(initial=-1)) + 1


def sparse_jacobian(
    f: Callable[..., Any],
    argnums: Argnums,
    has_aux: bool,
    mode: Mode | None,
    sparsity: Any,
) -> Callable[..., Any]:
    """`jacobian` with a sparsity pattern. A given one is coloured here, once."""
    if isinstance(sparsity, str) and sparsity != "detect":
        raise ValueError(f"jacobian: sparsity is a matrix or 'detect', not {sparsity!r}")
    if not isinstance(argnums, int):
        raise TypeError("jacobian: with sparsity, argnums is one argument")
    given = None if isinstance(sparsity, str) else _Plan(sparsity, mode)

    @wraps(f)
    def matrix(*args: Any, **kwargs: Any) -> Any:
        linear = _one_to_one(f, args, kwargs, argnums, has_aux)
        plan = given or _Plan(_detect(linear), mode)
        if plan.pattern.shape != _shape(linear):
            raise _core.ShapeError(
                f"jacobian: a pattern of shape {plan.pattern.shape} came, "
                f"the matrix has {_shape(linear)}"
            )
        result = plan.matrix(_compressed(linear, plan))
        return (result, map_leaves(linear.released, linear.aux)) if has_aux else result

    return matrix


def sparsity(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """Make the function that finds where the Jacobian of `f` may be nonzero.

    The function is recorded once, and tangents of NaN are pushed through its graph: an element of
    the result that is not NaN then does not depend on the elements that were. All arguments are
    tried together first, then halves of them, quarters, and so on; blocks that cannot meet in a
    result share a seed, so a band of width b among n arguments takes about b·log2(n) seeds.

    A factor of zero still counts (0·NaN is NaN), so the pattern holds for all values that take
    the same branches: a condition of `where`, an operand of `maximum`, `max` or `relu` that is not
    chosen is no part of it.

    Parameters
    ----------
    f : callable
        Gives an array.
    argnums : int, default 0
        The argument to differentiate by, an array.

    Returns
    -------
    callable
        With the arguments of `f`. It gives a `scipy.sparse.csr_array` of bool, shape (m, n), which
        `jacobian(f, sparsity=…)` takes.
    """

    @wraps(f)
    def pattern(*args: Any, **kwargs: Any) -> Any:
        return _detect(_one_to_one(f, args, kwargs, argnums, False))

    return pattern


def _one_to_one(
    f: Callable[..., Any], args: Any, kwargs: Any, argnums: int, has_aux: bool
) -> Linear:
    linear = Linear(f, args, kwargs, argnums, has_aux, "jacobian")
    if len(linear.variables.inputs) != 1 or len(linear.outputs) != 1:
        raise TypeError("jacobian: with sparsity, argument and result are one array each")
    if linear.nested:
        raise _core.GraphError(
            "jacobian: a sparse result cannot be differentiated; use a dense one in a transform"
        )
    return linear


def _shape(linear: Linear) -> tuple[int, int]:
    return int(np.size(linear.outputs[0])), int(linear.variables.inputs[0].size)


def _sweep(linear: Linear, seeds: np.ndarray[Any, Any], forward: bool) -> np.ndarray[Any, Any]:
    """One row a seed: tangents of the result, or cotangents of the argument."""
    x = linear.variables.inputs[0]
    m, n = _shape(linear)
    if not linear.tensors:
        return np.zeros((len(seeds), m if forward else n))
    y = linear.tensors[0]
    through = linear.sweep.push if forward else linear.sweep.pull
    source, target = (x, y) if forward else (y, x)
    out = np.zeros((len(seeds), target.size), target.dtype)
    for start, stop in pieces(linear, len(seeds)):
        block = seeds[start:stop].reshape(stop - start, *source.shape)
        (found,) = through([block], True)
        if found is not None:
            rows = plain(found[0])
            out[start:stop] = rows.reshape(stop - start if found[1] else 1, target.size)
    return out


def _compressed(linear: Linear, plan: _Plan) -> np.ndarray[Any, Any]:
    dtype = linear.variables.inputs[0].dtype
    seeds = plan.colours == np.arange(plan.seeds)[:, None]
    return _sweep(linear, seeds.astype(dtype), plan.forward)


def _detect(linear: Linear) -> Any:
    sparse = _scipy_sparse()
    m, n = _shape(linear)
    bounds = np.array([0, n])  # of the blocks
    touched = sparse.csc_array(np.ones((m, 1), bool))  # rows a block may reach
    while True:
        blocks = len(bounds) - 1
        colours = colour(touched)
        of_column = np.repeat(colours, np.diff(bounds))
        seeds = np.where(of_column == np.arange(_count(colours))[:, None], np.nan, 0.0)
        hit = np.isnan(_sweep(linear, seeds, True))
        entries = touched.tocoo()
        keep = hit[colours[entries.col], entries.row]
        rows, cols = entries.row[keep], entries.col[keep]
        if blocks == n or not n:
            ones = np.ones(len(rows), bool)
            return sparse.csr_array((ones, (rows, cols)), shape=(m, n))
        # Halves of every block inherit its rows; a block of one column stays whole.
        middle = (bounds[:-1] + bounds[1:] + 1) // 2
        first = np.searchsorted(np.union1d(bounds, middle), bounds[:-1])
        wide = np.diff(bounds) > 1
        both = wide[cols]
        rows = np.concatenate([rows, rows[both]])
        cols = np.concatenate([first[cols], first[cols[both]] + 1])
        bounds = np.union1d(bounds, middle)
        ones = np.ones(len(rows), bool)
        touched = sparse.csc_array((ones, (rows, cols)), shape=(m, len(bounds) - 1))

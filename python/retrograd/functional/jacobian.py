"""Matrices of derivatives: `jacobian` and `hessian`.

The function runs once and records. All seeds then go through that one graph together, along a
leading axis that the rules do not see: backward from the results, or forward from the arguments,
whichever are fewer.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any, Literal

import numpy as np

from .. import _core
from .forward import Linear
from .nesting import constant, plain
from .reverse import Argnums, grad
from .tree import map_leaves

Mode = Literal["forward", "reverse"]
Seeds = list[Any]

# Elements of the largest intermediate value, over all seeds of one sweep.
_AT_ONCE = 1 << 22


def jacobian(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    mode: Mode | None = None,
    sparsity: Any = None,
) -> Callable[..., Any]:
    """Make the function that computes all first derivatives of `f`.

    Parameters
    ----------
    f : callable
        Gives an array, or a container of arrays.
    argnums : int or tuple of int, default 0
        The positional arguments to differentiate by: arrays, numbers, or containers of them.
    has_aux : bool, default False
        `f` gives a pair, of which only the first part is differentiated.
    mode : {'forward', 'reverse'}, optional
        One seed for each element of the arguments, or of the result. The fewer, if not given.
    sparsity : sparse or dense matrix of shape (m, n), or 'detect', optional
        Where the matrix may be nonzero, for one argument with n elements and a result with m. As
        many seeds as the pattern needs colours are enough then. 'detect' finds the pattern first;
        see `sparsity`. Needs SciPy.

    Returns
    -------
    callable
        With the arguments of `f`. It gives arrays of shape out + in: in the structure of the
        result of `f`, and inside that of the argument (a tuple of them for a tuple of argnums);
        `(jacobian, aux)` with `has_aux`. With `sparsity`, a `scipy.sparse.csr_array` of shape
        (m, n).

    Raises
    ------
    GraphError
        In forward mode, if `f` uses an operation whose rule, written in Python, takes no tangents.
    ShapeError
        If the sparsity pattern has another shape.

    Examples
    --------
    >>> jacobian(lambda x: x * x[0])(np.array([2.0, 3.0]))
    array([[4., 0.],
           [3., 2.]])
    """
    if mode not in (None, "forward", "reverse"):
        raise ValueError(f"jacobian: mode is 'forward' or 'reverse', not {mode!r}")
    if sparsity is not None:
        from .sparse import sparse_jacobian

        return sparse_jacobian(f, argnums, has_aux, mode, sparsity)

    @wraps(f)
    def matrix(*args: Any, **kwargs: Any) -> Any:
        linear = Linear(f, args, kwargs, argnums, has_aux, "jacobian")
        blocks = _forward(linear) if _choose(linear, mode) == "forward" else _reverse(linear)
        result = linear.treedef.unflatten(map(linear.variables.like_arguments, blocks))
        return (result, map_leaves(linear.released, linear.aux)) if has_aux else result

    return matrix


def hessian(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    sparsity: Any = None,
) -> Callable[..., Any]:
    """Make the function that computes all second derivatives of a scalar `f`.

    The gradient is recorded once, and all seeds go through it together.

    Parameters
    ----------
    f : callable
        Gives a scalar.
    argnums, has_aux, sparsity
        As for `jacobian`; the pattern is that of the Hessian.

    Returns
    -------
    callable
        It gives arrays of shape in + in: in the structure of the argument, twice.

    Examples
    --------
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([2.0, 3.0]))
    array([[6., 4.],
           [4., 0.]])
    """
    return jacobian(grad(f, argnums, has_aux), argnums, has_aux, sparsity=sparsity)


def _choose(linear: Linear, mode: Mode | None) -> Mode:
    if mode is not None:
        return mode
    n = sum(x.size for x in linear.variables.inputs)
    m = sum(y.size for y in linear.tensors)
    return "forward" if n < m and not linear.sweep.external else "reverse"


def pieces(linear: Linear, total: int) -> Iterator[tuple[int, int]]:
    """Ranges of seeds whose sweep needs a bounded amount of memory.

    Where the result is differentiated again every piece stays in its graph, so there is one only.
    """
    step = total if linear.nested else max(1, _AT_ONCE // max(1, linear.sweep.largest))
    return ((start, min(start + step, total)) for start in range(0, total, step or 1))


def _units(tensors: Sequence[Any], start: int, stop: int) -> Seeds:
    """Unit vectors `start` to `stop` of the space of all tensors, in a block for each of them."""
    blocks: Seeds = []
    first = 0
    for t in tensors:
        low, high = max(start, first), min(stop, first + t.size)
        block = None
        if low < high:
            block = np.zeros((stop - start, t.size), t.dtype)
            block[np.arange(low, high) - start, np.arange(low, high) - first] = 1
            block = block.reshape(stop - start, *t.shape)
        blocks.append(block)
        first += t.size
    return blocks


class _Rows:
    """What the seeds of one tensor give, row by row: an array, or a tensor where it is nested."""

    def __init__(self, linear: Linear, total: int, like: Any) -> None:
        self._nested = linear.nested
        self._like, self._total = like, total
        self._array = np.zeros((total, *like.shape), like.dtype)
        self._tensor: Any = None

    def add(self, start: int, stop: int, found: tuple[Any, bool] | None) -> None:
        """Take what a sweep gave: one row a seed, or one for all of them, or nothing."""
        if found is None:
            return
        rows, wide = found
        if not self._nested:
            self._array[start:stop] = plain(rows)
        elif stop - start < self._total:
            if self._tensor is None:
                self._tensor = constant(self._array)
            self._tensor[start:stop] = rows
        else:
            self._tensor = rows if wide else rows + self._array

    def finished(self) -> Any:
        return self._array if self._tensor is None else self._tensor


def _reverse(linear: Linear) -> list[list[Any]]:
    """Blocks of shape out + in, by output and input: rows are cotangents of unit seeds."""
    inputs, tensors = linear.variables.inputs, linear.tensors
    m = sum(y.size for y in tensors)
    rows = [_Rows(linear, m, x) for x in inputs]
    if linear.sweep.external:
        _one_by_one(linear, m, rows)
    else:
        for start, stop in pieces(linear, m):
            found = linear.sweep.pull(_units(tensors, start, stop), True)
            for row, g in zip(rows, found, strict=True):
                row.add(start, stop, g)
    finished = [row.finished() for row in rows]
    blocks, first = [], 0
    for y in linear.outputs:
        if not isinstance(y, _core.Tensor):
            blocks.append([_constant(y, x) for x in inputs])
            continue
        part = slice(first, first + y.size)
        blocks.append(
            [_block(linear, r[part], y, x) for r, x in zip(finished, inputs, strict=True)]
        )
        first += y.size
    return blocks


def _one_by_one(linear: Linear, m: int, rows: list[_Rows]) -> None:
    """A walk for each seed: rules written in Python, and hooks, take one cotangent at a time."""
    inputs = tuple(linear.variables.inputs)
    for i in range(m):
        seeds = _units(linear.tensors, i, i + 1)
        chosen = [(y, s[0]) for y, s in zip(linear.tensors, seeds, strict=True) if s is not None]
        outputs, starts = zip(*chosen, strict=True)
        found = _core.gradients(outputs, starts, inputs, linear.nested)
        for row, g in zip(rows, found, strict=True):
            row.add(i, i + 1, None if g is None else (g, False))


def _forward(linear: Linear) -> list[list[Any]]:
    """The same by columns: tangents of unit seeds."""
    inputs, tensors = linear.variables.inputs, linear.tensors
    n = sum(x.size for x in inputs)
    columns = [_Rows(linear, n, y) for y in tensors]
    for start, stop in pieces(linear, n):
        found = linear.sweep.push(_units(inputs, start, stop), True)
        for column, t in zip(columns, found, strict=True):
            column.add(start, stop, t)
    finished = iter(columns)
    blocks = []
    for y in linear.outputs:
        if not isinstance(y, _core.Tensor):
            blocks.append([_constant(y, x) for x in inputs])
            continue
        # (n, out) to (out, n); the arguments' parts lie side by side.
        across = next(finished).finished().reshape((n, y.size)).T
        row, first = [], 0
        for x in inputs:
            row.append(_block(linear, across[:, first : first + x.size], y, x))
            first += x.size
        blocks.append(row)
    return blocks


def _block(linear: Linear, part: Any, y: Any, x: Any) -> Any:
    """The derivative of y by x, of shape out + in."""
    block = linear.released(part.reshape((*y.shape, *x.shape)))
    return block if isinstance(block, _core.Tensor) else block[()]


def _constant(y: Any, x: Any) -> Any:
    """The same for a result that is no tensor."""
    return np.zeros((*np.shape(y), *x.shape))[()]

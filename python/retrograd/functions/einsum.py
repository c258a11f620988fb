"""`np.einsum`: diagonals, sums and matrix products, as the subscripts say.

Two operands become one (batched) matrix product: of the axes that both have, those that nobody
needs later are summed, the others are the batch; what one of them has alone is rows or columns.
So BLAS does the work, and the derivatives are those of the products, to any order.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from .. import _core
from .arrays import axes_last, operand, text, transposed
from .subscripts import Labels, from_lists, parsed
from .table import implements, on_values

Piece = tuple[Any, Labels]  # an array and the labels of its axes, each once


@implements(np.einsum, derivative="that of the matrix products which it is made of")
def einsum(*operands: Any, optimize: Any = False, dtype: Any = None, casting: str = "safe") -> Any:
    """Sums of products over labelled axes, in NumPy's notation, also the one with lists.

    The order in which more than two operands meet is that of `np.einsum_path`.
    """
    if operands and isinstance(operands[0], str):
        arrays = [operand("np.einsum", x) for x in operands[1:]]
        terms, output = parsed(operands[0], tuple(x.ndim for x in arrays))
    else:
        last = operands[-1] if len(operands) % 2 else None
        arrays = [operand("np.einsum", x) for x in operands[: len(operands) // 2 * 2 : 2]]
        terms, output = from_lists([*operands[1::2]], last, tuple(x.ndim for x in arrays))
    sizes = _sizes(terms, arrays)
    same = _of_one_type(arrays, dtype, casting)
    pieces = [_piece(x, labels, sizes) for x, labels in zip(same, terms, strict=True)]
    for step in _path([labels for _, labels in pieces], output, sizes, optimize):
        chosen = [pieces.pop(i) for i in sorted(step, reverse=True)][::-1]
        pieces.append(_contracted(chosen, {*output}.union(*(labels for _, labels in pieces))))
    made, labels = pieces[0]
    return made.transpose([labels.index(x) for x in output])


on_values(np.einsum_path)


def _sizes(terms: Sequence[Labels], arrays: Sequence[Any]) -> dict[int, int]:
    """The length of every label, to which axes of length one are stretched."""
    sizes: dict[int, int] = {}
    for labels, x in zip(terms, arrays, strict=True):
        own: dict[int, int] = {}  # a diagonal's axes are not stretched
        for label, n in zip(labels, x.shape, strict=True):
            whole = sizes.get(label, 1)
            if own.setdefault(label, n) != n or (n != whole and 1 not in (n, whole)):
                shapes = ", ".join(text(x.shape) for x in arrays)
                raise _core.ShapeError(
                    f"np.einsum: shapes {shapes}: one subscript has the lengths "
                    f"{whole if own[label] == n else own[label]} and {n}"
                )
            sizes[label] = whole if n == 1 else n
    return sizes


def _of_one_type(arrays: Sequence[Any], dtype: Any, casting: str) -> list[Any]:
    """The operands in the type of the result, in which NumPy computes."""
    wanted = np.result_type(*(x.dtype for x in arrays)) if dtype is None else np.dtype(dtype)
    for x in arrays:
        if not np.can_cast(x.dtype, wanted, casting):  # type: ignore[arg-type]
            raise _core.DTypeError(
                f"np.einsum: an operand of {x.dtype} is not cast to {wanted} by {casting!r} casting"
            )
    return [x if x.dtype == wanted else x.astype(wanted) for x in arrays]


def _piece(x: Any, labels: Labels, sizes: dict[int, int]) -> Piece:
    """Take diagonals where a label repeats, and leave out axes that would only be stretched."""
    for label in [label for label in {*labels} if labels.count(label) > 1]:
        axes = tuple(i for i, other in enumerate(labels) if other == label)
        x = axes_last(x, axes)[(..., *(np.arange(x.shape[axes[0]]),) * len(axes))]
        labels = (*(other for other in labels if other != label), label)
    kept = tuple(label for label, n in zip(labels, x.shape, strict=True) if n == sizes[label])
    return (x, kept) if kept == labels else (x.reshape([sizes[label] for label in kept]), kept)


def _path(
    terms: list[Labels], output: Labels, sizes: dict[int, int], optimize: Any
) -> Sequence[Any]:
    """Which operands meet, step by step; each result goes behind the operands that are left."""
    if len(terms) < 3 and isinstance(optimize, bool):
        return [range(len(terms))]
    if isinstance(optimize, bool):
        return _greedy(tuple(terms), output, tuple(sizes.items()))
    return _numpys_path(terms, output, sizes, optimize)


@lru_cache(256)
def _greedy(
    terms: tuple[Labels, ...], output: Labels, sizes: tuple[tuple[int, int], ...]
) -> Sequence[Any]:
    return _numpys_path(terms, output, dict(sizes), "greedy")


def _numpys_path(
    terms: Sequence[Labels], output: Labels, sizes: dict[int, int], optimize: Any
) -> Sequence[Any]:
    names = {label: i for i, label in enumerate(sizes)}
    arguments: list[Any] = []
    for labels in terms:
        arguments.append(np.broadcast_to(0.0, [sizes[x] for x in labels]))
        arguments.append([names[x] for x in labels])
    found = np.einsum_path(*arguments, [names[x] for x in output], optimize=optimize)[0]
    return found[1:]  # behind the word 'einsum_path'


def _contracted(pieces: list[Piece], needed: Collection[int]) -> Piece:
    """One piece of several: the product, summed over the labels that nobody needs."""
    made = pieces[0]
    for k, piece in enumerate(pieces[1:], 1):
        later = {*needed}.union(*(labels for _, labels in pieces[k + 1 :]))
        made = _product(
            _summed(made, later.union(piece[1])), _summed(piece, later.union(made[1])), later
        )
    return _summed(made, needed)


def _summed(piece: Piece, needed: Collection[int]) -> Piece:
    x, labels = piece
    lone = tuple(i for i, label in enumerate(labels) if label not in needed)
    if not lone:
        return piece
    return x.sum(axis=lone), tuple(label for label in labels if label in needed)


def _product(left: Piece, right: Piece, needed: Collection[int]) -> Piece:
    """A matrix product of two pieces, or one of elements where there is nothing to sum."""
    (a, la), (b, lb) = left, right
    batch = tuple(x for x in la if x in lb and x in needed)
    summed = tuple(x for x in la if x in lb and x not in needed)
    rows = tuple(x for x in la if x not in lb)
    columns = tuple(x for x in lb if x not in la)
    size = dict(zip(la + lb, a.shape + b.shape, strict=True))
    if not summed or (batch and not rows and not columns):
        # BLAS has no gain for one sum at a time, and elements have the cheaper derivatives.
        whole = batch + summed
        shape = [size[x] for x in whole]
        a = _arranged(left, (whole, rows), [*shape, *(size[x] for x in rows), *[1] * len(columns)])
        b = _arranged(
            right, (whole, columns), [*shape, *[1] * len(rows), *(size[x] for x in columns)]
        )
        return _summed((a * b, whole + rows + columns), needed)
    labels = batch + rows + columns
    made = _matrices(left, batch, rows, summed) @ _matrices(right, batch, summed, columns)
    return made.reshape([size[x] for x in labels]), labels


def _arranged(piece: Piece, groups: Sequence[Labels], shape: Sequence[int]) -> Any:
    x, labels = piece
    order = [labels.index(label) for group in groups for label in group]
    return x.transpose(order).reshape(shape)


def _matrices(piece: Piece, batch: Labels, rows: Labels, columns: Labels) -> Any:
    """Groups of axes as matrices, transposed where that is how they lie in memory."""
    x, labels = piece
    if rows and columns and labels.index(rows[0]) > labels.index(columns[0]):
        return transposed(_matrices(piece, batch, columns, rows))
    size = dict(zip(labels, x.shape, strict=True))
    shape = [prod(size[label] for label in group) for group in (batch, rows, columns)]
    return _arranged(piece, (batch, rows, columns), shape if batch else shape[1:])

"""How an einsum is carried out: diagonals, sums and matrix products.

Two operands become one (batched) matrix product: of the axes that both have, those that nobody
needs later are summed, the others are the batch; what one of them has alone is rows or columns.
All this depends on shapes alone. So it is done with stand-ins that write down what is done with
them, once for a kind of call.
"""

from collections.abc import Callable, Collection, Sequence
from math import prod
from operator import itemgetter, matmul, methodcaller, mul
from typing import Any

import numpy as np

from .. import _core
from ..values import shape_text
from .arrays import arranged, axes_last, transposed
from .subscripts import Labels

Step = tuple[Callable[..., Any], tuple[int, ...]]  # an operation, and the places of its operands


class _StandIn:
    """An array without elements, that writes what is done with it into a list of steps."""

    def __init__(self, shape: Sequence[int], place: int, steps: list[Step], first: int) -> None:
        self.shape, self.ndim, self.place = tuple(shape), len(shape), place
        self._steps, self._first = steps, first

    def _then(self, shape: Sequence[int], operation: Callable[..., Any], *others: Any) -> Any:
        self._steps.append((operation, (self.place, *(x.place for x in others))))
        return _StandIn(shape, self._first + len(self._steps) - 1, self._steps, self._first)

    def transpose(self, order: Sequence[int]) -> Any:
        return self._then([self.shape[i] for i in order], methodcaller("transpose", tuple(order)))

    def reshape(self, shape: Sequence[int]) -> Any:
        return self._then(shape, methodcaller("reshape", tuple(shape)))

    def sum(self, axis: tuple[int, ...]) -> Any:
        shape = [n for i, n in enumerate(self.shape) if i not in axis]
        return self._then(shape, methodcaller("sum", axis=axis))

    def __getitem__(self, diagonal: tuple[Any, ...]) -> Any:
        shape = (*self.shape[: 1 - len(diagonal)], len(diagonal[-1]))
        return self._then(shape, itemgetter(diagonal))

    def __mul__(self, other: Any) -> Any:
        return self._then(np.broadcast_shapes(self.shape, other.shape), mul, other)

    def __matmul__(self, other: Any) -> Any:
        return self._then((*self.shape[:-1], other.shape[-1]), matmul, other)


Piece = tuple[Any, Labels]  # a stand-in and the labels of its axes, each once


def steps_of(
    terms: Sequence[Labels], output: Labels, shapes: Sequence[tuple[int, ...]], optimize: Any
) -> list[Step]:
    """The steps from operands of these labels and shapes to the result, which is the last one's.

    A step takes its operands by their places: the operands of the einsum come first, then the
    results of the steps.
    """
    steps: list[Step] = []
    sizes = _sizes(terms, shapes)
    pieces = [
        _piece(_StandIn(shape, k, steps, len(shapes)), labels, sizes)
        for k, (labels, shape) in enumerate(zip(terms, shapes, strict=True))
    ]
    for step in _path([labels for _, labels in pieces], output, sizes, optimize):
        chosen = [pieces.pop(i) for i in sorted(step, reverse=True)][::-1]
        pieces.append(_contracted(chosen, {*output}.union(*(labels for _, labels in pieces))))
    made, labels = pieces[0]
    order = [labels.index(x) for x in output]
    if order != [*range(made.ndim)] or not steps:
        made.transpose(order)
    return steps


def _sizes(terms: Sequence[Labels], shapes: Sequence[tuple[int, ...]]) -> dict[int, int]:
    """The length of every label, to which axes of length one are stretched."""
    sizes: dict[int, int] = {}
    for labels, shape in zip(terms, shapes, strict=True):
        own: dict[int, int] = {}  # a diagonal's axes are not stretched
        for label, n in zip(labels, shape, strict=True):
            whole = sizes.get(label, 1)
            if own.setdefault(label, n) != n or (n != whole and 1 not in (n, whole)):
                raise _core.ShapeError(
                    f"np.einsum: shapes {shape_text(*shapes)}: one subscript has the lengths "
                    f"{whole if own[label] == n else own[label]} and {n}"
                )
            sizes[label] = whole if n == 1 else n
    return sizes


def _piece(x: Any, labels: Labels, sizes: dict[int, int]) -> Piece:
    """Take diagonals where a label repeats, and leave out axes that would only be stretched."""
    for label in [label for label in {*labels} if labels.count(label) > 1]:
        axes = tuple(i for i, other in enumerate(labels) if other == label)
        x = axes_last(x, axes)[(..., *(np.arange(x.shape[axes[0]]),) * len(axes))]
        labels = (*(other for other in labels if other != label), label)
    kept = tuple(label for label, n in zip(labels, x.shape, strict=True) if n == sizes[label])
    return (x, kept) if kept == labels else (x.reshape([sizes[label] for label in kept]), kept)


def _path(
    terms: Sequence[Labels], output: Labels, sizes: dict[int, int], optimize: Any
) -> Sequence[Any]:
    """Which operands meet, step by step; each result goes behind the operands that are left."""
    if isinstance(optimize, bool):
        if len(terms) < 3:
            return [range(len(terms))]
        optimize = "greedy"
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
    return arranged(made, [*range(made.ndim)], [size[x] for x in labels]), labels


def _arranged(piece: Piece, groups: Sequence[Labels], shape: list[int]) -> Any:
    x, labels = piece
    return arranged(x, [labels.index(label) for group in groups for label in group], shape)


def _matrices(piece: Piece, batch: Labels, rows: Labels, columns: Labels) -> Any:
    """Groups of axes as matrices, transposed where that is how they lie in memory."""
    x, labels = piece
    if rows and columns and labels.index(rows[0]) > labels.index(columns[0]):
        return transposed(_matrices(piece, batch, columns, rows))
    size = dict(zip(labels, x.shape, strict=True))
    shape = [prod(size[label] for label in group) for group in (batch, rows, columns)]
    return _arranged(piece, (batch, rows, columns), shape if batch else shape[1:])

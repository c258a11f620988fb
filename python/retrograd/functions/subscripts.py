"""The subscripts of `np.einsum`, read into one label for every axis.

A label is a number: letters are theirs by ASCII, as implicit output is sorted, and the axes that an
ellipsis stands for count down from -1, the last of them.
"""

from collections import Counter
from functools import lru_cache
from typing import Any

Labels = tuple[int, ...]


@lru_cache(256)
def parsed(text: str, ndims: tuple[int, ...]) -> tuple[tuple[Labels, ...], Labels]:
    """The labels of operands with so many axes, and those of the result."""
    inputs, arrow, output = text.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(ndims):
        raise ValueError(f"np.einsum: {len(ndims)} operands came, {len(terms)} in {text!r}")
    return expanded(
        [_letters(t, text) for t in terms], _letters(output, text) if arrow else None, ndims
    )


def from_lists(
    terms: list[Any], output: Any, ndims: tuple[int, ...]
) -> tuple[tuple[Labels, ...], Labels]:
    """The same from lists of numbers and Ellipsis."""
    return expanded(
        [_numbers(t) for t in terms], None if output is None else _numbers(output), ndims
    )


def _letters(term: str, text: str) -> list[Any]:
    first, dots, last = term.partition("...")
    for x in first + last:
        if not (x.isascii() and x.isalpha()):
            raise ValueError(f"np.einsum: {x!r} in {text!r} is no letter and no ellipsis")
    return [*map(ord, first), *([...] if dots else []), *map(ord, last)]


def _numbers(term: Any) -> list[Any]:
    labels = []
    for x in term:
        if x is not Ellipsis:
            if not hasattr(x, "__index__"):
                raise TypeError(f"np.einsum: {x!r} is no subscript; wanted integers or Ellipsis")
            x = x.__index__()
            if not 0 <= x < 52:
                raise ValueError(f"np.einsum: subscript {x} is not within 0 to 51")
        labels.append(x)
    if labels.count(...) > 1:
        raise ValueError("np.einsum: more than one Ellipsis for one operand")
    return labels


def expanded(
    terms: list[list[Any]], output: list[Any] | None, ndims: tuple[int, ...]
) -> tuple[tuple[Labels, ...], Labels]:
    """Put labels in the place of every ellipsis; find the output where it is not given."""
    made, widest = [], 0
    for k, (term, ndim) in enumerate(zip(terms, ndims, strict=True)):
        free = ndim - len(term) + (... in term)
        if free < 0 or (free and ... not in term):
            raise ValueError(f"np.einsum: operand {k} has {ndim} axes, not those of its subscripts")
        made.append(_filled(term, free))
        widest = max(widest, free)
    if output is None:
        counts = Counter(label for labels in made for label in labels)
        output = [..., *sorted(x for x, n in counts.items() if n == 1 and x >= 0)]
    elif widest and ... not in output:
        raise ValueError("np.einsum: the output has no '...' for the axes that the operands' have")
    result = _filled(output, widest)
    known = {label for labels in made for label in labels}
    if len(set(result)) != len(result) or not known.issuperset(result):
        raise ValueError("np.einsum: an output subscript came twice, or is none of an operand")
    return tuple(made), result


def _filled(term: list[Any], n: int) -> Labels:
    if ... not in term:
        return tuple(term)
    at = term.index(...)
    return (*term[:at], *range(-n, 0), *term[at + 1 :])

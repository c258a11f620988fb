"""Sets of elements: which ones are chosen is a matter of values, their gradients go back."""

from typing import Any

import numpy as np

from .places import as_part
from .table import implements, is_tensor, value

_FIRST = "g at the first of equal elements, zero at the others"


@implements(np.unique_values, derivative=_FIRST)
def unique_values(x: Any) -> Any:
    return np.unique(x, equal_nan=False)


@implements(np.unique_all, derivative=_FIRST)
def unique_all(x: Any) -> Any:
    found = np.unique_all(value(as_part(x)))
    return found._replace(values=np.take(x, found.indices))


@implements(np.unique_counts, derivative=_FIRST)
def unique_counts(x: Any) -> Any:
    return np.unique_counts(value(as_part(x)))._replace(values=unique_values(x))


@implements(np.unique_inverse, derivative=_FIRST)
def unique_inverse(x: Any) -> Any:
    return np.unique_inverse(value(as_part(x)))._replace(values=unique_values(x))


@implements(np.union1d, derivative=_FIRST)
def union1d(ar1: Any, ar2: Any) -> Any:
    return np.unique(np.concatenate((ar1, ar2), None))


@implements(np.setdiff1d, derivative=_FIRST)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    ar1 = as_part(ar1).reshape(-1) if assume_unique else np.unique(ar1)
    return np.take(ar1, np.flatnonzero(np.isin(value(ar1), value(ar2), assume_unique, invert=True)))


@implements(np.setxor1d, derivative=_FIRST)
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    if not assume_unique:
        ar1, ar2 = np.unique(ar1), np.unique(ar2)
    both = np.sort(np.concatenate((ar1, ar2), None))
    differs = np.diff(value(both)) != 0
    # Not the one before, nor the one after.
    return both[np.append(True, differs)[: both.size] & np.append(differs, True)[: both.size]]


@implements(np.intersect1d, derivative="g at the chosen of ar1, or of ar2 if ar1 is no Tensor")
def intersect1d(
    ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False
) -> Any:
    found = np.intersect1d(value(ar1), value(ar2), assume_unique, True)
    source, places = (ar1, found[1]) if is_tensor(ar1) else (ar2, found[2])
    chosen = np.take(source.reshape(-1), places)
    return (chosen, *found[1:]) if return_indices else chosen

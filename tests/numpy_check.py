"""What becomes of a text of NumPy code when its arrays are tensors, judged by NumPy itself."""

import functools
import io
import math
import re
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

import retrograd as rg
from numpy_calls import VALUES
from retrograd import Tensor

STEP = 1e-3  # of the five-point difference: an error of the order STEP**4
RTOL = 2e-6


@dataclass(frozen=True)
class Outcome:
    """`status` is "right", "refused" (by an error that says so) or "wrong"."""

    status: str
    reason: str = ""
    error: Exception | None = None


def names_in(text: str) -> list[str]:
    """Return the variables that a text reads, without the keywords of its calls."""
    found = set(re.findall(r"(?<![\w.])([A-Za-z])(?!\w|\s*=[^=])", re.sub(r"'[^']*'", "", text)))
    return sorted(found & set(VALUES))


def run(text: str, values: dict[str, Any], **more: Any) -> Any:
    """Evaluate an expression, or run statements and return `out`."""
    scope = {"np": np, "functools": functools, "io": io, "math": math, **values, **more}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not re.search(r"\n|;|\bout = ", text):
            return eval(text, scope)
        exec(text.replace("; ", "\n"), scope)
    return scope["out"]


def parts_of(result: Any) -> list[Any]:
    """Return the arrays and tensors in a result, whatever tuples, lists and records hold them."""
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, (tuple, list)):
        return [part for x in result for part in parts_of(x)]
    if type(result).__module__.startswith("numpy") and hasattr(result, "_fields"):
        return parts_of(tuple(result))
    return [result]


def fresh(names: list[str]) -> dict[str, Any]:
    return {name: VALUES[name].copy() for name in names}


def is_float(x: Any) -> bool:
    return np.asarray(x).dtype.kind in "fc"


def numbers(result: Any) -> list[Any]:
    """Return the parts with a derivative, as arrays: floating-point numbers."""
    return [np.asarray(x) for x in parts_of(result) if is_float(x)]


def slopes(text: str, names: list[str], leaf: str, weights: list[Any]) -> Any:
    """Return the gradient of `Re(sum(weights * parts))` with respect to one variable."""

    def loss(index: Any, step: float) -> float:
        values = fresh(names)
        values[leaf][index] += step
        parts = numbers(run(text, values))
        return sum(np.sum(w * part).real for w, part in zip(weights, parts, strict=True))

    def slope(index: Any) -> float:
        near = loss(index, STEP) - loss(index, -STEP)
        return (8 * near - loss(index, 2 * STEP) + loss(index, -2 * STEP)) / (12 * STEP)

    found = np.zeros(VALUES[leaf].shape)
    for index in np.ndindex(found.shape):
        found[index] = slope(index)
    return found


def draw_weights(parts: list[Any]) -> list[Any]:
    rng = np.random.default_rng(0)
    made = []
    for part in parts:
        w = rng.uniform(0.5, 1.5, part.shape)
        if part.dtype.kind == "c":
            w = w + 1j * rng.uniform(0.5, 1.5, part.shape)
        made.append(w.astype(part.dtype))
    return made


def same(got: Any, want: Any, rtol: float, atol: float = 0.0) -> bool:
    got, want = np.asarray(got), np.asarray(want)
    if got.shape != want.shape or got.dtype != want.dtype:
        return False
    if want.dtype.kind not in "fc":
        return bool(np.array_equal(got, want))
    scale = np.abs(want[np.isfinite(want)]).max(initial=0.0)
    # What cancels to zero is so but for rounding.
    return np.allclose(got, want, rtol=rtol, atol=max(rtol * scale, atol), equal_nan=True)


def examine(text: str, leaves: list[str] | None = None) -> Outcome:
    """Judge value and gradients of a text with tensors for its floats, or for `leaves` of them."""
    names = names_in(text)
    if leaves is None:
        leaves = [name for name in names if is_float(VALUES[name])]
    values = fresh(names)
    tensors = {name: Tensor(values[name]) for name in leaves}
    try:
        got = parts_of(run(text, values | tensors))
    except (TypeError, AttributeError, rg.GraphError) as error:
        return Outcome("refused", str(error), error)
    except Exception as error:
        return Outcome("wrong", f"{type(error).__name__}: {error}", error)
    want = parts_of(run(text, fresh(names)))
    return _value(got, want) or _gradient(text, names, tensors, got, want)


def _value(got: list[Any], want: list[Any]) -> Outcome | None:
    if len(got) != len(want):
        return Outcome("wrong", f"{len(got)} results, NumPy has {len(want)}")
    for a, b in zip(got, want, strict=True):
        plain = a.numpy() if isinstance(a, Tensor) else a
        if not isinstance(a, Tensor) and np.asarray(a).dtype == object != np.asarray(b).dtype:
            return Outcome("wrong", "an object array")
        b = np.asarray(b)
        if not same(plain, b, 1e-5 if b.dtype.itemsize < 8 else 1e-9):
            return Outcome("wrong", f"value {np.asarray(plain)!r:.60} where NumPy has {b!r:.60}")
    return None


def _gradient(text: str, names: list[str], tensors: Any, parts: Any, want: Any) -> Outcome:
    floats = [(a, np.asarray(b)) for a, b in zip(parts, want, strict=True) if is_float(b)]
    weights = draw_weights([b for _, b in floats])
    for (part, _), w in zip(floats, weights, strict=True):
        if isinstance(part, Tensor) and part.requires_grad:
            try:
                part.backward(w)
            except (TypeError, rg.GraphError) as error:
                return Outcome("refused", str(error), error)
    single = any(b.dtype.itemsize < (16 if b.dtype.kind == "c" else 8) for _, b in floats)
    for name, tensor in tensors.items():
        slope = slopes(text, names, name, weights)
        if not same(tensor.grad, slope, 5e-2 if single else RTOL, 1e-9):
            got = f"{tensor.grad!r:.60}" if np.any(tensor.grad) else "lost"
            return Outcome("wrong", f"gradient of {name} is {got}, differences say {slope!r:.60}")
    return Outcome("right")

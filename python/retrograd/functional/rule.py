"""What the graph keeps of a custom operation: which values, and how its rule is called."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core
from ..modes import strict
from .tree import TreeDef, flatten, ravel

_FLOATS = (np.dtype(np.float64), np.dtype(np.float32))


def call(name: str, what: str, f: Callable[..., Any], *args: Any) -> Any:
    """Call the user's rule; an error of its own is told in one line with the operation's name."""
    try:
        return f(*args)
    except MemoryError:
        raise
    except Exception as error:
        text = str(error).partition("\n")[0]
        raise _core.GraphError(
            f"{name}: its {what} raised {type(error).__name__}: {text}"
        ) from error


def check(name: str, what: str, x: Any, like: Any) -> Any:
    """Give back `x` if it is an array of real numbers with the shape of `like`."""
    if x is None:
        raise _core.GraphError(f"{name}: {what} is None; wanted an array, zeros for no gradient")
    dtype = x.dtype if isinstance(x, (np.ndarray, _core.Tensor)) else np.asarray(x).dtype
    if dtype not in _FLOATS and dtype.kind not in "iub":
        raise _core.DTypeError(f"{name}: {what} has dtype {dtype}, wanted {like.dtype}")
    if np.shape(x) != like.shape:
        raise _core.ShapeError(f"{name}: {what} has shape {np.shape(x)}, wanted {like.shape}")
    return x


class Results:
    """The results of an operation as one array, since a node has one value.

    Attributes
    ----------
    leaves : list
        All results, of whatever type.
    treedef : TreeDef
    floats : list of int
        Which of them have a gradient.
    """

    def __init__(self, out: Any, name: str) -> None:
        leaves, self.treedef = flatten(out)
        self.leaves: list[Any] = [*map(np.asarray, leaves)]
        # An array that `fwd` saves must be recognised as the result it is.
        self.ids = {id(y): k for k, y in enumerate(leaves)}
        self.floats: list[int] = []
        for k, y in enumerate(self.leaves):
            if y.dtype in _FLOATS:
                self.floats.append(k)
            elif y.dtype.kind not in "iub":
                raise _core.DTypeError(
                    f"{name}: its result has dtype {y.dtype}, wanted float64 or float32"
                )
        self._shapes = [(y.shape, y.dtype) for y in self.leaves]

    def join(self) -> Any:
        """The results with a gradient, as they are if it is one, else in one vector."""
        if len(self.floats) == 1:
            return self.leaves[self.floats[0]]
        return np.concatenate([np.ravel(self.leaves[k]) for k in self.floats])

    def join_tangents(self, tangents: list[Any]) -> Any:
        """The same for tangents, by leaf, which may be tensors."""
        chosen = [tangents[k] for k in self.floats]
        return chosen[0] if len(chosen) == 1 else ravel(chosen)[0]

    def split(self, whole: Any) -> dict[int, Any]:
        """Take apart what `join` or an operation on it has made."""
        if len(self.floats) == 1:
            return {self.floats[0]: _scalar(whole)}
        parts, start = {}, 0
        for k in self.floats:
            shape, dtype = self._shapes[k]
            end = start + int(np.prod(shape))
            parts[k] = _scalar(whole[start:end].reshape(shape).astype(dtype))
            start = end
        return parts

    def cotangent(self, g: Any) -> Any:
        """The cotangent of `join`'s result in the structure of the results."""
        parts = self.split(g)
        return self.treedef.unflatten(
            parts[k] if k in parts else np.zeros(shape) for k, (shape, _) in enumerate(self._shapes)
        )

    def forget_values(self) -> None:
        """Keep the structure only."""
        self.leaves, self.ids = [], {}


def _scalar(x: Any) -> Any:
    return x[()] if isinstance(x, np.ndarray) and not x.ndim else x


class Rule:
    """Called by a walk: from the cotangent of a custom operation to those of its inputs.

    Parameters
    ----------
    name : str
    bwd : callable
        The user's rule.
    values : list
        The leaves of the arguments, plain.
    inputs : list of int
        Which of them have a gradient.
    given : list
        The leaves of the arguments as they came.
    args : TreeDef
        The structure of the arguments.
    results : Results
    saved : container
        What the user's `fwd` wants to have kept.
    """

    def __init__(
        self,
        name: str,
        bwd: Callable[[Any, Any], Any],
        values: list[Any],
        inputs: list[int],
        given: list[Any],
        args: TreeDef,
        results: Results,
        saved: Any,
    ) -> None:
        self._name, self._bwd, self._args, self._results = name, bwd, args, results
        self._inputs = inputs
        # Their shapes and dtypes, without memory.
        self._like = [np.broadcast_to(values[i].dtype.type(), values[i].shape) for i in inputs]
        leaves, self._saved_tree = flatten(saved)
        places = {id(values[i]): k for k, i in enumerate(inputs)}
        arguments = {id(x): x for x in values}
        # Without a gradient, but the rule's own derivative goes through them too.
        tangents = {
            id(x): _core.alias(t) for x, t in zip(values, given, strict=True) if _core.top_level(t)
        }
        # Each is an input ("in", k), a result ("out", k), a tensor with a tangent ("tangent", the
        # tensor), or kept as it is ("as it is", value).
        self._saved: list[tuple[str, Any]] = []
        self._computed: list[str] = []
        for x, path in zip(leaves, self._saved_tree.paths("saved"), strict=True):
            if id(x) in places:
                self._saved.append(("in", places[id(x)]))
            elif results.ids.get(id(x)) in results.floats:
                self._saved.append(("out", results.ids[id(x)]))
            elif id(x) in tangents:
                self._saved.append(("tangent", tangents[id(x)]))
            else:
                is_argument = id(x) in arguments
                if not is_argument and _is_inexact(x):
                    self._computed.append(path)
                if isinstance(x, np.ndarray) and (is_argument or x.base is not None):
                    x = x.copy()  # its memory may be written to
                self._saved.append(("as it is", x))

    def saves(self) -> tuple[bool, ...]:
        """Which inputs, and last whether the result, the graph is to keep."""
        kept = {k for kind, k in self._saved if kind == "in"}
        result = any(kind == "out" for kind, _ in self._saved)
        return (*(k in kept for k in range(len(self._inputs))), result)

    def __call__(self, g: Any, kept: tuple[Any, ...], recording: bool) -> list[Any]:
        if recording and self._computed:
            raise _core.GraphError(
                f"{self._name}: {self._computed[0]} was computed by fwd, so its derivative is not "
                "known and there is no second one; save arguments and results only"
            )
        results = self._results.split(kept[-1]) if kept[-1] is not None else {}
        leaves = []
        for kind, x in self._saved:
            known = kept[x] if kind == "in" else results[x] if kind == "out" else x
            leaves.append(_scalar(known._view() if kind == "tangent" and not recording else known))
        saved = self._saved_tree.unflatten(leaves)
        cotangent = self._results.cotangent(g)
        if recording:
            # A tensor that the rule turns into an array would lose its derivative in silence.
            with strict():
                given = call(self._name, "vjp", self._bwd, saved, cotangent)
        else:
            given = call(self._name, "vjp", self._bwd, saved, cotangent)
        return self._cotangents(given)

    def _cotangents(self, given: Any) -> list[Any]:
        """What the rule gave, by input; the rest is looked at no further."""
        n = len(self._args.children)
        if not isinstance(given, tuple) or len(given) != n:
            came = f"{len(given)}" if isinstance(given, tuple) else type(given).__name__
            raise _core.GraphError(
                f"{self._name}: its vjp gave {came}, wanted a tuple of {n}, one an argument"
            )
        leaves: list[Any] = []
        for part, treedef in zip(given, self._args.children, strict=True):
            # None stands for no gradient of a whole argument.
            whole = part is None and treedef.kind is not type(None)
            missing = [None] * treedef.size
            leaves += missing if whole else treedef.leaves_of(part, f"{self._name}: its vjp")
        paths = self._args.paths("args")
        return [
            check(self._name, f"the vjp's cotangent of {paths[i]}", leaves[i], like)
            for i, like in zip(self._inputs, self._like, strict=True)
        ]


def _is_inexact(x: Any) -> bool:
    if isinstance(x, (bool, int, str, bytes)) or callable(x):
        return False
    return bool(np.asarray(x).dtype.kind not in "iub")

"""Containers of arrays: nested tuples, lists, dicts, namedtuples and dataclasses.

`flatten` takes a container apart into its leaves and a `TreeDef`, which puts others like it
together again. None is an empty container; everything else that is no container is a leaf, so a
lone array is a tree too.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import _core


class TreeDef:
    """What remains of a container when its leaves are taken out.

    Attributes
    ----------
    kind : type or None
        The container's class; None for a leaf.
    keys : tuple
        Where the children are in it: indices, dict keys or field names.
    children : tuple of TreeDef
    static : object
        What the container has besides children: a dataclass's static fields, for example.
    size : int
        The number of leaves.
    """

    __slots__ = ("children", "keys", "kind", "size", "static")

    def __init__(
        self,
        kind: type | None,
        keys: tuple[Any, ...] = (),
        children: "tuple[TreeDef, ...]" = (),
        static: Any = None,
    ) -> None:
        self.kind, self.keys, self.children, self.static = kind, keys, children, static
        self.size: int = 1 if kind is None else sum(child.size for child in children)

    def unflatten(self, leaves: Iterable[Any]) -> Any:
        """Put `leaves`, as many as `size`, into a container of this structure.

        Raises
        ------
        ValueError
            If there are fewer or more leaves.
        """
        given = list(leaves)
        if len(given) != self.size:
            raise ValueError(f"unflatten: {len(given)} leaves came, the structure has {self.size}")
        return self._build(iter(given))

    def _build(self, leaves: Iterator[Any]) -> Any:
        if self.kind is None:
            return next(leaves)
        return _join(self, [child._build(leaves) for child in self.children])

    def leaves_of(self, tree: Any, who: str) -> list[Any]:
        """Take the leaves of another container of this structure, in this one's order.

        Raises
        ------
        TypeError
            If the structures differ: the message names `who` and the place.
        """
        leaves: list[Any] = []
        self._match(tree, who, "", leaves)
        return leaves

    def _match(self, tree: Any, who: str, where: str, leaves: list[Any]) -> None:
        if self.kind is None:
            leaves.append(tree)
            return
        parts = _split(tree)
        if parts is None or parts.kind is not self.kind or set(parts.keys) != set(self.keys):
            came = flatten(tree)[1]
            at = f" at {where}" if where else ""
            raise TypeError(f"{who}: the structure {came!r} came{at}, wanted {self!r}")
        found = dict(zip(parts.keys, parts.children, strict=True))
        for key, child in zip(self.keys, self.children, strict=True):
            child._match(found[key], who, f"{where}[{key!r}]", leaves)

    def paths(self, prefix: str = "") -> list[str]:
        """Name the leaves: `prefix`, then how to get there, as in `x['w'][0]`."""
        if self.kind is None:
            return [prefix]
        named = self.kind not in (tuple, list) and not issubclass(self.kind, dict)
        return [
            path
            for key, child in zip(self.keys, self.children, strict=True)
            for path in child.paths(f"{prefix}.{key}" if named else f"{prefix}[{key!r}]")
        ]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TreeDef) and self._state() == other._state()

    def __hash__(self) -> int:
        return hash((self.kind, self.keys, self.children))

    def _state(self) -> tuple[Any, ...]:
        return self.kind, self.keys, self.children, self.static

    def __repr__(self) -> str:
        if self.kind is None:
            return "*"
        if self.kind is type(None):
            return "None"
        parts = [*map(repr, self.children)]
        if self.kind is list:
            return f"[{', '.join(parts)}]"
        if self.kind is tuple:
            return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"
        if issubclass(self.kind, dict):
            pairs = zip(self.keys, parts, strict=True)
            return "{" + ", ".join(f"{key!r}: {part}" for key, part in pairs) + "}"
        fields = ", ".join(f"{k}={part}" for k, part in zip(self.keys, parts, strict=True))
        return f"{self.kind.__name__}({fields})"


LEAF = TreeDef(None)


class _Parts(NamedTuple):
    kind: type
    keys: tuple[Any, ...]
    children: Sequence[Any]
    static: Any = None


def _split(tree: Any) -> _Parts | None:
    """Take one container apart; None for a leaf."""
    kind = type(tree)
    if kind is tuple or kind is list:
        return _Parts(kind, tuple(range(len(tree))), tree)
    if kind is np.ndarray or kind is float or isinstance(tree, _core.Tensor):
        return None
    if isinstance(tree, dict):
        # A defaultdict's factory goes along.
        return _Parts(kind, tuple(tree), [*tree.values()], getattr(tree, "default_factory", None))
    if isinstance(tree, tuple) and hasattr(kind, "_fields"):
        return _Parts(kind, kind._fields, tree)
    if tree is None:
        return _Parts(kind, (), ())
    if hasattr(kind, "__dataclass_fields__") and not isinstance(tree, type):
        return _split_dataclass(tree)
    return None


def _split_dataclass(tree: Any) -> _Parts:
    from dataclasses import fields

    keys, children, static = [], [], {}
    for field in fields(tree):
        if field.metadata.get("static"):
            static[field.name] = getattr(tree, field.name)
        else:
            keys.append(field.name)
            children.append(getattr(tree, field.name))
    return _Parts(type(tree), tuple(keys), children, static)


def _join(treedef: TreeDef, children: list[Any]) -> Any:
    kind: Any = treedef.kind
    if kind is list:
        return children
    if kind is tuple:
        return tuple(children)
    if kind is type(None):
        return None
    if issubclass(kind, tuple):
        return kind._make(children)
    pairs = zip(treedef.keys, children, strict=True)
    if issubclass(kind, dict):
        return kind(pairs) if treedef.static is None else kind(treedef.static, pairs)
    # Not through __init__, which may want what the leaves are not, or compute from them.
    made = object.__new__(kind)
    for name, value in (*pairs, *treedef.static.items()):
        object.__setattr__(made, name, value)
    return made


def flatten(tree: Any) -> tuple[list[Any], TreeDef]:
    """Take a container apart.

    Parameters
    ----------
    tree : container or leaf
        Tuples, lists, dicts (in their own order), namedtuples and dataclasses, nested. A dataclass
        field with the metadata `{"static": True}` belongs to the structure.

    Returns
    -------
    leaves : list
    treedef : TreeDef
        `treedef.unflatten(leaves)` is a container equal to `tree`.
    """
    leaves: list[Any] = []
    return leaves, _flatten(tree, leaves)


def _flatten(tree: Any, leaves: list[Any]) -> TreeDef:
    parts = _split(tree)
    if parts is None:
        leaves.append(tree)
        return LEAF
    children = tuple([_flatten(child, leaves) for child in parts.children])
    return TreeDef(parts.kind, parts.keys, children, parts.static)


def map_leaves(f: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Apply `f` to every leaf, and to those in the same place of `others`."""
    leaves, treedef = flatten(tree)
    columns = [treedef.leaves_of(other, "map_leaves") for other in others]
    return treedef.unflatten(map(f, leaves, *columns))


def ravel(tree: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Lay the elements of all leaves out as one vector.

    Parameters
    ----------
    tree : container of array_like or Tensor

    Returns
    -------
    vector : ndarray or Tensor, shape (n,)
        A Tensor if one of the leaves is. Of the leaves' common floating dtype.
    unravel : callable
        From a vector of n elements, ndarray or Tensor, back to the structure, each leaf in its own
        shape and dtype. Gradients flow through both.

    Raises
    ------
    DTypeError
        If a leaf is not made of real numbers.
    """
    leaves, treedef = flatten(tree)
    arrays: list[Any] = [x if isinstance(x, _core.Tensor) else _real(x) for x in leaves]
    shapes = [x.shape for x in arrays]
    dtypes = [x.dtype for x in arrays]
    ends = np.cumsum([x.size for x in arrays], dtype=int).tolist()
    total = ends[-1] if ends else 0
    spans = list(zip([0, *ends], ends, strict=False))
    dtype = np.result_type(*dtypes) if dtypes else np.dtype(np.float64)

    vector: Any = np.empty(total, dtype)
    if any(isinstance(x, _core.Tensor) for x in arrays):
        vector = sys.modules["retrograd"].Tensor(np.zeros(total, dtype), requires_grad=False)
    for (start, end), x in zip(spans, arrays, strict=True):
        vector[start:end] = x.reshape(-1)

    def unravel(v: Any) -> Any:
        if np.shape(v) != (total,):
            raise _core.ShapeError(f"unravel: shape {np.shape(v)} came, wanted ({total},)")
        return treedef.unflatten(
            v[start:end].reshape(shape).astype(own) if shape else v[start].astype(own)
            for (start, end), shape, own in zip(spans, shapes, dtypes, strict=True)
        )

    return vector, unravel


def _real(x: Any) -> Any:
    """A leaf as an array of float64 or float32."""
    array = np.asarray(x)
    if array.dtype in (np.float64, np.float32):
        return array
    if array.dtype.kind not in "iub":
        raise _core.DTypeError(f"ravel: dtype {array.dtype} is not taken; wanted real numbers")
    return array.astype(np.float64)

"""Help for tests: derivatives compared with what differences of the values say."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .functional.nesting import plain
from .functional.reverse import vjp
from .functional.tree import TreeDef, flatten
from .modes import no_grad
from .tensor import Tensor

Array = np.ndarray[Any, np.dtype[Any]]
Arrays = list[Array]

# By the precision in which the function computes: the step of differences, and what counts as
# equal, relative to the sum of the magnitudes that make up a number.
_STEP = {8: 2.0**-11, 4: 2.0**-5}
_RTOL = {8: 1e-6, 4: 5e-3}
_TINY = 1e-30  # the complex step


def check_grads(
    f: Callable[..., Any],
    args: Any,
    order: int = 2,
    modes: Sequence[str] = ("fwd", "rev"),
    *,
    directions: int = 3,
    seed: int = 0,
    eps: float | None = None,
    rtol: float | None = None,
    atol: float = 1e-9,
) -> None:
    """Check that the derivatives of `f` are those of its values.

    Along random directions the derivative is compared with what the complex step gives where `f`
    takes complex arrays, and with a Richardson-extrapolated central difference elsewhere. Higher
    orders are checked in every combination of modes. It says nothing at kinks.

    Parameters
    ----------
    f : callable
        Gives an array, or a container of arrays.
    args : tuple
        Where to check: the positional arguments, or a single one. Derivatives are with respect to
        every array or number of a floating type in them; others are left alone.
    order : int, default 2
    modes : sequence of "fwd" and "rev", default both
        Which modes to check: `jvp` and `vjp`.
    directions : int, default 3
        How many random directions are tried each time.
    seed : int, default 0
        The directions are the same for the same seed.
    eps : float, optional
        The step of the differences, 2**-11; 2**-5 for results in float32.
    rtol, atol : float, optional
        The largest deviation allowed; `rtol` is 1e-6, for float32 5e-3, of the sum of the
        magnitudes that make up the number.

    Raises
    ------
    AssertionError
        If a derivative is wrong. The message has the mode, the argument, the index in it, the
        derivative as it came and as it should be.
    TypeError
        If nothing in `args` is of a floating type.

    Examples
    --------
    >>> check_grads(lambda x, y: np.sin(x) * y, (1.0, np.array([2.0, 3.0])), modes=("rev",))
    """
    unknown = set(modes) - {"fwd", "rev"}
    if unknown or order < 1:
        raise ValueError(f"check_grads: modes are 'fwd' and 'rev', orders from 1; got {modes!r}")
    leaves, treedef = flatten(args if isinstance(args, tuple) else (args,))
    places = [i for i, x in enumerate(leaves) if np.asarray(plain(x)).dtype.kind == "f"]
    if not places:
        raise TypeError("check_grads: no argument is of a floating type; write 2.0 for 2")
    names = treedef.paths("args")

    def on_floats(*floats: Any) -> Any:
        for i, x in zip(places, floats, strict=True):
            leaves[i] = x
        return f(*treedef.unflatten(leaves))

    at = [np.array(plain(leaves[i])) for i in places]
    settings = _Settings(tuple(modes), directions, seed, eps, rtol, atol)
    _Check(on_floats, at, [names[i] for i in places], settings).run(order)


class _Settings(NamedTuple):
    modes: tuple[str, ...]
    directions: int
    seed: int
    eps: float | None
    rtol: float | None
    atol: float


class _Check:
    """The first derivatives of a function of arrays, and through them the higher ones."""

    def __init__(
        self,
        f: Callable[..., Any],
        at: Arrays,
        names: list[str],
        settings: _Settings,
        over: str = "",
        narrow: bool = False,
    ) -> None:
        self.f, self.at, self.names, self.settings, self.over = f, at, names, settings, over
        self.rng = np.random.default_rng(settings.seed)
        self.out: TreeDef
        # Differences are taken in float64 where the function lets them, and its derivatives too.
        self.wide = [x.astype(np.float64) for x in at]
        self.narrow = narrow or _is_narrow(self.value(self.wide))
        self.step = settings.eps or _STEP[4 if self.narrow else 8]
        in_float32 = self.narrow or _is_narrow([*at, *self.value(at)])
        self.rtol = settings.rtol or _RTOL[4 if in_float32 else 8]

    def value(self, xs: Arrays) -> Arrays:
        """The floating results, in the order of the tree."""
        with no_grad():
            out = self.f(*[Tensor(x, requires_grad=False) for x in xs])
        return self._floats(out)

    def _floats(self, out: Any) -> Arrays:
        leaves, self.out = flatten(out)
        arrays = [np.asarray(plain(y)) for y in leaves]
        return [y for y in arrays if y.dtype.kind in "fc"]

    def run(self, order: int) -> None:
        for mode in self.settings.modes:
            for _ in range(self.settings.directions):
                v, w = self.draw(self.at), self.draw(self.value(self.at))
                derivative = self.forward if mode == "fwd" else self.reverse(w)
                self.compare(mode, derivative, v, w)
            if order > 1:
                over = f"{mode} of {self.over}" if self.over else mode
                derived = self.derived(mode)
                _Check(derived, self.at, self.names, self.settings, over, self.narrow).run(
                    order - 1
                )

    def draw(self, like: Arrays) -> Arrays:
        """Random arrays without elements near zero."""
        return [
            (self.rng.uniform(0.5, 1.5, x.shape) * self.rng.choice([-1, 1], x.shape)).astype(
                x.dtype
            )
            for x in like
        ]

    def forward(self, v: Arrays) -> Arrays:
        return self._floats(self._push(self.at, v))

    def _push(self, xs: Any, v: Arrays) -> Any:
        from .functional.forward import jvp

        tangents = tuple(t[()] for t in v)
        return jvp(self.f, tuple(x[()] for x in xs), tangents)[1]

    def reverse(self, w: Arrays) -> Callable[[Arrays], Arrays]:
        gradient = self._pull([x[()] for x in self.at], w)

        def along(v: Arrays) -> Arrays:
            return [g * t for g, t in zip(map(np.asarray, gradient), v, strict=True)]

        return along

    def _pull(self, xs: Any, w: Arrays) -> Any:
        out, pull = vjp(self.f, *xs)
        given = iter(w)
        leaves, treedef = flatten(out)
        seeds = [next(given) if _is_float(y) else np.zeros(np.shape(y)) for y in leaves]
        return pull(treedef.unflatten(seeds))

    def derived(self, mode: str) -> Callable[..., Any]:
        """The first derivative along one direction, as a function of its own."""
        v, w = self.draw(self.at), self.draw(self.value(self.at))
        if mode == "fwd":
            return lambda *xs: self._push(xs, v)
        return lambda *xs: self._pull(xs, w)

    # What the values say.

    def numeric(self, v: Arrays) -> Arrays:
        """The derivative of the floating results along v."""
        differences = self.richardson(v)
        exact = self.complex_step(v)
        if exact is None:
            return differences
        # A function that is not analytic takes complex numbers and gives nonsense.
        agree = all(
            np.allclose(a, b, rtol=1e-4, atol=1e-6) for a, b in zip(exact, differences, strict=True)
        )
        return exact if agree else differences

    def richardson(self, v: Arrays) -> Arrays:
        def difference(h: float) -> Arrays:
            ahead = self.value([x + h * t for x, t in zip(self.wide, v, strict=True)])
            behind = self.value([x - h * t for x, t in zip(self.wide, v, strict=True)])
            return [
                (a.astype(float) - b.astype(float)) / (2 * h)
                for a, b in zip(ahead, behind, strict=True)
            ]

        coarse, fine = difference(self.step), difference(self.step / 2)
        return [(4 * b - a) / 3 for a, b in zip(coarse, fine, strict=True)]

    def complex_step(self, v: Arrays) -> Arrays | None:
        if self.over or self.step != _STEP[8]:
            return None
        try:
            moved = [(x + 1j * _TINY * t)[()] for x, t in zip(self.wide, v, strict=True)]
            out = self._floats(self.f(*moved))
        except Exception:  # whatever says that it takes real numbers only
            return None
        return [np.imag(y) / _TINY for y in out]

    # The comparison.

    def compare(
        self, mode: str, derivative: Callable[[Arrays], Arrays], v: Arrays, w: Arrays
    ) -> None:
        """Compare <w, Df[v]>; on failure find an element of v for which it is wrong."""
        if self.agree(mode, derivative, v, w)[0]:
            return
        n = sum(x.size for x in v)
        low, high = 0, n
        while high - low > 1:
            middle = (low + high) // 2
            halves = (low, middle), (middle, high)
            wrong = [self.agree(mode, derivative, _only(v, *h), w) for h in halves]
            low, high = halves[int(wrong[1][1] > wrong[0][1])]
        unit = [np.ones_like(x) for x in v]
        ok, _, came, wanted = self.agree(mode, derivative, _only(unit, low, high), w)
        if ok:  # wrong in several elements, which make up for each other here
            came, wanted = self.agree(mode, derivative, v, w)[2:]
        which, index = _locate(v, low)
        place = f"{self.names[which]}{list(map(int, index)) if index else ''}"
        what = f"{mode} of {self.over}" if self.over else mode
        depth = what.count(" of ") + 1
        raise AssertionError(
            f"check_grads: order {depth}, {what}, at {place}: the derivative is {came:.12g}, "
            f"the values say {wanted:.12g}"
        )

    def agree(
        self, mode: str, derivative: Callable[[Arrays], Arrays], v: Arrays, w: Arrays
    ) -> tuple[bool, float, float, float]:
        """Whether both say the same, by how much they differ, and both numbers."""
        parts = derivative(v)
        if mode == "fwd":
            parts = [p * c for p, c in zip(parts, w, strict=True)]
        numeric = [p * c for p, c in zip(self.numeric(v), w, strict=True)]
        came = float(sum(np.sum(p, dtype=np.float64) for p in parts))
        wanted = float(sum(np.sum(p, dtype=np.float64) for p in numeric))
        scale = sum(float(np.sum(np.abs(p), dtype=np.float64)) for p in (*parts, *numeric))
        error = abs(came - wanted)
        if np.isnan(error):
            same = np.isnan(came) == np.isnan(wanted) and not np.isfinite(came + wanted)
            return same, 0.0 if same else np.inf, came, wanted
        return error <= self.settings.atol + self.rtol * scale, error, came, wanted


def _is_narrow(xs: Arrays) -> bool:
    return any(x.dtype == np.float32 for x in xs)


def _is_float(x: Any) -> bool:
    return np.asarray(plain(x)).dtype.kind == "f"


def _only(v: Arrays, start: int, end: int) -> Arrays:
    """`v` with zeros everywhere but at the elements from `start` to `end`, over all arrays."""
    parts, at = [], 0
    for x in v:
        flat = np.arange(at, at + x.size).reshape(x.shape)
        parts.append(np.where((flat >= start) & (flat < end), x, 0).astype(x.dtype))
        at += x.size
    return parts


def _locate(v: Arrays, position: int) -> tuple[int, tuple[Any, ...]]:
    """The array and the index in it of an element counted over all of them."""
    for which, x in enumerate(v):
        if position < x.size:
            return which, np.unravel_index(position, x.shape)
        position -= x.size
    raise IndexError(position)

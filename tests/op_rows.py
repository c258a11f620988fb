"""What a row of the operation table is made of; the rows are in `op_table.py`.

A case is one call. Its function is written once: applied to tensors it is the operation, applied
to arrays it is the oracle (`np.sum(x, axis=0)` means both).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import retrograd as rg

Interval = tuple[float, float]


def call(f, *xs):
    return f(*xs)


@dataclass(frozen=True)
class Case:
    """One call of an operation: a function of operands with these shapes."""

    label: str
    f: Callable[..., Any]
    shapes: tuple[tuple[int, ...], ...]
    domains: tuple[Interval, ...] = ()
    ref: Callable[..., Any] | None = None  # the oracle, where `f` cannot take arrays
    ulp: int = 0  # how far a float64 or float32 value may be from NumPy's
    real: bool = False  # the oracle takes no complex numbers: it is differenced instead

    @property
    def exact(self) -> bool:
        return not self.domains

    @property
    def oracle(self) -> Callable[..., Any]:
        return self.ref or self.f


@dataclass(frozen=True)
class Row:
    """One operation of the registry."""

    name: str  # the registry's name, which errors show
    ref: Callable[..., Any] | None  # NumPy's function, or ours where NumPy has none
    more: tuple[Case, ...] = ()
    domains: tuple[Interval, ...] = ()
    nin: int = 0  # tensor operands of an elementwise operation; 0 for a structural one
    in_numpy: bool = True
    method: bool = False  # is `t.name()` a spelling too?
    operator: Callable[..., Any] | None = None
    # (operands, gradients) where the derivative is a convention or a limit; None: not promised.
    kinks: tuple[tuple[tuple[float, ...], tuple[float | None, ...]], ...] = ()
    spell: Callable[..., Any] = call  # how the function is called with the tensor operands
    ulp: int = 0
    real: bool = False  # NumPy's function takes no complex numbers

    @property
    def public(self) -> str | None:
        """The name users call it by, in `retrograd` and in `retrograd.ops`."""
        return self.ref.__name__ if self.ref else None

    def __call__(self, *xs):
        """Apply the public function."""
        return self.spell(getattr(rg, self.public), *xs)

    def numpy(self, *xs):
        """Apply the reference."""
        return self.spell(self.ref, *xs)

    @property
    def cases(self) -> tuple[Case, ...]:
        plain = {"2d": (2, 3), "0d": ()} if self.nin else {}
        return (
            *(
                Case(
                    label, self, (shape,) * self.nin, self.domains, self.numpy, self.ulp, self.real
                )
                for label, shape in plain.items()
            ),
            *self.more,
        )


def elementwise(name, ref, *domains, nin=1, cases=None, ulp=0, real=False, **flags):
    """Describe an elementwise row: the reference, one interval per operand (none: exact).

    `cases` are further calls, `{label: (function, domains, shape, …)}`.
    """
    more = (
        Case(label, f, shapes, domain, None, ulp, real)
        for label, (f, domain, *shapes) in (cases or {}).items()
    )
    return Row(name, ref, tuple(more), domains, len(domains) or nin, ulp=ulp, real=real, **flags)


def cases_of(ref, *domains, ulp=0, real=False, **calls):
    """Describe the calls of one NumPy function, as `label=(function, shape, …)`.

    Without domains the cases are exact; one interval stands for all operands. `real` says that
    NumPy's function takes no complex numbers, so that the oracle is differenced.
    """
    made = []
    for label, (f, *shapes) in calls.items():
        each = domains * len(shapes) if len(domains) == 1 else domains
        name = f"{ref.__name__}-{label}"
        made.append(Case(name, f, tuple(shapes), tuple(each), None, ulp, real))
    return tuple(made)


def structural(name, cases, ref=None, **flags):
    """Describe a structural row: `{label: (function, shape, …)}`, every case exact."""
    more = (Case(label, f, tuple(shapes)) for label, (f, *shapes) in cases.items())
    return Row(name, ref, tuple(more), **flags)

"""What a workload is, and where the workloads are found.

Each module in `workloads/` has a table `WORKLOADS` of names and functions, which make a workload
(a tiny one, if they are told so); `MEMORY` has those of which memory is measured and no time. The
program that is measured, `loss`, is written once; a library brings its own array
functions along (see `libraries.py`), so that every peer runs the same text.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "workloads"
MODULES = (
    "chain",
    "fanin",
    "network",
    "ode",
    "mlp",
    "logistic",
    "elementwise",
    "convolution",
    "hessian",
)


@dataclass
class Workload:
    """A program to differentiate.

    `loss(library, *leaves, *constants)` is differentiated with respect to the leaves, `rows` are
    further programs to time beside the libraries: a gradient written by hand, or a limit.
    """

    title: str
    unit: str
    loss: Callable[..., Any]
    leaves: Sequence[Any]
    constants: Sequence[Any] = ()
    operations: int = 1  # what a time is divided by
    rate: float | None = None  # a training step, which ends with `leaf -= rate * gradient`
    scalars: bool = False  # needs neither arrays nor array functions
    hessian: bool = False  # the second derivative with respect to the only leaf
    tolerance: float = 1e-9
    without: dict[str, str] = field(default_factory=dict)  # libraries left out, and why
    rows: dict[str, Callable[[], Any]] = field(default_factory=dict)


def load(module: Path) -> Any:
    """Run a module of workloads afresh.

    CPython specialises bytecode for the types it meets. Peers that shared one code object would
    take that advantage from each other, so each gets a module of its own.
    """
    spec = importlib.util.spec_from_file_location(f"workloads.{module.stem}", module)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def names() -> dict[str, Path]:
    """The module of every workload, in the order in which they are shown."""
    files = [FOLDER / f"{module}.py" for module in MODULES]
    return {name: file for file in files for name in load(file).WORKLOADS}

"""The calls on which NumPy's functions are checked, a module a family; see `op_rows.cases_of`."""

from importlib import import_module
from pathlib import Path

FAMILIES = sorted(p.stem for p in Path(__file__).parent.glob("[!_]*.py"))
CASES = {
    f"{family}-{case.label}": case
    for family in FAMILIES
    for case in import_module(f"{__name__}.{family}").CASES
}

"""How much of NumPy differentiates: every public name and many idioms, against differences.

Each name of NumPy's namespaces is called once with tensors (`tests/numpy_calls.py`), each idiom is
run (`tests/idioms.py`), and the gradients are compared with differences of NumPy's own values. The
names without a derivative are listed by reason; a name on no list is an error.

    python tests/benchmarks/coverage.py [--without]
"""

import argparse
import sys
from pathlib import Path
from textwrap import fill

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import retrograd as rg
from idioms import ALL
from numpy_calls import CALLS, METHODS
from numpy_check import Outcome, examine
from numpy_names import METHODS_WITHOUT, WITHOUT, unclassified

BAR = 96  # per cent of what has a derivative


def judge() -> dict[str, dict[str, Outcome]]:
    """Return what becomes of every text, by group and name."""
    return {
        "functions": {f"np.{name}": examine(text) for name, text in CALLS.items()},
        "methods": {f"t.{name}": examine(text) for name, text in METHODS.items()},
        "idioms": {text.strip(): examine(text) for text in ALL},
    }


def share(judged: dict[str, dict[str, Outcome]]) -> float:
    """Return the percentage that differentiates correctly."""
    statuses = [o.status for group in judged.values() for o in group.values()]
    return 100 * statuses.count("right") / len(statuses)


def report(judged: dict[str, dict[str, Outcome]]) -> None:
    for title, outcomes in judged.items():
        right = sum(o.status == "right" for o in outcomes.values())
        print(
            f"{title:<10} {len(outcomes):>4} with a derivative, {right:>4} differentiate correctly"
        )
    total = sum(map(len, judged.values()))
    print(f"{'all':<10} {total:>4} {'':17} {share(judged):.1f} %  (the bar: {BAR} %)")
    for outcomes in judged.values():
        for name, outcome in outcomes.items():
            if outcome.status != "right":
                first = name.splitlines()[0]
                dots = " ..." if "\n" in name else ""
                print(f"  {outcome.status:<8} {first}{dots}: {outcome.reason[:110]}")


def report_scipy() -> None:
    """Say how many of SciPy's special functions are carried out; the others are refused by name."""
    try:
        import scipy.special as sp
    except ModuleNotFoundError:
        return

    import retrograd.functions.special  # noqa: F401 (enters the rows)

    ufuncs = {f for n in sp.__all__ if isinstance(f := getattr(sp, n), np.ufunc)}
    served = ufuncs & rg.ops.UFUNCS.keys()
    print(
        f"{'scipy.special':<10} {len(ufuncs)} ufuncs, {len(served)} of them with a derivative here"
    )


def report_without() -> None:
    for title, table in (("functions", WITHOUT), ("methods", METHODS_WITHOUT)):
        print(f"\n{title} without a derivative")
        for reason, names in table.items():
            words = names.split()
            print(
                fill(f"{reason} ({len(words)}): {' '.join(words)}", 100, subsequent_indent="    ")
            )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--without", action="store_true", help="list what has no derivative")
    options = parser.parse_args()
    unknown = unclassified()
    if unknown:
        print(f"NumPy {np.__version__} has names that are on no list: {sorted(unknown)}")
    judged = judge()
    report(judged)
    report_scipy()
    if options.without:
        report_without()
    return bool(unknown) or share(judged) < BAR


if __name__ == "__main__":
    sys.exit(main())

"""How long `import retrograd` takes beyond `import numpy`: best of many fresh interpreters."""

import argparse
import subprocess
import sys

CODE = "from time import perf_counter as t; s = t(); import {}; print(t() - s)"


def milliseconds(module: str) -> float:
    """The time of one import in a new interpreter, its start-up left out."""
    command = [sys.executable, "-c", CODE.format(module)]
    return 1e3 * float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30, help="interpreters started for each")
    runs = parser.parse_args().runs
    best = {"numpy": float("inf"), "retrograd": float("inf")}
    milliseconds("retrograd")  # the first run may have to write the .pyc files
    for _ in range(runs):  # in turn, so that a slow moment of the machine meets both
        for module in best:
            best[module] = min(best[module], milliseconds(module))
    for module, time in best.items():
        print(f"import {module:<10} {time:7.1f} ms")
    print(f"difference        {best['retrograd'] - best['numpy']:7.1f} ms  (best of {runs})")


if __name__ == "__main__":
    main()

"""How long `import retrograd` takes beyond `import numpy`: best of many fresh interpreters."""

import argparse
import os
import subprocess
import sys
import tempfile

CODE = "from time import perf_counter as t; s = t(); import {}; print(t() - s)"


def milliseconds(module: str, cache: str) -> float:
    """The time of one import in a new interpreter, its start-up left out."""
    command = [sys.executable, "-X", f"pycache_prefix={cache}", "-c", CODE.format(module)]
    # What is installed has its .pyc files. Where none may be written we would time the compiler.
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    return 1e3 * float(run.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30, help="interpreters started for each")
    runs = parser.parse_args().runs
    best = {"numpy": float("inf"), "retrograd": float("inf")}
    with tempfile.TemporaryDirectory() as cache:
        milliseconds("retrograd", cache)  # writes the .pyc files
        for _ in range(runs):  # in turn, so that a slow moment of the machine meets both
            for module in best:
                best[module] = min(best[module], milliseconds(module, cache))
    for module, time in best.items():
        print(f"import {module:<10} {time:7.1f} ms")
    print(f"difference        {best['retrograd'] - best['numpy']:7.1f} ms  (best of {runs})")


if __name__ == "__main__":
    main()

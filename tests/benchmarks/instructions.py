"""Count the instructions of the hot path by callgrind, and compare them with the committed ones.

    python tests/benchmarks/instructions.py [--update]

Other than times, counts repeat, whatever else the machine does. Exit status 1 says that something
takes over 2 % more than `callgrind/instructions.json` says. What the counts depend on is written
there beside them; on another processor, Python, NumPy or compiler nothing is compared. Needs
valgrind and a C compiler, and counts the retrograd that this Python imports.
"""

import argparse
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent / "callgrind"
COMMITTED = FOLDER / "instructions.json"
TOLERANCE = 0.02


def built():
    """Return the compiler of the installed module, and whether it is a stripped release build.

    The compiler leaves its name in the file, and installing a wheel strips the symbols.
    """
    spec = importlib.util.find_spec("retrograd._core")
    assert spec is not None
    assert spec.origin is not None
    module = Path(spec.origin).read_bytes()
    found = re.search(rb"GCC: \([^)]*\) [\d.]+|clang version [\d.]+", module)
    return found[0].decode() if found else "unknown", b".symtab" not in module


def environment(simd):
    """Return all that the counts depend on, apart from the code."""
    import numpy

    compiler, stripped = built()
    valgrind = subprocess.run(["valgrind", "--version"], capture_output=True, text=True, check=True)
    return {
        "machine": platform.machine(),
        "python": f"{platform.python_version()}, {platform.python_compiler()}",
        "numpy": numpy.__version__,
        "simd": simd,
        "compiler": compiler,
        "build": "release" if stripped else "with symbols",
        "valgrind": valgrind.stdout.strip(),
    }


def count():
    """Return NumPy's instruction sets, and the instructions of each phase an operation."""
    with tempfile.TemporaryDirectory() as folder:
        requests, out = Path(folder, "requests.so"), Path(folder, "out")
        compiler = os.environ.get("CC", "cc")
        source = FOLDER / "requests.c"
        subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", requests, source], check=True)
        valgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no"]
        script = [sys.executable, str(FOLDER / "hot_path.py"), str(requests)]
        # Nothing that differs from run to run: hashes, and threads of BLAS that wait for work.
        fixed = {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        variables = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"} | fixed
        done = subprocess.run(
            [*valgrind, f"--callgrind-out-file={out}", *script],
            env=variables, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(done.stderr)
        dumps = sorted(Path(folder).glob("out.*"), key=lambda file: int(file.suffix[1:]))
        return json.loads(done.stdout), dict(read(file) for file in dumps)


def read(file):
    """Return the name that the program gave one dump, and its instructions an operation."""
    text = file.read_text("utf-8")
    title, phase, operations = re.search(r"Client Request: (.*)", text)[1].split("|")
    total = int(re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)[1])
    return f"{title}, {phase}", round(total / int(operations), 2)


def compare(found, committed):
    """Print every count beside the committed one; return whether one is too large."""
    worse = False
    for name, value in found.items():
        before = committed.get(name)
        if before is None:
            print(f"{name:42} {value:12,.2f}   not committed yet")
            continue
        change = value / before - 1
        verdict = "too many" if change > TOLERANCE else "fewer" if change < -TOLERANCE else ""
        worse |= change > TOLERANCE
        print(f"{name:42} {value:12,.2f} {before:12,.2f} {change:+8.1%}  {verdict}".rstrip())
    return worse


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--update", action="store_true", help="commit to what is counted now")
    update = parser.parse_args().update
    if shutil.which("valgrind") is None:
        raise SystemExit("instructions.py: no valgrind (Debian: apt-get install valgrind)")
    simd, found = count()
    here = environment(simd)
    if update:
        text = json.dumps({"environment": here, "instructions": found}, indent=1)
        COMMITTED.write_text(text + "\n", "utf-8")
    committed = json.loads(COMMITTED.read_text("utf-8"))
    there = committed["environment"]
    other = {k: (there.get(k), v) for k, v in here.items() if there.get(k) != v}
    print("instructions an operation (one of the step: the whole)")
    worse = compare(found, {} if other else committed["instructions"])
    for key, (committed_with, value) in other.items():
        print(f"not compared: {key} is {value}, the committed counts are with {committed_with}")
    return int(worse)


if __name__ == "__main__":
    sys.exit(main())

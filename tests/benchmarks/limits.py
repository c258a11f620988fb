"""What a tape costs where nothing but the arithmetic is left: `limits/tape.cpp`, compiled here."""

import ctypes
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).parent / "limits" / "tape.cpp"


@cache
def library():
    """Compile the tape with the system's compiler and load it."""
    compiler = os.environ.get("CXX", "c++")
    if shutil.which(compiler) is None:
        raise RuntimeError(f"no compiler `{compiler}`")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "tape.so")
        flags = ["-std=c++20", "-O3", "-shared", "-fPIC"]
        subprocess.run([compiler, *flags, "-o", target, SOURCE], check=True)
        return ctypes.CDLL(str(target))


def tape_chain(steps, z, x, y):
    """Return a function that runs the chain on the C++ tape: value, dz, dx, dy."""
    doubles = ctypes.c_double * 4
    function = library().tape_chain
    function.argtypes = [ctypes.c_long, *[ctypes.c_double] * 3, doubles]
    found = doubles()

    def run():
        function(steps, z, x, y, found)
        return found

    return run

"""Where a benchmark runs: how many threads it may use, and what is installed."""

import os
import platform
import sys
from functools import cache
from importlib.metadata import version
from types import SimpleNamespace

COUNTS = (
    "OMP_NUM_THREADS",  # OpenMP, and with it PyTorch and retrograd
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NPROC",  # XLA's pool
)
PACKAGES = ("numpy", "retrograd", "micrograd", "mygrad", "autograd", "torch", "jax", "jaxlib")


def limit_threads(n):
    """Keep this process to `n` cores and every pool to `n` threads; before NumPy is imported."""
    if "numpy" in sys.modules:
        raise RuntimeError("limit_threads: NumPy's BLAS has already started its threads")
    os.environ.update(dict.fromkeys(COUNTS, str(n)))
    if n == 1:
        flags = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false".strip()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:n])


def limit_libraries(n):
    """Give every pool `n` threads from now on, as far as the libraries are imported."""
    blas().limit(limits=n, user_api="blas")
    for name in ("torch", "retrograd"):
        if name in sys.modules:
            sys.modules[name].set_num_threads(n)


@cache
def blas():
    """Return what sets the threads of NumPy's BLAS; nothing where threadpoolctl is missing."""
    try:
        from threadpoolctl import ThreadpoolController
    except ModuleNotFoundError:
        return SimpleNamespace(limit=lambda **_: None)
    return ThreadpoolController()


def processor():
    try:
        with open("/proc/cpuinfo") as info:
            return next(line.split(":")[1].strip() for line in info if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def versions():
    """Return the version of each library that was imported here, and Python's."""
    found = {name: sys.modules[name] for name in PACKAGES if name in sys.modules}
    # A module's own word comes first: it is of what was imported, not of what is installed.
    known = {name: getattr(m, "__version__", None) or version(name) for name, m in found.items()}
    return {"Python": platform.python_version(), **known}


def description(threads, rounds):
    """Return what a reader needs to judge the numbers, as plain data."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return {
        "processor": processor(),
        "cores": cores,
        "threads": threads,
        "rounds": rounds,
        "load": os.getloadavg()[0],
        # It makes OpenBLAS slower; some machines set it.
        "OPENBLAS_CORETYPE": os.environ.get("OPENBLAS_CORETYPE"),
        "versions": versions(),
    }

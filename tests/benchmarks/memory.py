"""Memory of a step, each library in a process of its own (Linux).

The peak is the kernel's, counted from the moment before the step: leaves and data are not in it,
values, graph and gradients are. Before that, a tiny step has loaded what a library loads late.
"""

import ctypes
import gc
import json
import os
import subprocess
import sys
from pathlib import Path

# What is measured: a title, where its workload is found, and which of the numbers it shows.
MEASURES = (
    ("peak, step of the float32 MLP", "mlp", "mlp-float32", "peak"),
    ("peak, 1,000 operations on 100,000 doubles", "chain", "long-vectors", "peak"),
    ("bytes an operation, deep graph of scalars", "chain", "deep-scalars", "forward"),
    ("the same after backward", "chain", "deep-scalars", "backward"),
)


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peak():
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return 1024 * int(line.split()[1])


def begin():
    """Give back what nobody uses, forget the peak so far, and return the memory in use."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return resident()


def step(library, make, tiny):
    """Run one step and return the growth of memory after its phases, and at its peak."""
    from harness import start

    warm = start(library, make(True))
    warm.backward(warm.forward())
    warm.update()
    workload = make(tiny)
    program = start(library, workload)
    before = begin()
    root = program.forward()
    forward = resident() - before
    program.backward(root)
    backward = resident() - before
    program.update()
    return {
        "forward": forward / workload.operations,
        "backward": backward / workload.operations,
        "peak": peak() - before,
    }


def child(label, module, name, tiny):
    from harness import Skip
    from libraries import LIBRARIES
    from workload import FOLDER, load

    library = next(library for library in LIBRARIES if library.label == label)
    loaded = load(FOLDER / f"{module}.py")
    try:
        found = step(library, {**loaded.WORKLOADS, **getattr(loaded, "MEMORY", {})}[name], tiny)
    except Skip as reason:
        found = {"skipped": str(reason)}
    print(json.dumps(found))


def measure(libraries, tiny=False):
    """Return the bytes by title and library, and the reasons of what was not measured."""
    if not sys.platform.startswith("linux"):
        return {}, {"memory": "reads /proc, which only Linux has"}
    found, skipped, runs = {}, {}, {}
    for title, module, name, key in MEASURES:
        found[title] = {}
        for library in libraries:
            run = runs.get((name, library)) or fresh(library.label, module, name, tiny)
            runs[name, library] = run
            if key in run:
                found[title][library.label] = run[key]
            else:
                skipped[f"{name}, {library.label}"] = run["skipped"]
    return found, skipped


def fresh(label, module, name, tiny):
    """Measure in a new process, which inherits threads and cores."""
    command = [sys.executable, __file__, label, module, name, *(["tiny"] if tiny else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"skipped": done.stderr.strip().splitlines()[-1]}
    return json.loads(done.stdout)


if __name__ == "__main__":
    child(*sys.argv[1:4], tiny=len(sys.argv) > 4)

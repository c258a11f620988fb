"""Check that all peers compute the same, then time them in interleaved rounds."""

import gc
from statistics import median
from time import perf_counter_ns

import numpy as np
from libraries import LIBRARIES, Releasing
from machine import limit_libraries
from programs import Hessian, Row
from workload import load, names

PHASES = ("forward", "backward", "update", "free")
ENOUGH = 3_000_000  # ns; a quick step is repeated within a round until it takes as long
WARM_UP = 2


class Skip(Exception):
    """Why a library does not run a workload."""


def start(library, workload):
    """Return the library ready to run the workload; raise `Skip` if it cannot."""
    if library.label in workload.without:
        raise Skip(workload.without[library.label])
    if not (library.arrays or workload.scalars):
        raise Skip("has scalars only")
    second = workload.hessian and library.differentiates
    if second and library.hessian is None:
        raise Skip("has no function for it")
    try:
        started = library(workload).start()
    except ModuleNotFoundError as error:
        # A peer may be missing; a broken one should be heard of, and ours must be there.
        if error.name != library.module.split(".")[0] or error.name == "retrograd":
            raise
        raise Skip("not installed") from None
    return Hessian(started) if second else started


def contestants(name, tiny=False, libraries=LIBRARIES):
    """Return the workload, the programs that run it, and the reasons of the others."""
    module = names()[name]
    workload = load(module).WORKLOADS[name](tiny)
    programs, skipped = [], {}
    for library in libraries:
        if library is Releasing:
            continue  # of interest where memory is measured
        try:
            # A module of its own for each, see `load`.
            programs.append(start(library, load(module).WORKLOADS[name](tiny)))
        except Skip as reason:
            skipped[library.label] = str(reason)
    for label, make in workload.rows.items():
        try:
            programs.append(Row(label, make))
        except RuntimeError as reason:
            skipped[label] = str(reason)
    return workload, programs, skipped


def agree(workload, programs):
    """Stop unless all compute the same; return the reasons of those that cannot.

    Also learn whose graphs are cyclic garbage, which takes a collection to free.
    """
    wanted, skipped = [], {}
    for program in sorted(programs, key=lambda p: not p.differentiates):
        gc.collect()
        try:
            found = results(program, workload.rate)
        except (TypeError, AttributeError) as error:
            skipped[program.label] = f"{type(error).__name__}: {error}"
            continue
        program.collects = gc.collect() > max(100, workload.operations)
        wanted = wanted or found
        for values, expected in zip(found, wanted, strict=False):
            for number, pair in enumerate(zip(values, expected, strict=False)):
                if not close(*pair, workload.tolerance):
                    what = f"gradient {number}" if number else "the first result"
                    raise SystemExit(f"{workload.title}: {program.label} disagrees on {what}")
    return skipped


def results(program, rate):
    """Return the value and the gradients of a step; in training of two, to see the update."""
    found = []
    for _ in range(2 if program.differentiates and rate is not None else 1):
        root = program.forward()
        program.backward(root)
        found.append([np.array(value, dtype=float) for value in program.results(root)])
        program.update()
    return found


def close(value, expected, tolerance):
    """Whether shapes are the same and no element is off by more than that share of the largest."""
    if value.shape != expected.shape:
        return False
    largest = np.abs(expected).max(initial=0.0)
    return np.abs(value - expected).max(initial=0.0) <= tolerance * largest


def time_once(program):
    """Return the nanoseconds of forward, backward, update and free."""
    t0 = perf_counter_ns()
    root = program.forward()
    t1 = perf_counter_ns()
    program.backward(root)
    t2 = perf_counter_ns()
    program.update()
    t3 = perf_counter_ns()
    del root
    if program.collects:
        gc.collect()
    t4 = perf_counter_ns()
    return t1 - t0, t2 - t1, t3 - t2, t4 - t3


def time_step(program, repeats):
    return np.mean([time_once(program) for _ in range(repeats)], axis=0)


def measure(programs, rounds):
    """Return for each program the ns of its phases in every round.

    The garbage collector is on, as in any program, but what exists by now is set apart: collecting
    a graph does not pay for the libraries.
    """
    gc.collect()
    gc.freeze()
    try:
        for _ in range(WARM_UP):
            once = [sum(time_once(program)) for program in programs]
        repeats = [int(np.clip(ENOUGH / ns, 1, 50)) for ns in once]
        times = {program.label: [] for program in programs}
        for _ in range(rounds):
            for program, n in zip(programs, repeats, strict=True):
                times[program.label].append(time_step(program, n).tolist())
    finally:
        gc.unfreeze()
    return times


def summary(program, rounds, workload):
    """Return best and median of the step and, from the best round, its phases."""
    sums = [sum(phases) / workload.operations for phases in rounds]
    best = (t / workload.operations for t in min(rounds, key=sum))
    phases = dict(zip(PHASES, best, strict=True))
    if workload.rate is None:  # gradients were reset, no more
        phases["free"] += phases.pop("update")
    return {
        "best": min(sums),
        "median": median(sums),
        "phases": phases if program.phases else None,
        "limit": isinstance(program, Row),
    }


def run(name, rounds, threads=1, tiny=False, libraries=LIBRARIES):
    """Check and time one workload; return plain data, times in ns an operation."""
    workload, programs, skipped = contestants(name, tiny, libraries)
    limit_libraries(threads)
    skipped |= agree(workload, programs)
    programs = [program for program in programs if program.label not in skipped]
    times = measure(programs, rounds)
    return {
        "name": name,
        "title": workload.title,
        "unit": workload.unit,
        "results": {p.label: summary(p, times[p.label], workload) for p in programs},
        "notes": {p.label: p.note for p in programs if p.note},
        "skipped": skipped,
    }

"""Time the tasks of docs/compare.md in every library installed, as the page shows them.

    python tests/benchmarks/functional.py [--rounds 20] [--markdown]

The code is read from the page, so what is measured is what is printed there. Before anything is
timed the libraries must agree on every result. One round times every task in every library once,
and rounds follow each other, so that a slow moment of the machine meets all alike. JAX's first
call, which compiles, is timed apart.
"""

import argparse
import gc
import re
import sys
from functools import partial, reduce
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from report import show

PAGE = Path(__file__).resolve().parents[2] / "docs" / "compare.md"
LIBRARIES = {"HIPS autograd": "autograd", "JAX": "jax", "retrograd": "retrograd"}
SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```python\n# (.+?)\n(.*?)^```", re.MULTILINE | re.DOTALL)
ENOUGH = 0.01  # seconds; a quick call is repeated until it takes as long


def data():
    """Return the arguments of the tasks and what their functions close over."""
    rng = np.random.default_rng(0)
    return {
        "features": rng.standard_normal((569, 30)),
        "labels": rng.choice([-1.0, 1.0], 569),
        "parameters": {"weights": rng.standard_normal(30), "offset": 0.5},
        "points": np.linspace(0.0, 3.0, 1000),
        "rate": 3.2,
        "start": np.resize([1.3, 0.7, 0.8, 1.9, 1.2], 100),
        "direction": rng.standard_normal(100),
        "three": np.array([0.4, 3.0, 0.5]),
    }


def read_page(text):
    """Return the imports by library, and for each task what is timed and the code by library."""
    imports = dict(BLOCK.findall(text[: text.index("\n## ")]))
    tasks = {}
    for title, body in SECTION.findall(text):
        timed = re.search(r"Timed: `(.+?)`", body)
        if timed:
            tasks[title] = timed[1], dict(BLOCK.findall(body))
    return imports, tasks


def namespace(library, imports):
    """Return the names in which a library's code runs, or None if it is not installed."""
    module = LIBRARIES[library]
    try:
        names = {module: import_module(module), **data()}
    except ModuleNotFoundError as error:
        if error.name != module or library == "retrograd":
            raise
        return None
    names |= {"partial": partial, "reduce": reduce, "finish": lambda result: result}
    if library == "JAX":
        jax = names["jax"]
        jax.config.update("jax_enable_x64", True)
        names["finish"] = jax.block_until_ready  # a call returns before its result is there
        # Its arrays, so that no call pays for a conversion.
        names |= {k: jax.tree.map(jax.numpy.asarray, v) for k, v in data().items()}
    exec(imports, names)
    return names


def prepare(tasks, libraries):
    """Return the calls by task and library, and the seconds of each first call."""
    calls, first = {}, {}
    for title, (timed, code) in tasks.items():
        for library, names in libraries.items():
            own = dict(names)
            exec(code[library], own)
            call = eval(f"lambda: finish({timed})", own)
            began = perf_counter()
            result = call()
            first[title, library] = perf_counter() - began
            calls.setdefault(title, {})[library] = call, result
        agree(title, {library: result for library, (_, result) in calls[title].items()})
    return {t: {k: call for k, (call, _) in by.items()} for t, by in calls.items()}, first


def agree(title, results):
    """Stop unless every library computed what retrograd did."""
    tolerance = 1e-4 if title == "Minimum" else 1e-9
    wanted = results["retrograd"]
    for library, result in results.items():
        pairs = [(result, wanted)]
        if isinstance(wanted, dict):
            pairs = [(result[key], value) for key, value in wanted.items()]
        for found, expected in pairs:
            np.testing.assert_allclose(
                found, expected, tolerance, tolerance, err_msg=f"{title}: {library} disagrees"
            )


def time_call(call, repeats):
    began = perf_counter()
    for _ in range(repeats):
        call()
    return (perf_counter() - began) / repeats


def measure(calls, rounds):
    """Return the seconds of every round by task and library."""
    jobs = [(t, library, call) for t, by in calls.items() for library, call in by.items()]
    repeats = [max(1, round(ENOUGH / time_call(call, 2))) for *_, call in jobs]
    times = {(title, library): [] for title, library, _ in jobs}
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        for (title, library, call), n in zip(jobs, repeats, strict=True):
            times[title, library].append(time_call(call, n))
    gc.unfreeze()
    return times


def table(tasks, libraries, times, first):
    """Return the rows to print: best time (median) of each library in µs, and JAX's first call."""
    rows = [["µs a call", *libraries, *(["JAX, first call"] if "JAX" in libraries else [])]]
    for title in tasks:
        cells = [
            f"{1e6 * min(times[title, k]):,.0f} ({1e6 * median(times[title, k]):,.0f})"
            for k in libraries
        ]
        if "JAX" in libraries:
            cells.append(f"{1e6 * first[title, 'JAX']:,.0f}")
        rows.append([title, *cells])
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--markdown", action="store_true", help="print the page's table")
    args = parser.parse_args()

    imports, tasks = read_page(PAGE.read_text("utf-8"))
    found = {library: namespace(library, imports[library]) for library in LIBRARIES}
    libraries = {library: names for library, names in found.items() if names is not None}
    calls, first = prepare(tasks, libraries)
    show(table(tasks, libraries, measure(calls, args.rounds), first), args.markdown)
    packages = ["numpy", "scipy", *LIBRARIES.values()]
    versions = ", ".join(f"{name} {version(name)}" for name in packages if name in sys.modules)
    python = ".".join(map(str, sys.version_info[:3]))
    print(f"Best of {args.rounds} interleaved rounds (median). Python {python}, {versions}.")


if __name__ == "__main__":
    main()

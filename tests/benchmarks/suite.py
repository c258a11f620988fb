"""Time every workload in every library installed, and print the tables.

    python tests/benchmarks/suite.py [--rounds 20] [--workloads chain,mlp] [--threads 1]
                                     [--markdown] [--json results.json] [--memory]

One round times every library once, and rounds follow each other, so that a slow moment of the
machine meets all alike. Before anything is timed, all must agree on the value and every gradient.
`plot.py results.json` draws the picture.
"""

import argparse
import json
import sys

from machine import description, limit_threads


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--workloads", help="names, with commas; all if not given")
    parser.add_argument("--libraries", help="labels, with commas; all installed if not given")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--markdown", action="store_true", help="print Markdown's tables")
    parser.add_argument("--json", metavar="FILE", help="write the results there as well")
    parser.add_argument("--memory", action="store_true", help="measure memory too")
    parser.add_argument("--tiny", action="store_true", help="small sizes, to try the suite itself")
    return parser.parse_args()


def choose(wanted, known):
    """Return the known names that are wanted; stop at one that is not known."""
    if wanted is None:
        return list(known)
    names = wanted.split(",")
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"suite: no {', '.join(unknown)}; there are {', '.join(known)}")
    return names


def main():
    args = arguments()
    limit_threads(args.threads)

    # Only now: these import NumPy, whose BLAS asks the environment for its threads.
    import memory
    from harness import run
    from libraries import LIBRARIES
    from report import memory_table, overview, remarks, settings, show, workload_table
    from workload import names

    labels = choose(args.libraries, [library.label for library in LIBRARIES])
    libraries = [library for library in LIBRARIES if library.label in labels]
    workloads = []
    for name in choose(args.workloads, list(names())):
        workloads.append(run(name, args.rounds, args.threads, args.tiny, libraries))
        print(f"{workloads[-1]['title']}\n")
        show(workload_table(workloads[-1]), args.markdown)
        print(remarks(workloads[-1]["notes"], workloads[-1]["skipped"]), flush=True)
    if len(workloads) > 1:
        show(overview(workloads), args.markdown)
    found = {}
    if args.memory:
        found, reasons = memory.measure(libraries, args.tiny)
        show(memory_table(found), args.markdown)
        print(remarks({}, reasons))
    about = description(args.threads, args.rounds)
    print(settings(about))
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({"about": about, "workloads": workloads, "memory": found}, file, indent=1)


if __name__ == "__main__":
    sys.exit(main())

"""Draw the results of `suite.py --json`: how many times retrograd's time each library takes.

    python tests/benchmarks/plot.py results.json docs/images/benchmarks

Writes `benchmarks.svg` and `benchmarks.png`. The ground is transparent and every ink has contrast
with white and with black, so one picture serves light pages and dark ones.
"""

import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from report import OURS

INK, FAINT = "#7d8590", "#7d859055"
MARKS = {
    "no gradient": ("|", "#7d8590"),
    "limit": ("x", "#7d8590"),
    "retrograd": ("o", "#e5484d"),
    "retrograd.pure": ("v", "#b07a2c"),
    "micrograd": ("^", "#2f9e63"),
    "MyGrad": ("P", "#1f9aa8"),
    "HIPS autograd": ("D", "#3e8ad8"),
    "PyTorch": ("s", "#8e6fe0"),
    "jax.jit": ("*", "#cf5fb0"),
}


def points(workloads):
    """Return the ratios to retrograd's time by mark, each with the row of its workload."""
    found = {}
    for row, workload in enumerate(workloads):
        ours = workload["results"][OURS]["best"]
        for label, result in workload["results"].items():
            mark = "limit" if result["limit"] else label
            found.setdefault(mark, []).append((result["best"] / ours, row))
    return found


def draw(results):
    workloads = [w for w in results["workloads"] if OURS in w["results"]]
    found = points(workloads)
    style = {"svg.hashsalt": "retrograd", "font.size": 10, "text.color": INK, "text.parse_math": 0}
    with plt.rc_context(style):
        figure, axes = plt.subplots(figsize=(10, 1.6 + 0.42 * len(workloads)), layout="constrained")
        for label, (mark, colour) in MARKS.items():
            if label in found:
                times, rows = zip(*found[label], strict=True)
                over = 4 if label == OURS else 3
                axes.plot(times, rows, mark, color=colour, markersize=8, label=label, zorder=over)
        axes.set_xscale("log")
        axes.axvline(1, color=MARKS[OURS][1], linewidth=1, alpha=0.6)
        axes.set_yticks(range(len(workloads)), [w["title"].replace("`", "") for w in workloads])
        axes.invert_yaxis()
        axes.set_xlabel("times retrograd's time (log scale; left is faster)", color=INK)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}×")
        axes.grid(color=FAINT, linewidth=0.6)
        axes.tick_params(colors=INK, which="both", length=0)
        axes.spines[:].set_visible(False)
        figure.legend(loc="outside upper center", ncols=len(MARKS), frameon=False, columnspacing=1,
                      handletextpad=0.2)  # fmt: skip
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="what suite.py --json wrote")
    parser.add_argument("target", type=Path, help="where the pictures go, without a suffix")
    args = parser.parse_args()
    figure = draw(json.loads(args.results.read_text("utf-8")))
    # Without a date, so that the same numbers make the same file.
    figure.savefig(args.target.with_suffix(".svg"), transparent=True, metadata={"Date": None})
    figure.savefig(args.target.with_suffix(".png"), transparent=True, dpi=160)


if __name__ == "__main__":
    main()

"""Results as tables: one of each workload, one of them all, and of memory."""

UNITS = {"ns per operation": 1.0, "µs": 1e3, "ms": 1e6}  # in ns
OURS, BASELINE = "retrograd", "no gradient"


def number(x):
    return f"{x:,.0f}" if x >= 100 else f"{x:.1f}" if x >= 10 else f"{x:.2f}"


def ratio(x):
    return f"{x:,.0f}" if x >= 10 else f"{x:.2f}"


def show(rows, markdown):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for k, row in enumerate(rows):
        cells = [c.ljust(w) if i == 0 else c.rjust(w)
                 for i, (c, w) in enumerate(zip(row, widths, strict=True))]  # fmt: skip
        print("| " + " | ".join(cells) + " |" if markdown else "  ".join(cells))
        if k == 0:
            rules = ["-" * w if i == 0 else "-" * (w - 1) + ":" for i, w in enumerate(widths)]
            print("| " + " | ".join(rules) + " |" if markdown else "-" * len("  ".join(cells)))
    print()


def workload_table(found):
    """Return the rows of one workload: phases, the whole step, and what it is compared with."""
    results, scale = found["results"], UNITS[found["unit"]]
    updates = any(r["phases"] and "update" in r["phases"] for r in results.values())
    phases = ["forward", "backward", *(["update"] if updates else []), "free"]
    rows = [[found["unit"], *phases, "sum", "median", f"÷ {BASELINE}", f"÷ {OURS}"]]
    for label, result in results.items():
        parts = result["phases"] or {}
        cells = [number(parts[p] / scale) if p in parts else "–" for p in phases]
        ratios = [
            ratio(result["best"] / results[other]["best"]) if other in results else "–"
            for other in (BASELINE, OURS)
        ]
        times = [number(result[key] / scale) for key in ("best", "median")]
        rows.append([label, *cells, *times, *ratios])
    return rows


def beside(result, ours, scale):
    """Return a time with its ratio to ours."""
    text = number(result["best"] / scale)
    return text if ours in (None, result) else f"{text} ({ratio(result['best'] / ours['best'])})"


def overview(workloads):
    """Return the rows of all workloads: the best time of each library and its ratio to ours."""
    labels = dict.fromkeys(k for w in workloads for k, r in w["results"].items() if not r["limit"])
    rows = [["best (÷ retrograd)", "", *labels, "limit"]]
    for workload in workloads:
        results, scale = workload["results"], UNITS[workload["unit"]]
        ours = results.get(OURS)
        cells = {k: beside(result, ours, scale) for k, result in results.items()}
        limits = [f"{k}: {cell}" for k, cell in cells.items() if k not in labels]
        known = [cells.get(k, "–") for k in labels]
        rows.append([workload["title"], workload["unit"], *known, ", ".join(limits) or "–"])
    return rows


def remarks(notes, skipped):
    """Return lines on what a table does not show; above all who is missing, and why."""
    lines = [f"{label}: {note}" for label, note in notes.items()]
    lines += [f"not run: {label}: {reason}" for label, reason in skipped.items()]
    return "".join(f"{line}\n" for line in lines)


def memory_table(found):
    """Return the rows of the memory measurements, each with its ratio to PyTorch."""
    libraries = dict.fromkeys(label for results in found.values() for label in results)
    rows = [["memory (÷ PyTorch)", *libraries]]
    for title, results in found.items():
        base = results.get("PyTorch")
        cells = []
        for label in libraries:
            value = results.get(label)
            if value is None:
                cells.append("–")
                continue
            text = f"{value / 1e6:,.2f} MB" if title.startswith("peak") else f"{value:,.0f} bytes"
            cells.append(f"{text} ({ratio(value / base)})" if base else text)
        rows.append([title, *cells])
    return rows


def settings(about):
    """Return the lines that say how the numbers came about."""
    versions = ", ".join(f"{name} {v}" for name, v in about["versions"].items())
    lines = [
        f"Best of {about['rounds']} interleaved rounds in one process (and the median), results "
        f"checked equal before; {about['threads']} thread(s), kept to cores {about['cores']}.",
        "The garbage collector is on; a library whose graphs are cyclic garbage pays for a "
        "collection in `free`.",
        f"{about['processor']}, load {about['load']:.1f} at the end; {versions}.",
    ]
    if about["OPENBLAS_CORETYPE"]:
        lines.append(f"OPENBLAS_CORETYPE={about['OPENBLAS_CORETYPE']} is set: it slows matmul.")
    return "\n".join(lines)

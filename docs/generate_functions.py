"""Write docs/functions.md from the tables of operations.

python docs/generate_functions.py
"""

import inspect
import re
from collections import defaultdict
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import scipy.special

import retrograd as rg
import retrograd.functions
import retrograd.functions.special  # enters SciPy's rows
import retrograd.special
from retrograd.functions.table import ENTRIES, Entry
from retrograd.ops import DERIVATIVES, FUNCTIONS, OPS, UFUNCS

PAGE = Path(__file__).with_name("functions.md")

HEAD = """\
# Functions

What takes tensors under its own name, `np.f(t)`, made by `docs/generate_functions.py` from the
tables that carry it out. `g` is the cotangent of the result `y`; `x`, or `a, b, c, d`, are the
operands. A rule holds to every order unless it says otherwise. Operands that were broadcast get
their cotangent summed back to their shape.

A keyword that is listed is honoured. `out=` takes a Tensor everywhere, which then is the result; a
plain array would lose the gradient. The ufuncs (one line, no keywords) take NumPy's `out`, `where`,
`dtype`, `casting` and `signature` too, and have `reduce`, `accumulate`, `reduceat`, `outer` and
`at`. What is not on this page is a TypeError that names it.

Of SciPy's Python functions, which would make an array of a Tensor, `retrograd.special` has these:
{special}.

Where a function has no derivative, the third column is what it gives. More on indexing, special
values and accuracy: [derivatives.md](derivatives.md).
"""

SECTIONS = {
    "numpy": "NumPy",
    "numpy.linalg": "numpy.linalg",
    "numpy.fft": "numpy.fft",
    "numpy.lib": "numpy.lib",
    "retrograd": "Of retrograd alone",
    "scipy.special": "scipy.special",
}


def place(function: Callable[..., Any]) -> tuple[str, str]:
    """Return the section and the public name of a function."""
    name = function.__name__
    if isinstance(function, np.ufunc):
        if getattr(np, name, None) is function:
            return "numpy", f"np.{name}"
        names = [n for n, f in vars(scipy.special).items() if f is function]
        return "scipy.special", min(names, default=name.lstrip("_"), key=len)
    module = function.__module__
    if not module.startswith("numpy"):
        return "retrograd", f"retrograd.{name}"
    section = max((s for s in SECTIONS if f"{module}.".startswith(f"{s}.")), key=len)
    return section, f"{module.replace('numpy', 'np', 1)}.{name}"


def keywords(carry: Any) -> str:
    """Return the parameters of what carries a function out."""
    try:
        signature = inspect.signature(carry)
    except ValueError:
        return ""
    parts = []
    for p in signature.parameters.values():
        if p.name == "out":
            continue
        if p.kind is p.KEYWORD_ONLY and not any(part.startswith("*") for part in parts):
            parts.append("*")
        star = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        given = p.default not in (p.empty, np._NoValue)
        parts.append(f"{star}{p.name}={p.default!r}" if given else f"{star}{p.name}")
    return ", ".join(parts)


def text(words: str) -> str:
    """Return a cell: a formula as code, in words or alone."""
    words = words.replace("|", "\\|")
    depth = accumulate((c in "([") - (c in ")]") for c in words)
    outside = "".join("\0" if c == " " and d else c for c, d in zip(words, depth, strict=True))
    parts = re.split(r"([,;:]? )", outside)  # tokens, and what is between them
    if not any(re.fullmatch(ENGLISH, part) for part in parts[::2]):
        return f"`{words}`" if words else ""
    cell, formula = "", ""
    for token, gap in zip(parts[::2], [*parts[1::2], ""], strict=True):
        if re.fullmatch(ENGLISH, token):
            cell += code(formula) + token + gap
            formula = ""
        else:
            formula += token + gap
            if gap != " ":  # a clause ends
                cell, formula = cell + code(formula), ""
    return (cell + code(formula)).replace("\0", " ")


ENGLISH = r"[A-Za-z']{2,}"


def code(formula: str) -> str:
    """Return what stands between words, as code where it is more than a name or a number."""
    core = re.sub(r"( [+*])?[,;: ]*$", "", formula)
    if not re.search(r"[*/@=_]|\w[.(\[]|^-g", core):
        return formula
    return f"`{core}`{formula[len(core) :]}"


def entries() -> dict[Any, Entry]:
    """Return every function on tensors with its entry, whichever table it is in."""
    found = {}
    for function, carry in (*UFUNCS.items(), *FUNCTIONS.items()):
        found[function] = ENTRIES.get(function) or from_text(carry)
    for carry in OPS.values():
        if carry is not None and carry not in (*UFUNCS.values(), *FUNCTIONS.values()):
            found[carry] = from_text(carry)
    return found


def from_text(carry: Any) -> Entry:
    """Return an operation of the registry as an entry; its text has the kink after a semicolon."""
    derivative, _, kink = DERIVATIVES.get(carry, "").partition("; ")
    return Entry(carry, derivative, kink)


def page() -> str:
    """Return the whole page."""
    sections: dict[str, list[str]] = defaultdict(list)
    without = []
    for function, entry in entries().items():
        section, name = place(function)
        if not entry.derivative:
            without.append(f"`{name}`")
            continue
        plain = isinstance(function, np.ufunc) or isinstance(entry.call, rg._core.Op)
        call = name if plain else f"{name}({keywords(entry.call)})"
        sections[section].append(f"| `{call}` | {text(entry.derivative)} | {text(entry.kink)} |")
    own = ", ".join(f"`{name}`" for name in retrograd.special.__all__)
    blocks = [HEAD.replace("{special}", own)]
    for section, title in SECTIONS.items():
        if sections[section]:
            rows = "\n".join(sorted(set(sections[section]), key=str.lower))
            blocks.append(
                f"## {title}\n\n| function | cotangents | kinks |\n|---|---|---|\n{rows}\n"
            )
    blocks.append(
        "## Without a derivative\n\nThese answer from the tensors' values, with plain numbers, "
        f"booleans or text: {', '.join(sorted(set(without), key=str.lower))}.\n"
    )
    return "\n".join(blocks)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")

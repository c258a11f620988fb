"""NumPy's functions on tensors, family by family.

`table.py` is where a function is entered; a family is a module of functions that are compositions
of operations, or primitives whose value NumPy computes (`primitive.py`). The package is imported
when the first function is called that `retrograd.ops` does not have: `import retrograd` stays
quick.
"""

from importlib import import_module

# A family enters its functions into the tables when it is imported.
FAMILIES = (
    "elementwise",
    "fft",
    "linalg",
    "joining",
    "sorting",
    "sets",
    "scans",
    "writing",
    "calculus",
    "convolution",
    "creation",
    "matrices",
    "ranges",
    "padding",
    "polynomial",
    "selection",
    "shapes",
    "histograms",
    "nan",
    "quantiles",
    "reductions",
    "statistics",
    "complexes",
    "products",
    "cross",
    "gufuncs",
    "einsum",
)

for _family in FAMILIES:
    import_module(f"{__name__}.{_family}")

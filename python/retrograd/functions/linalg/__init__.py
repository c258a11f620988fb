"""`np.linalg` on tensors.

A decomposition is one node whose value is NumPy's, that is LAPACK's; its cotangent is a formula in
NumPy's functions, the source of which stands at the rule. Everything takes stacks of matrices.
Where a derivative does not exist (vectors of repeated eigenvalues, lost rank), the walk raises a
GraphError that names the reason; functions of tied values alone are right. Forward mode cannot
know what a function makes of vectors that may turn among themselves, or have any phase: their
tangents are those without such a turn.
"""

from importlib import import_module

for _module in (
    "solving",
    "least_squares",
    "determinants",
    "triangular",
    "eigen",
    "singular",
    "norms",
    "powers",
    "views",
):
    import_module(f"{__name__}.{_module}")

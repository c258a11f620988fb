"""Functions of functions: derivatives of plain NumPy code, in the signatures of JAX."""

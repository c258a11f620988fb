"""The public names of NumPy: which have a derivative, which have none and why."""

import inspect
import types
from typing import Any

import numpy as np

from numpy_calls import CALLS, METHODS

NAMESPACES = (
    np,
    np.linalg,
    np.fft,
    np.lib.stride_tricks,
    np.lib.scimath,
)
Dispatcher = type(np.sum)  # of functions that honour __array_function__

# Names whose results have no derivative.
WITHOUT = {
    "integers and places": """
        argmax argmin argpartition argsort argwhere count_nonzero digitize flatnonzero lexsort
        nanargmax nanargmin nonzero searchsorted gcd lcm left_shift right_shift bitwise_and
        bitwise_count bitwise_or bitwise_xor invert linalg.matrix_rank ix_ indices diag_indices
        diag_indices_from mask_indices tril_indices tril_indices_from triu_indices
        triu_indices_from ravel_multi_index unravel_index packbits unpackbits ndindex
    """,
    "booleans": """
        all allclose any array_equal array_equiv isclose iscomplex iscomplexobj isfinite isfortran
        isin isinf isnan isnat isneginf isposinf isreal isrealobj isscalar iterable logical_and
        logical_not logical_or logical_xor signbit equal not_equal greater greater_equal less
        less_equal
    """,
    "shapes, memory and types": """
        ndim shape size can_cast common_type result_type min_scalar_type promote_types isdtype
        issubdtype mintypecode typename dtype finfo iinfo may_share_memory shares_memory
        broadcast_shapes einsum_path nested_iters nditer ndenumerate broadcast flatiter
    """,
    "text and files": """
        array2string array_repr array_str base_repr binary_repr datetime_as_string
        format_float_positional format_float_scientific save savetxt savez savez_compressed load
        loadtxt genfromtxt fromfile fromregex fromstring frombuffer from_dlpack memmap
    """,
    "dates": "busday_count busday_offset is_busday busdaycalendar datetime_data",
    "constants made from a shape or from settings": """
        ones ones_like zeros zeros_like empty empty_like eye identity tri bartlett blackman hamming
        hanning kaiser fft.fftfreq fft.rfftfreq
    """,
    "settings of NumPy": """
        get_include get_printoptions set_printoptions printoptions getbufsize setbufsize geterr
        seterr geterrcall seterrcall errstate info show_config show_runtime test
    """,
    "a plain array asked for": """
        asanyarray asarray asarray_chkfinite ascontiguousarray asfortranarray asmatrix require
    """,
    "older names, gone since": "in1d trapz",
    "classes of arrays that are no Tensor": "ndarray matrix recarray record ufunc",
    "ways to write an index": "s_ index_exp mgrid ogrid",
}
REASONS = {name: reason for reason, names in WITHOUT.items() for name in names.split()}


def public_names() -> dict[str, Any]:
    """Return NumPy's public functions and classes by name; several names of one are one."""
    found: dict[str, Any] = {}
    taken: set[int] = set()
    for module in NAMESPACES:
        prefix = module.__name__.removeprefix("numpy").removeprefix(".")
        # A function's own name first: np.abs is np.absolute.
        names = [n for n in getattr(module, "__all__", dir(module)) if n[0] != "_"]
        for name in sorted(names, key=lambda n: n != getattr(getattr(module, n), "__name__", "")):
            thing = getattr(module, name)
            if id(thing) not in taken and _has_a_place(thing):
                taken.add(id(thing))
                found[f"{prefix}.{name}".removeprefix(".")] = thing
    return dict(sorted(found.items()))


def _has_a_place(thing: Any) -> bool:
    """Whether a name is for calling or indexing, and no scalar type, constant or module."""
    if inspect.isclass(thing):
        return not issubclass(thing, (np.generic, BaseException, int, str)) or thing is np.record
    return not isinstance(
        thing, (types.ModuleType, np.bool_, int, float, str, dict, set, list, tuple, type(None))
    )


# Attributes and methods of an ndarray whose results have no derivative, or are asked for as plain.
METHODS_WITHOUT = {
    "integers, booleans, questions": """
        all any argmax argmin argpartition argsort choose nonzero searchsorted base ctypes data
        device dtype flags itemsize nbytes ndim shape size strides
    """,
    "gone with NumPy 2.0": "itemset newbyteorder ptp tostring",
    "a plain answer asked for": "item tolist tobytes tofile dump dumps",
    "bytes and flags of memory": "byteswap getfield setfield setflags view to_device",
}


def unclassified() -> set[str]:
    """Return the names that are in none of the tables: a new NumPy has brought them."""
    methods = {name for name in dir(np.ndarray) if not name.startswith("_")}
    for names in (METHODS, *(names.split() for names in METHODS_WITHOUT.values())):
        methods.difference_update(names)
    functions = public_names().keys() - REASONS.keys() - CALLS.keys()
    return functions | {f"ndarray.{name}" for name in methods}


def dispatched() -> dict[str, Any]:
    """Return all functions and ufuncs that ask a Tensor what to do, in all public modules."""
    found = {n: f for n, f in public_names().items() if isinstance(f, (Dispatcher, np.ufunc))}
    taken = set(map(id, found.values()))
    for module in (np.polynomial.polynomial, np.strings, np.char, np.ma, np.lib, np.rec, np.random):
        for name, thing in vars(module).items():
            if isinstance(thing, (Dispatcher, np.ufunc)) and id(thing) not in taken:
                taken.add(id(thing))
                found[f"{module.__name__.removeprefix('numpy.')}.{name}"] = thing
    return found

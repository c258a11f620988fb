"""Keywords and methods of NumPy functions given tensors: honoured or refused, never ignored."""

from inspect import signature

import numpy as np
import pytest

import retrograd as rg
import retrograd.functions  # enters the families
from retrograd import Tensor
from retrograd.values import Evaluate

# NumPy's own, whichever of SciPy's another test has brought. Questions, whose answers are plain,
# are in test_ufunc_protocol.py.
UFUNCS = {
    f.__name__: f
    for f, carried in rg.ops.UFUNCS.items()
    if getattr(np, f.__name__, None) is f and not isinstance(carried, Evaluate)
}
FUNCTIONS = {f.__name__: f for f in rg.ops.FUNCTIONS}
each_ufunc = pytest.mark.parametrize("name", sorted(UFUNCS))
# Some of the operands lie outside of some domains.
outside = pytest.mark.filterwarnings("ignore::RuntimeWarning")
KEYWORDS = {
    "where": {"where": np.array([True, False])},
    "dtype": {"dtype": np.float32, "casting": "same_kind"},
    "casting": {"casting": "no"},
    "order": {"order": "F"},
    "subok": {"subok": False},
    "signature": {"signature": "f->f", "casting": "same_kind"},
    "signature of two": {"signature": "ff->f", "casting": "same_kind"},
    "unknown": {"colour": "red"},
}


def operands(n=1):
    return [Tensor(np.array([[1.0, 2.0], [3.0, 4.0]])) for _ in range(n)]


def parts(result):
    """The results of a ufunc, which may have two."""
    return result if isinstance(result, tuple) else (result,)


def check(got, want, rtol=1e-7):
    """Each result is NumPy's, and a Tensor unless it has no derivative."""
    for g, w in zip(parts(got), parts(want), strict=True):
        assert type(g) is (Tensor if w.dtype.kind == "f" else np.ndarray)
        value = g.data if isinstance(g, Tensor) else g
        assert value.dtype == w.dtype
        np.testing.assert_allclose(value, w, rtol=rtol)


def call(f, *args, **options):
    """Return the result of a call, or the TypeError that refuses it."""
    try:
        return f(*args, **options)
    except TypeError as error:
        return error


@outside
@pytest.mark.parametrize("keyword", KEYWORDS)
@each_ufunc
def test_a_ufunc_keyword_is_honoured_or_refused(name, keyword):
    """Never ignored: NumPy's own result, or a TypeError."""
    f, options = UFUNCS[name], KEYWORDS[keyword]
    xs = operands(f.nin)
    # Where nothing is computed nothing is defined: there any value will do.
    out = {"out": (np.zeros((2, 2)),) * f.nout} if keyword == "where" else {}
    try:
        with np.errstate(all="ignore"):
            want = f(*(x.data for x in xs), **options, **out)
    except (TypeError, ValueError):  # NumPy refuses it too
        with pytest.raises((TypeError, ValueError)):
            f(*xs, **options)
        return
    with np.errstate(all="ignore"):
        got = call(f, *xs, **options)
    if isinstance(got, TypeError):
        return
    check(got, want, rtol=1e-6)


@pytest.mark.parametrize("in_tuple", [False, True], ids=["bare", "tuple"])
@each_ufunc
def test_a_result_is_never_written_into_an_array(name, in_tuple):
    """A plain `out=` would lose the gradient: refused, and nothing is computed."""
    f = UFUNCS[name]
    out = np.full((2, 2), -1.0)
    with pytest.raises(TypeError, match=rf"\b{name}\b"):
        f(*operands(f.nin), out=(out,) * f.nout if in_tuple or f.nout > 1 else out)
    assert (out == -1).all()


METHODS = {
    "reduce": lambda f, x, y: f.reduce(x),
    "reduce axis": lambda f, x, y: f.reduce(x, axis=1, keepdims=True),
    "accumulate": lambda f, x, y: f.accumulate(x),
    "reduceat": lambda f, x, y: f.reduceat(x, [0, 1]),
    "outer": lambda f, x, y: f.outer(x, y),
    "outer right": lambda f, x, y: f.outer(np.ones(2), y),
}


@pytest.mark.parametrize("method", METHODS)
@each_ufunc
def test_a_ufunc_method_is_honoured_or_refused(name, method):
    f, g = UFUNCS[name], METHODS[method]
    x, y = operands(2)
    try:
        want = g(f, x.data, y.data)
    except (TypeError, ValueError, RuntimeError):  # there is no such thing in NumPy
        with pytest.raises((TypeError, ValueError, RuntimeError)):
            g(f, x, y)
        return
    got = call(g, f, x, y)
    if isinstance(got, TypeError):
        assert name in str(got)
    else:
        check(got, want)


OPTIONS = {
    "axis": 0, "axes": (0, 1), "dtype": np.float32, "keepdims": True, "initial": 9.0,
    "where": np.array([True, False]), "order": "F", "copy": True, "subok": True, "shape": (4, 1),
}  # fmt: skip


@pytest.mark.parametrize("option", [*OPTIONS, "out"])
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_an_option_of_a_function_is_honoured_or_refused(name, option):
    """Never ignored: NumPy's own result, or a TypeError."""
    f, (x,) = FUNCTIONS[name], operands()
    more = {"reshape": (4,), "broadcast_to": (3, 2, 2)}.get(name)
    args = [x] if more is None or option == "shape" else [x, more]
    if name == "where":
        args = [x.data > 2, x, -x]
    value = np.full((2,), -1.0) if option == "out" else OPTIONS[option]
    plain = [a.data if isinstance(a, Tensor) else a for a in args]
    try:
        want = f(*plain, **{option: value.copy() if option == "out" else value})
    except TypeError:  # no such option
        with pytest.raises(TypeError):
            f(*args, **{option: value})
        return
    except ValueError:  # a shape that does not fit
        with pytest.raises((TypeError, ValueError)):
            f(*args, **{option: value})
        assert option != "out" or (value == -1).all()
        return
    got = call(f, *args, **{option: value})
    if isinstance(got, TypeError):
        assert option != "out" or (value == -1).all()
        return
    assert option != "out", "a result written into an array has lost its gradient"
    result = got.data if isinstance(got, Tensor) else got  # np.size and its like give plain answers
    assert np.asarray(result).dtype == np.asarray(want).dtype
    if name == "empty_like":  # has nothing to compare
        want = result
    np.testing.assert_allclose(result, want)


@pytest.mark.parametrize("name", sorted(name for name, f in UFUNCS.items() if f.nin <= 2))
def test_a_ufunc_at_loses_no_gradient(name):
    """`f.at` writes in place; a plain array can not take a tensor's gradient along."""
    f = UFUNCS[name]
    more = () if f.nin == 1 else (Tensor(2.0),)
    target = np.ones(3)
    if more and f.nout == 1:
        with pytest.raises(TypeError, match=rf"\b{name}\b"):
            f.at(target, [0], *more)
    assert (target == 1).all()


def test_shape_and_axes_go_by_keyword_too():
    x = Tensor(np.arange(6.0).reshape(2, 3))
    reshapes = [rg.reshape, Tensor.reshape]
    if "shape" in signature(np.reshape).parameters:  # since NumPy 2.1
        reshapes.append(np.reshape)
    for got in (reshape(x, shape=(3, 2)) for reshape in reshapes):
        np.testing.assert_array_equal(got.data, x.data.reshape(3, 2))
    for got in (np.transpose(x, axes=(1, 0)), x.transpose(axes=(1, 0)), x.transpose(axes=None)):
        np.testing.assert_array_equal(got.data, x.data.T)
    with pytest.raises(TypeError, match=r"^reshape: .*twice"):
        x.reshape(3, 2, shape=(3, 2))
    with pytest.raises(TypeError, match=r"^transpose: .*twice"):
        x.transpose(1, 0, axes=(1, 0))


@pytest.mark.parametrize(
    ("function", "args", "name", "nearest"),
    [
        (np.linalg.norm, (), "np.linalg.norm", ""),
        (np.linalg.eigvalsh, (), "np.linalg.eigvalsh", "np.linalg.eigvals"),
        (np.dot, ([1.0, 2.0],), "np.dot", "np.vdot"),
        (np.square, (), "np.square", "np.sqrt"),
    ],
)
def test_a_refused_function_goes_by_its_whole_name_and_its_neighbour(
    function, args, name, nearest, monkeypatch
):
    """As if the function were not there: few are left that are refused."""
    table = rg.ops.UFUNCS if isinstance(function, np.ufunc) else rg.ops.FUNCTIONS
    monkeypatch.delitem(table, function)
    with pytest.raises(TypeError) as error:
        function(Tensor([1.0, 2.0]), *args)
    message = str(error.value)
    assert message.startswith(f"{name}: ")
    assert f"(nearest: {nearest}" in message
    assert "\n" not in message


def test_functions_of_plain_arrays_are_numpys_also_under_strict():
    mask = np.array([True, False])
    with rg.strict():
        for condition in (mask, Tensor([1.0, 0.0])):
            got = rg.where(condition, 1, 2)
            assert type(got) is np.ndarray
            assert got.dtype == np.where(mask, 1, 2).dtype
            assert got.tolist() == [1, 2]


@pytest.mark.parametrize(
    "f",
    [
        rg.sum,
        rg.mean,
        rg.max,
        rg.transpose,
        lambda x: rg.reshape(x, -1),
        lambda x: rg.broadcast_to(x, (2, 2)),
        lambda x: rg.where([True, False], x, 0.0),
        rg.exp,
    ],
)
def test_a_list_of_tensors_is_refused_not_detached(f):
    for bad in ([Tensor(1.0), 2.0], (2.0, Tensor(1.0)), [[1.0, 2.0], [3.0, Tensor(4.0)]]):
        with pytest.raises(rg.DTypeError, match="a list of Tensors would lose their gradients"):
            f(bad)
    assert np.asarray(f([2.0, 2.0])).max() > 0

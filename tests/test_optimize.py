"""`retrograd.optimize` hands SciPy exact derivatives and gives containers back."""

import doctest
import gc
import subprocess
import sys
from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest
import scipy.optimize as scipy

import retrograd
from retrograd.optimize import fitting, minimization, minimize

Pair = namedtuple("Pair", "a b")
START = np.array([-1.2, 1.0, 0.8])
WITHOUT_GRADIENT = ["Nelder-Mead", "Powell", "COBYLA", "COBYQA"]
FIRST_ORDER = ["CG", "BFGS", "L-BFGS-B", "TNC", "SLSQP"]
PRODUCTS = ["Newton-CG", "trust-ncg", "trust-krylov", "trust-constr"]
MATRICES = ["dogleg", "trust-exact"]


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def counted(f):
    """`f` that counts its calls in `calls`."""

    def wrapped(*args):
        wrapped.calls += 1
        return f(*args)

    wrapped.calls = 0
    return wrapped


@pytest.fixture
def handed(monkeypatch):
    """What SciPy's `minimize` is called with, while it still runs."""
    seen, real = {}, scipy.minimize

    def minimize(fun, x0, **options):
        seen.update(options, fun=fun, x0=x0)
        return real(fun, x0, **options)

    monkeypatch.setattr(scipy, "minimize", minimize)
    return seen


@pytest.mark.parametrize("method", [None, *WITHOUT_GRADIENT, *FIRST_ORDER, *PRODUCTS, *MATRICES])
def test_every_method_finds_a_minimum(method):
    # Convex, so that dogleg may be asked too; warnings are errors.
    def f(x):
        return np.exp(x).sum() + ((x - 1.0) ** 2).sum()

    result = minimize(f, np.array([0.5, -0.5]), method=method, tol=1e-6)
    assert result.success, result.message
    assert isinstance(result, scipy.OptimizeResult)
    assert type(result.x) is np.ndarray
    # e**x = 2*(1 - x) there
    np.testing.assert_allclose(result.x, 0.314923057845, atol=1e-3)


@pytest.mark.parametrize("method", ["BFGS", "L-BFGS-B", "TNC", "SLSQP"])
def test_value_and_gradient_are_one_evaluation(method):
    f = counted(rosenbrock)
    result = minimize(f, [1.3, 0.7, 0.8], method=method)
    assert f.calls == result.nfev, "finite differences, or a second evaluation for the gradient"
    np.testing.assert_allclose(result.x, 1.0, atol=1e-2)


@pytest.mark.parametrize("method", PRODUCTS)
def test_products_with_the_hessian(method, handed):
    minimize(rosenbrock, START, method=method)
    assert handed["jac"] is True
    assert handed.get("hess") is None
    value, gradient = handed["fun"](START)
    assert value == pytest.approx(scipy.rosen(START), rel=1e-14)
    np.testing.assert_allclose(gradient, scipy.rosen_der(START), rtol=1e-13)
    for x in (START, START + 0.1, START):
        for p in np.eye(3):
            product = handed["hessp"](x, p)
            np.testing.assert_allclose(product, scipy.rosen_hess_prod(x, p), rtol=1e-13, atol=1e-11)


@pytest.mark.parametrize("method", MATRICES)
def test_the_hessian(method, handed):
    minimize(rosenbrock, np.array([1.1, 1.2, 1.4]), method=method)
    np.testing.assert_allclose(handed["hess"](START), scipy.rosen_hess(START), rtol=1e-13)


def test_the_gradient_is_recorded_once_a_point():
    f = counted(rosenbrock)
    result = minimize(f, START, method="trust-ncg")
    assert result.nhev > result.njev, "several products a point, or the test shows nothing"
    assert f.calls <= 2 * result.nfev


def test_a_method_of_the_users_own():
    seen = {}

    def own(fun, x0, jac, hessp, **options):
        seen.update(jac=jac(x0), hessp=hessp(x0, x0))
        return scipy.OptimizeResult(x=x0, fun=fun(x0), success=True)

    minimize(rosenbrock, START, method=own)
    np.testing.assert_allclose(seen["jac"], scipy.rosen_der(START), rtol=1e-13)
    np.testing.assert_allclose(seen["hessp"], scipy.rosen_hess_prod(START, START), rtol=1e-13)


def test_second_derivatives_of_the_users_own(handed):
    minimize(rosenbrock, START, method="trust-constr", hess=scipy.SR1())
    assert isinstance(handed["hess"], scipy.SR1)
    assert "hessp" not in handed

    def hess(x):
        assert isinstance(x, Pair)
        return np.diag([2.0, 4.0])

    result = minimize(
        lambda x: x.a**2 + 2.0 * (x.b - 1.0) ** 2, Pair(3.0, 3.0), method="trust-exact", hess=hess
    )
    np.testing.assert_allclose(result.x, (0.0, 1.0), atol=1e-6)


def test_a_constant_and_a_linear_objective_have_derivatives():
    assert minimize(lambda x: 3.0, START, method="BFGS").nit == 0
    result = minimize(lambda x: x.sum(), START, bounds=[(-1.0, 5.0)] * 3, method="trust-constr")
    np.testing.assert_allclose(result.x, -1.0, atol=1e-4)


@dataclass
class Layer:
    weight: np.ndarray
    bias: float


def test_containers_are_raveled_and_restored():
    x0 = {
        "layers": [Layer(np.ones((2, 3)), 0.0), Layer(np.ones((1, 2), np.float32), 1.0)],
        "pair": Pair(2.0, (np.zeros(2), 4)),
    }

    def f(x):
        first, second = x["layers"]
        assert second.weight.dtype == np.float32
        total = ((first.weight - 2.0) ** 2).sum() + (first.bias - 3.0) ** 2
        total = total + ((second.weight - 4.0) ** 2).sum() + (second.bias - 5.0) ** 2
        return total + (x["pair"].a - 6.0) ** 2 + ((x["pair"].b[0] - 7.0) ** 2).sum()

    x = minimize(f, x0).x
    first, second = x["layers"]
    assert (type(first), type(x["pair"]), type(x["pair"].b)) == (Layer, Pair, tuple)
    assert (first.weight.shape, second.weight.shape) == ((2, 3), (1, 2))
    assert (first.weight.dtype, second.weight.dtype) == (np.float64, np.float32)
    for value, wanted in [
        (first.weight, 2.0),
        (first.bias, 3.0),
        (second.weight, 4.0),
        (second.bias, 5.0),
        (x["pair"].a, 6.0),
        (x["pair"].b[0], 7.0),
        (x["pair"].b[1], 4.0),  # the objective does not know it
    ]:
        np.testing.assert_allclose(value, wanted, atol=1e-4)
    np.testing.assert_array_equal(x0["layers"][0].weight, np.ones((2, 3)))


def test_a_list_of_numbers_is_an_array():
    result = minimize(rosenbrock, [1.3, 0.7, 2])
    assert type(result.x) is np.ndarray
    np.testing.assert_allclose(result.x, 1.0, atol=1e-4)
    result = minimize(lambda x: (x - 2.0) ** 2, 1)
    assert isinstance(result.x, float)
    assert result.x == pytest.approx(2.0)


def test_further_arguments_are_constants():
    def f(x, target, scale):
        assert type(target) is np.ndarray
        return (scale * (x - target) ** 2).sum()

    x = minimize(f, np.zeros(2), (np.array([1.0, 2.0]), 3.0), method="Newton-CG").x
    np.testing.assert_allclose(x, [1.0, 2.0], atol=1e-6)
    assert minimize(lambda x, t: (x - t) ** 2, 0.0, 5.0).x == pytest.approx(5.0)


@pytest.mark.parametrize(
    "bounds", [[(None, 0.5), (2, None)], scipy.Bounds([-np.inf, 2.0], [0.5, np.inf])]
)
def test_bounds_of_an_array(bounds):
    result = minimize(lambda x: ((x - 1.0) ** 2).sum(), np.zeros(2), bounds=bounds)
    np.testing.assert_allclose(result.x, [0.5, 2.0])
    assert minimize(lambda x: (x - 3.0) ** 2, 0.0, bounds=[(-1.0, 2.0)]).x == 2.0


def test_bounds_of_a_container():
    x0 = {"b": np.zeros((2, 2)), "a": 0.0}
    lower = {"a": -np.inf, "b": np.array([2.0, -1.0])}  # another order, and to be broadcast

    def f(x):
        return ((x["b"] - 1.0) ** 2).sum() + (x["a"] - 1.0) ** 2

    result = minimize(f, x0, bounds=(lower, 2.5))
    np.testing.assert_allclose(result.x["b"], [[2.0, 1.0], [2.0, 1.0]])
    np.testing.assert_allclose(result.x["a"], 1.0)
    with pytest.raises(TypeError, match="bounds: the structure"):
        minimize(f, x0, bounds=({"a": 0.0}, 1.0))


def test_constraints_in_dicts_are_differentiated(handed):
    def circle(x, radius):
        return {"inside": radius**2 - x.a**2 - x.b**2}

    constraint = {"type": "ineq", "fun": circle, "args": (2.0,)}
    result = minimize(lambda x: -x.a - x.b, Pair(0.0, 0.5), constraints=constraint)
    assert result.success
    np.testing.assert_allclose(result.x, (np.sqrt(2.0), np.sqrt(2.0)), rtol=1e-6)
    (seen,) = handed["constraints"]
    np.testing.assert_allclose(seen["fun"](np.array([1.0, 3.0])), [-6.0])
    np.testing.assert_allclose(seen["jac"](np.array([1.0, 3.0])), [[-2.0, -6.0]])
    assert "jac" not in constraint

    own = {**constraint, "jac": lambda x, radius: np.array([[-2.0 * x.a, -2.0 * x.b]])}
    result = minimize(lambda x: -x.a - x.b, Pair(0.0, 0.5), constraints=[own])
    np.testing.assert_allclose(result.x, (np.sqrt(2.0), np.sqrt(2.0)), rtol=1e-6)


def test_nonlinear_and_linear_constraints(handed):
    def both(x):
        return [x[0] ** 2 + x[1] ** 2, x[0] * x[1]]

    nonlinear = scipy.NonlinearConstraint(both, [-np.inf, 0.5], [2.0, np.inf])
    linear = scipy.LinearConstraint([[1.0, -1.0]], 0.5, 0.5)
    result = minimize(
        lambda x: -x[0] - x[1],
        np.array([1.2, 0.7]),
        method="trust-constr",
        constraints=[nonlinear, linear],
    )
    b = (np.sqrt(15.0) - 1.0) / 4.0  # (b + ½)² + b² = 2
    np.testing.assert_allclose(result.x, [b + 0.5, b], atol=1e-3)
    seen, unchanged = handed["constraints"]
    assert unchanged is linear
    x = np.array([3.0, 4.0])
    np.testing.assert_allclose(seen.fun(x), [25.0, 12.0])
    np.testing.assert_allclose(seen.jac(x), [[6.0, 8.0], [4.0, 3.0]])
    np.testing.assert_allclose(seen.hess(x, np.array([1.0, 2.0])), [[2.0, 2.0], [2.0, 2.0]])


def test_callbacks_see_the_container():
    def f(x):
        return (x["a"] - 3.0) ** 2 + (x["b"] ** 2).sum()

    x0 = {"a": 0.0, "b": np.ones(2)}
    seen = []
    result = minimize(f, x0, method="BFGS", callback=seen.append)
    assert len(seen) == result.nit
    assert seen[-1]["a"] == result.x["a"]

    results = []

    def by_result(intermediate_result):
        results.append(intermediate_result)

    for method in ("BFGS", "TNC"):  # TNC knows no intermediate results, only x
        result = minimize(f, x0, method=method, callback=by_result)
        assert isinstance(results[-1], scipy.OptimizeResult)
        np.testing.assert_array_equal(results[-1].x["b"], result.x["b"])

    def stop(x):
        raise StopIteration

    assert minimize(f, x0, method="BFGS", callback=stop).nit == 1
    states = []
    minimize(f, x0, method="trust-constr", callback=lambda x, s: states.append((x, s.nit)))
    assert set(states[0][0]) == {"a", "b"}
    assert [n for _, n in states] == [*range(1, len(states) + 1)]


def test_the_callers_modes_do_not_matter():
    def f(x):
        return (x["a"] - 1.0) ** 2 + (x["b"] ** 4).sum()

    def solve():
        x = minimize(f, {"a": 0.0, "b": np.ones(2)}, method="trust-exact").x
        return x["a"], minimize(f, x, method="Nelder-Mead").x["a"]

    wanted = solve()
    with retrograd.strict(), retrograd.no_grad():
        assert solve() == wanted


def test_no_graph_outlives_the_solver():
    gc.collect()
    before = retrograd._core.live_nodes()
    results = [minimize(rosenbrock, START, method=method) for method in (*PRODUCTS, "BFGS")]
    gc.collect()
    assert retrograd._core.live_nodes() == before
    assert all(result.fun < 0.1 for result in results)


def test_docstring_examples():
    for module in (minimization, fitting):
        failed, attempted = doctest.testmod(module)
        assert attempted
        assert not failed


def test_a_vector_is_no_objective():
    with pytest.raises(TypeError, match="jacobian"):
        minimize(lambda x: x * x, START)


def run(code, *path):
    """Run Python code in a process of its own, with folders before all others on its path."""
    code = f"import sys; sys.path[:0] = {[str(p) for p in path]!r}\n{code}"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )


def test_scipy_is_imported_when_used():
    done = run(
        "import retrograd.optimize\n"
        "retrograd.optimize.sgd(lambda x, i: x * x, 1.0, num_iters=2)\n"
        "assert not {'scipy', 'tqdm'} & {*sys.modules}, 'imported too early'"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("call", ["minimize(f, 1.0)", "least_squares(f, 1.0)", "root(f, 1.0)",
                                  "curve_fit(f, [1.0], [1.0])"])  # fmt: skip
def test_without_scipy_the_extra_is_named(call, tmp_path):
    (tmp_path / "scipy.py").write_text("raise ModuleNotFoundError('planted', name='scipy')")
    done = run(f"from retrograd.optimize import *\nf = lambda *x: x[0] * x[0]\n{call}", tmp_path)
    (last,) = done.stderr.splitlines()[-1:]
    wanted = "retrograd.optimize needs SciPy: pip install 'retrograd[optimize]'"
    assert last == f"ModuleNotFoundError: {wanted}"


def test_a_broken_scipy_is_heard_of(tmp_path):
    (tmp_path / "scipy.py").write_text("raise ModuleNotFoundError('planted', name='its_part')")
    done = run("from retrograd.optimize import *\nminimize(lambda x: x * x, 1.0)", tmp_path)
    assert done.stderr.splitlines()[-1] == "ModuleNotFoundError: planted"

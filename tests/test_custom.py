"""`retrograd.custom`: rules in NumPy or tensors, several inputs and outputs, errors by name."""

import gc
import weakref

import numpy as np
import pytest

import retrograd as rg
from custom_ops import X, by_arrays, by_tensors, operation, total
from retrograd import Tensor, custom, grad, vjp


def same(got, want):
    np.testing.assert_array_equal(np.asarray(got), np.asarray(want))


def test_first_order_in_plain_numpy():
    cube = operation(by_arrays)
    same(grad(total(cube))(X), 3 * X**2)
    t = Tensor(X)
    y = cube(t)
    assert (type(y), y.op, y._prev) == (Tensor, "cube", {t})
    y.backward(np.array([1.0, 0.0, 2.0]))
    same(t.grad, 3 * X**2 * [1, 0, 2])
    y.backward()
    same(t.grad, 3 * X**2 * [2, 1, 3])


def test_every_order_where_the_rule_is_written_in_tensors():
    f, factors = operation(by_tensors), (3 * 4, 6 * 2, 6, 0)
    for want in factors:
        f = grad(f)
        assert f(2.0) == want


def test_a_rule_may_use_the_operation_itself():
    @custom
    def exp(x):
        return np.exp(x)

    exp.defvjp(lambda x: (exp(x), x), lambda x, g: (exp(x) * g,))
    f = exp
    for _ in range(4):
        f = grad(f)
        gc.collect()
        np.testing.assert_allclose(f(1.0), np.e, rtol=1e-15)


def test_saved_results_are_connected():
    exp = operation(lambda y, g: (y * g,), lambda x: (lambda y: (y, y))(np.exp(x)), np.exp)
    f = exp
    for _ in range(3):
        f = grad(f)
        np.testing.assert_allclose(f(1.0), np.e, rtol=1e-15)


def polar(x, y):
    return {"r": np.hypot(x, y), "t": (np.arctan2(y, x), np.argsort(x))}


def polar_rule(saved, g):
    x, y, r = saved
    gr, gt = g["r"], g["t"][0]
    return gr * x / r - gt * y / r**2, gr * y / r + gt * x / r**2


def polar_operation():
    def fwd(x, y):
        out = polar(x, y)
        return out, (x, y, out["r"])

    made = custom(polar)
    made.defvjp(fwd, polar_rule)
    return made


def test_several_inputs_and_outputs_of_several_types():
    x, y = np.array([1.0, -2.0]), np.array([3.0, 1.0], np.float32)
    out, pull = vjp(polar_operation(), x, y)
    want = polar(x, y)
    same(out["r"], want["r"])
    same(out["t"][0], want["t"][0])
    assert out["t"][1].dtype == np.argsort(x).dtype
    gx, gy = pull({"r": np.array([1.0, 2.0]), "t": (np.zeros(2), None)})
    np.testing.assert_allclose(gx, [1, 2] * x / want["r"], rtol=1e-14)
    np.testing.assert_allclose(gy, [1, 2] * y / want["r"], rtol=1e-6)
    assert (gx.dtype, gy.dtype) == (np.float64, np.float32)
    # One output alone: the other's cotangent is zero.
    t = Tensor(x)
    polar_operation()(t, y)["t"][0].sum().backward()
    np.testing.assert_allclose(t.grad, -y / want["r"] ** 2, rtol=1e-6)


def test_second_order_through_several_outputs():
    y = np.array([3.0, 1.0])

    def by_rule(x):
        out = polar_operation()(x, y)
        return (out["r"] * np.cos(out["t"][0]) * out["r"]).sum()

    def by_operations(x):
        return (x * np.sqrt(x * x + y * y)).sum()

    x, v = np.array([1.0, -2.0]), np.array([1.0, 3.0])
    products = [grad(lambda x, f=f: (grad(f)(x) * v).sum())(x) for f in (by_rule, by_operations)]
    np.testing.assert_allclose(*products, rtol=1e-13)


def test_containers_and_settings():
    @custom
    def apply(p, how, x, *, twice=False):
        y = p["w"] @ x + p["b"]
        return y * 2 if twice else how(y)

    def fwd(p, how, x, *, twice=False):
        return apply(p, how, x, twice=twice), (p["w"], x, twice)

    def bwd(saved, g):
        w, x, twice = saved
        g = g * (2 if twice else 3)
        return {"b": g, "w": np.outer(g, x)}, None, w.T @ g

    apply.defvjp(fwd, bwd)
    p, x = {"w": np.ones((2, 3)), "b": np.zeros(2)}, X
    for twice, factor in ((True, 2), (False, 3)):

        def f(p, x, twice=twice):
            return apply(p, lambda y: 3 * y, x, twice=twice).sum()

        gp, gx = grad(f, (0, 1))(p, x)
        same(gp["w"], factor * np.array([x, x]))
        same(gp["b"], [factor, factor])
        same(gx, [2.0 * factor] * 3)
    with pytest.raises(TypeError, match="apply: a Tensor came by keyword"):
        apply(p, None, x, twice=Tensor(1.0))


def test_without_gradients_it_is_the_function():
    cube = operation(by_arrays)
    assert type(cube(X)) is np.ndarray
    assert cube(2.0) == 8.0
    constant = cube(Tensor(X, requires_grad=False))
    assert isinstance(constant, Tensor)
    assert not constant.requires_grad
    with rg.no_grad():
        assert not cube(Tensor(X)).requires_grad
    assert custom(lambda x: x)(Tensor(1.0, requires_grad=False)) == 1.0
    with pytest.raises(rg.GraphError, match="has no vjp; define it by defvjp"):
        custom(lambda x: x)(Tensor(1.0))


def test_constant_tensors_and_arrays_among_the_arguments():
    @custom
    def product(a, b, c):
        return a * b * c

    def bwd(saved, g):
        a, b, c = saved
        return b * c * g, a * c * g, None

    product.defvjp(lambda a, b, c: (a * b * c, (a, b, c)), bwd)
    b, c = Tensor(2 * X, requires_grad=False), 3 * X
    t = Tensor(X)
    y = product(t, b, c).sum()
    b.data[:] = 100.0  # neither is seen any more
    c[:] = 100.0
    y.backward()
    same(t.grad, 6 * X * X)


def test_later_writes_do_not_reach_what_was_saved():
    views = operation(lambda s, g: (3 * s[0][::-1] * s[1] * g,), lambda x: (x**3, (x[::-1], x)))
    t = Tensor(X)
    lease = t.data
    y = views(t).sum()
    t.data[:] = 100.0
    lease[:] = 100.0
    y.backward()
    same(t.grad, 3 * X**2)
    y.backward(retain_graph=False)
    same(t.grad, 6 * X**2)


def test_saved_values_go_with_retain_graph():
    class Watched(np.ndarray):
        pass

    kept = []

    def fwd(x):
        big = np.ones(1000).view(Watched)
        kept.append(weakref.ref(big))
        return x**3, (x, big)

    cube = operation(lambda s, g: (3 * s[0] ** 2 * g,), fwd)
    t = Tensor(X)
    y = cube(t).sum()
    y.backward(retain_graph=False)
    same(t.grad, 3 * X**2)
    assert kept[0]() is None
    with pytest.raises(rg.GraphError, match=r"^(sum|cube): its saved values were freed .* retain"):
        y.backward()


def test_what_is_not_saved_is_not_kept():
    before = rg._core.live_buffers()
    scale = operation(lambda s, g: (2.0 * g,), lambda x: (2.0 * x, ()), lambda x: 2.0 * x)
    t = Tensor(np.ones(1000))
    y = t * 1.0
    z = scale(y)
    del y
    gc.collect()
    assert rg._core.live_buffers() == before + 2  # t and z
    z.backward()
    same(t.grad, np.full(1000, 2.0))


def rule_error(bwd, kind, message, order=1, fwd=None):
    cube = operation(bwd, fwd)
    f = total(cube) if order == 1 else total(grad(total(cube)))
    with pytest.raises(kind, match=message) as caught:
        grad(f)(X)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(
    ("bwd", "kind", "message"),
    [
        (lambda x, g: (None,), rg.GraphError, r"^cube: .*args\[0\] is None"),
        (lambda x, g: None, rg.GraphError, "^cube: its vjp gave NoneType, wanted a tuple of 1"),
        (lambda x, g: g, rg.GraphError, "^cube: its vjp gave .*, wanted a tuple of 1"),
        (lambda x, g: (g, g), rg.GraphError, "^cube: its vjp gave 2, wanted a tuple of 1"),
        (
            lambda x, g: (g[:2],),
            rg.ShapeError,
            r"^cube: .*args\[0\] has shape \(2,\), wanted \(3,\)",
        ),
        (lambda x, g: (1.0,), rg.ShapeError, r"^cube: .*args\[0\] has shape \(\), wanted \(3,\)"),
        (lambda x, g: (np.ones(3) * 1j,), rg.DTypeError, r"^cube: .* has dtype complex128"),
        (lambda x, g: (np.array(["a"] * 3),), rg.DTypeError, r"^cube: .* has dtype <U1"),
        (lambda x, g: ((g,),), TypeError, r"^cube: its vjp: the structure \(\*,\) came"),
        (lambda x, g: 1 / 0, rg.GraphError, "^cube: its vjp raised ZeroDivisionError: division"),
        (lambda x, g: x.nope, rg.GraphError, "^cube: its vjp raised AttributeError"),
    ],
)
def test_what_a_rule_gives_wrong_is_named(bwd, kind, message, order):
    if "structure" in message:
        bwd, message = (lambda x, g: ([g],)), r"^cube: "
        kind = (TypeError, ValueError)
    rule_error(bwd, kind, message, order)


def test_the_users_own_error_is_the_cause():
    error = rule_error(lambda x, g: {}["planted"], rg.GraphError, "KeyError: 'planted'")
    assert isinstance(error.__cause__, KeyError)
    with pytest.raises(KeyboardInterrupt):
        grad(total(operation(lambda x, g: (_ for _ in ()).throw(KeyboardInterrupt))))(X)
    with pytest.raises(MemoryError):
        grad(total(operation(lambda x, g: (_ for _ in ()).throw(MemoryError))))(X)


def test_no_second_order_that_would_be_wrong():
    rule_error(by_arrays, rg.GraphError, "cube: its vjp raised GraphError: np.asarray: drops", 2)
    rule_error(
        lambda s, g: (s * g,),
        rg.GraphError,
        "cube: saved was computed by fwd.* save arguments and results only",
        2,
        fwd=lambda x: (x**3, 3 * x**2),
    )
    # A mask is no function of the argument to speak of.
    relu = operation(
        lambda s, g: (np.where(s, g, 0.0),),
        lambda x: (np.maximum(x, 0), x > 0),
        lambda x: np.maximum(x, 0),
    )
    same(grad(lambda x: (grad(total(relu))(x) * x).sum())(X), np.ones(3))


def test_a_failed_rule_leaves_everything_and_can_be_run_again():
    fail = [True]

    def bwd(x, g):
        if fail:
            raise ValueError("planted")
        return (3 * x**2 * g,)

    cube = operation(bwd)
    t, u = Tensor(X), Tensor(X)
    root = (cube(t * 1.0) * u).sum()
    (t * u).sum().backward()
    for options in ({}, {"create_graph": True}):
        with pytest.raises(rg.GraphError, match="planted"):
            root.backward(**options)
        same(t.grad, X)
        same(u.grad, X)
    fail.clear()
    root.backward()
    same(t.grad, X + 3 * X**3)
    same(u.grad, X + X**3)


def test_results_of_the_wrong_kind():
    with pytest.raises(rg.DTypeError, match="cube: its result has dtype complex128, wanted float"):
        operation(by_arrays, f=lambda x: x * 1j)(Tensor(X))
    with pytest.raises(rg.GraphError, match=r"cube: its fwd must give a pair \(out, saved\)"):
        operation(by_arrays, lambda x: x)(Tensor(X))
    counts = operation(by_arrays, lambda x: (np.argsort(x), x))(Tensor(X))
    assert type(counts) is np.ndarray


def test_wider_and_integer_cotangents_are_converted():
    x = Tensor(X.astype(np.float32))
    operation(lambda x, g: (np.array([1, 2, 3]),))(x).sum().backward()
    assert x.grad.dtype == np.float32
    operation(lambda x, g: (np.ones(3),))(x).sum().backward()
    same(x.grad, [2, 3, 4])


def test_the_same_tensor_twice_and_what_the_rule_returns_stays_its_own():
    given = []

    @custom
    def add(a, b):
        return a + b

    def bwd(saved, g):
        given.append(g)
        return g, g

    add.defvjp(lambda a, b: (a + b, ()), bwd)
    t = Tensor(X)
    (add(t, t) + t).sum().backward()
    same(t.grad, [3.0] * 3)
    same(given[0], np.ones(3))


def test_cycles_through_a_rule_are_collected():
    def tie(order):
        t = Tensor(X)
        box = []

        def bwd(x, g):
            return (3 * x * x * g * (1.0 if box else 0.0),)

        y = operation(bwd)(t)
        z = (y * y).sum()
        box.append((y, z))
        if order == 2:
            z.backward(create_graph=True)
            box.append(t.grad)
        return weakref.ref(y), weakref.ref(z)

    gc.collect()
    before = rg._core.live_nodes(), rg._core.live_buffers()
    for order in (1, 2):
        refs = tie(order)
        gc.collect()
        assert [r() for r in refs] == [None, None]
        assert (rg._core.live_nodes(), rg._core.live_buffers()) == before


def test_a_notebook_rule_still_refuses_a_second_order():
    x = Tensor(2.0)
    out = Tensor(8.0, (x,), "cube")
    out._backward = lambda: None
    with pytest.raises(rg.GraphError, match=r"^cube: a _backward works on arrays .*custom"):
        out.backward(create_graph=True)
    y = operation(by_arrays)(x)
    assert y._backward is None
    with pytest.raises(rg.GraphError, match="_backward: only a tensor made with children"):
        y._backward = lambda: None


def test_rules_under_memory_pressure_keep_nothing():
    cube = operation(by_tensors)

    def walk():
        x = Tensor(X)
        y = cube(x).sum()
        y.backward(create_graph=True)
        x.grad.sum().backward()

    walk()
    gc.collect()
    before = rg._core.live_nodes(), rg._core.live_buffers()
    for n in range(1, 200):
        rg._core.fail_allocation(n)
        try:
            walk()
            done = True
        except MemoryError:
            done = False
        finally:
            rg._core.fail_allocation(0)
        gc.collect()
        assert (rg._core.live_nodes(), rg._core.live_buffers()) == before, n
        if done:
            break
    assert n > 5

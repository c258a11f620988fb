"""`grad` and its like: structures, types, nesting, and no effect on anything around them."""

import threading
from collections import OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor, elementwise_grad, grad, stop_gradient, value_and_grad, vjp
from retrograd.functional.tree import flatten, map_leaves, ravel

Pair = namedtuple("Pair", "a b")


@dataclass(frozen=True)
class Model:
    w: Any
    name: str = field(default="?", metadata={"static": True})
    b: Any = None


def same(got, want):
    np.testing.assert_array_equal(np.asarray(got), np.asarray(want))


# Containers.

TREE = {
    "z": Pair(1.0, [np.ones(2), None]),
    "a": Model(np.zeros((2, 2)), "m", 3),
    "d": defaultdict(list, x=1.0),
    "o": OrderedDict(k=(2,), j=()),
}


def test_flatten_and_back():
    leaves, treedef = flatten(TREE)
    assert [np.shape(x) for x in leaves] == [(), (2,), (2, 2), (), (), ()]
    back = treedef.unflatten(leaves)
    assert list(back) == list(TREE)
    assert (type(back["z"]), type(back["d"]), type(back["o"])) == (Pair, defaultdict, OrderedDict)
    assert back["a"].name == "m"
    assert back["o"]["j"] == ()
    assert flatten(back)[1] == treedef
    assert back["d"]["new"] == []
    assert flatten(back | {"z": 1.0})[1] != treedef
    with pytest.raises(ValueError, match="5 leaves came, the structure has 6"):
        treedef.unflatten(leaves[1:])


def test_paths_lead_to_the_leaves():
    paths = flatten(TREE)[1].paths("t")
    assert paths == [
        "t['z'].a",
        "t['z'].b[0]",
        "t['a'].w",
        "t['a'].b",
        "t['d']['x']",
        "t['o']['k'][0]",
    ]
    for leaf, path in zip(flatten(TREE)[0], paths, strict=True):
        assert eval(path, {"t": TREE}) is leaf


def test_leaves_in_the_order_of_another_dict():
    treedef = flatten({"a": 1, "b": (2, 3)})[1]
    assert treedef.leaves_of({"b": (5, 6), "a": 4}, "f") == [4, 5, 6]
    for wrong in ({"a": 1}, {"a": 1, "b": [2, 3]}, {"a": 1, "b": (2,)}, 3.0):
        with pytest.raises(TypeError, match=r"^f: the structure .* came.*, wanted"):
            treedef.leaves_of(wrong, "f")
    assert map_leaves(lambda x, y: x + y, {"a": 1, "b": 2}, {"b": 10, "a": 20}) == {
        "a": 21,
        "b": 12,
    }


def test_ravel_keeps_shapes_and_dtypes():
    tree = {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "b": [7, np.float64(8)], "n": None}
    vector, unravel = ravel(tree)
    same(vector, [0, 1, 2, 3, 4, 5, 7, 8])
    back = unravel(vector * 2)
    assert back["w"].dtype == np.float32
    assert back["w"].shape == (2, 3)
    assert back["b"] == [14.0, 16.0]
    assert back["n"] is None
    with pytest.raises(rg.ShapeError, match=r"unravel: shape \(7,\) came, wanted \(8,\)"):
        unravel(vector[1:])
    with pytest.raises(rg.DTypeError, match="ravel: dtype complex128"):
        ravel([1j])


def test_gradients_flow_through_ravel_and_back():
    tree = {"a": np.array([1.0, 2.0]), "b": 3.0}

    def f(t):
        vector, unravel = ravel(t)
        back = unravel(vector * vector)
        return back["a"].sum() * back["b"]

    g = grad(f)(tree)
    same(g["a"], 2 * tree["a"] * 9)
    assert g["b"] == 5 * 2 * 3


def test_no_leaves_at_all():
    assert ravel(())[0].shape == (0,)
    assert grad(lambda t, x: x, argnums=0)((), 2.0) == ()


# Reverse mode.


def test_gradients_have_the_structure_and_types_of_the_argument():
    def f(p, x):
        return (p["w"] * x).sum() * p["m"].w + p["m"].b[0] * p["s"]

    p = {"w": np.ones(2, np.float32), "m": Model(2.0, "n", (3,)), "s": np.float32(4.0)}
    g = grad(f)(p, np.array([5.0, 6.0]))
    assert list(g) == ["w", "m", "s"]
    assert (type(g["w"]), g["w"].dtype, g["w"].tolist()) == (np.ndarray, np.float32, [10, 12])
    assert isinstance(g["m"], Model)
    assert (g["m"].w, g["m"].name) == (11.0, "n")
    assert g["m"].b == (4.0,)
    assert (type(g["m"].w), type(g["m"].b[0]), type(g["s"])) == (np.float64, np.float64, np.float32)
    assert g["w"].flags.writeable


@pytest.mark.parametrize("data", [2.0, [[1.0, 2.0]], np.float32(3)])
def test_inputs_of_any_numeric_kind(data):
    x = np.asarray(data)
    g = grad(lambda t: (t * t).sum())(x)
    same(g, 2 * x)
    assert g.dtype == x.dtype


def test_argnums_and_keyword_arguments():
    def f(x, y, *, scale):
        return x * x * y * scale

    assert grad(f, argnums=1)(3.0, 5.0, scale=2.0) == 18.0
    assert grad(f, argnums=(1, 0))(3.0, 5.0, scale=2.0) == (18.0, 60.0)
    assert grad(f, argnums=(-1,))(3.0, 5.0, scale=2.0) == (18.0,)
    assert value_and_grad(f, (0, 1))(3.0, 5.0, scale=2.0) == (90.0, (60.0, 18.0))
    with pytest.raises(TypeError, match="grad: argnums has 2, and 2 arguments came"):
        grad(f, argnums=2)(3.0, 5.0, scale=2.0)


def test_auxiliary_results_are_plain():
    def f(x):
        y = x * x
        return y.sum(), {"y": y, "n": 3, "c": np.ones(2)}

    g, aux = grad(f, has_aux=True)(np.array([1.0, 2.0]))
    same(g, [2, 4])
    assert type(aux["y"]) is np.ndarray
    same(aux["y"], [1, 4])
    assert aux["n"] == 3
    (value, aux), g = value_and_grad(f, has_aux=True)(np.array([1.0, 2.0]))
    assert value == 5.0
    assert type(value) is np.float64
    with pytest.raises(TypeError, match=r"must return a pair \(out, aux\)"):
        grad(lambda x: x, has_aux=True)(1.0)


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: x * 2, r"has shape \(3,\); use jacobian"),
        (lambda x: (x.sum(), 1), "gave tuple; use jacobian .* has_aux"),
        (lambda x: None, "gave NoneType"),
        (lambda x: np.ones(3), "gave ndarray"),
    ],
)
def test_a_gradient_wants_a_scalar(f, message):
    for transform in (grad, value_and_grad):
        with pytest.raises(TypeError, match=message):
            transform(f)(np.ones(3))


def test_results_that_do_not_depend_on_the_argument():
    assert grad(lambda x: 3.0)(2.0) == 0.0
    same(grad(lambda x, y: (y * y).sum())(np.ones(3), np.ones(2)), np.zeros(3))
    g = grad(lambda p: p["a"] * 2)({"a": 1.0, "b": np.ones(2, np.float32)})
    assert g["b"].dtype == np.float32
    same(g["b"], [0, 0])


def test_elementwise_gradients_of_any_order():
    f, x = np.sin, np.linspace(0, 3, 7)
    for want in (np.cos(x), -np.sin(x), -np.cos(x)):
        f = elementwise_grad(f)
        np.testing.assert_allclose(f(x), want, rtol=1e-15, atol=1e-16)
    with pytest.raises(TypeError, match="one array as its result"):
        elementwise_grad(lambda x: (x, x))(x)


def test_vjp_of_containers_pulls_back_again_and_again():
    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    out, pull = vjp(lambda x, t: {"s": x + t[0], "p": (x * t[0], 7)}, a, (b,))
    same(out["s"], a + b)
    assert out["p"][1] == 7
    for scale in (1.0, 2.0):
        gx, (gt,) = pull({"p": (np.full(2, scale), 0), "s": np.ones(2)})
        same(gx, 1 + scale * b)
        same(gt, 1 + scale * a)
    with pytest.raises(
        rg.ShapeError, match=r"vjp: a cotangent of shape \(3,\) came for out\['s'\]"
    ):
        pull({"s": np.ones(3), "p": (np.ones(2), 0)})
    with pytest.raises(TypeError, match="vjp: the structure"):
        pull(np.ones(2))
    _, _, aux = vjp(lambda x: (x, x * 2), a, has_aux=True)
    same(aux, 2 * a)


def test_vjp_of_outputs_that_are_each_others_inputs():
    def f(x):
        y = x * x
        return y, y * x, x, y

    out, pull = vjp(f, 3.0)
    assert out == (9.0, 27.0, 3.0, 9.0)
    assert pull((1.0, 10.0, 100.0, 1000.0)) == (6 * 1001 + 27 * 10 + 100,)


# Nesting.


def test_gradients_of_gradients():
    f, want = (lambda x: x**5), 2.0
    values = [5 * 16, 20 * 8, 60 * 4, 120 * 2, 120, 0]
    for want in values:
        f = grad(f)
        assert f(2.0) == want
        assert type(f(2.0)) is np.float64


def test_perturbations_are_not_confused():
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(3.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y)(x))(3.0) == 6.0
    assert grad(lambda x: grad(lambda y: x * x * y)(2.0))(5.0) == 10.0
    assert grad(lambda x: grad(lambda x: x * x * x)(x) * x)(2.0) == 9 * 4


def test_what_is_nested_but_independent():
    def f(x):
        return x * grad(lambda y: y * y)(3.0) + grad(lambda y: 4.0)(x)

    assert grad(f)(2.0) == 6.0
    assert grad(grad(f))(2.0) == 0.0


def test_vjp_inside_a_gradient():
    def f(x):
        out, pull = vjp(lambda z: z**3, x)
        return out + pull(x)[0]  # x³ + 3x³

    assert grad(f)(2.0) == 12 * 4
    assert grad(grad(f))(2.0) == 24 * 2


def test_hessian_vector_product_by_reverse_over_reverse():
    x, v = np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, -1.0])

    def f(x):
        return (x**3).sum() * x[0]

    product = grad(lambda x: (grad(f)(x) * v).sum())(x)
    hessian = np.diag(6 * x * x[0])
    hessian[0] += 3 * x**2
    hessian[:, 0] += 3 * x**2
    np.testing.assert_allclose(product, hessian @ v, rtol=1e-14)


def test_a_loop_of_gradient_steps_is_differentiated():
    def trained(rate):
        w = np.array([1.0, 2.0])
        for _ in range(20):
            w = w - rate * grad(lambda w: (w * w).sum() / 2)(w)
        return (w * w).sum()

    # w shrinks by (1 - rate) a step.
    np.testing.assert_allclose(grad(trained)(0.1), 5 * -40 * 0.9**39, rtol=1e-13)


def test_tensors_that_require_gradients_give_tensors():
    x = Tensor(3.0)
    g = grad(lambda t: t**3)(x)
    assert isinstance(g, Tensor)
    g.backward()
    assert x.grad == 18.0
    constant = Tensor(3.0, requires_grad=False)
    assert type(grad(lambda t: t**3)(constant)) is np.float64


def test_no_grad_around_and_inside():
    with rg.no_grad():
        assert grad(lambda x: x * x)(3.0) == 6.0
        assert type(grad(lambda x: x * x)(Tensor(3.0))) is np.float64

    def f(x):
        with rg.no_grad():
            frozen = x * x
        return frozen * x

    assert grad(f)(3.0) == 9.0


def test_stop_gradient():
    assert grad(lambda x: x * stop_gradient(x * x))(3.0) == 9.0
    tree = stop_gradient({"a": Tensor(1.0) * 2, "b": 3})
    assert not tree["a"].requires_grad
    assert tree["b"] == 3


# What it leaves alone.


def test_leaves_around_keep_their_gradients():
    w, x = Tensor([2.0, 3.0]), np.array([1.0, 1.0])
    (w * w).sum().backward()
    before = w.grad
    assert grad(lambda x: (x * w).sum())(x).tolist() == [2.0, 3.0]
    assert w.grad is before
    same(before, [4, 6])


def test_writing_to_the_argument():
    def f(x):
        x[0] = x[1] * 3
        return (x * x).sum()

    x = np.array([1.0, 2.0])
    same(grad(f)(x), [0, 2 * 6 * 3 + 2 * 2])
    same(x, [1, 2])


def test_the_arguments_array_may_change_afterwards():
    x = np.array([1.0, 2.0])
    out, pull = vjp(lambda t: (t * t).sum(), x)
    x[:] = 100.0
    same(pull(1.0)[0], [2, 4])
    assert out == 5.0


def test_hooks_on_arguments_run():
    def f(x):
        x.register_hook(lambda g: g * 10)
        return (x * x).sum()

    same(grad(f)(np.array([1.0, 2.0])), [20, 40])


def test_an_error_in_the_function_closes_the_transform():
    def f(x):
        raise KeyError("planted")

    for _ in range(3):
        with pytest.raises(KeyError, match="planted"):
            grad(f)(1.0)
    assert type(grad(lambda x: x * x)(3.0)) is np.float64


def test_nothing_is_left_behind():
    before = rg._core.live_nodes()
    for _ in range(3):
        grad(grad(lambda x: np.sin(x * x)))(1.0)
        vjp(lambda x: x * x, np.ones(100))
    assert rg._core.live_nodes() == before


def test_threads_have_their_own_transforms():
    results, barrier = {}, threading.Barrier(2)

    def outer():
        def f(x):
            barrier.wait(20)
            barrier.wait(20)
            return x * x

        results["outer"] = grad(f)(3.0)

    def other():
        barrier.wait(20)
        results["other"] = grad(lambda x: x * x)(5.0)
        barrier.wait(20)

    threads = [threading.Thread(target=t) for t in (outer, other)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    assert results == {"outer": 6.0, "other": 10.0}
    assert type(results["other"]) is np.float64


def test_names_are_found_when_asked_for():
    for name in ("grad", "value_and_grad", "vjp", "custom", "checkpoint", "stop_gradient"):
        assert getattr(rg, name) is getattr(rg.functional, name)
        assert name in dir(rg)
    with pytest.raises(AttributeError, match="no attribute 'gradd'"):
        _ = rg.gradd

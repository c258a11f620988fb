"""What a jvp keeps, writes, refuses and leaves behind; rules of the user's own; threads."""

import itertools
import threading

import numpy as np
import pytest

import retrograd as rg
from retrograd import GraphError, ShapeError, Tensor, _core, grad, hvp, jvp, linearize

pytestmark = pytest.mark.usefixtures("nothing_left")


def forward(f):
    return lambda x: jvp(f, (x,), (1.0,))[1]


def test_a_plain_jvp_records_nothing():
    nodes = _core.live_nodes()
    seen = []

    def f(x):
        y = x
        for _ in range(50):
            y = np.sin(y) * x + y / 2
            y[0] = x[1] * 2
            seen.append(_core.live_nodes())
        return (y @ np.ones((3, 2))).max()

    jvp(f, (np.linspace(0.1, 1, 3),), (np.ones(3),))
    assert set(seen) == {nodes}


def test_tangents_go_with_their_values():
    """Memory does not grow with the length of the computation."""
    alive = []

    def f(x):
        y = x
        for _ in range(300):
            y = np.tanh(y) + x
            alive.append((_core.live_buffers(), _core.live_carriers()))
        return y

    jvp(f, (np.ones(1000),), (np.ones(1000),))
    assert max(alive[10:]) <= max(alive[:10])


def test_scalars_and_float32():
    out, t = jvp(lambda x: np.sin(x) * 2, (np.float32(0.5),), (np.float32(2),))
    assert type(out) is type(t) is np.float32
    assert t == pytest.approx(4 * np.cos(0.5), rel=1e-6)
    out, t = jvp(lambda x: x * np.float64(3), (np.ones(2, np.float32),), (np.ones(2),))
    assert out.dtype == t.dtype == np.float64
    assert type(jvp(lambda x: x * x, (3,), (1,))[1]) is np.float64


def test_writes_carry_tangents():
    def f(x, v):
        y = x.copy()
        y[1] = v * x[0]
        y[[0, 0]] = x[1:]  # of two writes to a place the last counts
        y += x
        return y

    x, v = np.array([2.0, 3.0, 5.0]), 7.0
    _, t = jvp(f, (x, v), (np.array([1.0, 10.0, 100.0]), 0.5))
    np.testing.assert_array_equal(t, [100 + 1, 7 * 1 + 0.5 * 2 + 10, 100 + 100])

    def constant(x):
        x[0] = 4.0
        return x * x

    np.testing.assert_array_equal(jvp(constant, (x,), (np.ones(3),))[1], [0, 6, 10])

    def into_constant(x):
        y = Tensor(np.zeros(3))
        y[1] = x
        return y

    np.testing.assert_array_equal(jvp(into_constant, (2.0,), (3.0,))[1], [0, 3, 0])


def test_the_argument_is_not_written_to():
    x = np.ones(3)

    def f(t):
        t[0] = 9.0
        t.data[1] = 9.0
        return t

    jvp(f, (x,), (np.ones(3),))
    np.testing.assert_array_equal(x, 1.0)


def test_containers_and_aux():
    def f(p, s):
        return {"a": p["w"] * s, "b": [p["b"], 3.0]}, p["w"].shape

    primals = ({"w": np.ones(2), "b": 2.0}, 5.0)
    tangents = ({"w": np.full(2, 3.0), "b": 1.0}, 1.0)
    out, t, aux = jvp(f, primals, tangents, has_aux=True)
    np.testing.assert_array_equal(out["a"], [5, 5])
    np.testing.assert_array_equal(t["a"], [16, 16])
    assert (t["b"], aux) == ([1.0, 0.0], (2,))


def test_independent_results_have_zero_tangents():
    x = np.ones(3)
    for f in (lambda t: np.zeros(3), lambda t: Tensor(np.zeros(3)), lambda t: t.detach()):
        np.testing.assert_array_equal(jvp(f, (x,), (x,))[1], 0.0)
    with rg.no_grad():  # of the caller's: none of the function's business
        np.testing.assert_array_equal(jvp(lambda t: t * t, (x,), (x,))[1], 2.0)

    def inside(t):
        with rg.no_grad():
            c = t * t
        return c * t

    np.testing.assert_array_equal(jvp(inside, (2 * x,), (x,))[1], 4.0)


def test_rules_written_in_python_refuse_tangents():
    def f(x):
        out = Tensor(x.data**2, (x,), "my_square")
        out._backward = lambda: None
        return out

    with pytest.raises(GraphError, match=r"^my_square: has a _backward and no rule for tangents"):
        jvp(f, (2.0,), (1.0,))
    assert jvp(lambda x: x + f(Tensor(2.0)).detach(), (2.0,), (1.0,)) == (6.0, 1.0)


def test_custom_operations_with_a_rule_for_tangents():
    def power(x, n):
        return x**n

    power = rg.custom(power)
    power.defvjp(
        lambda x, n: (x**n, (x, n)),
        lambda saved, g: (saved[1] * saved[0] ** (saved[1] - 1) * g, None),
    )
    # Without a rule it is the transpose of the vjp.
    assert jvp(lambda x: power(x, 3), (2.0,), (1.0,)) == (8.0, 12.0)

    @power.defjvp
    def _(primals, tangents):
        x, n = primals
        return x**n, n * x ** (n - 1) * tangents[0]

    def f(x):
        return power(np.sin(x), 3) * x

    def g(x):
        return np.sin(x) ** 3 * x

    x = 0.7
    assert jvp(f, (x,), (2.0,)) == pytest.approx(jvp(g, (x,), (2.0,)), rel=1e-14)
    for modes in itertools.product([forward, grad], repeat=3):
        a, b = f, g
        for mode in modes:
            a, b = mode(a), mode(b)
        assert a(x) == pytest.approx(b(x), rel=1e-12)


def test_a_rule_on_arrays_has_no_second_derivative():
    def square(x):
        return x * x

    square = rg.custom(square)
    square.defjvp(lambda p, t: (p[0] ** 2, np.asarray(2 * np.asarray(p[0]) * np.asarray(t[0]))))
    assert forward(square)(3.0) == 6.0
    with pytest.raises(GraphError, match=r"^square: its jvp raised GraphError: np.asarray: drops"):
        forward(forward(square))(3.0)

    wrong = rg.custom(lambda x: x)
    wrong.defjvp(lambda p, t: (p[0], np.ones(3)))
    with pytest.raises(ShapeError, match=r"the jvp's tangent of out has shape \(3,\), wanted \(\)"):
        forward(wrong)(3.0)


def test_a_backward_inside_must_record():
    def f(x):
        y = Tensor(2.0)
        (x * y).backward()
        return x * y.grad

    with pytest.raises(GraphError, match="create_graph=True"):
        jvp(f, (3.0,), (1.0,))

    def recorded(x):
        y = Tensor(2.0)
        (x * y).backward(create_graph=True)
        return x * y.grad

    assert jvp(recorded, (3.0,), (1.0,)) == (9.0, 6.0)


def test_errors_are_one_line():
    x = np.ones(3)
    with pytest.raises(TypeError, match=r"^jvp: primals is a tuple"):
        jvp(np.sin, x, x)
    with pytest.raises(TypeError, match=r"^jvp: the structure"):
        jvp(np.sin, (x,), (x, x))
    with pytest.raises(ShapeError, match=r"^jvp: a tangent of shape \(2,\) came for a primal"):
        jvp(np.sin, (x,), (np.ones(2),))
    with pytest.raises(TypeError, match=r"^jvp: dtype"):
        jvp(np.sin, (x,), (np.array(["a"] * 3),))
    with pytest.raises(ShapeError, match=r"^linearize: tangents\[0\] of shape \(2,\)"):
        linearize(np.sin, x)[1](np.ones(2))
    with pytest.raises(TypeError, match=r"^hvp: wants"):
        hvp(np.sin)(x)
    with pytest.raises(ZeroDivisionError):
        jvp(lambda t: 1 / 0, (x,), (x,))


def test_no_warning_of_the_tangent_alone():
    """Rules do not warn, as in a backward; the function itself does."""
    with np.errstate(all="raise"):
        _, t = jvp(np.sqrt, (np.zeros(2),), (np.ones(2),))
        assert np.isinf(t).all()
        with pytest.raises(FloatingPointError):
            jvp(lambda x: 1 / x, (np.zeros(2),), (np.ones(2),))


def test_what_escapes_is_plain():
    kept = []

    def f(x):
        kept.extend([x, x * 2])
        return x

    jvp(f, (3.0,), (1.0,))
    a, b = kept
    assert not a.requires_grad
    assert not b.requires_grad
    nodes = _core.live_nodes()
    assert (a * b).data == 18.0
    assert _core.live_nodes() == nodes
    assert forward(lambda x: x * a)(2.0) == 3.0


def test_threads_have_their_own_perturbations():
    results, ready = {}, threading.Barrier(4)

    def work(k):
        def f(x):
            ready.wait()
            y = x
            for _ in range(200):
                y = y * 1.0 + np.sin(x) * forward(lambda z: z * x)(1.0)
            ready.wait()
            return y

        results[k] = jvp(f, (float(k),), (1.0,))[1]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for k in range(4):
        assert results[k] == pytest.approx(1 + 200 * (np.sin(k) + k * np.cos(k)), rel=1e-11)


def test_deep_graphs_come_down_without_recursion():
    """A tangent may own the node whose tangent owns the next."""

    def f(x):
        y = x
        for _ in range(30_000):
            y = y * 0.5 + x
        return y

    assert grad(lambda x: jvp(f, (x,), (1.0,))[1])(1.0) == 0.0
    assert jvp(grad(f), (1.0,), (1.0,)) == (2.0, 0.0)


def test_writes_element_by_element_copy_nothing():
    """A tangent that nobody else has is written to where it lies, as the value is."""
    n, copied = 3000, []

    def f(x, start):
        y = start(x)
        before = _core.live_buffers()
        for i in range(n):
            y[i] = x * i
            copied.append(_core.live_buffers() - before)
        return y

    def leaf(x):
        return Tensor(np.zeros(n))

    def moving(x):
        return np.zeros(n) + x

    for start in (leaf, moving):
        _, t = jvp(lambda x, s=start: f(x, s), (2.0,), (3.0,))
        np.testing.assert_array_equal(t, 3.0 * np.arange(n))
    assert max(copied) <= 2

    def kept(x):
        y = np.zeros(3) + x
        first = y.copy()
        middle = y * y
        y[0] = 2 * x
        y[0] = 5 * x
        return first, middle, y, +y

    _, ts = jvp(kept, (2.0,), (1.0,))
    for t, want in zip(ts, ([1, 1, 1], [4, 4, 4], [5, 1, 1], [5, 1, 1]), strict=True):
        np.testing.assert_array_equal(t, want)


@pytest.mark.parametrize("index", [slice(0, 2), [0, 0, 1]], ids=["basic", "positions"])
def test_a_write_that_fails_leaves_the_tangent(index):
    """Whichever allocation fails, value and tangent are as they were."""
    failures = []

    def f(x):
        y, seen = x * 1.0, []
        shared = y.detach()  # so that the write needs memory of its own, after the tangent's
        for attempt in itertools.count(1):
            _core.fail_allocation(attempt)
            try:
                y[index] = 9.0 * x[0]
                break
            except MemoryError:
                failures.append(attempt)
            finally:
                _core.fail_allocation(0)
            seen.append(y + 0.0)
        assert shared.data[2] == 3.0
        return seen

    x = np.array([1.0, 2.0, 3.0])
    out, tangents = jvp(f, (x,), (np.ones(3),))
    assert len(out) == len(failures) > 1
    for y, t in zip(out, tangents, strict=True):
        np.testing.assert_array_equal(y, x)
        np.testing.assert_array_equal(t, [1, 1, 1])

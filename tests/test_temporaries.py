"""A result is written into the memory of an operand that ends there, and of no other."""

import functools
import itertools
import operator

import numpy as np
import pytest

import retrograd as rg
from retrograd import _core

N = 40_000  # 320 kB: large enough to be asked about


@pytest.fixture
def xy():
    return rg.Tensor(np.linspace(1.0, 2.0, N)), rg.Tensor(np.linspace(3.0, 1.0, N))


def allocations(call):
    """Count the arrays that `call` makes room for: the first allocation that it can do without."""
    for k in range(1, 12):
        _core.fail_allocation(k)
        try:
            call()
        except MemoryError:
            continue
        finally:
            _core.fail_allocation(0)
        return k - 1
    raise AssertionError("more than ten")


REUSED = {
    "sum": lambda x, y: x * y + y,
    "reflected": lambda x, y: y + x * y,
    "difference": lambda x, y: x * y - y,
    "quotient": lambda x, y: (x + y) / 3.0,
    "chain": lambda x, y: 2.0 * (x + y) - y + 1.0 - x,
    "negative": lambda x, y: -(x + y),
    "function": lambda x, y: rg.exp(x + y),
    "method": lambda x, y: (x + y).exp(),
    "two temporaries": lambda x, y: x + (x - 1.0) * 1.0,
    "not recorded": lambda x, y: x.detach() * y.detach() * y.detach(),
}

KEPT = {
    "read by a rule": (lambda x, y: x * y * y, 2),
    "both read": (lambda x, y: (x + y) * (x - y), 3),
    "read by its own rule": (lambda x, y: rg.exp(x + y) + y, 2),
    "a variable": (lambda x, y: (z := x * y) + z, 2),
    "another caller": (lambda x, y: operator.add(x + y, y), 2),
}


@pytest.mark.parametrize("case", REUSED)
def test_one_array_serves_all(xy, case):
    assert allocations(lambda: REUSED[case](*xy)) == 1


@pytest.mark.parametrize("case", KEPT)
def test_memory_that_is_still_read_is_left_alone(xy, case):
    call, n = KEPT[case]
    assert allocations(lambda: call(*xy)) == n


def test_rows_are_added_in_place():
    x, bias = rg.Tensor(np.ones((400, 100))), rg.Tensor(np.ones(100))
    assert allocations(lambda: x * x + bias) == 1


def test_small_arrays_are_not_asked_about():
    x = rg.Tensor(np.ones(100))
    assert allocations(lambda: x * x + x) == 2


def test_a_larger_result_has_memory_of_its_own(xy):
    x, y = xy
    wide = (x + y) + np.ones((2, 1))
    assert np.array_equal(wide.data, np.ones((2, 1)) + (x.data + y.data))


@pytest.mark.parametrize("case", [*REUSED, *KEPT])
def test_values_and_gradients_are_the_same(xy, case):
    call = REUSED.get(case) or KEPT[case][0]
    x, y = xy
    out = call(x, y)
    if not out.requires_grad:
        assert np.array_equal(out.data, x.data * y.data * y.data)
        return
    out.backward(np.broadcast_to(np.linspace(-1.0, 1.0, out.shape[-1]), out.shape))
    # The same in parts so small that nobody asks.
    px = [rg.Tensor(p) for p in np.split(x.data, 8)]
    py = [rg.Tensor(p) for p in np.split(y.data, 8)]
    cotangent = np.split(np.linspace(-1.0, 1.0, N), 8)
    parts = [call(a, b) for a, b in zip(px, py, strict=True)]
    for part, g in zip(parts, cotangent, strict=True):
        part.backward(np.broadcast_to(g, part.shape))
    assert np.array_equal(out.data, np.concatenate([p.data for p in parts], axis=-1))
    assert np.array_equal(x.grad, np.concatenate([p.grad for p in px]))
    if y.grad is not None:
        assert np.array_equal(y.grad, np.concatenate([p.grad for p in py]))


def objects(held):
    return np.fromiter(held, dtype=object)


LENDING = {
    "sum": sum,
    "reduce": lambda held: functools.reduce(operator.add, held),
    "accumulate": lambda held: list(itertools.accumulate(held)),
    "map": lambda held: list(map(operator.mul, held, held)),
    "array of objects": lambda held: objects(held) + objects(held),
    "array and number": lambda held: objects(held) * 2.0,
    "reduced array": lambda held: np.add.reduce(objects(held)),
    "negated array": lambda held: -objects(held),
    "unbound": lambda held: [rg.Tensor.__add__(*held[:2]), rg.Tensor.__neg__(held[0])],
}


@pytest.mark.parametrize("case", LENDING)
def test_callers_that_lend_keep_what_they_have(xy, case):
    x, y = xy
    held = [x + y, x - y, x * y]
    before = [t.numpy().copy() for t in held]
    LENDING[case](held)
    assert all(np.array_equal(t.numpy(), b) for t, b in zip(held, before, strict=True))


def test_an_array_of_objects_alone_keeps_its_elements(xy):
    # Each element has one owner, the array, which lends it to the operator without counting.
    x, y = xy
    alone = np.fromiter((t for t in (x + y, x - y)), dtype=object)
    first = alone[0].numpy().copy()
    alone + alone
    alone + 1.0
    np.add.reduce(alone)
    assert np.array_equal(alone[0].numpy(), first)


def test_an_array_handed_out_is_not_written(xy):
    x, y = xy
    seen = []

    def look(t):
        seen.append(t.numpy())
        return t

    before = (x * y).numpy().copy()
    look(x * y) + y
    assert np.array_equal(seen[0], before)


def test_a_weak_reference_can_still_ask(xy):
    import weakref

    x, y = xy

    def watch(t):
        seen.append(weakref.ref(t))
        return t

    seen = []
    assert allocations(lambda: watch(x + y) + y) == 2


def test_a_view_of_a_temporary_keeps_its_values(xy):
    x, y = xy
    views = []

    def part(t):
        views.append(t[:10])
        return t

    part(x + y) - 5.0
    assert np.array_equal(views[0].data, (x.data + y.data)[:10])


def test_a_failure_leaves_the_graph_usable(xy):
    x, y = xy
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        rg.exp((x + y) * 1e9)
    with pytest.raises(rg.ShapeError):
        (x + y) + np.ones(3)
    (x * y + y).sum().backward()
    assert np.array_equal(x.grad, y.data)


def test_recorded_and_forward_derivatives_see_their_values(xy):
    x, y = xy
    (x * y + y).sum().backward(create_graph=True)
    assert np.array_equal(x.grad.data, y.data)
    _, tangent = rg.jvp(lambda a: rg.exp(a + 1.0) - a, (x.data,), (np.ones(N),))
    np.testing.assert_allclose(tangent, np.exp(x.data + 1.0) - 1.0, rtol=1e-15)
    with rg.detect_anomaly():
        (x * y + y).sum().backward()


def test_a_profile_changes_nothing(xy):
    x, y = xy
    with rg.profile():
        assert allocations(lambda: x * y + y) == 1

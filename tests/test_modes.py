"""Contract §3: no_grad in all its forms, and the in-place update of a leaf."""

import asyncio
import threading

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor


def tracked():
    return (Tensor(2.0) * 3).requires_grad


# no_grad ----------------------------------------------------------------------------------------


def test_no_grad_as_a_context_nests_and_ends_with_an_exception():
    assert tracked()
    with rg.no_grad():
        assert not tracked()
        with rg.no_grad():
            assert not tracked()
        assert not tracked()
    assert tracked()

    def fail():
        with rg.no_grad():
            raise KeyError("passes through")

    with pytest.raises(KeyError):
        fail()
    assert tracked()


def test_no_grad_as_a_decorator():
    @rg.no_grad()
    def quiet(x, *, factor=1):
        """Doc."""
        return x * factor, tracked()

    @rg.no_grad()
    def recursive(n):
        return recursive(n - 1) if n else tracked()

    y, inside = quiet(Tensor(2.0), factor=4)
    assert (y.item(), y.requires_grad, inside) == (8, False, False)
    assert (quiet.__name__, quiet.__doc__) == ("quiet", "Doc.")
    assert recursive(3) is False
    assert tracked()


def test_no_grad_as_a_decorator_without_parentheses():
    @rg.no_grad
    def quiet():
        return tracked()

    assert (quiet(), quiet.__name__, tracked()) == (False, "quiet", True)


def test_a_decorated_generator_sees_what_is_thrown_in_and_that_it_is_closed():
    seen = []

    @rg.no_grad()
    def steps():
        try:
            got = yield tracked()
            while True:
                try:
                    got = yield (got, tracked())
                except KeyError as error:
                    got = error.args[0]
        finally:
            seen.append(tracked())

    generator = steps()
    assert next(generator) is False
    assert generator.send("a") == ("a", False)
    assert generator.throw(KeyError("b")) == ("b", False)
    assert tracked()
    generator.close()
    assert seen == [False]


def test_an_async_generator_is_refused_rather_than_left_recording():
    with pytest.raises(TypeError, match=r"^no_grad: .*async generator"):

        @rg.no_grad()
        async def steps():
            yield 1


def test_results_under_no_grad_have_no_history():
    x = Tensor([1.0, 2.0])
    with rg.no_grad():
        y = x * x
        assert Tensor([1.0]).requires_grad, "a leaf made inside is still a leaf"
    assert (y._prev, y.is_leaf) == (set(), True)
    with pytest.raises(rg.GraphError):
        y.backward()
    (x * y).backward()
    assert x.grad.tolist() == [1, 4]


def test_no_grad_is_per_thread():
    seen = []
    with rg.no_grad():
        thread = threading.Thread(target=lambda: seen.append(tracked()))
        thread.start()
        thread.join(30)
        seen.append(tracked())
    assert seen == [True, False]


def test_no_grad_is_per_task():
    async def quiet(inside, outside):
        with rg.no_grad():
            inside.set()
            await outside.wait()
            return tracked()

    async def main():
        inside, outside = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(quiet(inside, outside))
        await inside.wait()  # the other task is suspended in its `with`
        here = tracked()
        outside.set()
        return here, await task, tracked()

    assert asyncio.run(main()) == (True, False, True)


def test_in_place_updates_of_a_leaf_under_no_grad():
    p, lr = Tensor([1.0, 2.0]), 0.25
    alias, view = p, p.data
    for _ in range(2):
        p.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        with rg.no_grad():
            p -= lr * p.grad
    assert p is alias
    assert (p.is_leaf, p.requires_grad) == (True, True)
    assert p.tolist() == view.tolist() == [0.25, 0.5]
    with rg.no_grad():
        p *= 2
        p += np.array([1.0, 1.0])
        p /= Tensor([3.0, 2.0])
        p[0] = 7
    assert p is alias
    assert p.tolist() == [7, 1]
    p.zero_grad()
    loss.backward()  # its own values, from before the last updates
    assert p.grad.tolist() == [1, 2]


def test_an_update_that_does_not_fit_changes_nothing():
    p = Tensor([1.0, 2.0])
    with rg.no_grad(), pytest.raises(ValueError, match=r"\(2,\) and \(3,\)"):
        p -= np.ones(3)
    assert p.tolist() == [1, 2]


def test_an_operation_of_the_users_own_is_not_recorded_either():
    x = Tensor(2.0)

    def cube():
        out = Tensor(x.data**3, (x,), "cube")
        out._backward = lambda: pytest.fail("called")
        return out

    with rg.no_grad():
        y = cube()
    assert not y.requires_grad
    assert y._prev == set()
    with pytest.raises(rg.GraphError, match="does not require"):
        y.backward()

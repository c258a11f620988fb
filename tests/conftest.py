"""Fixtures of several modules, and a heap in which to look for cycles takes no time."""

import gc

import pytest

import retrograd
from retrograd import _core


def alive():
    return _core.live_nodes(), _core.live_carriers(), _core.live_buffers()


def pytest_collection_finish() -> None:
    # Hundreds of tests call gc.collect(), which would go through all the tests there are each time.
    gc.collect()
    gc.freeze()


@pytest.fixture
def nothing_left():
    """A test gives back its nodes, carriers and buffers, and closes its levels."""
    before = alive()
    yield
    if alive() != before:
        gc.collect()
    assert all(now <= then for now, then in zip(alive(), before, strict=True))
    assert _core.open_levels() == 0


@pytest.fixture
def threads_as_before():
    """Give large loops the number of threads back that they had."""
    before = retrograd.get_num_threads()
    yield
    retrograd.set_num_threads(before)

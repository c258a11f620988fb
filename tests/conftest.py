"""Fixtures of several modules."""

import gc

import pytest

from retrograd import _core


def alive():
    return _core.live_nodes(), _core.live_carriers(), _core.live_buffers()


@pytest.fixture
def nothing_left():
    """A test gives back its nodes, carriers and buffers, and closes its levels."""
    before = alive()
    yield
    if alive() != before:
        gc.collect()
    assert all(now <= then for now, then in zip(alive(), before, strict=True))
    assert _core.open_levels() == 0

"""Named regions of a program, with forward and backward time each."""

import asyncio

import numpy as np
import pytest

import retrograd as rg
from retrograd import Tensor
from retrograd.profiler.records import REGION


def test_regions_nest_and_are_timed():
    x = Tensor(np.ones(100))
    with rg.profile() as prof:
        with rg.region("step"):
            y = x * x
            for _ in range(3):
                with rg.region("loss"):
                    z = np.tanh(y)
        z.sum().backward()
    regions = {r.path: r for r in prof.recording.regions}
    assert regions["step",].entries == 1
    assert regions["step", "loss"].entries == 3
    assert regions["step",].wall_ns >= regions["step", "loss"].wall_ns > 0
    by_region = {g.label: g.costs for g in prof.recording.group("region")}
    assert by_region["step/loss"].calls == 3
    assert by_region["step/loss"].backward_ns > 0
    assert by_region["step"].calls == 1
    assert by_region["(no region)"].calls == 1
    spans = prof.events[prof.events["kind"] == REGION]
    assert len(spans) == 4


def test_a_region_decorates_functions_and_coroutines():
    x = Tensor(1.0)

    @rg.region("plain")
    def plain():
        return x * x

    @rg.region("waiting")
    async def waiting(n):
        for _ in range(n):
            x * x
            await asyncio.sleep(0)

    async def both():
        await asyncio.gather(waiting(3), waiting(4), asyncio.to_thread(plain))

    with rg.profile() as prof:
        plain()
        asyncio.run(both())
        x + x
    by_region = {g.label: g.costs.calls for g in prof.recording.group("region")}
    del by_region["(free)"]
    assert by_region == {"plain": 2, "waiting": 7, "(no region)": 1}


def test_a_region_is_left_on_an_exception():
    x = Tensor(1.0)
    with rg.profile() as prof:
        with pytest.raises(ZeroDivisionError), rg.region("broken"):
            _ = 1 / 0
        x * x
    [row] = [r for r in prof.recording.rows if not r.is_phase]
    assert row.region == ()
    assert prof.recording.regions[0].entries == 1

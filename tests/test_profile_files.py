"""The files a profile is saved to: traces, speedscope's format and collapsed stacks."""

import copy
import io
import json
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator, ValidationError

import retrograd as rg
from profiles import HOSTILE, Maker, Thread, make_recording
from retrograd.profiler.flame import flame_tree, stacks, write_folded, write_speedscope
from retrograd.profiler.records import BACKWARD, EVENT, FORWARD, KINDS, REGION, Line
from retrograd.profiler.regions import region
from retrograd.profiler.session import profile
from retrograd.profiler.text import printable
from retrograd.profiler.trace import write_trace

SCHEMA = json.loads((Path(__file__).parent / "data" / "speedscope-schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
WRITERS = (write_trace, write_speedscope, write_folded)


def written(write, recording):
    file = io.StringIO()
    write(recording, file)
    return file.getvalue()


def trace(recording):
    return json.loads(written(write_trace, recording))["traceEvents"]


def speedscope(recording):
    return json.loads(written(write_speedscope, recording))


def nanoseconds(microseconds):
    return round(microseconds * 1000)


def by_phase(records):
    found = defaultdict(list)
    for record in records:
        found[record["ph"]].append(record)
    return found


def viewed(records):
    """Read a trace as viewers do: for every arrow's number the slice it leaves and enters.

    Asserts on the way that the slices of every track nest.
    """
    tracks = defaultdict(list)
    for record in records:
        if record["ph"] in "Xsf":
            tracks[record["tid"]].append(record)
    ends = {"s": {}, "f": {}}
    for track in tracks.values():
        running = []
        for record in sorted(track, key=lambda r: r["ts"]):  # stable: the file's order decides
            at = nanoseconds(record["ts"])
            while running and running[-1][0] <= at:
                running.pop()
            if record["ph"] == "X":
                assert record["dur"] >= 0
                end = at + nanoseconds(record["dur"])
                assert not running or end <= running[-1][0]
                running.append((end, record))
            else:
                assert record["id"] not in ends[record["ph"]]
                ends[record["ph"]][record["id"]] = running[-1][1]
    return ends["s"], ends["f"]


def crossing_regions():
    """As two coroutines on one thread make them: the second region outlasts the first."""
    recording = make_recording(steps=1)
    events = recording.events.copy()
    model = [r.path for r in recording.regions].index(("train", "model"))
    (inner,) = np.flatnonzero((events["kind"] == REGION) & (events["row"] == model))
    events["end"][inner] = events["end"].max() + 10_000  # "train" has ended long before
    return replace(recording, events=events)


def running_profile():
    """A real one: a rule in Python, second order, two walks."""
    x = rg.Tensor(np.linspace(1, 2, 6).reshape(2, 3))
    with profile(stacks=True) as prof:
        with region("outer"), region("inner"):
            cube = rg.Tensor(x.data**3, (x,), "cube")
            y = (cube * x).sum()

        def rule():
            x.grad += (3 * x * x).data * cube.grad

        cube._backward = rule
        y.backward()
        y.backward()
        z = (x * x).sum()
        x.zero_grad()
        z.backward(create_graph=True)
        x.grad.sum().backward()
    return prof.recording


RECORDINGS = {
    "made": make_recording,
    "crossing": crossing_regions,
    "empty": lambda: Maker().recording(),
    "running": running_profile,
}


@pytest.fixture(params=RECORDINGS)
def recording(request):
    return RECORDINGS[request.param]()


def test_trace_has_every_event_with_its_times(recording):
    slices = by_phase(trace(recording))["X"]
    got = Counter(
        (s["cat"], s["name"], s["args"]["node"], nanoseconds(s["ts"]), nanoseconds(s["dur"]))
        for s in slices
    )
    names = [
        recording.regions[e["row"]].path[-1] if e["kind"] == REGION else recording.rows[e["row"]].op
        for e in recording.events
    ]
    wanted = Counter(
        (KINDS[e["kind"]], printable(name), e["node"], e["start"], e["end"] - e["start"])
        for e, name in zip(recording.events, names, strict=True)
    )
    assert got == wanted


def test_trace_slices_nest_and_arrows_join_an_operation_to_its_rule(recording):
    records = trace(recording)
    sources, targets = viewed(records)
    assert set(sources) == set(targets)
    for arrow, source in sources.items():
        assert (source["cat"], targets[arrow]["cat"]) == ("forward", "backward")
        assert source["args"]["node"] == targets[arrow]["args"]["node"]
    events = recording.events
    made = events["node"][(events["kind"] == FORWARD) & (events["node"] > 0)]
    rules = events["node"][events["kind"] == BACKWARD]
    assert len(sources) == np.isin(rules, made).sum()
    found = by_phase(records)
    assert all(f["bp"] == "e" for f in found["f"])
    # chrome://tracing gives a boundary to the slice before it.
    for end, slices in ((found["s"], sources), (found["f"], targets)):
        assert all(slices[e["id"]]["ts"] < e["ts"] for e in end)


def test_trace_of_a_real_profile_has_an_arrow_for_each_walk():
    sources, _ = viewed(trace(running_profile()))
    leaving = Counter(s["name"] for s in sources.values())
    assert leaving["mul"] >= 2
    assert leaving["sum"] >= 3


def test_trace_arrows_hold_where_an_inner_event_begins_with_the_outer():
    recording = make_recording(steps=1)
    # Outer and inner FORWARD and BACKWARD with the same times; the outer is noted last.
    times = [(1, 10, 20), (1, 10, 30), (2, 40, 50), (2, 40, 50)]
    nodes, kinds = [8, 7, 8, 7], [FORWARD, FORWARD, BACKWARD, BACKWARD]
    events = np.zeros(4, EVENT)
    events["row"] = [place for place, _, _ in times]
    events["start"], events["end"] = [t[1] for t in times], [t[2] for t in times]
    events["node"], events["kind"] = nodes, kinds
    records = trace(replace(recording, events=events))
    assert [s["args"]["node"] for s in by_phase(records)["X"]] == [7, 8, 7, 8]
    sources, targets = viewed(records)
    assert sorted(s["args"]["node"] for s in sources.values()) == [7, 8]
    assert all(s["args"]["node"] == targets[i]["args"]["node"] for i, s in sources.items())


def test_trace_gives_an_event_without_length_no_arrow():
    recording = make_recording(steps=1)
    events = recording.events.copy()
    (place,) = (i for i, row in enumerate(recording.rows) if row.op == "matmul")
    (matmul,) = (e for e in events if e["kind"] == FORWARD and e["row"] == place)
    before, _ = viewed(trace(recording))
    matmul["end"] = matmul["start"]
    after, _ = viewed(trace(replace(recording, events=events)))
    assert len(before) - len(after) == 2  # walks


def test_trace_tracks_are_named_and_in_order():
    found = by_phase(trace(make_recording()))
    names = {r["tid"]: r["args"]["name"] for r in found["M"] if r["name"] == "thread_name"}
    order = {r["tid"]: r["args"]["sort_index"] for r in found["M"] if "sort_index" in r["args"]}
    assert {s["tid"] for s in found["X"]} == set(names) == set(order)
    titles = [names[tid] for tid in sorted(order, key=order.__getitem__)]
    assert titles[:2] == ["MainThread forward", "MainThread backward"]
    assert [t.split()[0] for t in titles[2:]] == ["worker", "worker"]
    kinds = defaultdict(set)
    for s in found["X"]:
        kinds[names[s["tid"]]].add(s["cat"])
    assert kinds["MainThread forward"] == {"forward", "region"}
    assert kinds["MainThread backward"] == {"backward", "phase", "walk"}


def test_trace_moves_a_crossing_region_to_a_track_of_its_own():
    found = by_phase(trace(crossing_regions()))
    names = {r["tid"]: r["args"]["name"] for r in found["M"] if r["name"] == "thread_name"}
    alone = [s for s in found["X"] if s["name"] == "model"]
    assert [names[s["tid"]] for s in alone] == ["MainThread forward"]
    assert [s for s in found["X"] if s["tid"] == alone[0]["tid"]] == alone


def test_trace_slices_say_what_ran():
    slices = by_phase(trace(make_recording()))["X"]
    forward, backward = (
        next(s for s in slices if s["name"] == "matmul" and s["cat"] == kind)["args"]
        for kind in ("forward", "backward")
    )
    common = {
        "line": "train.py:12",
        "function": "model",
        "region": "train/model",
        "shapes": "float64(64,32), float64(32) -> float64(64)",
        "node": 1,
    }
    assert forward == {**common, "bytes": 49_152, "flops": 4_096, "saved bytes": 16_504}
    assert backward == {**common, "bytes": 66_000, "flops": 8_192}
    assert next(s for s in slices if s["name"] == "loss")["args"]["region"] == "train/loss"


def test_trace_counts_live_bytes(recording):
    counters = by_phase(trace(recording))["C"]
    seen = {e["end"]: e["live"] for e in recording.events}
    got = {nanoseconds(c["ts"]): c["args"]["bytes"] for c in counters}
    current = None
    for at, live in seen.items():
        current = got.get(at, current)
        assert current == live


def test_trace_keeps_nanoseconds_over_months_and_times_before_the_profile():
    recording = make_recording(steps=1)
    for shift in (100 * 86_400 * 10**9 + 1, -2_001):
        events = recording.events.copy()
        events["start"] += shift
        events["end"] += shift
        slices = by_phase(trace(replace(recording, events=events)))["X"]
        got = sorted((nanoseconds(s["ts"]), nanoseconds(s["dur"])) for s in slices)
        times = zip(events["start"].tolist(), events["end"].tolist(), strict=True)
        assert got == sorted((start, end - start) for start, end in times)


def test_trace_says_what_was_dropped():
    other = json.loads(written(write_trace, make_recording(dropped=17)))["otherData"]
    assert other == {"retrograd": rg.__version__, "events_dropped": 17}


def test_folded_sums_to_the_total(recording):
    lines = written(write_folded, recording).splitlines()
    spent = Counter()
    for line in lines:
        stack, ns = line.split(" ")
        assert all(stack.split(";"))
        spent[stack.split(";")[0]] += int(ns)
    total = recording.total
    assert spent["forward"] == total.forward_ns
    assert spent["backward"] == total.backward_ns
    assert spent.total() == total.forward_ns + total.backward_ns


def test_folded_stacks_go_from_the_direction_to_the_operation():
    lines = dict(line.split(" ") for line in written(write_folded, make_recording()).splitlines())
    regions, callers = "region_train;region_model", "<module>_(train.py:30);model_(train.py:12)"
    assert lines[f"backward;{regions};{callers};matmul"] == str(6 * 5_200)
    assert lines[f"forward;{regions};{callers};matmul"] == str(3 * 2_500)
    assert lines["backward;(made_outside_the_profile);exp"] == str(6 * 75)
    assert lines["backward;(commit)"] == str(9 * 150)
    assert lines["forward;(free)"] == str(3 * 640)
    assert not any("(backward)" in line for line in lines)  # its time is its parts'


def test_folded_adds_what_looks_the_same_and_leaves_no_frame_empty():
    m = Maker()
    thread = Thread(m, "MainThread")
    for op, ns in (("a b", 1), ("a_b", 20), ("a;b", 300), ("", 4_000)):
        with thread.forward(op, (Line("f.py", 1, "f"),), (), "float64()", ns):
            pass
    text = written(write_folded, m.recording())
    assert text == "forward;f_(f.py:1);a_b 321\nforward;f_(f.py:1);_ 4000\n"


def test_speedscope_validates(recording):
    VALIDATOR.validate(speedscope(recording))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.pop("shared"),
        lambda d: d["shared"]["frames"][0].pop("name"),
        lambda d: d["profiles"][0].update(unit="ns"),
        lambda d: d["profiles"][0].pop("weights"),
        lambda d: d["profiles"][0]["samples"][0].append("0"),
        lambda d: d["profiles"][2]["events"][0].update(type="X"),
        lambda d: d["profiles"][2]["events"][0].pop("at"),
    ],
)
def test_speedscope_schema_refuses_what_is_spoiled(spoil):
    document = copy.deepcopy(speedscope(make_recording(steps=1)))
    spoil(document)
    with pytest.raises(ValidationError):
        VALIDATOR.validate(document)


def test_speedscope_flame_graphs_are_exact(recording):
    document = speedscope(recording)
    backward, forward = document["profiles"][document["activeProfileIndex"] :][:2]
    assert (backward["name"], forward["name"]) == ("backward", "forward")
    for one, total in (
        (backward, recording.total.backward_ns),
        (forward, recording.total.forward_ns),
    ):
        assert sum(one["weights"]) == one["endValue"] == total
        assert len(one["samples"]) == len(one["weights"])
        assert all(0 <= f < len(document["shared"]["frames"]) for s in one["samples"] for f in s)


def test_speedscope_frames_know_their_place():
    document = speedscope(make_recording())
    frames = document["shared"]["frames"]
    names = [[frames[i]["name"] for i in s] for s in document["profiles"][0]["samples"]]
    callers = ["<module> (train.py:30)", "model (train.py:12)"]
    assert ["region train", "region model", *callers, "matmul"] in names
    line = next(f for f in frames if f["name"] == callers[1])
    assert line == {"name": callers[1], "file": "train.py", "line": 12}


def test_speedscope_timelines_are_balanced(recording):
    document = speedscope(recording)
    timelines = document["profiles"][2:]
    assert sum(len(t["events"]) for t in timelines) == 2 * len(recording.events)
    for timeline in timelines:
        at, running = timeline["startValue"], []
        for event in timeline["events"]:
            assert at <= event["at"] <= timeline["endValue"]
            at = event["at"]
            if event["type"] == "O":
                running.append(event["frame"])
            else:
                assert running.pop() == event["frame"]
        assert not running


def test_speedscope_timeline_tells_forward_from_backward():
    document = speedscope(make_recording())
    frames = [f["name"] for f in document["shared"]["frames"]]
    main = document["profiles"][2]
    assert main["name"] == "MainThread over time"
    opened = Counter(frames[e["frame"]] for e in main["events"] if e["type"] == "O")
    assert opened["matmul (train.py:12)"] == 3
    assert opened["matmul backward (train.py:12)"] == opened["exp backward"] == 6
    assert opened["region loss"] == 3


def test_flame_tree_is_the_sum_of_the_stacks(recording):
    def own(node, path=()):
        inner = sum(child["value"] for child in node["children"])
        if node["value"] > inner:
            yield path, node["value"] - inner
        names = [child["name"] for child in node["children"]]
        assert len(set(names)) == len(names)
        for child in node["children"]:
            yield from own(child, (*path, child["name"]))

    tree = flame_tree(recording)
    assert tree["value"] == recording.total.forward_ns + recording.total.backward_ns
    wanted = {
        (direction, *(frame.name for frame in stack)): ns
        for direction, found in stacks(recording).items()
        for stack, ns in found.items()
    }
    assert dict(own(tree)) == wanted


def test_a_recursion_of_the_user_may_be_deep():
    m = Maker()
    stack = tuple(Line("deep.py", i, "again") for i in range(5_000, 0, -1))
    with Thread(m, "MainThread").forward("exp", stack, (), "float64()", 100):
        pass
    recording = m.recording()
    node, depth = flame_tree(recording), 0
    while node["children"]:
        (node,) = node["children"]
        depth += 1
    assert (node["name"], node["value"], depth) == ("exp", 100, 5_002)
    assert written(write_folded, recording).count(";") == 5_001
    assert len(speedscope(recording)["profiles"][1]["samples"][0]) == 5_001


@pytest.mark.parametrize("write", WRITERS)
def test_hostile_names_do_no_harm(write):
    text = written(write, make_recording(file=f"a;b c/{HOSTILE}.py"))
    text.encode("utf-8")  # no lone surrogate
    assert all(c.isprintable() or c == "\n" for c in text)
    if write is write_folded:
        assert all(line.count(" ") == 1 for line in text.splitlines())
    else:
        assert "udcff" in json.dumps(json.loads(text))
        assert "\\u" not in text.replace("\\\\", "")  # Perfetto refuses pairs of surrogates


def test_hostile_names_read_back_as_they_look():
    slices = by_phase(trace(make_recording(steps=1)))["X"]
    (name,) = {s["name"] for s in slices if s["name"].startswith("</script>")}
    assert name.startswith('</script><!--<b a="1">\'`${x}&amp;;\\ \\t\\n\\r\\u2028\\x00')
    assert name.endswith("é😀\\udcff")


@pytest.mark.parametrize("write", WRITERS)
def test_an_empty_profile_gives_a_whole_file(write):
    text = written(write, Maker().recording())
    if write is write_trace:
        assert [r["name"] for r in json.loads(text)["traceEvents"]] == ["process_name"]
    elif write is write_speedscope:
        assert [p["endValue"] for p in json.loads(text)["profiles"]] == [0, 0]
    else:
        assert text == ""


def test_a_hundred_thousand_events():
    recording = make_recording(steps=2_700)
    n = len(recording.events)
    assert n > 100_000
    records = trace(recording)
    sources, targets = viewed(records)
    rules = recording.events["kind"] == BACKWARD
    assert len(sources) == len(targets) == (rules & (recording.events["node"] > 0)).sum()
    assert len(by_phase(records)["X"]) == n
    document = speedscope(recording)
    assert sum(len(t["events"]) for t in document["profiles"][2:]) == 2 * n

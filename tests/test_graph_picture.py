"""`retrograd.graph`: nodes and edges as data, times and lines, and what of a large one is drawn."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

import retrograd
from graphs import GRAPHS, chain, labelled, recurrent, wide
from retrograd import Tensor, pure
from retrograd.picture import columns, fold, sketch

# Nodes and edges


def test_nodes_and_edges_of_the_notebook_example():
    x, y = labelled(4, "x"), labelled(7, "y")
    z = x * y + y
    z.label = "z"
    g = retrograd.graph(z)
    assert [(n.id, n.op, n.label, n.value, n.is_leaf) for n in g.nodes] == [
        (0, "", "x", 4.0, True),
        (1, "", "y", 7.0, True),
        (2, "*", "", 28.0, False),
        (3, "+", "z", 35.0, False),
    ]
    for node in g.nodes:
        assert (node.shape, node.dtype, node.requires_grad) == ((), "float64", True)
        assert (node.backward_ns, node.line) == (None, None)
    assert g.edges == ((0, 2, 0), (1, 2, 1), (2, 3, 0), (1, 3, 1))
    assert repr(g) == "<retrograd.Graph: 4 nodes, 4 edges>"


def walk(root):
    """The same by `_prev`, as the usual drawing loop does: operations with shapes, and edges."""
    seen, todo = {root}, [root]
    edges = []
    while todo:
        t = todo.pop()
        for child in t._prev:
            edges.append(((child.op, child.shape), (t.op, t.shape)))
            if child not in seen:
                seen.add(child)
                todo.append(child)
    return sorted((t.op, t.shape) for t in seen), sorted(edges)


@pytest.mark.parametrize("name", ["product", "square", "recurrent", "random"])
def test_the_graph_is_what_a_walk_by_hand_finds(name):
    root = recurrent(5) if name == "recurrent" else GRAPHS[name]()
    g = retrograd.graph(root)
    nodes, edges = walk(root)
    assert sorted((n.op, n.shape) for n in g.nodes) == nodes
    kinds = [(n.op, n.shape) for n in g.nodes]
    pairs = {(e.source, e.target) for e in g.edges}  # `_prev` is a set
    assert sorted((kinds[s], kinds[t]) for s, t in pairs) == edges
    assert g.nodes[-1].op == root.op
    assert all(e.source < e.target for e in g.edges)


def test_parallel_edges_and_positions():
    x, y = Tensor(2.0), Tensor(3.0)
    assert retrograd.graph(x * x).edges == ((0, 1, 0), (0, 1, 1))
    g = retrograd.graph(np.where(np.array(True), x, x - y))
    (where,) = (n.id for n in g.nodes if n.op == "where")
    at = {n.op: n.id for n in g.nodes if n.op}
    assert [(e.source, e.position) for e in g.edges if e.target == where] == [
        (0, 1),
        (at["-"], 2),
    ], "the condition is a constant, and no node"


def test_deep_operands_come_first_but_keep_their_positions():
    x = Tensor(2.0)
    g = retrograd.graph(Tensor(5.0) - x.sin().exp())
    assert [n.op for n in g.nodes] == ["", "sin", "exp", "", "-"]
    assert [e for e in g.edges if e.target == 4] == [(3, 4, 0), (2, 4, 1)]


def test_arrays_shapes_types_and_constants():
    x = Tensor(np.ones((2, 3), np.float32))
    constant = Tensor(np.ones((2, 3)), requires_grad=False)
    g = retrograd.graph((x * 2.0 * constant).sum())
    assert [(n.op, n.shape, n.dtype) for n in g.nodes] == [
        ("", (2, 3), "float32"),
        ("*", (2, 3), "float32"),
        ("cast", (2, 3), "float64"),
        ("*", (2, 3), "float64"),
        ("sum", (), "float64"),
    ]
    assert [n.value for n in g.nodes] == [None, None, None, None, 12.0]


def test_a_tensor_alone():
    for requires_grad in (True, False):
        t = Tensor([1.0, 2.0], requires_grad=requires_grad)
        t.label = "alone"
        g = retrograd.graph(t)
        (node,) = g.nodes
        assert (node.label, node.shape, node.is_leaf) == ("alone", (2,), True)
        assert node.requires_grad == requires_grad
        assert g.edges == ()
        assert "alone" in g.to_svg(layout="own")


def test_custom_operations_and_named_leaves():
    x, y = Tensor(2.0), Tensor([1.0, 2.0], (), "given")
    a = Tensor(8.0, (x, y, x), "cube")
    b = Tensor(1.0, (a,))  # nameless
    g = retrograd.graph(Tensor(3.0, (b, Tensor(1.0, requires_grad=False)), "+"))
    assert [(n.op, n.is_leaf) for n in g.nodes] == [
        ("", True),
        ("given", True),
        ("cube", False),
        ("", False),
        ("+", False),
    ]
    assert g.edges == ((0, 2, 0), (1, 2, 1), (0, 2, 2), (2, 3, 0), (3, 4, 0))
    assert "custom" in g.to_svg(layout="own")
    only = retrograd.graph(Tensor(3.0, (Tensor(1.0, requires_grad=False),), "mine"))
    assert [(n.op, n.is_leaf) for n in only.nodes] == [("mine", False)]


def test_labels_are_those_of_living_tensors_and_values_the_present_ones():
    x = labelled(2.0, "gone")
    y = x * 3.0
    del x
    leaf = labelled(1.0, 7)
    z = y + leaf
    leaf.data[...] = 5.0
    g = retrograd.graph(z)
    assert [(n.op, n.label, n.value) for n in g.nodes] == [
        ("", "", 2.0),
        ("*", "", 6.0),
        ("", "7", 5.0),
        ("+", "", 7.0),
    ]


def test_a_graph_is_a_snapshot_that_keeps_nothing_alive():
    before = retrograd._core.live_nodes()
    z, leaves = chain(300)
    g = retrograd.graph(z)
    assert g.sketch.nodes == 603
    del z, leaves
    assert retrograd._core.live_nodes() == before
    assert g.nodes[-1].op == "+"


@pytest.mark.parametrize("wrong", [3, None, np.ones(2), pure.Tensor(1.0)])
def test_what_is_no_tensor_is_an_error(wrong):
    with pytest.raises(TypeError, match="graph: wants a Tensor, not"):
        retrograd.graph(wrong)


# Profiles


def test_times_and_lines_of_a_profile():
    x = Tensor(np.ones(50))
    outside = x * 2.0
    with retrograd.profile() as prof:
        z = (outside.exp() * x).sum()
        z.backward()
        z.backward()
    g = retrograd.graph(z, prof)
    at = {n.op: n for n in g.nodes}
    assert at[""].backward_ns is None
    assert at[""].line is None
    recording = prof.recording
    for op in ("exp", "sum"):
        rows = [i for i, row in enumerate(recording.rows) if row.op == op]
        events = recording.events[np.isin(recording.events["row"], rows)]
        events = events[events["kind"] == 1]
        assert len(events) == 2
        assert at[op].backward_ns == (events["end"] - events["start"]).sum()
        assert at[op].line.file == __file__
        assert at[op].line.function == "test_times_and_lines_of_a_profile"
    assert retrograd.graph(z, recording).nodes == g.nodes
    assert "backward time" in g.to_svg(layout="own")
    assert f"test_graph_picture.py:{at['exp'].line.line}" in g.to_svg(layout="own")


def test_without_times_there_is_no_scale():
    with retrograd.profile() as prof:
        z = Tensor(2.0) * 3.0
    g = retrograd.graph(z, prof)
    assert [n.backward_ns for n in g.nodes] == [None, None]
    assert g.nodes[-1].line is not None
    assert "backward time" not in g.to_svg(layout="own")


# Folding


def unfolded(symbols, top):
    """The sequence that symbols stand for."""
    todo, out = list(reversed(top)), []
    while todo:
        s = todo.pop()
        if symbols.is_simple(s):
            out.append(s)
        else:
            body, times = symbols.body(s)
            todo += list(reversed(body)) * times
    return out


@pytest.mark.parametrize("kinds", [1, 2, 3, 30])
@pytest.mark.parametrize("readable", [2, 20, 1000])
def test_folding_loses_nothing(kinds, readable):
    rng = np.random.default_rng(kinds)
    for _ in range(30):
        parts = [np.tile(rng.integers(kinds, size=rng.integers(1, 9)), n) for n in (1, 3, 9, 2, 20)]
        inner = np.concatenate(parts)
        sequence = np.concatenate([inner] * int(rng.integers(1, 12)))
        symbols, top = fold.fold(sequence, readable, 40)
        assert unfolded(symbols, top) == sequence.tolist()
        for s in set(top):
            places = symbols.places(s)
            assert len(places) == symbols.size(s)
            assert set(places.tolist()) == set(range(symbols.width(s)))
        assert sum(map(symbols.width, top)) <= 40


def test_folding_finds_loops_in_loops():
    inner = [0, 1] * 50
    sequence = np.array([7, *([*inner, 2, 3] * 10), 8])
    symbols, top = fold.fold(sequence, 5, 100)
    first, loop, last = top
    assert (first, last) == (7, 8)
    (inside, *rest), times = symbols.body(loop)
    assert (rest, times) == ([2, 3], 10)
    assert symbols.body(inside) == ((0, 1), 50)


def test_loops_are_kept_among_what_does_not_repeat():
    rng = np.random.default_rng(0)
    odd = rng.integers(40, size=(2, 1000))
    symbols, top = fold.fold(np.concatenate([odd[0], [50, 51] * 300, odd[1]]), 60, 100)
    (loop,) = (s for s in top if not symbols.is_simple(s) and not symbols.is_piece(s))
    assert symbols.body(loop) == ((50, 51), 300)
    assert sum(map(symbols.width, top)) <= 100


def test_a_loop_is_one_group():
    z, _leaves = chain(1000)
    s = retrograd.graph(z).sketch
    (group,) = s.groups
    assert (group.times, group.repetitions) == (1000, 1000)
    assert [(b.op, b.label, b.nodes, b.group) for b in s.boxes] == [
        ("*", "", 1000, 0),
        ("+", "", 1000, 0),
        ("", "", 1, -1),
        ("", "x", 1, -1),
        ("", "y", 1, -1),
    ]
    assert {(k.source, k.target, k.edges, k.back) for k in s.links} == {
        (0, 1, 1000, False),
        (1, 0, 999, True),
        (2, 0, 1, False),
        (3, 0, 1000, False),
        (4, 1, 1000, False),
    }
    assert "× 1,000" in retrograd.graph(z).to_svg(layout="own")


def test_leaves_of_every_repetition_stand_in_the_loop():
    s = retrograd.graph(wide(500)).sketch
    # The labels' tensors are gone.
    assert {(b.nodes, b.group) for b in s.boxes if b.is_leaf} == {(1, -1), (500, 0)}
    leaves = [labelled(float(k), f"p{k}") for k in range(300)]
    total = leaves[0].sin()
    for leaf in leaves[1:]:
        total = total + leaf.sin()
    (box,) = (b for b in retrograd.graph(total).sketch.boxes if b.label.startswith("p1"))
    assert (box.label, box.nodes) == ("p1 … p299", 299)


def test_lines_tell_loops_apart():
    with retrograd.profile() as prof:
        z = Tensor(1.0)
        for _ in range(150):
            z = z * 2.0
        for _ in range(150):
            z = z * 2.0
    assert [g.times for g in retrograd.graph(z, prof).sketch.groups] == [150, 150]
    assert [g.times for g in retrograd.graph(z).sketch.groups] == [300]


@pytest.mark.parametrize("name", GRAPHS)
def test_counts_and_times_are_conserved(name):
    with retrograd.profile() as prof:
        root = GRAPHS[name]()
        root.backward()
    g = retrograd.graph(root, prof)
    s = g.sketch
    assert sum(b.nodes for b in s.boxes) == len(g.nodes) == s.nodes
    times = [n.backward_ns for n in g.nodes if n.backward_ns is not None]
    assert sum(b.backward_ns or 0 for b in s.boxes) == sum(times)
    assert len(s.boxes) <= sketch.WHOLE
    leaves = sum(n.is_leaf for n in g.nodes)
    assert sum(b.nodes for b in s.boxes if b.is_leaf) == leaves
    if len(g.nodes) <= sketch.WHOLE:
        assert [b.op for b in s.boxes] == [n.op for n in g.nodes]
        assert s.groups == []
    if name in ("chain", "nested", "recurrent", "wide"):  # where nothing was cut
        assert sum(k.edges for k in s.links) == len(g.edges)
    assert g.nodes[-1].op == s.boxes[s.root].op or s.boxes[s.root].mixed


def test_shapes_of_their_own_are_drawn_within_bounds():
    rng = np.random.default_rng(0)
    z = Tensor(0.0)
    for _ in range(3000):
        z = z + Tensor(np.ones(rng.integers(1, 9, size=4))).sum()
    g = retrograd.graph(z)
    assert len(g.sketch.boxes) <= sketch.WHOLE
    assert sum(b.nodes for b in g.sketch.boxes) == len(g.nodes)
    ET.fromstring(g.to_svg(layout="own"))


def test_a_large_graph_without_leaves():
    z = Tensor(1.0, (Tensor(1.0, requires_grad=False),), "mine")
    for _ in range(300):
        z = z * 0.5
    assert [(b.op, b.nodes) for b in retrograd.graph(z).sketch.boxes] == [("mine", 1), ("*", 300)]


def test_leaves_of_many_shapes_in_a_loop_share_a_box():
    z = Tensor(np.zeros((2,) * 6))
    shapes = [tuple(1 + (k >> axis & 1) for axis in range(6)) for k in range(64)]
    leaves = [Tensor(np.ones(shape)) for shape in shapes * 4]
    for leaf in leaves:
        z = z + leaf
    g = retrograd.graph(z)
    assert sum(b.nodes for b in g.sketch.boxes) == len(g.nodes) == 513
    assert [(b.nodes, b.shape) for b in g.sketch.boxes if b.is_leaf] == [
        (1, (2,) * 6),
        (256, None),
    ]
    texts = "".join(ET.fromstring(g.to_svg(layout="own")).itertext())
    assert "leaves" in texts


def test_large_graphs_need_neither_recursion_nor_long():
    z, _leaves = chain(50_000, x=0.5)
    many = Tensor(1.0, [Tensor(float(k)) for k in range(100_000)], "many")
    for root, boxes in ((z, 5), (many, 2)):
        g = retrograd.graph(root)
        assert len(g.nodes) > 100_000
        assert len(g.sketch.boxes) == boxes
        ET.fromstring(g.to_svg(layout="own"))
    assert [e.position for e in g.edges] == list(range(100_000))


def test_columns_hold_what_nodes_show():
    z, _leaves = chain(3)
    c = columns.read(z, None)
    assert len(c) == 9
    assert not c.is_timed
    assert [c.ops[op] for op in c.op] == [n.op for n in retrograd.graph(z).nodes]

"""Where the pictures of graphs have things, and what stands in their files.

Every output is read back: SVG as XML, the languages of Graphviz and Mermaid by patterns of theirs.
"""

import itertools
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import retrograd
from graphs import GRAPHS, labelled
from retrograd import Tensor
from retrograd.picture import layers, words
from retrograd.profiler.text import printable

DOCS = Path(__file__).parents[1] / "docs"
HOSTILE = [
    "</script><script>alert(1)</script>",
    "<svg onload=alert(1)>",
    "]]>",
    "&lt;&amp;",
    'say "hi" \\" \\',
    "two\nlines\r\n\t",
    "\x00\x1b[31m",
    "\udcff\ud800",
    "right\u202eleft",
    "n0 -> n1; subgraph x {",
    "%%{init: {}}%%",
    "`md` **b** #quot; #35;",
    "end",
    "日本語",
    "x" * 1000,
]


# The layout built in


def placed(root, down):
    s = retrograd.graph(root).sketch
    labels = [words.words(box, s) for box in s.boxes]
    return s, layers.place(s, labels, down)


def apart(a, b):
    return (
        a.x + a.width <= b.x + 0.01
        or b.x + b.width <= a.x + 0.01
        or a.y + a.height <= b.y + 0.01
        or b.y + b.height <= a.y + 0.01
    )


def points(curve):
    """Points along a curve, close together."""
    at = curve.start
    for step in curve.steps:
        for t in np.linspace(0, 1, 12):
            if len(step) == 1:
                (end,) = step
                weights = [(1 - t, at), (t, end)]
            else:
                binomial = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
                weights = list(zip(binomial, (at, *step), strict=True))
            yield tuple(sum(w * p[k] for w, p in weights) for k in (0, 1))
        at = step[-1]


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("name", GRAPHS)
def test_nothing_lies_over_anything(name, down):
    s, picture = placed(GRAPHS[name](), down)
    for a, b in itertools.combinations(picture.boxes, 2):
        assert apart(a, b)
    for number, (group, rect) in enumerate(zip(s.groups, picture.groups, strict=True)):
        for box, inner in zip(s.boxes, picture.boxes, strict=True):
            around, g = [], box.group
            while g >= 0:
                around.append(g)
                g = s.groups[g].parent
            if number not in around:
                assert apart(rect, inner)
            else:
                assert rect.x < inner.x
                assert inner.x + inner.width < rect.x + rect.width
                assert rect.y < inner.y
                assert inner.y + inner.height < rect.y + rect.height
        assert group.parent < number
    for curve in picture.curves:
        link = s.links[curve.link]
        for x, y in points(curve):
            assert 0 <= x <= picture.width
            assert 0 <= y <= picture.height
            for k, box in enumerate(picture.boxes):
                inside = (
                    box.x + 1 < x < box.x + box.width - 1 and box.y + 1 < y < box.y + box.height - 1
                )
                # Corners are round: a line may reach into the rectangle of its own ends.
                assert not inside or k in (link.source, link.target)


@pytest.mark.parametrize("name", GRAPHS)
def test_lines_begin_and_end_at_their_boxes(name):
    s, picture = placed(GRAPHS[name](), down=False)
    assert len(picture.curves) == sum(link.lines for link in s.links)
    for curve in picture.curves:
        link = s.links[curve.link]
        source, target = picture.boxes[link.source], picture.boxes[link.target]
        (x0, y0), (x1, y1) = curve.start, curve.steps[-1][-1]
        assert source.x + source.width / 2 < x0 <= source.x + source.width + 0.01
        assert source.y < y0 < source.y + source.height
        assert target.x - 0.01 <= x1 < target.x + target.width / 2
        assert target.y < y1 < target.y + target.height


def test_the_notebook_example_reads_from_left_to_right():
    _, picture = placed(GRAPHS["product"](), down=False)
    left = [box.x + box.width for box in picture.boxes]
    for curve in picture.curves:
        xs = [x for x, _ in points(curve)]
        assert xs == sorted(xs)
    assert left[-1] == max(left)


# Written


def check_svg(text):
    """Well-formed, alone, and free of anything that runs."""
    root = ET.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    known = {"svg", "style", "g", "rect", "text", "path", "title"}
    for element in root.iter():
        assert element.tag.removeprefix(space) in known
        assert not [name for name in element.attrib if name.startswith("on") or "href" in name]
    assert "url(" not in text
    return [t.text for t in root.iter(space + "text")], [t.text for t in root.iter(space + "title")]


DOT_LINE = re.compile(
    r'\s*(digraph \w+ \{|\}|((\w+=("[^"\\]*(\\.[^"\\]*)*"|[\w.]+)(; )?)+)'
    r'|(node|edge|n\d+( -> n\d+)?)( \[(\w+=("(?:[^"\\]|\\.)*"|[\w.]+)(, )?)+\])?'
    r'|subgraph cluster\d+ \{ (\w+=("(?:[^"\\]|\\.)*"|\w+)(; )?)+|(n\d+; ?)+)?'
)
MERMAID_LINE = re.compile(
    r'\s*(flowchart (LR|TD)|n\d+(\["[^"]*"\]|\("[^"]*"\))|subgraph g\d+\["[^"]*"\]|end'
    r"|n\d+ (-->|-\.->) n\d+|classDef \w+ [\w:#,]+|class (n\d+,?)+ (leaf|op)"
    r"|style [ng]\d+ [\w:#,-]+)?"
)


def check_texts(g):
    for line in g.to_dot().split("\n"):
        assert DOT_LINE.fullmatch(line), line
    for line in g.to_mermaid().split("\n"):
        assert MERMAID_LINE.fullmatch(line), line
    if shutil.which("dot"):
        done = subprocess.run(["dot", "-Tsvg"], input=g.to_dot(), capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        ET.fromstring(done.stdout)


@pytest.mark.parametrize("name", GRAPHS)
def test_every_format_is_well_formed(name):
    with retrograd.profile() as prof:
        root = GRAPHS[name]()
        root.backward()
    for g in (retrograd.graph(root), retrograd.graph(root, prof)):
        for layout in ("auto", "own"):
            check_svg(g.to_svg(layout=layout))
        check_texts(g)
        assert g._repr_svg_() == g.to_svg()
        assert g._repr_html_().startswith("<div")


def test_the_notebook_example_in_every_format():
    x, y = labelled(4, "x"), labelled(7, "y")
    z = x * y + y
    z.label = "z"
    g = retrograd.graph(z)
    texts, tips = check_svg(g.to_svg(layout="own"))
    assert texts == ["x", "4", "y", "7", "×", "28", "+", "z = 35"]
    assert "y → +, operand 1" in tips
    assert g.to_mermaid().splitlines()[:9] == [
        "flowchart LR",
        '  n0["x<br>4"]',
        '  n1["y<br>7"]',
        '  n2("#215;<br>28")',
        '  n3("#43;<br>z #61; 35")',
        "  n0 --> n2",
        "  n1 --> n2",
        "  n1 --> n3",
        "  n2 --> n3",
    ]
    assert re.findall(r"n\d -> n\d", g.to_dot()) == [
        "n0 -> n2",
        "n1 -> n2",
        "n1 -> n3",
        "n2 -> n3",
    ]
    assert 'label="x\\n4"' in g.to_dot()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_do_no_harm(name, tmp_path):
    x = labelled(2.0, name)
    z = Tensor(8.0, (x, x * 2.0), name)
    z.label = name
    g = retrograd.graph(z)
    assert g.nodes[0].label == name
    assert g.nodes[-1].op == name
    for layout in ("auto", "own"):
        texts, tips = check_svg(g.to_svg(layout=layout))
        shown = printable(name)
        assert texts[0].removesuffix("…") == shown[: len(texts[0].removesuffix("…"))]
        assert any(tip.startswith(shown) for tip in tips)
    check_texts(g)
    assert (
        g.to_mermaid().count("\n")
        == retrograd.graph(Tensor(2.0) * 2.0).to_mermaid().count("\n") + 3
    ), "no line is broken"
    for ending in (".svg", ".dot", ".mmd", ".html"):
        g.save(tmp_path / f"x{ending}")
        text = (tmp_path / f"x{ending}").read_text("utf-8")
        assert ending == ".dot" or not re.search("<script|<svg onload", text)


def test_save_chooses_by_the_ending(tmp_path):
    g = retrograd.graph(Tensor(2.0) * 3.0)
    g.save(str(tmp_path / "a.svg"))
    assert (tmp_path / "a.svg").read_text("utf-8") == g.to_svg()
    g.save(tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert g._repr_html_() in page
    for name, text in (("a.dot", g.to_dot()), ("a.mmd", g.to_mermaid())):
        g.save(tmp_path / name)
        assert (tmp_path / name).read_text("utf-8") == text
    with pytest.raises(ValueError, match=r"graph: no format for '\.png'; a name ends with one of"):
        g.save(tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


def test_without_graphviz_the_own_layout_serves(monkeypatch, tmp_path):
    g = retrograd.graph(GRAPHS["chain"]())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert g.to_svg() == g.to_svg(layout="own")
    with pytest.raises(RuntimeError, match="needs Graphviz"):
        g.to_svg(layout="dot")
    with pytest.raises(ValueError, match="no layout 'neato'"):
        g.to_svg(layout="neato")


@pytest.mark.parametrize("program", ["exit 1", "echo nonsense", "echo '{}'"])
def test_a_graphviz_that_fails_is_passed_over(program, monkeypatch, tmp_path):
    fake = tmp_path / "dot"
    fake.write_text(f"#!/bin/sh\n{program}\n")
    fake.chmod(0o755)
    g = retrograd.graph(GRAPHS["product"]())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert g.to_svg() == g.to_svg(layout="own")


def test_the_same_graph_gives_the_same_text():
    for make in (GRAPHS["random"], GRAPHS["recurrent"], GRAPHS["large random"]):
        one, other = retrograd.graph(make()), retrograd.graph(make())
        assert one.nodes == other.nodes
        assert one.to_svg(layout="own") == other.to_svg(layout="own")
        assert one.to_svg() == other.to_svg()
        assert one.to_dot() == other.to_dot()
        assert one.to_mermaid() == other.to_mermaid()


def test_the_pictures_in_the_docs_are_what_their_command_draws(tmp_path):
    command = [sys.executable, "docs/examples/graphs.py", tmp_path]
    subprocess.run(command, cwd=DOCS.parent, check=True)
    page = (DOCS / "graph.md").read_text("utf-8")
    names = re.findall(r"!\[.*\]\(images/(.*)\)", page)
    assert sorted(names) == sorted(p.name for p in tmp_path.iterdir())
    for name in names:
        drawn, shown = ((d / name).read_text("utf-8") for d in (tmp_path, DOCS / "images"))
        (texts, tips), (shown_texts, shown_tips) = check_svg(drawn), check_svg(shown)
        if "backward time" not in drawn:
            assert drawn == shown
            continue
        # Times differ, and with them the sizes of the boxes that name them.
        times = re.compile(r"[\d.]+ ([mµn]?s)\b")
        assert [times.sub("#", t) for t in texts] == [times.sub("#", t) for t in shown_texts]
        assert [times.sub("#", t) for t in tips] == [times.sub("#", t) for t in shown_tips]


def test_the_page_in_the_docs_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    page = (DOCS / "graph.md").read_text("utf-8")
    scope = {}
    for block in re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE):
        exec(block, scope)
    assert (tmp_path / "z.svg").exists()
    assert "backward time" in (tmp_path / "loss.html").read_text("utf-8")
    assert "flowchart LR" in capsys.readouterr().out
    assert len(scope["g"].nodes) == 4

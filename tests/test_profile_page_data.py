"""What the profile's HTML page is made of, without a browser."""

import base64
import hashlib
import io
import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from profiles import HOSTILE, make_recording
from retrograd.profiler.metrics import group_metrics
from retrograd.profiler.page import SCRIPTS, write_page
from retrograd.profiler.page_data import MAX_SOURCE, page_data
from retrograd.profiler.records import EVENT, Costs, Line, Peak, Recording, Row
from retrograd.profiler.roof import Roof

ROOF = Roof(bandwidth=1e10, f64_rate=5e10, f32_rate=1e11)
ASSETS = sorted(
    (item.name, item.read_text("utf-8"))
    for item in (files("retrograd.profiler") / "assets").iterdir()
)


class Parts(HTMLParser):
    """Elements with their attributes, and the texts of styles and scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"style": [], "script": []}
        self.open: str | None = None
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag in self.texts:
            self.open = tag
            self.texts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self.open = None

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts[self.open][-1] += data


def write(recording: Recording, svg: str | None = None) -> str:
    text = io.StringIO()
    write_page(recording, text, svg, ROOF)
    return text.getvalue()


def one_file(file: Path | str, *lines: int) -> Recording:
    rows = tuple(
        Row("mul", (Line(str(file), n, "f"),), (), (), "float64()", Costs(1, 10 * n, 1, 20 * n))
        for n in lines
    )
    return Recording(rows, np.zeros(0, EVENT), (), (), Peak(), 1_000, 1, 500, 0)


def test_page_is_self_contained() -> None:
    parts = Parts(write(make_recording(), "<svg/>"))
    for tag, attributes in parts.elements:
        for name in ("src", "href", "action"):
            value = attributes.get(name)
            assert value is None or value.startswith(("#", "data:")), (tag, value)
        assert not [name for name in attributes if name.startswith("on") or name == "style"]


def test_policy_permits_exactly_the_page_s_own_style_and_script() -> None:
    parts = Parts(write(make_recording()))
    (policy,) = (a["content"] for t, a in parts.elements if "http-equiv" in a)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules.pop("default-src") == "'none'"
    assert rules.pop("img-src") == "data:"
    (style,), (_data, script) = parts.texts["style"], parts.texts["script"]
    for name, text in (("style-src", style), ("script-src", script)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules.pop(name) == f"'sha256-{digest}'"
    assert set(rules.values()) == {"'none'"}


def test_hostile_names_stay_inside_their_element() -> None:
    page = write(make_recording(file=HOSTILE), f"<svg>{HOSTILE}</svg>")
    page.encode("utf-8")  # no lone surrogate
    plain = Parts(write(make_recording()))
    parts = Parts(page)
    assert [tag for tag, _ in parts.elements] == [tag for tag, _ in plain.elements]
    embedded = parts.texts["script"][0]
    assert re.search("[<>&\u2028\u2029]", embedded) is None
    data = json.loads(embedded)
    assert data["graph"] == f"<svg>{HOSTILE}</svg>".replace("\udcff", "\\udcff")
    assert any("\\udcff" in label for label in data["tables"]["op"]["label"])


@pytest.mark.parametrize("by", ["line", "op", "region", "shape"])
def test_tables_hold_what_the_groups_do(by: str) -> None:
    recording = make_recording()
    table = page_data(recording, ROOF)["tables"][by]
    groups = [g for g in recording.group(by) if g.costs != Costs()]
    assert "(backward)" in {row.op for row in recording.rows}
    assert table["calls"] == [g.costs.calls for g in groups]
    assert sum(table["backward"]) == recording.total.backward_ns
    assert sum(table["forward"]) == recording.total.forward_ns
    assert sum(table["saved"]) == recording.total.saved_bytes
    figures = [group_metrics(recording, g, ROOF) for g in groups]
    assert table["share"] == pytest.approx([f.share for f in figures], rel=1e-3)
    assert table["bound"] == [f.bound for f in figures]


def test_columns_that_say_nothing_stay_away() -> None:
    table = page_data(make_recording())["tables"]["line"]
    assert "roof" not in table
    assert "bound" not in table
    assert "wall" not in table
    regions = page_data(make_recording())["tables"]["region"]
    assert regions["wall"][regions["label"].index("train/loss")] > 0


def test_files_have_their_source_and_the_times_of_lines(tmp_path: Path) -> None:
    text = "a = 1\n\tb = '\u202e'\n\nc = 3"
    (tmp_path / "a.py").write_text(text, "utf-8")
    (tmp_path / "b.py").write_text("x\n", "utf-8")
    cheap, dear = one_file(tmp_path / "b.py", 1), one_file(tmp_path / "a.py", 2, 4, 4)
    both = Recording(**{**vars(cheap), "rows": cheap.rows + dear.rows})
    first, second = page_data(both)["files"]
    assert first["lines"] == ["a = 1", "        b = '\\u202e'", "", "c = 3"]
    assert second["lines"] == ["x"]
    assert {line: hit["backward"] for line, hit in first["hits"].items()} == {2: 40, 4: 160}
    assert first["hits"][4]["forward"] == 80
    assert first["hits"][4]["share"] == pytest.approx(160 / 220, rel=1e-3)
    assert len(first["hits"][4]["ops"]) == 2


def test_walks_stand_at_the_line_that_began_them() -> None:
    recording = make_recording(steps=3, file="train.py")
    (file,) = (f for f in page_data(recording)["files"] if f["label"] == "train.py")
    calls, ns = file["walks"][25]
    assert calls == 6
    others = [walk for f in page_data(recording)["files"] for walk in f["walks"].values()]
    assert sum(walk[0] for walk in others) == recording.backward_calls
    assert sum(walk[1] for walk in others) == recording.backward_wall_ns
    assert 0 < ns < recording.backward_wall_ns


@pytest.mark.parametrize("file", ["gone.py", "<string>", "a\0b.py", "\udcff.py", ""])
def test_files_that_cannot_be_read(file: str) -> None:
    (found,) = page_data(one_file(file, 3))["files"]
    assert found["lines"] == []
    assert list(found["hits"]) == [3]


def test_source_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text(f"'{'x' * MAX_SOURCE}'\n", "utf-8")
    (found,) = page_data(one_file(tmp_path / "long.py", 1))["files"]
    assert found["lines"] == []


def test_many_operations_at_one_line_are_counted() -> None:
    (found,) = page_data(one_file("gone.py", *[5] * 40))["files"]
    hit = found["hits"][5]
    assert len(hit["ops"]) + hit["more"] == 40
    assert hit["backward"] == 40 * 100


def test_flame_graph_is_the_tree_in_preorder() -> None:
    recording = make_recording()
    flame = page_data(recording)["flame"]
    depth, value = flame["depth"], flame["value"]
    assert value[0] == recording.total.forward_ns + recording.total.backward_ns
    assert depth[0] == 0
    assert all(1 <= after <= before + 1 for before, after in pairwise(depth))
    inner = [0] * len(depth)  # what the children of a frame sum to
    path: list[int] = []
    for i, level in enumerate(depth):
        del path[level:]
        if path:
            inner[path[-1]] += value[i]
        path.append(i)
    assert all(spent in (0, whole) for spent, whole in zip(inner, value, strict=True))
    assert len(set(flame["names"])) == len(flame["names"])


def test_deep_stacks_need_no_recursion() -> None:
    stack = tuple(Line("deep.py", n, f"f{n}") for n in range(1, 5_001))
    row = Row("mul", stack, (), (), "", Costs(1, 10, 1, 20))
    recording = Recording((row,), np.zeros(0, EVENT), (), (), Peak(), 100, 1, 50, 0)
    assert max(page_data(recording)["flame"]["depth"]) == 5_002


def test_memory_curve_of_a_million_events_is_thin_and_keeps_the_peak() -> None:
    events = np.zeros(1_000_000, EVENT)
    events["end"] = np.arange(len(events)) * 10
    events["live"] = 500 + np.arange(len(events)) % 7
    events["live"][123_456] = 9_999
    rows = one_file("gone.py", 1).rows
    recording = Recording(rows, events, (), (), Peak(9_999, 1_234_560), 10_000_000, 1, 500, 0)
    memory = page_data(recording)["memory"]
    assert 100 <= len(memory["high"]) == len(memory["low"]) <= 2_000
    assert (max(memory["high"]), min(memory["low"])) == (9_999, 500)
    assert sum(high > 506 for high in memory["high"]) == 1
    at = memory["high"].index(9_999) / len(memory["high"]) * memory["span"]
    assert at == pytest.approx(1_234_560, rel=0.02)


def test_peak_names_lines() -> None:
    recording = make_recording(file="train.py")
    peak = page_data(recording)["peak"]
    assert peak["bytes"] == recording.peak.bytes
    assert peak["saved"] == sum(recording.peak.saved.values())
    sizes = [size for _, size, _ in peak["lines"]]
    assert sizes == sorted(sizes, reverse=True)
    assert peak["lines"][0][0] == "train.py:12"


def test_top_is_the_dearest_line() -> None:
    data = page_data(one_file("gone.py", 4, 9, 2))
    assert data["tables"]["line"]["label"][data["top"]] == "gone.py:9"
    assert page_data(one_file("gone.py"))["top"] is None


def test_every_asset_is_used_and_short() -> None:
    names = {name for name, _ in ASSETS}
    assert names == {"page.html", "page.css", *SCRIPTS}
    for name, text in ASSETS:
        lines = text.splitlines()
        assert len(lines) <= 500, name
        assert [n for n, line in enumerate(lines, 1) if len(line) > 100] == [], name


def test_scripts_make_no_markup_out_of_text() -> None:
    forbidden = r"(inner|outer|Adjacent)HTML|document\.write|\beval\b|new Function|fetch|XMLHttp"
    for name, text in ASSETS:
        assert re.search(forbidden, text) is None, name


def test_ids_in_scripts_exist_on_the_page() -> None:
    ids = {a["id"] for _, a in Parts(write(make_recording())).elements if "id" in a}
    used: set[Any] = set()
    for name, text in ASSETS:
        if name.endswith(".js"):
            used |= set(re.findall(r'\$\("([\w-]+)"\)', text))
    assert used - ids == set()

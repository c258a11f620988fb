"""The profile's HTML page, opened in a real headless Chromium."""

import importlib.util
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from browser import Page, chromium, find_chromium, save_screenshots
from profiles import HOSTILE, make_recording
from retrograd.profiler.page import write_page
from retrograd.profiler.records import EVENT, Costs, Line, Peak, Recording, Row
from retrograd.profiler.roof import Roof
from retrograd.profiler.text import printable

ROOF = Roof(bandwidth=1e10, f64_rate=5e10, f32_rate=1e11)
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="80" '
    'onload="parent.broken = true"><script>parent.broken = true</script>'
    '<circle cx="40" cy="40" r="30"/></svg>'
)
SCRIPT = "\n".join(f"line_{i} = '''{i}''' if {i} else None  # {i}" for i in range(1, 41))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if importlib.util.find_spec("playwright") is None or find_chromium() is None:
        pytest.skip("needs Chromium and Playwright: apt-get install chromium, extra `test`")
    with chromium() as opened:
        yield opened


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Write a recording's page and open it. At the end nothing may have complained or left."""
    pages: list[Page] = []

    def open_page(recording: Recording, svg: str | None = None, **options: Any) -> Page:
        file = tmp_path / "profile.html"
        with file.open("w", encoding="utf-8") as text:
            write_page(recording, text, svg, ROOF)
        pages.append(Page(browser, file, **options))
        return pages[-1]

    yield open_page
    for page in pages:
        assert page.complaints == []
        assert [url for url in page.requests if not url.startswith(("file:", "data:"))] == []
        assert sum(url.startswith("file:") for url in page.requests) == 1
        page.context.close()


@pytest.fixture
def script(tmp_path: Path) -> str:
    """A file for the lines that `make_recording` speaks of."""
    (tmp_path / "train.py").write_text(SCRIPT, "utf-8")
    return str(tmp_path / "train.py")


def many_rows(count: int) -> Recording:
    """As many lines as rows, each once dearer than the one before."""
    rows = tuple(
        Row(
            f"op{i % 40}",
            (Line(f"made/by/machine{i % 7}.py", i + 1, f"f{i % 100}"),),
            (),
            (f"float64({i % 50},)",),
            "float64()",
            Costs(1, 100 + i, 1, 200 + i, 80, 160, 10, 20, 64, 1, 64),
        )
        for i in range(count)
    )
    events = np.zeros(10 * count, EVENT)
    events["row"] = np.arange(len(events)) % count
    events["end"] = np.arange(len(events)) * 1000 + 500
    events["start"] = events["end"] - 400
    events["live"] = np.arange(len(events)) % 4096
    wall = int(events["end"][-1]) + 500
    top = int(events["live"].argmax())
    saved = dict.fromkeys(range(0, count, 3), 64)
    peak = Peak(int(events["live"][top]), int(events["end"][top]), saved)
    return Recording(rows, events, (), ("MainThread",), peak, wall, 1, wall // 2, 7)


def column(page: Page, key: str) -> list[str]:
    """The cells of a column, top to bottom."""
    heads = page.tab.locator("#table th").evaluate_all("all => all.map(th => th.dataset.key)")
    return page.texts(f"#table tbody tr[data-at] td:nth-child({heads.index(key) + 1})")


def labels(recording: Recording, by: str, cost: str, *, down: bool = True) -> list[str]:
    """What a table must show: the names in the order of a cost, groups without any left out."""
    groups = [g for g in recording.group(by) if g.costs != Costs()]
    groups.sort(key=lambda g: getattr(g.costs, cost), reverse=down)
    return [printable(g.label) for g in groups]


def names(page: Page) -> list[str]:
    return page.texts("#table tbody tr[data-at] td:first-child .name:not(.snippet)")


def test_overview(show: Callable[..., Page], script: str) -> None:
    recording = make_recording(file=script, dropped=12)
    page = show(recording)
    facts = dict(zip(page.texts("#facts dt"), page.texts("#facts dd"), strict=True))
    assert facts["Operations"].startswith(f"{recording.total.calls:,}")
    assert f"{recording.backward_calls} calls" in facts["In backward"]
    assert "train.py:12" in page.texts("#lead")[0]
    assert "copy 10.0 GB/s" in page.texts("#roof")[0]
    assert "12 events" in page.texts("#dropped")[0]
    shares = [float(s.split("\u202f")[0]) for s in page.texts("#split-legend b")]
    assert sum(shares) == pytest.approx(100, abs=2)


@pytest.mark.parametrize("by", ["line", "op", "region", "shape"])
def test_tables_sort_both_ways(show: Callable[..., Page], script: str, by: str) -> None:
    recording = make_recording(file=script)
    page = show(recording)
    page.tab.click(f"[data-by={by}]")
    assert names(page) == labels(recording, by, "backward_ns")
    head = page.tab.locator("#table th[data-key=calls]")
    assert head.get_attribute("aria-sort") == "none"
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert names(page) == labels(recording, by, "calls")
    page.tab.keyboard.press("Enter")  # the heading still has the focus
    assert head.get_attribute("aria-sort") == "ascending"
    assert names(page) == labels(recording, by, "calls", down=False)
    assert page.tab.locator("#table th:not([aria-sort=none])").count() == 1


def test_names_sort_by_number_and_gaps_stay_last(show: Callable[..., Page]) -> None:
    recording = many_rows(12)
    phase = Row("(order)", (), (), (), "", Costs(backward_calls=1, backward_ns=5))
    page = show(Recording(**{**vars(recording), "rows": (phase, *recording.rows)}))
    page.tab.click("[data-by=op]")
    page.tab.click("#table th[data-key=label] button")
    assert names(page) == ["(order)", *(f"op{i}" for i in range(12))]
    for _ in range(2):
        page.tab.click("#table th[data-key=gb_per_s] button")
        assert names(page)[-1] == "(order)"


def test_table_figures(show: Callable[..., Page]) -> None:
    page = show(many_rows(3))
    page.tab.click("[data-by=op]")
    assert column(page, "backward") == ["202ns", "201ns", "200ns"]
    assert column(page, "share")[0].startswith("34")
    assert column(page, "gb_per_s") == ["0.79", "0.79", "0.80"]
    assert column(page, "bound") == ["overhead"] * 3


def test_filter_and_tabs_by_keyboard(show: Callable[..., Page]) -> None:
    page = show(many_rows(60))
    assert len(names(page)) == 20
    assert "20 of 60" in page.texts("#table-count")[0]
    page.tab.click("#table-all")
    assert len(names(page)) == 60
    page.tab.fill("#filter", "MACHINE3")
    assert all("machine3" in name for name in names(page))
    page.tab.fill("#filter", "nowhere")
    assert names(page) == []
    page.tab.focus("[data-by=line]")
    page.tab.keyboard.press("ArrowRight")
    assert page.tab.get_attribute("[data-by=op]", "aria-selected") == "true"
    assert page.tab.evaluate("document.activeElement.dataset.by") == "op"


def test_source(show: Callable[..., Page], script: str) -> None:
    recording = make_recording(file=script)
    page = show(recording)
    assert page.texts("#code .src code") == SCRIPT.split("\n")
    assert page.texts("#code .here .n") == ["12"]  # the dearest line
    page.tab.click("#table button:text('train.py:20')")
    here = page.tab.locator("#code .here")
    assert here.get_attribute("data-line") == "20"
    assert here.locator("code").text_content() == SCRIPT.split("\n")[19]
    (line,) = (g for g in recording.group("line") if g.label.endswith("train.py:20"))
    assert here.locator(".f").text_content() == f"{line.costs.forward_ns}\u202fns"
    assert here.locator(".b").text_content() == f"{line.costs.backward_ns}\u202fns"
    assert "sum" in page.texts("#code .ops")[0]
    box = page.tab.locator("#code").bounding_box()
    assert box["y"] <= here.bounding_box()["y"] <= box["y"] + box["height"]
    assert box["y"] < 900


def test_source_tells_of_walks_and_goes_by_cost(show: Callable[..., Page], script: str) -> None:
    page = show(make_recording(file=script))
    page.tab.click("#code [data-line='25'] code")
    assert "backward()" in page.texts("#code .ops")[0]
    page.tab.click("#table button:text('train.py:12')")
    page.tab.click("#colder")
    assert page.texts("#code .here .n") == ["13"]
    page.tab.click("#hotter")
    assert page.texts("#code .here .n") == ["12"]


def test_source_that_is_not_at_hand(show: Callable[..., Page]) -> None:
    page = show(make_recording(file="gone/train.py"))
    assert "not at hand" in page.texts("#code .missing")[0]
    assert page.texts("#code .n") == ["4", "6", "12", "13", "20", "25"]


def test_colours_of_code(show: Callable[..., Page], tmp_path: Path) -> None:
    source = 'x = """a # b\nif c\'"""; y = \'#\' # if\nfor i in 12: "\\"" + r"d"\n\'\'\'e\n'
    (tmp_path / "train.py").write_text(source, "utf-8")
    page = show(make_recording(file=str(tmp_path / "train.py")))
    assert page.texts("#code .str") == ['"""a # b', 'if c\'"""', "'#'", '"\\""', 'r"d"', "'''e"]
    assert page.texts("#code .com") == ["# if"]
    assert page.texts("#code .kw") == ["for", "in"]
    assert page.texts("#code .num") == ["12"]


def shown_frames(page: Page) -> set[str]:
    tips = "all => all.map(frame => frame.dataset.tip.split('\\n')[0])"
    return set(page.tab.locator("#frames .frame").evaluate_all(tips))


def test_flame_graph_zooms_and_resets(show: Callable[..., Page], script: str) -> None:
    page = show(make_recording(file=script, steps=1))
    every = shown_frames(page)
    assert {"all", "forward", "backward", "matmul", "region loss"} <= every
    assert page.tab.is_disabled("#reset")
    frame = page.tab.locator("#frames .frame[data-tip^='region loss']").first
    width = frame.bounding_box()["width"]
    frame.click()
    zoomed = shown_frames(page)
    assert "region loss" in zoomed
    assert "matmul" not in zoomed
    full = page.tab.locator("#frames").bounding_box()["width"]
    assert frame.bounding_box()["width"] == pytest.approx(full, abs=2)
    assert width < full / 2
    page.tab.keyboard.press("Escape")
    assert shown_frames(page) == every
    frame.focus()
    page.tab.keyboard.press("Enter")
    assert shown_frames(page) == zoomed
    page.tab.click("#reset")
    assert shown_frames(page) == every


def test_flame_graph_tip_and_search(show: Callable[..., Page], script: str) -> None:
    page = show(make_recording(file=script))
    page.tab.locator("#frames").scroll_into_view_if_needed()
    page.settle()  # a tip closes when the page scrolls
    page.tab.hover("#frames .frame >> nth=1")
    assert re.match(r"(forward|backward)\n.+ of all$", page.texts("#tip")[0])
    assert page.tab.is_visible("#tip")
    page.tab.mouse.move(5, 5)
    assert not page.tab.is_visible("#tip")
    page.tab.fill("#find", "MatMul")
    assert set(page.texts("#frames .match")) == {"matmul"}
    assert "2 found" in page.texts("#found")[0]
    page.tab.fill("#find", "nowhere")
    assert page.texts("#found") == ["nothing found"]
    assert page.tab.locator("#frames .match").count() == 0


def test_memory(show: Callable[..., Page], script: str) -> None:
    recording = make_recording(file=script)
    page = show(recording)
    assert page.texts("#curve .peak-label")[0].startswith("peak ")
    paths = page.tab.locator("#curve path").evaluate_all("all => all.map(p => p.getBBox().height)")
    assert min(paths) > 0
    page.tab.hover("#curve", position={"x": 640, "y": 100})
    assert re.search(r"alive at \d", page.texts("#curve-detail")[0])
    first = page.tab.locator("#peak-lines li").first
    assert "train.py:12" in first.text_content()
    first.locator("button").click()
    assert page.texts("#code .here .n") == ["12"]


def test_light_and_dark(show: Callable[..., Page], script: str) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    light = show(make_recording(file=script), scheme="light")
    dark = show(make_recording(file=script), scheme="dark")
    found = [p.tab.evaluate(paper) for p in (light, dark)]
    assert found[0] != found[1]
    for page, other in ((light, found[1]), (dark, found[0])):
        before = page.tab.evaluate(paper)
        page.tab.click("#theme")
        assert page.tab.evaluate(paper) == other
        page.tab.click("#theme")
        assert page.tab.evaluate(paper) == before


def test_screenshots_differ(browser: Any, show: Callable[..., Page], tmp_path: Path) -> None:
    show(make_recording())
    light, dark = save_screenshots(browser, tmp_path / "profile.html", tmp_path)
    assert (light.name, dark.name) == ("profile-light.png", "profile-dark.png")
    pictures = [p.read_bytes() for p in (light, dark)]
    assert all(p.startswith(b"\x89PNG") for p in pictures)
    assert pictures[0] != pictures[1]


def test_hostile_names_do_no_harm(show: Callable[..., Page]) -> None:
    page = show(make_recording(file=f"{HOSTILE}.py"))
    assert page.tab.evaluate("document.scripts.length") == 2
    assert page.tab.locator("b[a]").count() == 0
    for by in ("line", "op", "region", "shape"):
        page.tab.click(f"[data-by={by}]")
        assert any(printable(HOSTILE) in name for name in names(page)), by
    assert "\\udcff" in printable(HOSTILE)
    assert any(printable(HOSTILE) in name for name in page.texts("#file option"))
    assert any(printable(HOSTILE) in name for name in shown_frames(page))
    page.tab.click("[data-by=line]")
    page.tab.locator("#table button.name", has_text="/</script>").click()
    assert printable(HOSTILE) in page.texts("#code .ops")[0]


def test_policy_keeps_out_what_is_not_the_pages_own(browser: Any, tmp_path: Path) -> None:
    """Also shows that a complaint would be seen."""
    file = tmp_path / "profile.html"
    text = io.StringIO()
    write_page(make_recording(), text)
    added = '<script>window.broken = true</script><img src="https://example.org/x.png"></body>'
    file.write_text(text.getvalue().replace("</body>", added), "utf-8")
    page = Page(browser, file)
    assert page.tab.evaluate("window.broken") is None
    assert len([c for c in page.complaints if "Content Security Policy" in c]) == 2
    page.context.close()


def test_graph_picture(show: Callable[..., Page]) -> None:
    page = show(make_recording(), PICTURE)
    assert page.tab.is_visible("nav [href='#graph']")
    image = page.tab.locator("#picture img")
    image.scroll_into_view_if_needed()
    assert image.evaluate("async image => (await image.decode(), image.naturalWidth)") == 300
    assert page.tab.evaluate("window.broken") is None
    page.tab.click("#graph-size")
    assert page.tab.get_attribute("#graph-size", "aria-pressed") == "true"


def test_no_picture_no_section(show: Callable[..., Page]) -> None:
    page = show(make_recording())
    assert not page.tab.is_visible("#graph")
    assert not page.tab.is_visible("nav [href='#graph']")


def test_narrow_window(show: Callable[..., Page], script: str) -> None:
    page = show(make_recording(file=script), width=360)
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.tab.locator("#frames .frame").count() > 3


def test_empty_recording(show: Callable[..., Page]) -> None:
    events = np.zeros(0, EVENT)
    page = show(Recording((), events, (), (), Peak(), 1_000, 0, 0, 0))
    assert names(page) == []
    assert "Nothing was timed" in page.texts("#frames")[0]
    assert "no curve" in page.texts("#curve")[0]
    page.tab.click("#hotter")
    page.tab.keyboard.press("Escape")


def test_many_rows(show: Callable[..., Page]) -> None:
    """10⁵ lines and 10⁶ events; what is not in view is not in the page."""
    count = 100_000
    page = show(many_rows(count))
    assert len(names(page)) == 20
    page.tab.click("#table-all")
    assert 20 < len(names(page)) < 500
    assert names(page)[0] == f"made/by/machine{(count - 1) % 7}.py:{count}"
    page.tab.evaluate("const t = document.getElementById('table-scroll'); t.scrollTop = 1e9")
    page.tab.wait_for_selector(f"#table tr[data-at='{count - 1}']")
    assert names(page)[-1] == "made/by/machine0.py:1"
    page.tab.click("#table th[data-key=forward] button")
    page.tab.click("#table th[data-key=forward] button")
    assert names(page)[0] == "made/by/machine0.py:1"
    assert page.tab.evaluate("document.querySelectorAll('*').length") < 20_000
    # Thousands of frames too narrow to draw are joined, and come apart in a few clicks.
    for _ in range(8):
        joined = page.tab.locator("#frames .frame[data-tip*='too narrow']")
        if joined.count() == 0:
            break
        joined.first.click()
    assert any(re.match(r"op\d+$", name) for name in shown_frames(page))

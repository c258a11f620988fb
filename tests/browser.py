"""A real headless Chromium for tests that open a page, and for the docs' pictures.

    IMAGES=docs/images python tests/browser.py profile.html

writes `profile-light.png` and `profile-dark.png` there. Both need Playwright's Python package, from
the extra `test`, and a Chromium on the machine: on Debian, `apt-get install chromium`.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Containers seldom let Chromium make its sandbox; pages opened here are our own.
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]


def find_chromium() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser for one `with` block."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=OPTIONS)
        try:
            yield browser
        finally:
            browser.close()


class Page:
    """One open file, and everything the browser had to say or to ask for."""

    def __init__(self, browser: Any, file: Path, scheme: str = "light", width: int = 1280) -> None:
        size = {"width": width, "height": 900}
        self.context = browser.new_context(
            color_scheme=scheme, viewport=size, offline=True, reduced_motion="reduce"
        )
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(120_000)  # milliseconds, for a machine that is busy
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.tab.on("console", lambda m: self.complaints.append(f"{m.type}: {m.text}"))
        self.tab.on("pageerror", lambda e: self.complaints.append(f"error: {e}"))
        self.tab.on("dialog", lambda d: (self.complaints.append(f"dialog: {d}"), d.dismiss()))
        self.tab.on("request", lambda r: self.requests.append(r.url))
        self.tab.goto(file.resolve().as_uri())
        self.settle()

    def settle(self) -> None:
        """Let the browser measure, draw and scroll, which it does once a frame."""
        frames = "requestAnimationFrame(() => requestAnimationFrame(() => done(true)))"
        self.tab.evaluate(f"new Promise(done => {frames})")

    def texts(self, selector: str) -> list[str]:
        return self.tab.locator(selector).all_text_contents()


def save_screenshots(browser: Any, file: Path, folder: Path) -> list[Path]:
    """Take the whole page in light and in dark; the pictures are named after the file."""
    pictures = []
    for scheme in ("light", "dark"):
        page = Page(browser, file, scheme)
        pictures.append(folder / f"{file.stem}-{scheme}.png")
        page.tab.screenshot(path=pictures[-1], full_page=True)
        page.context.close()
    return pictures


if __name__ == "__main__":
    with chromium() as opened:
        for written in save_screenshots(opened, Path(sys.argv[1]), Path(os.environ["IMAGES"])):
            print(written)

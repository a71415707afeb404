"""A real browser for tests: Debian's chromium, driven by Playwright, kept from every host but this machine."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from simulators.server.wsgi_server import Server

DESKTOP = {"width": 1100, "height": 850}
PHONE = {"width": 360, "height": 740}
# Where pictures of the pages go, to be looked at; git ignores it.
SCREENS = Path(__file__).parents[3] / "reports" / "screens"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
ABSENT = "there is no chromium, which these tests click in; apt-get install chromium"
# No page has so many stops for the Tab key.
_STOPS = 80
FOCUSED = "document.activeElement"
# How long a test waits for something to appear, in milliseconds; only a broken page ever needs it.
PATIENCE = 60_000


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser with an empty profile."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip(ABSENT)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visit(browser: Browser, size: dict[str, int] | None = None, **more: object) -> Iterator[Page]:
    """A page of a visitor of its own. Errors of scripts and what the page was refused fail the test."""
    context: BrowserContext = browser.new_context(viewport=size or DESKTOP, reduced_motion="reduce", **more)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if _refused(message.text) else None)
    page.on("dialog", lambda dialog: (problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    try:
        yield page
        assert not problems, "\n".join(problems)
    finally:
        context.close()


@contextmanager
def website(page: Callable[[dict[str, list[str]]], str]) -> Iterator[str]:
    """A web server of somebody else's with one ``page``, made for the query of its address."""

    def serve(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [page(parse_qs(environ["QUERY_STRING"])).encode()]

    with Server(serve) as server:
        yield f"{server.url}/"


def _refused(text: str) -> bool:
    return "Content Security Policy" in text or "CORS policy" in text


def screen(page: Page, name: str) -> None:
    """Keep a picture of the whole page."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}.png", full_page=True)


def tab_to(page: Page, part: Locator) -> None:
    """Go on by Tab until ``part`` is reached; where the focus is shows at each stop on the way."""
    for _ in range(_STOPS):
        page.keyboard.press("Tab")
        ring = f"parseFloat(getComputedStyle({FOCUSED}).outlineWidth) > 0"
        assert page.evaluate(ring), page.evaluate(f"{FOCUSED}.outerHTML")
        if part.evaluate_all(f"found => found.includes({FOCUSED})"):
            return
    raise AssertionError(f"no Tab comes to {part}")


def fits(page: Page) -> bool:
    """Whether nothing of the page is wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def barriers(page: Page, part: str | None = None) -> list[str]:
    """What of the page, or of a ``part`` of it, breaks WCAG 2.2 AA, as far as axe tells (contrast, names, ..)."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page, part, options={"runOnly": tags}).response["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]

"""The console by keyboard alone: to a page, an event raised, its exchange looked at, searched for, and left."""

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.scenarios.console.running import console_inside
from tests.support.programs.browser import visit

SIZE = {"width": 1280, "height": 800}
# No page has so many stops.
_STOPS = 80
_FOCUSED = "document.activeElement"
_RINGED = f"parseFloat(getComputedStyle({_FOCUSED}).outlineWidth) > 0"


def tab_to(page: Page, role: str, name: str) -> None:
    """Go on by Tab until the part is reached; each stop on the way is seen."""
    wanted = page.get_by_role(role, name=name, exact=True)
    for _ in range(_STOPS):
        page.keyboard.press("Tab")
        assert page.evaluate(_RINGED), page.evaluate(f"{_FOCUSED}.outerHTML")
        if wanted.evaluate_all(f"found => found.includes({_FOCUSED})"):
            return
    raise AssertionError(f"no Tab comes to {role} {name}")


def test_an_event_is_raised_and_looked_at_by_keyboard_alone(browser: Browser, tmp_path: Path):
    with console_inside(tmp_path) as inside, visit(browser, SIZE) as page:
        page.goto(inside.url)
        expect(page.locator("#line")).to_have_text("live")
        tab_to(page, "link", "Skip to the content")
        tab_to(page, "link", "Raise")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Raise an event")).to_be_visible()
        tab_to(page, "button", "Result")
        page.keyboard.press("Enter")
        row = page.locator(".x")
        expect(row).to_have_count(1)
        # Nothing answers there: why is in the row, whole.
        why = row.locator(".outcome")
        expect(why).not_to_have_text("unknown")
        expect(why).to_have_attribute("title", f"unknown: {why.inner_text()}")
        assert why.evaluate("cell => cell.scrollWidth <= cell.clientWidth"), why.inner_text()
        for _ in range(_STOPS):
            page.keyboard.press("Tab")
            if page.evaluate(f"{_FOCUSED}.id") == "list":
                break
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(row).to_have_attribute("aria-selected", "true")
        tab_to(page, "button", "Send again")
        page.keyboard.press("Enter")
        expect(row).to_have_count(2)
        page.keyboard.press("Escape")
        expect(page.locator(".feed")).not_to_have_class("inspecting")
        assert page.evaluate(f"{_FOCUSED}.id") == "list"

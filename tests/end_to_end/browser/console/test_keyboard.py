"""The console by keyboard alone: to a page, an event raised, its exchange looked at, searched for, and left."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.scenarios.console.running import console_inside
from tests.support.programs.browser import FOCUSED, tab_to, visit

SIZE = {"width": 1280, "height": 800}


def test_an_event_is_raised_and_looked_at_by_keyboard_alone(browser: Browser, tmp_path: Path):
    with console_inside(tmp_path) as inside, visit(browser, SIZE) as page:
        page.goto(inside.url)
        expect(page.locator("#line")).to_have_text("live")
        tab_to(page, page.get_by_role("link", name="Skip to the content", exact=True))
        tab_to(page, page.get_by_role("link", name="Raise", exact=True))
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Raise an event")).to_be_visible()
        tab_to(page, page.get_by_role("button", name="Result", exact=True))
        page.keyboard.press("Enter")
        row = page.locator(".x")
        expect(row).to_have_count(1)
        # Nothing answers there: why is in the row, whole.
        why = row.locator(".outcome")
        expect(why).not_to_have_text("unknown")
        expect(why).to_have_attribute("title", f"unknown: {why.inner_text()}")
        assert why.evaluate("cell => cell.scrollWidth <= cell.clientWidth"), why.inner_text()
        tab_to(page, page.locator("#list"))
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(row).to_have_attribute("aria-selected", "true")
        tab_to(page, page.get_by_role("button", name="Send again", exact=True))
        page.keyboard.press("Enter")
        expect(row).to_have_count(2)
        page.keyboard.press("Escape")
        expect(page.locator(".feed")).not_to_have_class("inspecting")
        assert page.evaluate(f"{FOCUSED}.id") == "list"

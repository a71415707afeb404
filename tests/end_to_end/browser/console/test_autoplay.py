"""Autoplay switched on and off in a real browser, with what its audit found."""

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.scenarios.console.running import served_console
from tests.support.programs.browser import barriers, fits, screen, visit


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_autoplay_plays_stops_and_shows_what_its_audit_found(browser: Browser, tmp_path: Path):
    with served_console(tmp_path) as scene, visit(browser) as page:
        page.goto(f"{scene.url}/#autoplay")
        page.get_by_label("Rounds a second").fill("51")
        press(page, "Play")
        expect(page.locator('[data-wrong="rate"]')).to_contain_text("--play-rate is 51")
        page.get_by_label("Rounds a second").fill("20")
        expect(page.get_by_label("Vouchers a second")).to_have_value("0")
        page.get_by_label("Vouchers a second").fill("1")
        press(page, "Play")
        expect(page.locator('[data-wrong="conversions"]')).to_contain_text("[driver] has no voucher_session")
        page.get_by_label("Vouchers a second").fill("0")
        press(page, "Play")
        expect(page.locator("#autoplay-count")).to_have_text("on")
        expect(page.locator("#autoplay-sent")).to_contain_text("bet")
        expect(page.locator(".x", has_text="bet").first).to_be_visible()
        screen(page, "console-autoplay")
        press(page, "Stop and audit")
        expect(page.locator("#autoplay-sentence")).to_have_text(
            "audit: clean: every balance that was read is right"
        )
        expect(page.locator("#autoplay-players tr")).to_have_count(2)
        expect(page.locator("#autoplay-players .state.passed").first).to_have_text("right")
        expect(page.locator("#autoplay-count")).to_be_hidden()
        assert barriers(page) == []
        assert fits(page)
        screen(page, "console-autoplay-audited")

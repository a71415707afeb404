"""The console's login in a real browser: a wrong token is said at the field, the right one leads to what was asked."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.scenarios.console.running import CONTROL_TOKEN, console_inside
from tests.support.programs.browser import PHONE, SCREENS, barriers, fits, visit


def test_a_browser_logs_in_and_is_where_it_wanted_to_be(browser: Browser, tmp_path: Path):
    SCREENS.mkdir(parents=True, exist_ok=True)
    with console_inside(tmp_path, guarded=True) as inside, visit(browser, PHONE) as page:
        inside.write(3)
        page.goto(f"{inside.url}/?exchange=1#feed")
        token = page.get_by_label("Token")
        expect(token).to_be_focused()
        assert barriers(page) == []
        assert fits(page)
        token.fill("wrong")
        page.get_by_role("button", name="Log in").click()
        expect(page.locator("#token-wrong")).to_contain_text("the token is not right")
        expect(token).to_have_attribute("aria-invalid", "true")
        assert barriers(page) == []
        page.screenshot(path=SCREENS / "console-login.png")
        token.fill(CONTROL_TOKEN)
        page.keyboard.press("Enter")
        expect(page.locator("#line")).to_have_text("live")
        expect(page.locator("#i-title")).to_have_text("#1 bet")
        # What acts is admitted, too; and the browser stays logged in.
        page.goto(f"{inside.url}/#faults")
        page.get_by_role("switch", name="copies on what operator sends").check()
        expect(page.locator("#faults-count")).to_have_text("1 on")
        assert [fault.name for _, fault in inside.providers.faults()] == ["copies"]

"""What does not fit, told at its field in a real browser."""

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.scenarios.console.running import console_inside
from tests.support.programs.browser import barriers, fits, screen, visit


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_what_is_wrong_with_a_faults_parameters_is_told_there(browser: Browser, tmp_path: Path):
    with console_inside(tmp_path) as inside, visit(browser, {"width": 390, "height": 844}) as page:
        page.goto(f"{inside.url}/#faults")
        expect(page.locator("#line")).to_have_text("live")
        switch = page.get_by_role("switch", name="copies on what operator sends")
        parameters = page.get_by_label("Parameters of copies")
        good = parameters.input_value()
        parameters.fill("n=many")
        switch.click()
        wrong = page.locator("#panel-faults .wrong:visible")
        expect(wrong).to_contain_text("many")
        expect(switch).not_to_be_checked()
        expect(parameters).to_be_focused()
        assert barriers(page) == []
        assert fits(page)
        screen(page, "console-faults-wrong-390")
        parameters.fill(good)
        switch.check()
        expect(wrong).to_have_count(0)
        expect(page.locator("#faults-count")).to_have_text("1 on")
        # What stands there and was refused keeps no other fault from being switched.
        parameters.fill("n=many")
        parameters.press("Tab")
        expect(wrong).to_contain_text("many")
        # A thumb hits the switch, and the word beside it as well.
        assert min(page.locator(".toggle").evaluate_all("all => all.map((one) => one.offsetHeight)")) >= 44
        page.locator("tr", has_text="answer-lost").get_by_text("operator", exact=True).click()
        expect(page.locator("#faults-count")).to_have_text("2 on")
        assert barriers(page) == []
        assert {fault.name for _, fault in inside.providers.faults()} == {"copies", "answer-lost"}


def test_a_session_that_does_not_fit_is_told_at_its_field(browser: Browser, tmp_path: Path):
    with console_inside(tmp_path) as inside, visit(browser) as page:
        page.goto(f"{inside.url}/#play")
        expect(page.locator("#line")).to_have_text("live")
        currency = page.locator("#session").get_by_label("Currency")
        for given, said in (("EURO", "EURO"), ("CHF", "'CHF'")):
            currency.fill(given)
            press(page, "Open the sportsbook")
            expect(page.locator("#session .wrong:visible")).to_contain_text(said)
            expect(currency).to_be_focused()
        currency.fill("EUR")
        press(page, "Open the sportsbook")
        book = page.frame_locator("#sportsbook")
        expect(book.get_by_role("heading", name="Bet slip")).to_be_visible()
        expect(page.locator("#session .wrong:visible")).to_have_count(0)

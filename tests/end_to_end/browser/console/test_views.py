"""The console in a real browser: live feed, a bet in the iframe, a check, faults, hostile strings, every theme."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.scenarios.console.running import Scene, console_inside, served_console
from tests.support.programs.browser import PHONE, SCREENS, barriers, fits, visit

SIZE = {"width": 1440, "height": 900}

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'&{{7*7}}</pre><svg onload=alert(3)>"


def screenshot(page: Page, name: str) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"console-{name}.png")


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Iterator[Scene]:
    with served_console(tmp_path_factory.mktemp("served")) as served:
        yield served


@pytest.fixture
def page(browser: Browser, scene: Scene) -> Iterator[Page]:
    with visit(browser, SIZE) as opened:
        go(opened, scene, "start")
        yield opened


def go(page: Page, scene: Scene, tab: str) -> None:
    page.goto(f"{scene.url}/#{tab}")
    expect(page.locator("#line")).to_have_text("live")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def rows(page: Page, text: str):
    return page.locator(".x", has_text=text)


def found(page: Page, text: str) -> int:
    """How many exchanges a search finds; the search is taken back."""
    page.get_by_label("Search the feed").fill(text)
    count = page.locator("#feed-count")
    expect(count).to_contain_text(" of ")
    number = int(count.inner_text().split()[0])
    page.get_by_label("Search the feed").fill("")
    return number


def open_sportsbook(page: Page) -> FrameLocator:
    press(page, "Open the sportsbook")
    book = page.frame_locator("#sportsbook")
    expect(book.get_by_role("heading", name="Bet slip")).to_be_visible()
    return book


def test_the_start_page_names_everything_but_no_secret(page: Page, scene: Scene):
    words = page.locator("#panel-start").inner_text()
    assert scene.operator in words
    assert f"{scene.client.url}/operator" in words
    assert "env:TEST_API_SIGNATURE" in words
    assert "JACKPOT_API_SIGNATURE=${TEST_API_SIGNATURE}" in page.locator("#snippet").inner_text()
    page.get_by_role("link", name="Raise").first.click()
    expect(page.get_by_role("heading", name="Raise an event")).to_be_visible()
    screenshot(page, "raise")


def test_the_start_page_tells_whether_each_side_was_heard(browser: Browser, tmp_path: Path):
    with console_inside(tmp_path) as inside, visit(browser, SIZE) as page:
        page.goto(inside.url)
        called, answers = page.locator("#light-called"), page.locator("#light-answers")
        expect(page.locator("#line")).to_have_text("live")
        expect(called).to_have_text("not yet")
        expect(answers).to_have_text("not yet")
        start = page.locator("#step-client")
        expect(start).to_be_visible()
        inside.ask("/auth")
        expect(called).to_have_text("POST /auth")
        inside.write()
        expect(answers).to_have_text("HTTP 200")
        expect(start).to_be_hidden()
        screenshot(page, "lights")
        # Nobody listens where it calls back.
        page.get_by_role("link", name="Raise").first.click()
        press(page, "Result")
        expect(answers).to_contain_text("refused")
        expect(answers).to_have_class("state failed")
        page.goto(inside.url)
        expect(start).to_be_visible()


def test_the_form_is_filled_in_and_secrets_are_shown_when_asked(browser: Browser, scene: Scene):
    with visit(
        browser, {"width": 390, "height": 844}, permissions=["clipboard-read", "clipboard-write"]
    ) as page:
        go(page, scene, "agreement")
        secret = page.locator('[data-credential="SECURITY_HASH"]')
        expect(secret).to_have_text("••••••")
        hidden = page.content()
        press(page, "Show")
        expect(secret).not_to_have_text("••••••")
        reported = secret.inner_text()
        assert reported not in hidden
        screenshot(page, "agreement-shown-390")
        press(page, "Hide")
        expect(secret).to_have_text("••••••")
        press(page, "Copy as .env")
        expect(page.locator("#said")).to_contain_text("copied")
        assert f"SECURITY_HASH={reported}" in page.evaluate("navigator.clipboard.readText()")
        # What is wrong is reported at its field, and nothing is agreed on.
        currencies = page.get_by_label("Currency or currencies")
        before = currencies.input_value()
        currencies.fill("EUR, EURO")
        page.get_by_label("Website URL").fill("www.example.com")
        press(page, "Agree")
        expect(page.locator("#agree-currencies-wrong")).to_contain_text("'EURO' is no ISO 4217 currency code")
        expect(page.locator("#agree-website-wrong")).to_contain_text("no http://")
        expect(page.get_by_label("Website URL")).to_be_focused()
        assert barriers(page) == []
        assert fits(page)
        screenshot(page, "agreement-wrong-390")
        page.get_by_label("Website URL").fill("")
        currencies.fill(f"{before}, CHF")
        press(page, "Agree")
        expect(page.locator("#agreement-lines")).to_contain_text('"CHF"]')
        expect(page.locator(".wrong:visible")).to_have_count(0)
        currencies.fill(before)
        press(page, "Agree")
        expect(page.locator("#agreement-lines")).not_to_contain_text("CHF")


def test_the_feed_is_live_and_an_exchange_is_inspected_and_sent_again(page: Page, scene: Scene):
    go(page, scene, "raise")
    page.get_by_label("Amount", exact=True).fill("3.21")
    press(page, "Result")
    row = rows(page, "p-1 3.21 EUR")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("ok")
    before = scene.client.balance()
    row.click()
    body = page.locator("#i-body")
    expect(body.locator("pre").first).to_contain_text('\n  "action": "result",\n')
    expect(body.locator("details").first).to_contain_text('"action":"result"')
    expect(body).to_contain_text("X-Security-Hash")
    expect(body).to_contain_text("curl -sS")
    press(page, "Send again")
    expect(rows(page, "copy of result")).to_have_count(1)
    assert scene.client.balance() == before
    press(page, "Send with a new id")
    expect(rows(page, " fresh")).to_have_count(1)
    moved = scene.client.balance()
    press(page, "Edit and send")
    form = page.locator("#i-form")
    form.get_by_role("textbox").fill('{"action": "result"}')
    form.get_by_role("combobox").select_option("kept")
    form.get_by_role("button", name="Send", exact=True).click()
    expect(rows(page, " edited")).to_contain_text("INVALID_HASH")
    assert scene.client.balance() == moved
    screenshot(page, "feed")
    page.keyboard.press("Escape")
    expect(page.locator("#inspector")).to_be_hidden()
    page.get_by_label("Search the feed").fill("copy 3.21")
    expect(page.locator("#feed-count")).to_contain_text("1 of ")
    expect(page.locator(".x")).to_have_count(1)
    page.keyboard.press("Tab")
    page.get_by_label("Search the feed").fill("no such words anywhere")
    expect(page.locator(".x")).to_have_count(0)


def test_the_list_is_walked_by_keyboard(page: Page, scene: Scene):
    go(page, scene, "raise")
    press(page, "Result")
    press(page, "Orphan rollback")
    expect(rows(page, "rollback")).not_to_have_count(0)
    page.locator("#list").focus()
    page.keyboard.press("End")
    chosen = page.locator('.x[aria-selected="true"]')
    expect(chosen).to_have_count(1)
    expect(page.locator("#inspector")).to_be_visible()
    last = chosen.get_attribute("id")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#list")).not_to_have_attribute("aria-activedescendant", last or "")
    expect(chosen).to_have_count(1)


def test_a_bet_is_placed_in_the_iframe_settled_and_sent_again(page: Page, scene: Scene):
    before = scene.client.balance("p-2")
    go(page, scene, "play")
    page.locator("#session").get_by_label("Player").fill("p-2")
    book = open_sportsbook(page)
    assert not page.url.startswith(scene.operator)  # the frame is of another origin than the console
    picks = book.locator(".pick")
    odds = [Decimal(picks.nth(index).locator("b").inner_text()) for index in (1, 6)]
    for index in (0, 1, 6):  # the first two are of one event: the second takes the first one's place
        picks.nth(index).click()
    expect(book.locator("#slip-count")).to_have_text("2")
    book.get_by_label("Stake in EUR").fill("2.50")
    pays = (Decimal("2.50") * odds[0] * odds[1]).quantize(Decimal("0.01"), "ROUND_DOWN")
    expect(book.locator("#totals")).to_contain_text(f"pays {pays} EUR")
    book.get_by_role("button", name="Place the bet").click()
    expect(book.locator(".state.accepted")).to_be_visible()
    expect(rows(page, "p-2 2.50 EUR")).to_have_count(1)
    screenshot(page, "bet-placed")
    book.get_by_role("button", name="Win", exact=True).click()
    expect(book.locator(".slip .state.won")).to_be_visible()
    assert scene.client.balance("p-2") == before - Decimal("2.50") + pays
    book.get_by_role("button", name=f"Send again the result of {pays} EUR").click()
    expect(rows(page, "copy of result").filter(has_text="p-2")).to_have_count(1)
    assert scene.client.balance("p-2") == before - Decimal("2.50") + pays
    book.get_by_role("button", name="Void", exact=True).click()
    expect(book.locator(".slip .state.void")).to_be_visible()
    assert scene.client.balance("p-2") == before
    screenshot(page, "bet-settled")
    assert barriers(page) == []


def test_a_fault_acts_until_it_is_switched_off(page: Page, scene: Scene):
    go(page, scene, "faults")
    switch = page.get_by_role("switch", name="copies on what operator sends")
    switch.check()
    expect(page.locator("#faults-count")).to_have_text("1 on")
    go(page, scene, "raise")
    before = scene.client.balance()
    page.get_by_label("Amount", exact=True).fill("7.77")
    press(page, "Result")
    expect(rows(page, "p-1 7.77 EUR")).to_have_count(2)
    expect(rows(page, "copy of result ⚡").filter(has_text="7.77")).to_have_count(1)
    assert scene.client.balance() == before + Decimal("7.77")
    go(page, scene, "faults")
    screenshot(page, "faults")
    switch.uncheck()
    expect(page.locator("#faults-count")).to_be_hidden()
    go(page, scene, "raise")
    page.get_by_label("Amount", exact=True).fill("8.88")
    press(page, "Result")
    expect(rows(page, "p-1 8.88 EUR")).to_have_count(1)
    page.get_by_label("Amount", exact=True).fill("8.89")
    press(page, "Result")
    expect(rows(page, "p-1 8.89 EUR")).to_have_count(1)
    # What came before the last one has no copy, and will not have one any more.
    assert found(page, "8.88") == 1


def test_what_the_client_asks_is_answered_badly_once(page: Page, scene: Scene):
    go(page, scene, "faults")
    page.get_by_label("What it asks").select_option("operator start-session")
    page.locator("#disturb").get_by_label("Answer").select_option("500")
    press(page, "Switch on")
    expect(page.locator("#disturbed")).to_contain_text("start-session answered 500")
    go(page, scene, "play")
    press(page, "Open the sportsbook")
    expect(page.locator(".toast.bad")).to_contain_text("launch")
    expect(rows(page, "start-session").filter(has_text="500")).to_have_count(1)
    expect(page.locator("#faults-count")).to_be_hidden()
    open_sportsbook(page)


def test_every_provider_raises_its_events(page: Page, scene: Scene):
    go(page, scene, "raise")
    for button in ("coupon/refund_rejected", "store/disabled", "Declined"):
        press(page, button)
    for kind in ("coupon/refund_rejected", "store/disabled", "decline"):
        expect(rows(page, kind)).to_have_count(1)
    press(page, "Rollback")
    wrong = page.locator(".wrong:visible")
    expect(wrong).to_contain_text("there is nothing to roll back")
    expect(wrong).to_contain_text("Next:")
    expect(page.get_by_label("Rolls back")).to_be_focused()
    expect(page.get_by_label("Rolls back")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#said")).not_to_contain_text("nothing to roll back")
    assert barriers(page) == []
    screenshot(page, "raise-wrong")
    press(page, "Bet")
    expect(wrong).to_have_count(0)


def test_a_check_is_started_and_watched_rule_by_rule(page: Page, scene: Scene):
    before = scene.client.balance()
    go(page, scene, "check")
    page.get_by_role("textbox", name="Only").fill("RBK-04,RES-01,OUT-06")
    press(page, "Start the check")
    for rule in ("RBK-04", "RES-01", "OUT-06"):
        expect(page.get_by_role("button", name=f"{rule}, passed")).to_be_visible()
    expect(page.get_by_role("button", name="SIG-01, not chosen")).to_be_visible()
    expect(page.locator("#check-sentence")).to_have_text("All 3 MUST rules hold.")
    expect(page.get_by_role("button", name="Start the check")).to_be_enabled()
    page.get_by_role("button", name="RBK-04, passed").click()
    expect(page.locator("#rule-statement")).to_contain_text("orphan")
    expect(page.get_by_role("link", name="report.json")).to_be_visible()
    screenshot(page, "check")
    assert barriers(page) == []
    assert scene.client.balance() == before
    # The ports are the providers' own again.
    go(page, scene, "play")
    open_sportsbook(page)


def test_a_check_is_cancelled(page: Page, scene: Scene):
    before = scene.client.balance()
    go(page, scene, "check")
    # Long enough to be cancelled by anybody.
    page.get_by_label("Effort").select_option("thorough")
    page.get_by_role("textbox", name="Only").fill("RES,INV")
    press(page, "Start the check")
    expect(page.locator("#check-note")).to_contain_text(re.compile(r"[1-9]\d* of \d+ scenarios"))
    press(page, "Cancel")
    expect(page.get_by_role("button", name="Start the check")).to_be_enabled()
    expect(page.locator("#check-sentence")).to_contain_text("Interrupted")
    assert scene.client.balance() == before


def test_a_choice_that_names_no_rule_is_told(page: Page, scene: Scene):
    go(page, scene, "check")
    page.get_by_role("textbox", name="Only").fill("RBX-4")
    press(page, "Start the check")
    expect(page.locator("#check-form .wrong")).to_contain_text("RBX-4 names no rule")
    expect(page.get_by_role("textbox", name="Only")).to_be_focused()
    page.get_by_role("textbox", name="Only").fill("")
    page.get_by_role("textbox", name="Seed").fill("many")
    press(page, "Start the check")
    expect(page.locator("#check-form .wrong:visible")).to_contain_text("seed is 'many'")
    expect(page.get_by_role("textbox", name="Seed")).to_be_focused()


# Colours depend on the scheme alone, the layout on the size alone.
@pytest.mark.parametrize(("scheme", "size"), [("light", SIZE), ("dark", PHONE)], ids=["light", "dark phone"])
def test_every_view_is_accessible_and_fits(browser: Browser, scene: Scene, scheme: str, size: dict[str, int]):
    with visit(browser, size, color_scheme=scheme) as page:
        go(page, scene, "raise")
        press(page, "Result")
        for tab in ("start", "agreement", "play", "raise", "autoplay", "faults", "check", "feed"):
            go(page, scene, tab)
            assert barriers(page) == [], tab
            assert fits(page), tab
            screenshot(page, f"{tab}-{scheme}-{size['width']}")
        page.locator(".x").last.click()
        expect(page.locator("#i-body")).to_contain_text("curl")
        assert barriers(page) == []
        assert fits(page)
        go(page, scene, "play")
        open_sportsbook(page)
        frame = next(each for each in page.frames if "/play/" in each.url)
        assert frame.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        screenshot(page, f"sportsbook-{scheme}-{size['width']}")
        frame_url = frame.url
    with visit(browser, size, color_scheme=scheme) as page:
        page.goto(frame_url)
        assert barriers(page) == []


def test_hostile_strings_stay_text_everywhere(browser: Browser, tmp_path: Path):
    with console_inside(tmp_path) as inside, visit(browser, SIZE) as page:
        page.goto(inside.url)
        expect(page.locator("#line")).to_have_text("live")
        inside.write(kind=HOSTILE, user=HOSTILE, error=HOSTILE)
        row = page.locator(".x")
        expect(row).to_have_count(1)
        expect(row).to_contain_text("<script>alert(2)</script>")
        row.click()
        expect(page.locator("#i-title")).to_contain_text("<img src=x onerror=alert(1)>")
        expect(page.locator("#i-body")).to_contain_text("<svg onload=alert(3)>")
        for tag in ("img", "svg", "main script", "#feed script"):
            assert page.locator(tag).count() == 0
        page.get_by_label("Search the feed").fill("onerror=alert(1)")
        expect(row).to_have_count(1)
        screenshot(page, "hostile")

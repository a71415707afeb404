"""The widget in a real browser, on a page of another origin, as a CLIENT's page would hold it."""

import json
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from decimal import Decimal

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from simulators.exchanges.owners import ALL
from simulators.jackpot.lifecycle import VoucherEvent
from simulators.jackpot.wire import Voucher
from tests.simulators.jackpot.running import Served, served
from tests.support.programs.browser import PHONE, barriers, fits, screen, visit, website

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'&{{7*7}}"
FIELDS = [info.alias for info in Voucher.model_fields.values()]
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>A CLIENT's page</title>
<link rel="icon" href="data:,">
<style>#jackpot .detail .informations { align-items: center; }</style>
<h1>Your winnings</h1><div id="widget-jackpot"></div><pre id="voucher"></pre>
<script>
window.calls = 0;
window.jckptAsyncInit = function () {
  var options = {useBrowserHistory: %(history)s};
  JckptWidget.init(document.getElementById("widget-jackpot"), %(token)s, null, function (voucher) {
    window.calls += 1;
    document.getElementById("voucher").textContent = JSON.stringify(voucher);
  }, options);
};
</script>
<script src="%(jackpot)s/widget.js" async defer></script></html>"""


def host_page(jackpot: str) -> AbstractContextManager[str]:
    """A CLIENT's web server with one page; the query gives the token and whether history is used."""

    def page(query: dict[str, list[str]]) -> str:
        history, token = "true" if "history" in query else "false", query.get("token", [""])[0]
        return PAGE % {"history": history, "token": json.dumps(token), "jackpot": jackpot}

    return website(page)


class Scene:
    """A player in front of a CLIENT's page with the widget."""

    def __init__(self, home: Served, page: Page, address: str) -> None:
        self.home, self.page, self.address = home, page, address
        self.widget = page.locator("#jackpot")

    def open(self, token: str | None = None, *, history: bool = False, **claims: object) -> None:
        token = self.home.jwt(**claims) if token is None else token
        self.page.goto(f"{self.address}?token={token}{'&history=1' if history else ''}")

    def card(self, *, continuous: bool = False):
        return self.widget.locator(f'button[data-store="{self.home.store(continuous=continuous)}"]')

    def voucher(self) -> dict[str, object]:
        self.page.wait_for_function("document.getElementById('voucher').textContent")
        return json.loads(self.page.locator("#voucher").text_content() or "")

    def alert(self):
        return self.widget.get_by_role("alert")


@pytest.fixture
def jackpot() -> Iterator[Served]:
    with served() as home:
        yield home


@pytest.fixture
def scene(jackpot: Served, browser: Browser) -> Iterator[Scene]:
    with host_page(jackpot.url) as address, visit(browser) as page:
        yield Scene(jackpot, page, address)


def test_a_voucher_is_chosen_and_reserved_by_clicking(scene: Scene):
    card = scene.card()
    scene.open(amount=40)
    expect(scene.widget).to_contain_text("You can spend up to €40.00")
    expect(card).to_contain_text("from €18.00")
    assert card.locator("img").evaluate("img => img.decode().then(() => img.naturalWidth)") == 315
    card.click()
    worths = scene.widget.locator(".value .worth")
    assert worths.all_text_contents() == ["€20.00", "€30.00"]  # 50 costs 45, over the limit
    scene.widget.get_by_role("radio", name="€30.00").check()
    screen(scene.page, "widget-detail")
    scene.widget.get_by_role("button", name="Reserve for €27.00").click()
    voucher = scene.voucher()
    assert list(voucher) == FIELDS
    assert (voucher["state"], voucher["value"], voucher["price"]) == ("RESERVED", 30, 27)
    assert (voucher["confirmDate"], voucher["sendDate"], voucher["url"]) == (None, None, None)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00\.000Z", str(voucher["validityDate"]))
    expect(scene.widget).to_contain_text(str(voucher["couponId"]))
    assert scene.page.evaluate("calls") == 1
    simulator = scene.home.simulator
    assert [each.id for each in simulator.account.by_key(scene.home.keys[-1])] == [voucher["id"]]
    # Confirmed, the PDF opens under its signed URL.
    simulator.account.happen(str(voucher["id"]), VoucherEvent.CONFIRM)
    answer = scene.home.ask("GET", f"/v2/vouchers/{voucher['id']}/signedurl", headers=scene.home.server())
    pdf = requests.get(answer.json()["signedUrl"], timeout=20)
    assert (pdf.status_code, pdf.content[:4]) == (200, b"%PDF")


def test_a_voucher_is_chosen_and_reserved_by_keyboard_alone(scene: Scene):
    card = scene.card()
    scene.open()
    expect(card).to_be_visible()
    keyboard = scene.page.keyboard
    focused = scene.page.locator(":focus")

    def tab_to(wanted) -> None:
        for _ in range(20):
            keyboard.press("Tab")
            assert focused.evaluate("each => getComputedStyle(each).outlineStyle") != "none"
            if wanted.evaluate("each => each === document.activeElement"):
                return
        raise AssertionError("Tab does not lead there")

    tab_to(card)
    keyboard.press("Enter")
    expect(focused).to_have_text(scene.home.simulator.account.listings[0].store.name)
    keyboard.press("Escape")
    expect(card).to_be_focused()
    keyboard.press("Enter")
    tab_to(scene.widget.get_by_role("radio").first)
    keyboard.press("ArrowDown")
    expect(scene.widget.get_by_role("radio", name="€30.00")).to_be_checked()
    tab_to(scene.widget.get_by_role("button", name="Reserve for €27.00"))
    keyboard.press("Enter")
    assert scene.voucher()["value"] == 30
    expect(focused).to_have_text("Your voucher is reserved")


def test_any_value_of_a_range_with_its_price_to_the_cent(scene: Scene):
    card = scene.card(continuous=True)
    scene.open()
    card.click()
    other = scene.widget.get_by_role("textbox", name="Another value, from €20.00 to €50.00")
    other.fill("33,35")
    expect(scene.widget.locator(".other .pays")).to_have_text("you pay €30.02")
    other.fill("60")
    expect(scene.alert()).to_contain_text("VALUE_OUT_OF_RANGE")
    other.fill("33,35")
    scene.widget.get_by_role("button", name="Reserve for €30.02").click()
    voucher = scene.voucher()
    assert (voucher["value"], voucher["price"]) == (33.35, 30.02)


def test_the_whole_amount_can_be_spent(scene: Scene):
    card = scene.card(continuous=True)
    scene.open(amount=20)
    card.click()
    scene.widget.get_by_text("you pay €20.00").click()
    scene.widget.get_by_role("button", name="Reserve for €20.00").click()
    assert scene.voucher()["price"] == 20


def test_the_browser_goes_back_from_a_store_to_the_list(scene: Scene):
    card = scene.card()
    scene.open(history=True)
    card.click()
    expect(scene.widget.locator(".detail")).to_be_visible()
    scene.page.go_back()
    expect(card).to_be_focused()
    scene.page.go_forward()
    expect(scene.widget.locator(".detail")).to_be_visible()
    scene.widget.get_by_role("button", name="All stores").click()
    expect(card).to_be_visible()
    assert len(scene.home.simulator.sessions) == 1


def test_without_the_option_the_history_stays_as_it_is(scene: Scene):
    card = scene.card()
    scene.open()
    before = scene.page.evaluate("history.length")
    card.click()
    scene.widget.get_by_role("button", name="All stores").click()
    expect(card).to_be_focused()
    assert scene.page.evaluate("history.length") == before


def test_two_clicks_reserve_once(scene: Scene):
    card = scene.card()
    scene.open()
    card.click()
    scene.home.simulator.disturb("reserve", handled=True, delay_seconds=0.2, about=ALL)
    scene.widget.get_by_role("radio", name="€20.00").check()
    scene.widget.locator(".reserve").dblclick()
    scene.voucher()
    assert len(scene.home.simulator.account.vouchers) == 1
    assert len(scene.home.simulator.requests("reserve")) == 1
    assert scene.page.evaluate("calls") == 1


def test_a_used_token(scene: Scene):
    token = scene.home.jwt()
    scene.home.exchange(token)
    scene.open(token)
    expect(scene.alert()).to_contain_text("This page was opened before")
    expect(scene.alert()).to_contain_text("start again")


def test_an_expired_token(scene: Scene):
    scene.open(iat=int(scene.home.clock.now) - 3700)
    expect(scene.alert()).to_contain_text("This page has expired")


def test_no_token_at_all(scene: Scene):
    scene.open("")
    expect(scene.alert()).to_contain_text("That did not work")


def test_a_session_that_ends_while_a_value_is_chosen(scene: Scene):
    card = scene.card()
    scene.open()
    card.click()
    scene.widget.get_by_role("radio", name="€20.00").check()
    scene.home.simulator.expire_session(scene.home.simulator.sessions[-1].id)
    scene.widget.locator(".reserve").click()
    expect(scene.alert()).to_contain_text("Your session has expired")
    assert scene.home.simulator.account.vouchers == []


def test_a_value_over_the_limit(scene: Scene):
    card = scene.card(continuous=True)
    scene.open(amount=30)
    card.click()
    scene.widget.get_by_role("textbox").fill("40")
    expect(scene.alert()).to_contain_text("This costs more than you can spend")
    expect(scene.widget.get_by_role("button", name="Reserve", exact=True)).to_be_visible()
    assert scene.home.simulator.account.vouchers == []


def test_a_price_that_rose_after_the_page_was_drawn(scene: Scene):
    card = scene.card()
    scene.open(amount=18)
    card.click()
    scene.widget.get_by_role("radio", name="€20.00").check()
    scene.home.simulator.account.update_store(
        scene.home.simulator.account.listings[0].store.id, {"discounts": []}
    )
    scene.widget.locator(".reserve").click()
    expect(scene.alert()).to_contain_text("This costs more than you can spend")
    assert scene.page.evaluate("calls") == 0


def test_a_lost_answer_says_that_the_voucher_may_be_reserved(scene: Scene):
    card = scene.card()
    scene.open()
    card.click()
    scene.widget.get_by_role("radio", name="€20.00").check()
    scene.home.simulator.lose_reservation_answer(ALL)
    scene.widget.locator(".reserve").click()
    expect(scene.alert()).to_contain_text("may be reserved all the same")
    assert len(scene.home.simulator.account.vouchers) == 1
    scene.widget.locator(".reserve").click()
    expect(scene.alert()).to_contain_text("A voucher is already reserved")
    assert len(scene.home.simulator.account.vouchers) == 1


def test_nothing_for_the_amount(scene: Scene):
    scene.open(amount=Decimal("0.01"))
    expect(scene.widget).to_contain_text("No store has a voucher for this amount")


def test_hostile_texts_of_a_store_are_texts(scene: Scene):
    changes = {"name": HOSTILE, "shippingInfos": HOSTILE, "categories": [HOSTILE], "mentions": HOSTILE}
    changes |= {"description": f"<p>Good &amp; plain</p>{HOSTILE}", "storeImage315": "javascript:alert(3)"}
    card = scene.card()
    scene.home.simulator.account.update_store(scene.home.simulator.account.listings[0].store.id, changes)
    scene.open()
    card.click()
    expect(scene.widget.get_by_role("heading")).to_have_text(HOSTILE)
    expect(scene.widget.locator(".about p")).to_contain_text("Good & plain")
    assert scene.widget.locator("script, img").count() == 0


def test_a_phone_shows_it_without_scrolling_sideways(jackpot: Served, browser: Browser):
    with host_page(jackpot.url) as address, visit(browser, PHONE, has_touch=True) as page:
        scene = Scene(jackpot, page, address)
        card = scene.card(continuous=True)
        jackpot.simulator.account.update_store(
            jackpot.simulator.account.listings[1].store.id, {"name": "W" * 80}
        )
        scene.open()
        expect(card).to_be_visible()
        screen(page, "widget-list-phone")
        assert fits(page)
        card.tap()
        expect(scene.widget.locator(".detail")).to_be_visible()
        screen(page, "widget-detail-phone")
        assert fits(page)
        small = page.evaluate(
            "[...document.querySelectorAll('#jackpot button, #jackpot .value')]"
            ".map(each => each.getBoundingClientRect().height).filter(height => height < 44)"
        )
        assert small == []
        scene.widget.get_by_text("you pay €18.00").tap()
        scene.widget.locator(".reserve").tap()
        scene.voucher()
        screen(page, "widget-done-phone")
        assert scene.widget.evaluate("each => each.scrollWidth <= each.clientWidth")


def test_a_page_changes_the_styles_by_the_documented_names(scene: Scene):
    card = scene.card()
    scene.open()
    card.click()
    informations = scene.widget.locator(".detail .informations")
    assert informations.evaluate("each => getComputedStyle(each).alignItems") == "center"
    assert informations.evaluate("each => getComputedStyle(each).display") == "flex"


def test_init_again_begins_anew_in_the_same_place(scene: Scene):
    card = scene.card()
    scene.open()
    expect(card).to_be_visible()
    begin = "token => JckptWidget.init(document.getElementById('widget-jackpot'), token, null, () => {}, {})"
    scene.page.evaluate(begin, scene.home.jwt(amount=25))
    expect(scene.widget).to_contain_text("You can spend up to €25.00")
    assert scene.page.locator("#jackpot").count() == 1
    with pytest.raises(Exception, match="the callback no function"):
        scene.page.evaluate("JckptWidget.init(document.body, 'token', null)")


def test_no_view_has_barriers(scene: Scene):
    card = scene.card(continuous=True)
    scene.open()
    expect(card).to_be_visible()
    assert barriers(scene.page, "#jackpot") == []
    card.click()
    scene.widget.get_by_role("textbox").fill("99")
    expect(scene.alert()).to_be_visible()
    assert barriers(scene.page, "#jackpot") == []
    scene.widget.get_by_role("radio").first.check()
    scene.widget.locator(".reserve").click()
    scene.voucher()
    assert barriers(scene.page, "#jackpot") == []

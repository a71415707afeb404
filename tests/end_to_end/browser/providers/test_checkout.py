"""The product page's widget and the hosted page in a real browser, on a merchant's page of another origin."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from simulators.checkout.lifecycle import CheckoutState
from simulators.checkout.simulator import CREATE
from simulators.exchanges.owners import ALL
from tests.simulators.checkout.running import MERCHANT, SECRET, ServedCheckout, served_checkout
from tests.support.programs.browser import DESKTOP, PHONE, barriers, fits, screen, visit, website

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'&{{7*7}}"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>A shop's page</title>
<link rel="icon" href="data:,">
<main><h1>A blue mug</h1><div id="widget"></div></main>
<script src="%(checkout)s/widget.js"></script>
<script>
window.calls = [];
ProductWidget.render(document.getElementById("widget"), {
  merchantId: %(merchant)s,
  JWTToken: %(token)s,
  onPriceLoaded: function (price) { window.calls.push(["onPriceLoaded", price]); },
  onWidgetLoaded: function () { window.calls.push(["onWidgetLoaded"]); },
  onCheckoutUnavailable: function () { window.calls.push(["onCheckoutUnavailable"]); }
});
</script></html>"""


def shop(checkout: str) -> AbstractContextManager[str]:
    """A merchant's web server with one page; the query gives the token."""

    def page(query: dict[str, list[str]]) -> str:
        merchant, token = query.get("merchant", [MERCHANT])[0], query.get("token", [""])[0]
        return PAGE % {"checkout": checkout, "merchant": json.dumps(merchant), "token": json.dumps(token)}

    return website(page)


@pytest.fixture
def served() -> Iterator[ServedCheckout]:
    with served_checkout() as made:
        made.simulator.start()
        yield made


@pytest.fixture
def address(served: ServedCheckout) -> Iterator[str]:
    with shop(served.url) as url:
        yield url


def calls(page: Page) -> list[list[object]]:
    page.wait_for_function(
        "window.calls.some(call => ['onWidgetLoaded', 'onCheckoutUnavailable'].includes(call[0]))"
    )
    return list(page.evaluate("window.calls"))


@pytest.mark.parametrize(
    ("size", "button", "state", "outcome"),
    [
        (DESKTOP, "Approve", CheckoutState.APPROVED, "success"),
        (PHONE, "Decline", CheckoutState.DECLINED, "failure"),
    ],
    ids=["desktop", "phone"],
)
def test_a_person_decides(
    browser: Browser,
    served: ServedCheckout,
    address: str,
    size,
    button: str,
    state: CheckoutState,
    outcome: str,
):
    with visit(browser, size) as page:
        page.goto(
            f"{address}?token={served.jwt(value_after_tax=Decimal(100), tax_percentage=0, tax_value=0)}"
        )
        assert calls(page) == [
            ["onPriceLoaded", {"initialAmount": "£8.37", "recurringAmount": "£8.33"}],
            ["onWidgetLoaded"],
        ]
        expect(page.locator("#widget")).to_contain_text("£8.37 today, then 11 monthly payments of £8.33")
        assert fits(page)
        assert barriers(page) == []
        screen(page, f"checkout-widget-{size['width']}")
        page.get_by_role("button", name="Continue to checkout").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("created")
        assert page.url.startswith(f"{served.url}/checkout/")
        assert fits(page)
        assert barriers(page) == []
        screen(page, f"checkout-page-{size['width']}")
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("status")).to_contain_text(f"{state}".capitalize())
        assert page.get_by_role("button").count() == 0
        assert fits(page)
        assert barriers(page) == []
        screen(page, f"checkout-{state}-{size['width']}")
        assert SECRET not in page.content()
    (checkout,) = served.simulator.checkouts
    assert checkout.state is state
    assert served.simulator.wait_idle(20)
    (body,) = served.inbox.bodies
    assert list(json.loads(body)) == ["payload"]
    assert served.decision()["data"] | {"outcomeDecidedAt": ""} == {
        "reference": checkout.token,
        "merchantReference": "order-1",
        "outcome": outcome,
        "outcomeDecidedAt": "",
    }


def test_by_keyboard_alone_and_in_the_dark(browser: Browser, served: ServedCheckout, address: str):
    with visit(browser, PHONE, color_scheme="dark") as page:
        page.goto(f"{address}?token={served.jwt()}")
        calls(page)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("created")
        assert barriers(page) == []
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Approve")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Declined")
        assert barriers(page) == []
    assert served.simulator.checkouts[0].state is CheckoutState.DECLINED


@pytest.mark.parametrize(
    "query",
    ["token=nonsense", "token=", "merchant=another&token={good}", "token={old}"],
)
def test_no_checkout_leaves_the_page_as_it_was(
    browser: Browser, served: ServedCheckout, address: str, query: str
):
    filled = query.format(good=served.jwt(), old=served.jwt(iat=int(served.clock.now) - 9999))
    with visit(browser) as page:
        page.goto(f"{address}?{filled}")
        assert calls(page) == [["onCheckoutUnavailable"]]
        assert page.locator("#widget").inner_html() == ""
    assert served.simulator.checkouts == []


def test_a_token_that_grew_old_on_the_page(browser: Browser, served: ServedCheckout, address: str):
    with visit(browser) as page:
        page.goto(f"{address}?token={served.jwt()}")
        calls(page)
        served.clock.now += 7200
        page.get_by_role("button", name="Continue to checkout").click()
        page.wait_for_function("window.calls.length === 3")
        assert calls(page)[-1] == ["onCheckoutUnavailable"]
        assert page.locator("#widget").inner_html() == ""


def test_an_answer_that_is_lost_can_be_asked_for_again(
    browser: Browser, served: ServedCheckout, address: str
):
    served.simulator.disturb(CREATE, answer=(503, b"{}", "application/json"), about=ALL)
    with visit(browser) as page:
        page.goto(f"{address}?token={served.jwt()}")
        calls(page)
        button = page.get_by_role("button", name="Continue to checkout")
        button.click()
        expect(page.get_by_role("alert")).to_contain_text("Nothing was bought")
        assert barriers(page) == []
        button.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("created")
    assert len(served.simulator.checkouts) == 1


def test_a_second_press_makes_no_second_checkout(browser: Browser, served: ServedCheckout, address: str):
    served.simulator.disturb(CREATE, handled=True, delay_seconds=0.2, about=ALL)
    with visit(browser) as page:
        page.goto(f"{address}?token={served.jwt()}")
        calls(page)
        page.get_by_role("button", name="Continue to checkout").dblclick()
        expect(page.get_by_role("heading", level=1)).to_contain_text("created")
    assert len(served.simulator.requests(CREATE)) == 1


def test_hostile_texts_are_texts(browser: Browser, served: ServedCheckout, address: str):
    with visit(browser, PHONE) as page:
        page.goto(f"{address}?token={served.jwt(variant=HOSTILE, merchant_reference=HOSTILE + 'x' * 300)}")
        calls(page)
        page.get_by_role("button", name="Continue to checkout").click()
        expect(page.get_by_role("definition").filter(has_text=HOSTILE).first).to_have_text(HOSTILE)
        assert page.locator("img").count() == 0
        assert fits(page)


def test_the_page_of_an_unknown_checkout(browser: Browser, served: ServedCheckout):
    with visit(browser, PHONE) as page:
        page.goto(f"{served.url}/checkout/none")
        expect(page.get_by_role("alert")).to_contain_text("There is no such checkout")
        assert fits(page)
        assert barriers(page) == []

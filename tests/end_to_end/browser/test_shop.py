"""The CLIENT's shop in a browser: paid for through the widget and without it, and the way back to the shop."""

import pytest
from playwright.sync_api import Browser, Page, expect

from scenarios.hosting.ports import free_port
from tests.client.shop.test_checkout_api import served
from tests.support.programs.browser import DESKTOP, PHONE, barriers, fits, screen, visit
from tests.support.shop import LONG


@pytest.mark.parametrize(
    ("size", "button", "state"), [(DESKTOP, "Approve", "approved"), (PHONE, "Decline", "declined")]
)
def test_player_decides_through_the_widget(browser: Browser, tmp_path, size, button, state):
    with served(tmp_path) as here, visit(browser, size) as page:
        page.goto(f"{here.url}/checkout/page?variant=lamp-desk")
        pay = page.get_by_role("button", name="Continue to checkout")
        expect(pay).to_be_visible()
        expect(page.locator("#direct")).to_be_hidden()
        assert fits(page)
        assert barriers(page) == []
        screen(page, f"shop-{size['width']}")
        pay.click()
        _decide(page, button)
        assert here.simulator.wait_idle(LONG)
        (checkout,) = here.simulator.checkouts
        assert here.order(checkout.claims.merchant_reference)[0] == state
        page.goto(f"{here.url}/checkout/page?variant=lamp-desk")
        expect(page.locator("#earlier-state")).to_have_text(state)
        expect(page.locator("#state")).to_have_text("open")


def test_player_pays_without_the_widget(browser: Browser, tmp_path):
    with served(tmp_path) as here, visit(browser) as page:
        page.route("**/widget.js", lambda route: route.abort())
        page.goto(f"{here.url}/checkout/page?variant=mug-blue")
        page.get_by_role("button", name="Go to the checkout").click()
        link = page.get_by_role("link", name="Open the checkout")
        expect(link).to_be_visible()
        assert barriers(page) == []
        with page.expect_popup() as opened:
            link.click()
        _decide(opened.value, "Approve")
        expect(page.locator("#state")).to_have_text("approved")
        expect(link).to_be_hidden()


@pytest.mark.parametrize(("button", "state"), [("Approve", "approved"), ("Decline", "declined")])
def test_player_is_led_back_to_the_shop(browser: Browser, tmp_path, button, state):
    port = free_port()
    with (
        served(tmp_path, port, public_url=f"http://127.0.0.1:{port}") as here,
        visit(browser, PHONE) as page,
    ):
        # The decision goes to where the token says, whatever was agreed ahead.
        here.simulator.endpoint.url = None
        page.goto(f"{here.url}/checkout/page?variant=lamp-desk")
        page.get_by_role("button", name="Continue to checkout").click()
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Desk lamp")
        assert here.simulator.wait_idle(LONG)
        (checkout,) = here.simulator.checkouts
        reference = checkout.claims.merchant_reference
        assert f"order={reference}" in page.url
        page.reload()
        expect(page.locator("#earlier-state")).to_have_text(state)
        assert here.order(reference)[0] == state
        assert fits(page)
        assert barriers(page) == []
        screen(page, f"shop-back-{state}")


def _decide(page: Page, button: str) -> None:
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("button", name=button)).to_have_count(0)

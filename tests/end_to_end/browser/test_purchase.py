"""A player buys a voucher on the reference CLIENT's page: widget, callback, webhooks, balance, PDF."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, expect

from simulators.jackpot.account import Habits
from simulators.jackpot.wire import Voucher
from tests.client.vouchers.running import place
from tests.support.programs.browser import DESKTOP, PHONE, barriers, fits, screen, visit

FIELDS = [info.alias for info in Voucher.model_fields.values()]


@pytest.mark.parametrize(
    ("mode", "size"), [("manual", DESKTOP), ("automatic", PHONE)], ids=["desktop", "phone"]
)
def test_a_player_turns_balance_into_a_voucher(
    browser: Browser, tmp_path: Path, mode: str, size: dict[str, int]
):
    habits = Habits(confirmation=mode)
    with place(tmp_path, habits=habits, jackpot_confirmation=mode) as shop, visit(browser, size) as page:
        page.goto(f"{shop.url}/vouchers/page?user_id=p-1")
        page.get_by_label("Amount").fill("40")
        page.get_by_role("button", name="Show vouchers").click()
        page.locator(f'#jackpot [data-store="{shop.store}"]').click()
        page.get_by_role("radio", name="€30.00").check()
        screen(page, f"purchase-choice-{size['width']}")
        assert fits(page)
        page.get_by_role("button", name="Reserve for €27.00").click()
        expect(page.locator("#state")).to_have_text("READY")
        voucher = json.loads(page.locator("#voucher").text_content() or "")
        assert list(voucher) == FIELDS
        assert (voucher["value"], voucher["price"]) == (30, 27)
        # As documented for the callback where Jackpot confirms; a CLIENT in manual mode confirms after it.
        assert (
            (voucher["state"] == "CONFIRMED") is (voucher["confirmDate"] is not None) is (mode == "automatic")
        )
        assert (voucher["sendDate"], voucher["url"]) == (None, None)
        expect(page.locator("#balance")).to_have_text("73.00 EUR")
        pdf = requests.get(page.locator("#url").get_attribute("href") or "", timeout=20)
        assert (pdf.status_code, pdf.content[:4]) == (200, b"%PDF")
        screen(page, f"purchase-done-{size['width']}")
        assert fits(page)
        assert barriers(page) == []
        assert shop.confirms() == (1 if mode == "manual" else 0)
        assert shop.balance() == Decimal("73.00")
        assert shop.sound()


def test_a_player_without_the_money_sees_no_widget(browser: Browser, tmp_path: Path):
    with place(tmp_path) as shop, visit(browser) as page:
        page.goto(f"{shop.url}/vouchers/page?user_id=p-1")
        page.get_by_label("Amount").fill("100.01")
        page.get_by_role("button", name="Show vouchers").click()
        expect(page.get_by_role("alert")).to_contain_text("does not cover")
        assert page.locator("#jackpot").count() == 0
        assert shop.simulator.sessions == []

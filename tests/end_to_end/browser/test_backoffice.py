"""The back-office in a real browser: settings, vouchers, stores, test webhooks and deliveries."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from simulators.jackpot.api import create_app
from simulators.jackpot.lifecycle import VoucherEvent, VoucherState
from simulators.jackpot.simulator import JackpotSimulator
from simulators.server.wsgi_server import Server
from tests.simulators.jackpot.running import AGREEMENT, Inbox, inbox, quiet_simulator
from tests.support.browser import DESKTOP, PHONE, barriers, chromium, fits, screen, visit

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'&{{7*7}}"
SECRETS = (AGREEMENT.api_key, AGREEMENT.api_signature, AGREEMENT.client_secret)


class Scene:
    """Somebody at the back-office, and the CLIENT's notification URL behind it."""

    def __init__(self, simulator: JackpotSimulator, box: Inbox, page: Page, url: str) -> None:
        self.simulator, self.box, self.page, self.url = simulator, box, page, url
        self.store = simulator.account.listings[0].store

    def open(self, path: str = "") -> Page:
        self.page.goto(f"{self.url}/back-office{path}")
        return self.page

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    @property
    def events(self) -> list[dict[str, object]]:
        with self.box.lock:
            return [json.loads(body) for body in self.box.bodies]

    def reserve(self, **more: object):
        asked = self.simulator.account.reservation(Decimal(150), value=self.store.voucher_value_min, **more)
        return self.simulator.account.reserve(self.store.id, asked)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def jackpot() -> Iterator[tuple[JackpotSimulator, Inbox, str]]:
    with inbox() as box, quiet_simulator(box.url) as (simulator, _), Server(create_app(simulator)) as server:
        simulator.account.public_url = server.url
        simulator.start()
        yield simulator, box, server.url
        simulator.stop()


@pytest.fixture
def scene(jackpot, browser: Browser) -> Iterator[Scene]:
    simulator, box, url = jackpot
    with visit(browser) as page:
        yield Scene(simulator, box, page, url)


@pytest.mark.parametrize("event", ["store/enabled", "store/disabled", "store/update"])
def test_a_test_webhook_sent_by_clicking_arrives_and_again(scene: Scene, event: str):
    scene.open("/stores")
    scene.page.get_by_role("link", name=scene.store.name).click()
    scene.press(f"Send a test webhook {event}")
    expect(scene.page.get_by_role("status")).to_have_text("acknowledged")
    expect(scene.page.get_by_label("Attempt 1")).to_contain_text("HTTP 200")
    (sent,) = scene.events
    assert (sent["event"], sent["message"]["storeId"]) == (event, scene.store.id)
    assert json.loads(scene.page.get_by_label("Payload").inner_text()) == sent
    screen(scene.page, f"office-{event.replace('/', '-')}")
    scene.press("Send again")
    expect(scene.page.get_by_label("Attempt 2")).to_contain_text("HTTP 200")
    assert scene.events == [sent, sent]
    assert scene.simulator.account.listing(scene.store.id).enabled


def test_what_the_client_answered_is_shown(scene: Scene):
    scene.box.script.append(503)
    scene.simulator.queue.hold()  # nothing goes out but what is sent by hand
    delivery = scene.simulator.account.notify_store("store/enabled", scene.store.id)
    scene.open(f"/deliveries/{delivery.id}")
    expect(scene.page.get_by_role("status")).to_have_text("waiting")
    scene.press("Send again")
    expect(scene.page.get_by_label("Attempt 1")).to_contain_text("HTTP 503")
    scene.press("Send again")
    expect(scene.page.get_by_role("status")).to_have_text("acknowledged")
    scene.page.get_by_role("link", name="Deliveries", exact=True).click()
    expect(scene.page.get_by_role("main")).to_contain_text("2 attempts")


def test_a_store_is_disabled_and_enabled(scene: Scene):
    scene.open(f"/stores/{scene.store.id}")
    scene.press("Disable this store")
    expect(scene.page.get_by_role("heading", level=1)).to_contain_text("store/disabled")
    assert not scene.simulator.account.listing(scene.store.id).enabled
    scene.open(f"/stores/{scene.store.id}")
    scene.press("Enable this store")
    expect(scene.page.get_by_role("heading", level=1)).to_contain_text("store/enabled")
    assert [each["event"] for each in scene.events] == ["store/disabled", "store/enabled"]


def test_values_change_to_continuous_and_back_as_documented(scene: Scene):
    values = [int(value) for value in scene.store.voucher_possible_discrete_values]
    page = scene.open(f"/stores/{scene.store.id}")
    page.get_by_label("Any value in the range").check()
    scene.press("Save and send store/update")
    expect(page.get_by_role("status")).to_have_text("acknowledged")
    scene.open(f"/stores/{scene.store.id}")
    page.get_by_label("Single values", exact=True).check()
    page.get_by_label("Single values, in EUR").fill("20, 30.50")
    page.get_by_label("Discount, in percent").fill("12.5")
    scene.press("Save and send store/update")
    expect(page.get_by_role("status")).to_have_text("acknowledged")
    first, second = (each["message"] for each in scene.events)
    assert first["removedAttributes"] == ["voucherPossibleDiscreteValues"]
    assert first["updatedAttributes"] == {
        "voucherWithContinuousValue": {"previousValue": False, "newValue": True}
    }
    assert second["addedAttributes"] == ["voucherPossibleDiscreteValues"]
    assert second["data"]["voucherPossibleDiscreteValues"] == [20, 30.5]
    assert second["data"]["discounts"] == [
        {"voucherValueMin": values[0], "voucherValueMax": values[-1], "discountRate": 12.5}
    ]


@pytest.mark.parametrize(
    ("label", "given", "told"),
    [
        ("Lowest value, in EUR", "cheap", "'cheap'"),
        ("Lowest value, in EUR", "9999", "voucherValueMin"),
        ("Discount, in percent", "100", "discountRate"),
        ("Single values, in EUR", " , ", "No value is given"),
    ],
)
def test_what_makes_no_store_is_refused_and_can_be_corrected(scene: Scene, label: str, given: str, told: str):
    page = scene.open(f"/stores/{scene.store.id}")
    page.get_by_label(label).fill(given)
    scene.press("Save and send store/update")
    expect(page.get_by_role("alert")).to_contain_text(told)
    expect(page.get_by_label(label)).to_have_value(given)
    assert scene.simulator.account.listing(scene.store.id).store == scene.store
    assert scene.events == []


def test_a_waiting_voucher_is_confirmed_and_its_refund_decided(scene: Scene):
    kept, canceled = scene.reserve(notification_key="k-1"), scene.reserve()
    page = scene.open("/vouchers")
    article = page.get_by_role("article").filter(has_text=kept.id)
    other = page.get_by_role("article").filter(has_text=canceled.id)
    other.get_by_role("button", name="Cancel").click()
    expect(other).to_contain_text("CANCELED")
    expect(other.get_by_role("button")).to_have_count(0)
    article.get_by_role("button", name="Confirm").click()
    expect(article).to_contain_text("READY")
    screen(page, "office-vouchers")
    pdf = requests.get(article.get_by_role("link", name="Open the PDF").get_attribute("href"), timeout=20)
    assert pdf.content[:4] == b"%PDF"
    article.get_by_role("button", name="Expire its signed URLs").click()
    expect(article).to_contain_text("READY")
    assert requests.get(pdf.url, timeout=20).status_code == 401
    article.get_by_role("button", name="Ask for a refund").click()
    article.get_by_role("button", name="Reject the refund").click()
    expect(article).to_contain_text("REFUND_REJECTED")
    assert scene.simulator.account.voucher(kept.id).state is VoucherState.REFUND_REJECTED
    assert scene.simulator.wait_idle(20)
    told = sorted(each["event"] for each in scene.events if each["message"]["id"] == kept.id)
    assert told == ["coupon/confirmed", "coupon/ready", "coupon/refund_rejected", "coupon/reserved"]


def test_a_button_that_came_too_late(scene: Scene):
    voucher = scene.reserve()
    page = scene.open("/vouchers")
    scene.simulator.account.happen(voucher.id, VoucherEvent.CANCEL)
    scene.press("Confirm")
    expect(page.get_by_role("alert")).to_contain_text("CANCELED")


def test_settings_are_kept_and_a_url_that_does_not_resolve_is_refused(scene: Scene):
    page = scene.open()
    before = scene.simulator.endpoint.url
    for wrong in ("http://no-such-host.invalid/x", "ftp://127.0.0.1/", "nonsense"):
        page.get_by_label("Notification URL").fill(wrong)
        page.get_by_label("Automatic").check()
        scene.press("Save")
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_label("Notification URL")).to_have_value(wrong)
        assert scene.simulator.endpoint.url == before
        assert scene.simulator.account.habits.confirmation == "manual"
    page.get_by_label("Notification URL").fill(f"{before}?moved")
    page.get_by_label("Automatic").check()
    scene.press("Save")
    expect(page.get_by_role("status")).to_have_text("Saved.")
    assert scene.simulator.endpoint.url == f"{before}?moved"
    assert scene.reserve().state is VoucherState.CONFIRMED


def test_no_page_shows_a_secret(scene: Scene):
    voucher = scene.reserve(user_id="p-1")
    scene.simulator.account.happen(voucher.id, VoucherEvent.CONFIRM)
    assert scene.simulator.wait_idle(20)
    for path in ("", "/vouchers", f"/stores/{scene.store.id}", "/deliveries/1", "/widget?amount=10"):
        text = requests.get(f"{scene.url}/back-office{path}", timeout=20).text
        assert [secret for secret in SECRETS if secret in text] == [], path
        assert "Jackpot" in text


def test_hostile_texts_are_texts(scene: Scene):
    scene.simulator.account.update_store(scene.store.id, {"name": HOSTILE, "description": HOSTILE})
    scene.reserve(notification_key=HOSTILE, user_id=HOSTILE)
    assert scene.simulator.wait_idle(20)
    for path in ("/vouchers", "/stores", f"/stores/{scene.store.id}", "/deliveries", "/deliveries/1"):
        page = scene.open(path)
        expect(page.get_by_role("main")).to_be_visible()
        assert page.locator("main script, main img[src=x]").count() == 0, path
    scene.open("/vouchers")
    expect(scene.page.get_by_role("article")).to_contain_text(HOSTILE)


def test_the_widget_is_tried_out_with_a_session_of_its_own(scene: Scene):
    page = scene.open("/widget")
    page.get_by_label("Amount to convert").fill("150")
    scene.press("Open a session")
    page.locator(f'#jackpot [data-store="{scene.store.id}"]').click()
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name=re.compile("^Reserve for")).click()
    expect(page.locator("#voucher")).to_contain_text('"state": "RESERVED"')
    (voucher,) = scene.simulator.account.vouchers
    assert voucher.id in page.locator("#voucher").inner_text()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_page_scrolls_sideways_or_loads_from_elsewhere(jackpot, browser: Browser, size: dict[str, int]):
    simulator, box, url = jackpot
    with visit(browser, size) as page:
        scene = Scene(simulator, box, page, url)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        simulator.account.update_store(scene.store.id, {"name": "W" * 80})
        scene.reserve(notification_key="k" * 200)
        assert simulator.wait_idle(20)
        for path in ("", "/vouchers", "/stores", f"/stores/{scene.store.id}", "/deliveries", "/deliveries/1"):
            scene.open(path)
            assert fits(page), path
            screen(page, f"office{path[:12].replace('/', '-')}-{size['width']}")
        assert [each for each in asked if not each.startswith((url, "data:"))] == []


def test_forms_from_elsewhere_do_nothing(jackpot):
    simulator, box, url = jackpot
    store = simulator.account.listings[0].store.id
    for token in ({}, {"form_token": "guessed"}):
        for path in (
            f"/stores/{store}/offered",
            f"/stores/{store}/webhook",
            "/settings",
            "/deliveries/1/again",
        ):
            form = {**token, "event": "store/enabled", "notification_url": "", "confirmation": "automatic"}
            answer = requests.post(f"{url}/back-office{path}", data=form, timeout=20)
            assert answer.status_code == 403
            assert "did not come from the back-office" in answer.text
    assert simulator.account.listing(store).enabled
    assert (simulator.endpoint.url, simulator.queue.deliveries, box.bodies) == (box.url, [], [])


@pytest.mark.parametrize("path", ["/vouchers/none", "/stores/none", "/deliveries/77", "/nowhere"])
def test_what_is_not_there_is_a_page_that_says_so(jackpot, path: str):
    answer = requests.get(f"{jackpot[2]}/back-office{path}", timeout=20)
    assert answer.status_code in (404, 405)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert 'role="alert"' in answer.text


def test_pages_run_nothing_and_stand_in_no_frame(jackpot):
    for path in ("", "/vouchers", "/stores", "/deliveries"):
        answer = requests.get(f"{jackpot[2]}/back-office{path}", timeout=20)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script-src" not in policy
        assert "<script" not in answer.text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_barriers(jackpot, browser: Browser, scheme: str):
    simulator, box, url = jackpot
    with visit(browser, color_scheme=scheme) as page:
        scene = Scene(simulator, box, page, url)
        simulator.account.happen(scene.reserve().id, VoucherEvent.CONFIRM)
        scene.reserve()
        simulator.account.disable_store(scene.store.id)
        assert simulator.wait_idle(20)
        for path in ("", "/vouchers", "/stores", f"/stores/{scene.store.id}", "/deliveries", "/deliveries/1"):
            scene.open(path)
            assert barriers(page) == [], path
        screen(page, f"office-delivery-{scheme}")
        scene.open("/vouchers")
        screen(page, f"office-vouchers-{scheme}")

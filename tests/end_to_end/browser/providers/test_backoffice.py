"""The back-office in a real browser: settings, vouchers, stores, test webhooks and deliveries."""

import json
import re

import pytest
import requests
from playwright.sync_api import Browser, expect

from simulators.exchanges.owners import ALL
from simulators.jackpot.lifecycle import VoucherEvent, VoucherState
from tests.end_to_end.browser.conftest import Scene
from tests.simulators.jackpot.running import AGREEMENT
from tests.support.programs.browser import DESKTOP, PHONE, barriers, fits, screen, tab_to, visit

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'&{{7*7}}"
SECRETS = (AGREEMENT.api_key, AGREEMENT.api_signature, AGREEMENT.client_secret)

PAGES = ("", "/webhook", "/vouchers", "/stores", "/stores/new", "/deliveries", "/deliveries/1")


@pytest.mark.parametrize("event", ["store/enabled", "store/disabled", "store/update"])
def test_a_test_webhook_sent_by_clicking_arrives_and_again(scene: Scene, event: str):
    scene.open(f"/stores/{scene.store.id}")
    scene.page.get_by_role("link", name="Send a test webhook").click()
    expect(scene.page.get_by_role("combobox")).to_have_value(scene.store.id)
    scene.page.get_by_label(event).check()
    scene.press("Send a test webhook")
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


def test_a_voucher_is_confirmed_and_a_webhook_sent_by_keyboard_alone(scene: Scene):
    kept = scene.reserve(notification_key="k-1")
    page = scene.open("/vouchers")
    article = page.get_by_role("article").filter(has_text=kept.id)
    tab_to(page, article.get_by_role("button", name="Confirm"))
    page.keyboard.press("Enter")
    expect(article).to_contain_text("READY")
    assert scene.simulator.wait_idle(20)
    before = len(scene.events)
    tab_to(page, page.get_by_role("link", name="Stores", exact=True))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/stores$"))
    tab_to(page, page.locator(f"a[href$='/stores/{scene.store.id}']"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/stores/{scene.store.id}$"))
    tab_to(page, page.get_by_role("link", name="Send a test webhook"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox")).to_have_value(scene.store.id)
    tab_to(page, page.get_by_role("button", name="Send a test webhook"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("acknowledged")
    assert len(scene.events) == before + 1


def test_what_the_client_answered_is_shown(scene: Scene):
    scene.box.script.append(503)
    scene.simulator.queue.hold(ALL)  # nothing goes out but what is sent by hand
    delivery = scene.simulator.account.notify_store("store/enabled", scene.store.id)
    scene.open(f"/deliveries/{delivery.id}")
    expect(scene.page.get_by_role("status")).to_have_text("waiting")
    scene.press("Send again")
    expect(scene.page.get_by_label("Attempt 1")).to_contain_text("HTTP 503")
    scene.press("Send again")
    expect(scene.page.get_by_role("status")).to_have_text("acknowledged")
    scene.page.get_by_role("link", name="Deliveries", exact=True).click()
    expect(scene.page.get_by_role("main")).to_contain_text("2 attempts")


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
    reported = sorted(each["event"] for each in scene.events if each["message"]["id"] == kept.id)
    assert reported == ["coupon/confirmed", "coupon/ready", "coupon/refund_rejected", "coupon/reserved"]


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


def test_the_documented_names_are_on_the_pages_in_french(jackpot, browser: Browser):
    simulator, box, url = jackpot
    with visit(browser, locale="fr-FR") as page:
        scene = Scene(simulator, box, page, url)
        scene.open()
        expect(page.get_by_role("navigation", name="Ma plateforme")).to_be_visible()
        expect(page.get_by_role("link", name="Configuration Plateforme")).to_have_attribute(
            "aria-current", "page"
        )
        field = page.get_by_label("URL de notification (https)")
        expect(field).to_have_value(box.url)
        expect(page.get_by_text("le vrai Jackpot la refuse")).to_be_visible()
        field.fill("https://127.0.0.1/notifications")
        scene.press("Enregistrer")
        expect(page.get_by_role("status")).to_have_text("Enregistré.")
        expect(page.get_by_text("le vrai Jackpot la refuse")).to_have_count(0)
        assert simulator.endpoint.url == "https://127.0.0.1/notifications"
        simulator.endpoint.url = box.url
        page.get_by_role("link", name="Informations").click()
        page.get_by_role("link", name="Webhook").click()
        page.get_by_role("combobox").select_option(scene.store.id)
        page.get_by_label("store/disabled").check()
        screen(page, "office-webhook-fr")
        scene.press("Envoyer un webhook de test")
        expect(page.get_by_role("status")).to_have_text("accusé")
        assert [each["event"] for each in scene.events] == ["store/disabled"]
        scene.reserve()
        for size in (DESKTOP, PHONE):
            page.set_viewport_size(size)
            for path in (*PAGES, f"/stores/{scene.store.id}", "/widget"):
                scene.open(path)
                assert fits(page), path
                assert barriers(page) == [], path
                screen(page, f"office-fr{path[:12].replace('/', '-')}-{size['width']}")
        page.get_by_role("link", name="EN", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Try the widget")
        scene.open("/stores")
        expect(page.get_by_role("heading", level=1)).to_have_text("Stores")


def test_the_signature_is_shown_to_who_asks_and_hidden_again(scene: Scene):
    page = scene.open()
    scene.press("Show apiSignature")
    expect(page.get_by_text(AGREEMENT.api_signature)).to_be_visible()
    assert [secret for secret in SECRETS if secret in page.content()] == [AGREEMENT.api_signature]
    screen(page, "office-signature")
    page.get_by_role("link", name="Hide it again").click()
    expect(page.get_by_role("button", name="Show apiSignature")).to_be_visible()
    assert AGREEMENT.api_signature not in page.content()


def test_hostile_texts_are_texts(scene: Scene):
    scene.simulator.account.update_store(scene.store.id, {"name": HOSTILE, "description": HOSTILE})
    scene.reserve(notification_key=HOSTILE, user_id=HOSTILE)
    assert scene.simulator.wait_idle(20)
    for path in (
        "/vouchers",
        "/stores",
        "/stores/new",
        f"/stores/{scene.store.id}",
        "/deliveries",
        "/deliveries/1",
    ):
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


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", DESKTOP), ("dark", PHONE)], ids=["light", "dark phone"]
)
def test_every_page_is_accessible_fits_and_loads_nothing_from_elsewhere(
    jackpot, browser: Browser, scheme: str, size: dict[str, int]
):
    simulator, box, url = jackpot
    with visit(browser, size, color_scheme=scheme) as page:
        scene = Scene(simulator, box, page, url)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        simulator.account.update_store(scene.store.id, {"name": "W" * 80})
        simulator.account.happen(scene.reserve(notification_key="k" * 200).id, VoucherEvent.CONFIRM)
        scene.reserve()
        simulator.account.disable_store(scene.store.id)
        assert simulator.wait_idle(20)
        for path in (*PAGES, f"/stores/{scene.store.id}"):
            scene.open(path)
            assert fits(page), path
            assert barriers(page) == [], path
            screen(page, f"office{path[:12].replace('/', '-')}-{size['width']}")
        assert [each for each in asked if not each.startswith((url, "data:"))] == []


def test_forms_from_elsewhere_do_nothing(jackpot):
    simulator, box, url = jackpot
    store = simulator.account.listings[0].store.id
    for token in ({}, {"form_token": "guessed"}):
        for path in (
            f"/stores/{store}/offered",
            "/webhook",
            "/settings",
            "/signature",
            "/deliveries/1/again",
        ):
            form = {**token, "event": "store/enabled", "notification_url": "", "confirmation": "automatic"}
            form["store"] = store
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

"""Stores in the back-office: every property is changed, one is added and one taken out, and each is told."""

import requests
from playwright.sync_api import Page, expect

from simulators.jackpot.catalogue.stores import PICTURES
from tests.end_to_end.browser.conftest import Scene
from tests.simulators.jackpot.running import AGREEMENT
from tests.support.programs.browser import DESKTOP, PHONE, barriers, fits, screen


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
    low, high = scene.store.voucher_value_min, scene.store.voucher_value_max
    page = scene.open(f"/stores/{scene.store.id}")
    page.get_by_label("Any value in the range").check()
    scene.press("Save and send store/update")
    expect(page.get_by_role("status")).to_have_text("acknowledged")
    scene.open(f"/stores/{scene.store.id}")
    page.get_by_label("Single values", exact=True).check()
    page.get_by_label("Single values, in EUR").fill("20, 30.50")
    for word, text in (("From, EUR", low), ("To, EUR", high), ("Rate, %", "12.5")):
        page.get_by_label(f"Discount 1: {word}").fill(str(text))
        if len(scene.store.discounts) > 1:
            page.get_by_label(f"Discount 2: {word}").fill("")
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
        {"voucherValueMin": low, "voucherValueMax": high, "discountRate": 12.5}
    ]


# What every property of a store becomes: what is filled in, and what the API and the event then have.
EDITED = {
    "name": ("Librairie Neuve", "Librairie Neuve"),
    "slug": ("librairie-neuve", "librairie-neuve"),
    "baseColor": ("#0a0b0c", "#0a0b0c"),
    "categories": ("Culture, Jeux", ["Culture", "Jeux"]),
    "voucherPossibleDiscreteValues": ("25, 110", [25, 110]),
    "voucherValueMin": ("25", 25),
    "voucherValueMax": ("110", 110),
    "shippingTime": ("72", "72"),
    "shippingInfos": ("Envoi sous 72 h", "Envoi sous 72 h"),
    "validityDate": ("2031-02-03T14:44:10.695Z", "2031-02-03T14:44:10.695Z"),
    "mentions": ("<p>Neuf</p>\n", "<p>Neuf</p>\n"),
    "description": ("<p>Des livres</p>\n<p>neufs</p>", "<p>Des livres</p>\n<p>neufs</p>"),
    **{name: (f"https://site.com/{name}.png",) * 2 for name in PICTURES},
}


def _fill(page: Page, texts: dict[str, str]) -> None:
    page.get_by_text("Logos and images").click()
    for name, text in texts.items():
        page.locator(f"#{name}").fill(text)


def _discount(page: Page, number: int, *row: str) -> None:
    for word, text in zip(("From, EUR", "To, EUR", "Rate, %"), row, strict=True):
        page.get_by_label(f"Discount {number}: {word}").fill(text)


def _offered(scene: Scene) -> dict[str, dict[str, object]]:
    key = {"apikey": AGREEMENT.api_key.encode("latin-1")}
    answer = requests.get(f"{scene.url}/v2/stores", headers=key, timeout=20)
    return {store["id"]: store for store in answer.json()}


def test_every_property_of_a_store_can_be_changed_and_is_told_with_its_difference(scene: Scene):
    before = _offered(scene)[scene.store.id]
    page = scene.open(f"/stores/{scene.store.id}")
    _fill(page, {name: given for name, (given, _) in EDITED.items()})
    _discount(page, 1, "25", "59.99", "8")
    _discount(page, 2, "60", "110", "0")
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        assert fits(page)
        screen(page, f"office-store-edited-{size['width']}")
    scene.press("Save and send store/update")
    expect(page.get_by_role("status")).to_have_text("acknowledged")
    ((event, message),) = ((each["event"], each["message"]) for each in scene.events)
    after = _offered(scene)[scene.store.id]
    spans = [
        {"voucherValueMin": 25, "voucherValueMax": 59.99, "discountRate": 8},
        {"voucherValueMin": 60, "voucherValueMax": 110, "discountRate": 0},
    ]
    expected = {name: value for name, (_, value) in EDITED.items()} | {"discounts": spans}
    assert after == {**before, **expected}
    assert (event, message["data"]) == ("store/update", after)
    assert message["updatedAttributes"] == {
        name: {"previousValue": before[name], "newValue": value} for name, value in expected.items()
    }
    assert not {"addedAttributes", "removedAttributes"} & set(message)


def test_a_form_that_changes_nothing_tells_nobody(scene: Scene):
    page = scene.open(f"/stores/{scene.store.id}")
    scene.press("Save and send store/update")
    expect(page.get_by_role("alert")).to_contain_text("Nothing differs")
    assert scene.events == []


def test_a_store_is_added_and_removed_for_good(scene: Scene):
    scene.open("/stores")
    scene.page.get_by_role("link", name="New store").click()
    scene.press("Add and send store/enabled")
    expect(scene.page.locator("#name-problem")).to_contain_text("There is no name")
    assert len(_offered(scene)) == len(scene.simulator.account.listings)
    scene.page.get_by_label("Name", exact=False).first.fill("Café de la Gare")
    scene.press("Add and send store/enabled")
    expect(scene.page.get_by_role("status")).to_have_text("acknowledged")
    (enabled,) = scene.events
    added = enabled["message"]["storeId"]
    assert (enabled["event"], enabled["message"]["data"]) == ("store/enabled", _offered(scene)[added])
    assert enabled["message"]["data"]["slug"] == "cafe-de-la-gare"
    logo = requests.get(enabled["message"]["data"]["storeLogoSmall"], timeout=20)
    assert logo.headers["Content-Type"].startswith("image/svg+xml")
    scene.open("/stores")
    scene.page.get_by_role("link", name="Café de la Gare").click()
    scene.press("Remove it for good")
    expect(scene.page.get_by_role("status")).to_have_text("acknowledged")
    assert scene.events[-1]["event"] == "store/disabled"
    assert scene.events[-1]["message"] == {"storeId": added}
    assert added not in _offered(scene)
    assert added not in {each.store.id for each in scene.simulator.account.listings}


def _refused(scene: Scene, texts: dict[str, tuple[str, str]]) -> None:
    """Each of ``texts``, a field with what is filled in, is told as it should be, at its field."""
    page = scene.open(f"/stores/{scene.store.id}")
    _fill(page, {name: given for name, (given, _) in texts.items()})
    scene.press("Save and send store/update")
    for name, (given, reported) in texts.items():
        expect(page.get_by_role("alert")).to_contain_text(reported)
        expect(page.locator(f"#{name}-problem")).to_contain_text(reported)
        expect(page.locator(f"#{name}")).to_have_value(given)
        expect(page.locator(f"#{name}")).to_have_attribute("aria-invalid", "true")


def test_what_makes_no_store_is_refused_at_its_field_and_can_be_corrected(scene: Scene):
    other = scene.simulator.account.listings[1].store
    _refused(
        scene,
        {
            "name": (" ", "There is no name"),
            "slug": ("Not a slug", "'Not a slug'"),
            "voucherValueMin": ("cheap", "'cheap'"),
            "voucherValueMax": ("100.001", "two decimals"),
            "voucherPossibleDiscreteValues": (" , ", "No value is given"),
            "validityDate": ("2031-02-03", "'2031-02-03'"),
            "storeImage315": ("javascript:alert(1)", "'javascript:alert(1)'"),
        },
    )
    for size in (DESKTOP, PHONE):
        scene.page.set_viewport_size(size)
        assert fits(scene.page)
        assert barriers(scene.page) == []
        screen(scene.page, f"office-store-refused-{size['width']}")
    _refused(scene, {"voucherValueMin": ("9999", "The lowest value is 9999")})
    _refused(scene, {"voucherPossibleDiscreteValues": ("20, 99999", "lies outside")})
    _refused(scene, {"slug": (other.slug, "It is another store's")})
    page = scene.open(f"/stores/{scene.store.id}")
    for row, reported in (
        (("20", "", "5"), "three numbers"),
        (("50", "20", "5"), "in this order"),
        (("20", "50", "100"), "below 100"),
    ):
        _discount(page, 1, *row)
        scene.press("Save and send store/update")
        expect(page.locator("#discounts-problem")).to_contain_text(reported)
    assert scene.simulator.account.listing(scene.store.id).store == scene.store
    assert scene.events == []

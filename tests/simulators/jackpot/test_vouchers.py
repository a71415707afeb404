"""Vouchers over real HTTP: confirmed, canceled, refunded, expired, their PDFs; what a judge does."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest
import requests

from simulators.exchanges.history import Direction, Status
from simulators.exchanges.owners import ALL
from simulators.jackpot.account import Habits
from simulators.jackpot.lifecycle import VoucherEvent, VoucherState
from tests.client.vouchers.running import until
from tests.simulators.jackpot.running import Served, assert_error, change, events, served


@pytest.fixture
def place() -> Iterator[Served]:
    with served() as built:
        yield built


# -- confirmation, cancellation, refund


@pytest.mark.parametrize("form", ["vouchers", "voucher"])
def test_a_confirmed_voucher_is_ready_a_moment_later_and_opens_as_a_pdf(place: Served, form: str) -> None:
    voucher = place.reserve()
    place.simulator.account.habits.ready_seconds = 2.0
    answer = change(place, voucher["id"], "confirm", form)
    assert answer.status_code == 200, answer.text
    confirmed = answer.json()
    assert (confirmed["state"], confirmed["sendDate"], confirmed["url"]) == ("CONFIRMED", None, None)
    assert confirmed["confirmDate"] is not None
    assert confirmed["notificationKey"] == place.keys[-1]
    assert events(place) == ["coupon/reserved", "coupon/confirmed"]
    assert_error(
        place.ask("GET", f"/v2/vouchers/{voucher['id']}/signedurl", headers=place.server()), 409, "NOT_READY"
    )
    place.clock.now += 2
    ready = place.ask("GET", f"/v2/vouchers/{voucher['id']}", headers=place.server()).json()
    assert (ready["state"], ready["confirmDate"]) == ("READY", confirmed["confirmDate"])
    assert events(place) == ["coupon/reserved", "coupon/confirmed", "coupon/ready"]
    reported = json.loads(place.inbox.bodies[-1])["message"]
    for url in (ready["url"], reported["signedUrl"]):
        pdf = requests.get(url, timeout=20)
        assert pdf.headers["Content-Type"] == "application/pdf"
        assert pdf.content.startswith(b"%PDF-")
        assert b"%%EOF" in pdf.content
    assert len(place.simulator.confirm_requests(voucher["id"])) == 1
    assert place.simulator.confirm_requests("another") == []


def test_the_table_of_transitions_holds_over_http(place: Served) -> None:
    voucher = place.reserve()["id"]
    assert_error(change(place, voucher, "refund"), 409, "ILLEGAL_TRANSITION")
    assert change(place, voucher, "confirm").status_code == 200
    assert_error(change(place, voucher, "confirm"), 409, "ILLEGAL_TRANSITION")
    assert_error(change(place, voucher, "cancel"), 409, "ILLEGAL_TRANSITION")
    assert change(place, voucher, "refund").json()["state"] == "REFUNDING"
    assert_error(change(place, voucher, "refund"), 409, "ILLEGAL_TRANSITION")
    place.simulator.account.happen(voucher, VoucherEvent.REJECT_REFUND)
    assert events(place)[-1] == "coupon/refund_rejected"
    other = place.reserve()["id"]
    assert change(place, other, "cancel").json()["state"] == "CANCELED"
    assert_error(change(place, other, "confirm"), 409, "ILLEGAL_TRANSITION")
    assert events(place)[-1] == "coupon/canceled"
    assert_error(change(place, "none", "confirm"), 404, "VOUCHER_NOT_FOUND")


@pytest.mark.parametrize(("refunds", "state"), [("accept", "REFUNDED"), ("reject", "REFUND_REJECTED")])
def test_refunds_decided_by_habit(place: Served, refunds: Any, state: str) -> None:
    place.simulator.account.habits.refunds = refunds
    voucher = place.reserve()["id"]
    change(place, voucher, "confirm")
    assert change(place, voucher, "refund").json()["state"] == state


def test_automatic_confirmation_and_its_exception() -> None:
    with served(Habits(confirmation="automatic", ready_seconds=5)) as place:
        voucher = place.reserve()
        # The object that the widget's callback gets, as documented.
        assert (voucher["state"], voucher["sendDate"], voucher["url"]) == ("CONFIRMED", None, None)
        assert voucher["confirmDate"] is not None
        assert events(place) == ["coupon/reserved", "coupon/confirmed"]
        assert_error(change(place, voucher["id"], "confirm"), 409, "ILLEGAL_TRANSITION")
        place.clock.now += 5
        answer = place.ask("GET", f"/v2/vouchers/{voucher['id']}", headers=place.server())
        assert answer.json()["state"] == "READY"
        assert events(place)[-1] == "coupon/ready"
        assert place.reserve(force_manual_confirm=True)["state"] == "RESERVED"


def test_a_reservation_expires(place: Served) -> None:
    voucher = place.reserve()["id"]
    place.clock.now += place.simulator.account.habits.reservation_seconds
    place.simulator.account.pass_time()
    assert events(place) == ["coupon/reserved", "coupon/canceled"]
    assert_error(change(place, voucher, "confirm"), 409, "ILLEGAL_TRANSITION")


def test_time_passes_by_itself_when_started() -> None:
    with served(Habits(reservation_seconds=0.0)) as place:
        place.simulator.start()
        voucher = place.reserve()["id"]
        # Both webhooks: nothing of this test moves time once the reservation is made.
        until(lambda: len(place.simulator.queue.deliveries) == 3)
        deliveries = [place.simulator.queue.wait(number, 60) for number in (2, 3)]
        assert [each.event.event for each in deliveries] == ["coupon/reserved", "coupon/canceled"]
        assert place.simulator.account.voucher(voucher).state is VoucherState.CANCELED


# -- signed URLs


def test_signed_urls_end_and_are_renewed(place: Served) -> None:
    voucher, server = place.reserve()["id"], place.server()
    path = f"/v2/vouchers/{voucher}/signedurl"
    assert_error(place.ask("GET", path, headers=server), 409, "NOT_READY")
    change(place, voucher, "confirm")
    renew = lambda: place.ask("GET", path, headers=place.server()).json()["signedUrl"]  # noqa: E731
    first = renew()
    place.clock.now += 3601
    assert_error(requests.get(first, timeout=20), 401, "SIGNED_URL_EXPIRED")
    second = renew()
    assert requests.get(second, timeout=20).status_code == 200
    place.simulator.account.expire_signed_url(voucher)
    assert_error(requests.get(second, timeout=20), 401, "SIGNED_URL_EXPIRED")
    third = renew()
    assert requests.get(third, timeout=20).status_code == 200
    # As documented: some 600 characters, and a signature whose characters must be decoded once, and once only.
    assert 500 < len(third) < 700
    assert all(encoded in third for encoded in ("%2B", "%2F", "%3D%3D", "%40"))
    for forged in (
        third[:255],
        unquote(third),
        third[:-1],
        third.replace("Expires=1", "Expires=2"),
        third.partition("?")[0],
        third + "é",
    ):
        assert_error(requests.get(forged, timeout=20), 401, "SIGNED_URL_INVALID")
    change(place, voucher, "refund")
    assert_error(requests.get(third, timeout=20), 409, "NOT_READY")
    assert_error(place.ask("GET", "/vouchers-jackpot-pitboss/none.pdf"), 404, "VOUCHER_NOT_FOUND")


# -- what a judge does


def test_any_webhook_for_any_voucher(place: Served) -> None:
    voucher = place.reserve()["id"]
    account = place.simulator.account
    assert account.notify("coupon/reserved", voucher).genuine
    forged = account.notify("coupon/refunded", voucher, price=Decimal(999), notification_key="other")
    assert not forged.genuine
    assert account.voucher(voucher).state is VoucherState.RESERVED
    foreign = account.notify_foreign("coupon/ready", account.invent_voucher(notification_key="x"))
    assert not foreign.genuine
    assert len(account.vouchers) == 1
    assert events(place) == ["coupon/reserved", "coupon/reserved", "coupon/refunded", "coupon/ready"]
    message = json.loads(place.inbox.bodies[2])["message"]
    assert (message["price"], message["notificationKey"]) == ("999.00", "other")
    assert [each.genuine for each in place.simulator.history if each.direction is Direction.TO_CLIENT] == [
        True,
        True,
        False,
        False,
    ]


def test_store_changes_are_told(place: Served) -> None:
    account, store = place.simulator.account, place.store()
    account.make_continuous(store)
    account.make_discrete(store, [20, Decimal(40)])
    account.update_store(store, {"name": "New"})
    account.disable_store(store)
    account.enable_store(store)
    account.notify_store("store/update", store)
    reported = events(place)
    assert reported == ["store/update"] * 3 + ["store/disabled", "store/enabled", "store/update"]
    messages = [json.loads(body)["message"] for body in place.inbox.bodies]
    assert messages[0]["removedAttributes"] == ["voucherPossibleDiscreteValues"]
    assert messages[1]["addedAttributes"] == ["voucherPossibleDiscreteValues"]
    assert messages[2]["updatedAttributes"]["name"]["newValue"] == "New"
    assert messages[5]["updatedAttributes"] == messages[2]["updatedAttributes"]
    with pytest.raises(ValueError, match="unheard"):
        account.update_store(store, {"unheard": 1})


def test_a_lost_answer_leaves_the_voucher_and_its_webhook(place: Served) -> None:
    place.simulator.lose_reservation_answer(ALL)
    with pytest.raises(requests.exceptions.RequestException):
        place.reserve()
    (voucher,) = place.simulator.account.by_key(place.keys[-1])
    assert events(place) == ["coupon/reserved"]
    (exchange,) = place.simulator.requests("reserve")
    assert (exchange.answer, exchange.status) == (None, Status.UNKNOWN)
    assert [note.text for note in exchange.faults] == ["reserve carried out, its answer lost"]
    assert place.reserve()["id"] != voucher.id


@pytest.mark.parametrize(("handled", "state"), [(False, VoucherState.RESERVED), (True, VoucherState.READY)])
def test_disturbed_confirmations(place: Served, handled: bool, state: VoucherState) -> None:
    voucher = place.reserve()["id"]
    place.simulator.disturb("confirm", answer=(500, b"oops", "text/plain"), handled=handled, about=ALL)
    assert change(place, voucher, "confirm").text == "oops"
    assert place.simulator.account.voucher(voucher).state is state
    again = change(place, voucher, "confirm")
    assert again.status_code == (409 if handled else 200)
    statuses = [each.answer.status for each in place.simulator.confirm_requests(voucher) if each.answer]
    assert statuses == [500, again.status_code]


def test_disturbed_about_one_voucher_and_no_other(place: Served) -> None:
    one, other = (place.reserve()["id"] for _ in range(2))
    place.simulator.disturb("confirm", None, answer=(500, b"oops", "text/plain"), about=one)
    assert change(place, other, "confirm").status_code == 200
    assert change(place, one, "confirm").status_code == 500
    place.simulator.calm([other])
    assert change(place, one, "confirm").status_code == 500
    place.simulator.calm([one])
    assert change(place, one, "confirm").status_code == 200


def test_each_reservation_expires_in_its_turn(place: Served) -> None:
    short, canceled, long = (place.reserve()["id"] for _ in range(3))
    place.simulator.account.habits.reservation_seconds = 60
    first = place.reserve()["id"]
    change(place, canceled, "cancel")
    place.clock.now += 59
    assert place.simulator.account.pass_time() == 1
    place.clock.now += 1
    states = {each.id: each.state for each in place.simulator.account.vouchers}
    assert [states[each] for each in (short, canceled, long, first)] == [
        VoucherState.RESERVED,
        VoucherState.CANCELED,
        VoucherState.RESERVED,
        VoucherState.CANCELED,
    ]
    assert events(place).count("coupon/canceled") == 2


def test_notification_urls_that_cannot_be(place: Served) -> None:
    from simulators.server.responses import ApiError

    before = place.simulator.endpoint.url

    def nothing(host: str) -> list[object]:
        raise OSError(f"{host} is unknown")

    for url, code in (
        ("http://no-such-host.invalid/hook", "NOTIFICATION_URL_UNRESOLVED"),
        ("ftp://127.0.0.1/", "NOTIFICATION_URL_MALFORMED"),
        ("http://[", "NOTIFICATION_URL_MALFORMED"),
        ("http://127.0.0.1:99999/", "NOTIFICATION_URL_MALFORMED"),
        ("", "NOTIFICATION_URL_MALFORMED"),
    ):
        with pytest.raises(ApiError) as caught:
            place.simulator.set_notification_url(url, nothing)
        assert (caught.value.status, caught.value.code) == (422, code)
    assert place.simulator.endpoint.url == before
    place.simulator.set_notification_url("http://127.0.0.1:1/hook")
    assert place.simulator.endpoint.url == "http://127.0.0.1:1/hook"

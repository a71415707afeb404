"""One small proof for each rule of part B: it passes for the reference, and fails for who breaks the rule.

Each takes ``make``, which serves a CLIENT beside a fake Jackpot (``tests.client.vouchers.running.place``).
"""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import jwt

from simulators.jackpot import wire
from simulators.jackpot.credentials import session_jwt
from simulators.jackpot.lifecycle import Event
from simulators.values import decimal_json
from tests.client.vouchers.proofs_money import MONEY, SOON, refunded
from tests.client.vouchers.running import AGREEMENT, until


def claims(token):
    return json.loads(jwt.api_jws.base64url_decode(token.split(".")[1]), parse_float=Decimal)


def vtk_01(make):
    with make() as here:
        token = here.open(10).token
        assert jwt.get_unverified_header(token)["alg"] == "HS256"
        session_jwt.verify(token, AGREEMENT.api_signature, time.time())


def vtk_02(make):
    with make() as here:
        for amount in (10, "19.99", "0.50", 12):
            given = claims(here.open(amount).token)["amount"]
            assert isinstance(given, int | Decimal)
            assert Decimal(given) == Decimal(str(amount))


def vtk_03(make):
    with make() as here:
        iat = claims(here.open(10).token)["iat"]
        assert isinstance(iat, int)
        assert abs(iat - time.time()) < 60


def vtk_04(make):
    with make() as here:
        keys = [claims(here.open(1).token)["notificationKey"] for _ in range(3)]
        assert all(isinstance(key, str) and key for key in keys)
        assert len(set(keys)) == 3


def vtk_05(make):
    with make() as here:
        users = [claims(here.open(1).token).get("userId", "left out") for _ in range(2)]
        assert all(isinstance(user, str) for user in users)
        assert users[0] == users[1]


def vtk_06(make):
    with make() as here:
        assert here.open(1).token != here.open(1).token


def vtk_07(make):
    with make() as here:
        session = here.ask("POST", "/vouchers/session", {"user_id": "p-1", "amount": 1})
        answers = [
            session,
            here.ask("GET", f"/vouchers/{session.json()['notification_key']}"),
            here.ask("GET", "/vouchers/page"),
            here.ask("POST", "/vouchers/session", {"user_id": "p-1", "amount": "1000000"}),
        ]
        text = " ".join(f"{answer.headers} {answer.text}" for answer in answers)
        for secret in (AGREEMENT.api_key, AGREEMENT.api_signature, AGREEMENT.client_secret):
            assert secret not in text


def vtk_08(make):
    with make() as here:
        for amount in ("100.01", 101):
            answer = here.ask("POST", "/vouchers/session", {"user_id": "p-1", "amount": amount})
            assert answer.status_code >= 400
        here.open(60)
        assert here.ask("POST", "/vouchers/session", {"user_id": "p-1", "amount": 60}).status_code >= 400


def evt_01(make):
    with make() as here:
        stranger = here.twin.platform.invent_voucher(notification_key="of-nobody")
        here.twin.queue.hold()
        for name in wire.STATE_OF:
            here.twin.platform.notify_foreign(name, stranger)
        for name in wire.STORE_EVENTS:
            here.twin.platform.notify_store(name, here.store)
        for each in here.twin.queue.deliveries[1:]:
            assert here.notify(each.event).status_code == 200


def evt_02(make):
    with make() as here:
        event = refunded(here)
        for _ in range(3):
            here.notify(event)
        assert here.balance() == 100


def evt_03(make):
    with make() as here:
        voucher = here.open(50).buy()
        here.happen(voucher.id, Event.ASK_REFUND)
        here.twin.queue.hold()
        here.twin.platform.happen(voucher.id, Event.REFUND)
        event = here.coupons[-1].event
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(here.notify, [event] * 16))
        assert here.balance() == 100


def evt_04(make):
    with make(jackpot_confirmation="automatic") as here:
        session = here.open(50)
        here.twin.queue.hold()
        voucher = session.reserve()
        here.twin.platform.happen(voucher.id, Event.CONFIRM)
        for each in reversed(here.coupons):
            here.twin.queue.again(each.id)
        assert (session["state"], here.balance()) == ("READY", 73)
        second, first = here.open(30), len(here.coupons)
        voucher = second.reserve()
        here.twin.platform.happen(voucher.id, Event.CANCEL)
        for each in reversed(here.coupons[first:]):
            here.twin.queue.again(each.id)
        assert (second["state"], here.balance()) == ("CANCELED", 73)


def evt_05(make):
    with make(acknowledge_within=0.1) as here:
        session = here.open(50)
        here.twin.disturb("voucher", 2, answer=(500, b"", "text/plain"))
        session.reserve()
        until(lambda: session["state"] == "READY" and here.balance() == 73, SOON)


def evt_06(make):
    with make() as here:
        body = b'{"event":"coupon/exploded","id":"x","createdAt":"2024-01-01T00:00:00.000Z","message":{}}'
        assert here.post(body).status_code == 200


def evt_07(make):
    with make() as here:
        session = here.open(50)
        here.twin.queue.hold()
        session.reserve()
        event = here.coupons[0].event
        whole = json.loads(wire.encode(event))
        broken = [{**whole, "message": None}, {**whole, "message": {**whole["message"], "price": "abc"}}]
        for body in (*(json.dumps(each).encode() for each in broken), b"{", b"[]"):
            assert here.post(body).status_code != 200
        assert session["state"] == "OPEN"
        assert here.notify(event).status_code == 200
        assert session["state"] == "READY"


def evt_08(make):
    with make() as here:
        session = here.open(50)
        session.buy()
        stranger = here.twin.platform.invent_voucher(notification_key="of-nobody")
        for name in wire.STATE_OF:
            here.twin.platform.notify_foreign(name, stranger)
            # One by one: together they could arrive in an order that takes back what it gave.
            here.idle()
            assert here.balance() == 73
        assert {each.standing for each in here.coupons} == {"acknowledged"}


def evt_09(make):
    with make() as here:
        session = here.open(50)
        voucher = session.buy()
        for name in ("coupon/canceled", "coupon/refunded"):
            here.twin.platform.notify(name, voucher.id)
            here.idle()
            assert here.balance() == 73


def evt_10(make):
    with make() as here:
        for form in (str, lambda price: int(Decimal(price))):
            session, before = here.open(30), here.balance() + 30
            here.twin.queue.hold()
            session.reserve()
            whole = json.loads(wire.encode(here.coupons[-1].event))
            message = whole["message"]
            whole["message"] = message | {name: form(message[name]) for name in ("price", "value")}
            assert here.post(json.dumps(whole).encode()).status_code == 200
            assert here.balance() == before - 27
            assert (session["price"], session["state"]) == ("27.00", "READY")


def evt_11(make):
    with make(acknowledge_within=1.0) as here:
        session = here.open(50)
        here.twin.queue.hold()
        session.reserve()
        here.twin.disturb("voucher", delay_seconds=5.5)
        began = time.monotonic()
        assert here.notify(here.coupons[0].event).status_code == 200
        assert time.monotonic() - began < 5


def kept(here, store):
    answer = here.ask("GET", f"/stores/{store}")
    return json.loads(answer.text, parse_float=Decimal) if answer.status_code == 200 else None


def true(here, store):
    data = here.twin.platform.published(here.twin.platform.listing(store).store).model_dump()
    return json.loads(decimal_json.dumps(data), parse_float=Decimal)


def cat_01(make):
    with make() as here:
        here.twin.platform.enable_store(here.store)
        here.idle()
        assert kept(here, here.store) == true(here, here.store)


def cat_02(make):
    with make() as here:
        here.twin.platform.enable_store(here.store)
        here.idle()
        here.twin.platform.disable_store(here.store)
        here.twin.platform.disable_store(here.twin.platform.listings[1].store.id)
        here.idle()
        assert kept(here, here.store) is None
        assert {each.standing for each in here.twin.queue.deliveries[1:]} == {"acknowledged"}


def cat_03(make):
    with make() as here:
        platform = here.twin.platform
        for step in (
            lambda: platform.enable_store(here.store),
            lambda: platform.update_store(here.store, {"name": "Another", "mentions": "<p>New</p>"}),
            lambda: platform.make_continuous(here.store),
            lambda: platform.make_discrete(here.store, [20, 30]),
        ):
            step()
            here.idle()
            assert kept(here, here.store) == true(here, here.store)


def cat_04(make):
    with make() as here:
        here.twin.platform.update_store(here.store, {"name": "Never seen"})
        here.idle()
        assert kept(here, here.store) == true(here, here.store)


def cat_05(make):
    with make() as here:
        store = here.twin.platform.listing(here.store).store
        for kind, second, name in (
            ("store/update", 5, "Newest"),
            ("store/update", 3, "Older"),
            ("store/enabled", 2, "Oldest"),
        ):
            message = {"storeId": store.id, "data": {**store.model_dump(), "name": name}}
            whole = {"event": kind, "id": f"e-{second}", "createdAt": f"2024-01-01T00:00:0{second}.000Z"}
            assert here.post(decimal_json.dumps({**whole, "message": message})).status_code == 200
            assert kept(here, store.id)["name"] == "Newest"


def cat_07(make):
    with make() as here:
        for step in (here.twin.platform.enable_store, here.twin.platform.disable_store) * 2:
            step(here.store)
            here.idle()
        here.twin.platform.enable_store(here.store)
        here.idle()
        assert kept(here, here.store) == true(here, here.store)


# EVT-12 needs a process to kill: see test_client_vouchers_restart.
PROBES = {
    "VTK-01": vtk_01,
    "VTK-02": vtk_02,
    "VTK-03": vtk_03,
    "VTK-04": vtk_04,
    "VTK-05": vtk_05,
    "VTK-06": vtk_06,
    "VTK-07": vtk_07,
    "VTK-08": vtk_08,
    "EVT-01": evt_01,
    "EVT-02": evt_02,
    "EVT-03": evt_03,
    "EVT-04": evt_04,
    "EVT-05": evt_05,
    "EVT-06": evt_06,
    "EVT-07": evt_07,
    "EVT-08": evt_08,
    "EVT-09": evt_09,
    "EVT-10": evt_10,
    "EVT-11": evt_11,
    "CAT-01": cat_01,
    "CAT-02": cat_02,
    "CAT-03": cat_03,
    "CAT-04": cat_04,
    "CAT-05": cat_05,
    "CAT-06": cat_03,
    "CAT-07": cat_07,
    **MONEY,
}

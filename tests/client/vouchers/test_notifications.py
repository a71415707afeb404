"""Notifications that no scenario of EVT and CAT, judged in ``tests/mutants``, sends."""

import json
from decimal import Decimal

from simulators.exchanges.owners import ALL
from simulators.jackpot import wire
from tests.client.vouchers.running import place


def test_forged_key_and_price_are_not_believed(tmp_path):
    with place(tmp_path) as here:
        mine, yours = here.open(50), here.open(50, "p-2")
        voucher = mine.reserve()
        here.simulator.account.notify(
            "coupon/ready", voucher.id, notification_key=yours.key, price=Decimal(1)
        )
        here.idle()
        assert (mine["state"], mine["price"], yours["state"]) == ("READY", "27.00", "OPEN")
        assert (here.balance(), here.balance("p-2")) == (73, 50)


def broken(whole):
    """Bodies that are nearly ``whole``."""
    for name in ("event", "id", "createdAt", "message"):
        yield json.dumps({key: value for key, value in whole.items() if key != name}).encode()
        yield json.dumps({**whole, name: None}).encode()
        yield json.dumps({**whole, name: 7}).encode()
    for name in ("id", "state", "price", "value"):
        for value in (None, "", [], {}, True, "abc", -1, "NaN"):
            if not (name == "id" and value in ("abc", "NaN")):
                yield json.dumps({**whole, "message": {**whole["message"], name: value}}).encode()
    yield from (b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"event":1}')


def test_malformed_has_no_effect_and_is_not_acknowledged(tmp_path):
    with place(tmp_path) as here:
        session = here.open(50)
        here.simulator.queue.hold(ALL)
        session.reserve()
        event = here.coupons[0].event
        whole = json.loads(wire.encode(event))
        for body in broken(whole):
            answer = here.post(body)
            assert answer.status_code == 400, body
        assert here.post(wire.encode(event), "text/plain").status_code == 400
        assert here.post(b"x" * 1_000_000).status_code == 413
        assert (session["state"], here.balance()) == ("OPEN", 50)
        # None of them used the genuine event's id up.
        assert here.notify(event).status_code == 200
        here.sent()
        assert session["state"] == "READY"


def test_catalogue_can_be_fetched_whole(tmp_path):
    with place(tmp_path) as here:
        offered = sum(listing.enabled for listing in here.simulator.account.listings)
        assert here.ask("POST", "/stores/refresh").json() == {"stores": offered}

"""The proofs of part B that are about money: VCH. See tests.client.vouchers.proofs."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import requests

from simulators.jackpot.account import Habits
from simulators.jackpot.lifecycle import Event
from tests.client.vouchers.running import until

SOON = 4.0


def refunded(here):
    session = here.open(50)
    voucher = session.buy()
    here.happen(voucher.id, Event.ASK_REFUND)
    here.happen(voucher.id, Event.REFUND)
    assert here.balance() == 100
    return here.coupons[-1].event


def vch_01(make):
    with make() as here:
        session = here.open(50)
        session.buy()
        assert (session["state"], here.balance()) == ("READY", 73)
        assert requests.get(session["url"], timeout=10).content.startswith(b"%PDF")


def vch_02(make):
    with make(jackpot_confirmation="automatic") as here:
        session = here.open(50)
        voucher = session.buy()
        here.happen(voucher.id, Event.CANCEL)
        here.twin.platform.notify("coupon/canceled", voucher.id)
        here.idle()
        assert here.balance() == 100


def vch_03(make):
    with make() as here:
        refunded(here)
        here.twin.platform.notify("coupon/refunded", here.twin.platform.vouchers[-1].id)
        here.idle()
        assert here.balance() == 100
        voucher = here.open(50).buy()
        here.happen(voucher.id, Event.ASK_REFUND)
        here.happen(voucher.id, Event.REJECT_REFUND)
        assert here.balance() == 73


def vch_04(make):
    with make() as here:
        session = here.open(50)
        here.twin.queue.hold()
        voucher = session.reserve()
        event = here.coupons[0].event
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(here.notify, [event] * 8))
        here.notify(event)
        assert len(here.twin.confirm_requests(voucher.id)) == 1
        here.twin.queue.resume()
        dear, before = here.open(26), here.confirms()
        dear.reserve(30, limit=Decimal(100))
        platform = here.twin.platform
        stranger = platform.reservation(Decimal(50), value=Decimal(30), notification_key="of-nobody")
        platform.reserve(here.store, stranger)
        here.idle()
        assert here.confirms() == before


def vch_05(make):
    with make(habits=Habits(confirmation="automatic"), jackpot_confirmation="automatic") as here:
        session = here.open(50)
        # In order, since what comes last may be worked on after everything was delivered.
        here.twin.queue.hold()
        session.reserve()
        for each in here.coupons:
            here.twin.queue.again(each.id)
        assert (session["state"], here.confirms()) == ("READY", 0)


def vch_07(make):
    with make() as here:
        session = here.open(50)
        voucher = session.buy()
        assert session["url"]
        here.twin.platform.expire_signed_url(voucher.id)
        assert requests.get(session["url"], timeout=10).status_code == 200


def vch_08(make):
    with make() as here, ThreadPoolExecutor(10) as pool:
        asked = {"user_id": "p-1", "amount": 60}
        sessions = [pool.submit(here.ask, "POST", "/vouchers/session", asked) for _ in range(5)]
        bets = [pool.submit(here.bet, 60) for _ in range(5)]
        taken = sum(each.result().status_code == 200 for each in sessions)
        taken += sum(each.result() is None for each in bets)
        assert taken == 1
        assert here.balance() == 40


def vch_09(make):
    with make() as here:
        unused, used = here.open(40), here.open(30)
        used.buy()
        later = used.claims().iat + 3700
        for _ in range(2):
            here.ask("POST", "/vouchers/sweep", {"now": later})
        assert here.balance() == 73
        assert unused["state"] == "EXPIRED"


def vch_10(make):
    with make() as here:
        session = here.open(50)
        session.buy()
        for each in here.coupons:
            here.twin.queue.again(each.id)
        assert here.balance() == 73
        assert Decimal(session["held"]) + Decimal(session["spent"]) == 27


def vch_11(make):
    for handled, status in ((True, 500), (False, 500), (False, 409)):
        with make() as here:
            session = here.open(50)
            here.twin.disturb("confirm", 1, answer=(status, b"{}", "application/json"), handled=handled)
            session.reserve()
            until(lambda session=session: session["state"] == "READY", SOON)
            assert here.balance() == 73
            assert here.confirms() == (1 if handled else 2)


MONEY = {
    "VCH-01": vch_01,
    "VCH-02": vch_02,
    "VCH-03": vch_03,
    "VCH-04": vch_04,
    "VCH-05": vch_05,
    "VCH-07": vch_07,
    "VCH-08": vch_08,
    "VCH-09": vch_09,
    "VCH-10": vch_10,
    "VCH-11": vch_11,
    # No browser brings the answer to these reservations: the webhook alone completes the purchase.
    "VCH-06": vch_01,
}

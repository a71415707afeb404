"""Conversions of the reference CLIENT against the fake Jackpot: held, paid, returned, each once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import requests
import sqlalchemy as sa
from click.testing import CliRunner

from client_under_test.cli import client as command
from client_under_test.schema import conversions, movements
from simulators.jackpot.account import Habits
from simulators.jackpot.lifecycle import VoucherEvent
from tests.client.vouchers.running import place, until


def test_reserve_confirm_ready(tmp_path):
    with place(tmp_path) as here:
        session = here.open("50")
        assert here.balance() == 50
        voucher = session.buy(30)
        assert (session["state"], session["price"], session["spent"]) == ("READY", "27.00", "27.00")
        assert here.balance() == 73
        assert here.confirms() == 1
        assert session["voucher_id"] == voucher.id
        assert here.sound()


def test_a_voucher_that_costs_more_than_it_is_worth_is_paid_by_its_price(tmp_path):
    with place(tmp_path) as here:
        span = {"voucherValueMin": 20, "voucherValueMax": 500, "discountRate": Decimal("-36.36")}
        here.simulator.account.update_store(here.store, {"discounts": [span]})
        session = here.open(100)
        session.buy(50)
        assert (session["state"], session["price"], session["spent"]) == ("READY", "68.18", "68.18")
        assert here.balance() == Decimal("31.82")
        assert here.sound()


def test_cancel_returns_the_hold(tmp_path):
    with place(tmp_path, jackpot_confirmation="automatic") as here:
        session = here.open(50)
        voucher = session.buy()
        assert (session["state"], session["held"], here.balance()) == ("RESERVED", "50.00", 50)
        here.happen(voucher.id, VoucherEvent.CANCEL)
        assert (session["state"], session["held"], here.balance()) == ("CANCELED", "0.00", 100)
        assert here.sound()


def test_expiry_returns_the_hold(tmp_path):
    with place(tmp_path, jackpot_confirmation="automatic") as here:
        session = here.open(50)
        voucher = session.buy()
        here.simulator.account.expire_reservation(voucher.id)
        here.idle()
        assert (session["state"], here.balance()) == ("CANCELED", 100)


def test_refund_returns_the_price_once(tmp_path):
    with place(tmp_path) as here:
        session = here.open(50)
        voucher = session.buy()
        here.happen(voucher.id, VoucherEvent.ASK_REFUND)
        assert here.balance() == 73
        here.happen(voucher.id, VoucherEvent.REFUND)
        assert (session["state"], session["spent"], here.balance()) == ("REFUNDED", "0.00", 100)
        for delivery in here.simulator.queue.deliveries:
            here.simulator.queue.again(delivery.id)
        here.simulator.account.notify("coupon/refunded", voucher.id)
        here.idle()
        assert here.balance() == 100
        assert here.sound()


def test_rejected_refund_returns_nothing(tmp_path):
    with place(tmp_path, habits=Habits(refunds="reject")) as here:
        session = here.open(50)
        here.happen(session.buy().id, VoucherEvent.ASK_REFUND)
        assert (session["state"], here.balance()) == ("REFUND_REJECTED", 73)


def test_automatic_mode_never_confirms(tmp_path):
    habits = Habits(confirmation="automatic")
    with place(tmp_path, habits=habits, jackpot_confirmation="automatic") as here:
        session = here.open(50)
        session.buy()
        assert (session["state"], here.balance(), here.confirms()) == ("READY", 73, 0)


def test_price_over_the_hold_is_canceled_not_confirmed(tmp_path):
    with place(tmp_path) as here:
        session = here.open(26)
        session.reserve(30, limit=Decimal(100))
        here.idle()
        assert (session["state"], here.balance(), here.confirms()) == ("CANCELED", 100, 0)


def test_price_over_the_hold_confirmed_elsewhere_is_refunded(tmp_path):
    habits = Habits(confirmation="automatic", refunds="accept")
    with place(tmp_path, habits=habits, jackpot_confirmation="automatic") as here:
        session = here.open(26)
        session.reserve(30, limit=Decimal(100))
        here.idle()
        assert (session["state"], here.balance()) == ("REFUNDED", 100)
        assert here.sound()


def test_voucher_of_nobody_is_not_confirmed(tmp_path):
    with place(tmp_path) as here:
        account = here.simulator.account
        asked = account.reservation(Decimal(50), value=Decimal(30), notification_key="of-nobody")
        voucher = account.reserve(here.store, asked)
        here.idle()
        assert here.confirms() == 0
        assert account.voucher(voucher.id).state == "RESERVED"


def test_second_voucher_of_one_session_is_not_confirmed(tmp_path):
    with place(tmp_path) as here:
        session = here.open(60)
        first = session.buy(30)
        second = session.buy(30)
        assert (session["voucher_id"], here.balance(), here.confirms()) == (first.id, 73, 1)
        assert here.simulator.account.voucher(second.id).state == "RESERVED"


def test_signed_url_is_kept_while_it_opens_and_then_renewed(tmp_path):
    with place(tmp_path) as here:
        session = here.open(50)
        voucher = session.buy()
        first = session["url"]
        assert session["url"] == first
        assert here.simulator.requests("signedurl") == []
        here.simulator.account.expire_signed_url(voucher.id)
        second = session["url"]
        assert second != first
        assert len(here.simulator.requests("signedurl")) == 1
        assert requests.get(second, timeout=60).content.startswith(b"%PDF")
        here.clock.ahead = 3700
        assert session["url"]
        assert len(here.simulator.requests("signedurl")) == 2


def test_unused_session_gives_its_money_back_after_its_hour(tmp_path):
    with place(tmp_path) as here:
        session, used = here.open(50), here.open(30)
        used.buy(30)
        ends = session.claims().iat + 3600
        assert here.ask("POST", "/vouchers/sweep", {"now": ends - 1}).json() == {"released": []}
        assert here.ask("POST", "/vouchers/sweep", {"now": ends + 5}).json() == {"released": [session.key]}
        assert here.ask("POST", "/vouchers/sweep", {"now": ends + 5}).json() == {"released": []}
        assert (session["state"], session["held"], here.balance()) == ("EXPIRED", "0.00", 73)
        assert here.ask("POST", "/vouchers/sweep").json() == {"released": []}
        assert here.sound()


def test_unused_session_is_swept_by_itself(tmp_path):
    with place(tmp_path) as here:
        session = here.open(50)
        here.clock.ahead = 3600 + 301
        until(lambda: session["state"] == "EXPIRED")
        assert here.balance() == 100


def test_reservation_heard_of_late_is_paid_where_the_balance_covers_it(tmp_path):
    with place(tmp_path) as here:
        session = here.open(50)
        here.ask("POST", "/vouchers/sweep", {"now": session.claims().iat + 3600})
        assert here.balance() == 100
        session.buy()
        assert (session["state"], here.balance()) == ("READY", 73)
        poor = here.open(60)
        here.ask("POST", "/vouchers/sweep", {"now": poor.claims().iat + 3600})
        assert here.bet(70) is None
        poor.buy()
        assert (poor["state"], here.balance()) == ("CANCELED", 3)
        assert here.confirms() == 1
        assert here.sound()


def test_late_reservation_canceled_returns_its_second_hold(tmp_path):
    with place(tmp_path, jackpot_confirmation="automatic") as here:
        session = here.open(27)
        here.ask("POST", "/vouchers/sweep", {"now": session.claims().iat + 3600})
        voucher = session.buy()
        assert (session["held"], here.balance()) == ("27.00", 73)
        here.happen(voucher.id, VoucherEvent.CANCEL)
        assert (session["held"], here.balance()) == ("0.00", 100)
        assert here.sound()


@pytest.mark.parametrize(
    "answer", [(500, b"no", "text/plain"), (409, b'{"error": "NO"}', "application/json")]
)
@pytest.mark.parametrize("handled", [True, False])
def test_confirm_that_failed_is_resolved(tmp_path, answer, handled):
    with place(tmp_path) as here:
        session = here.open(50)
        here.simulator.disturb("confirm", 2, answer=answer, handled=handled)
        session.buy()
        until(lambda: session["state"] == "READY")
        assert here.balance() == 73
        # Done already: asked no second time. Not done: only then tried again.
        assert here.confirms() == (1 if handled else 3)
        assert here.sound()


def test_confirm_whose_answer_is_lost_is_resolved(tmp_path):
    with place(tmp_path, jackpot_timeout=1.5) as here:
        session = here.open(50)
        here.simulator.disturb("confirm", lost=True)
        session.buy()
        until(lambda: session["state"] == "READY")
        assert (here.balance(), here.confirms()) == (73, 1)


def test_slow_confirm_is_acknowledged_in_time_and_resolved(tmp_path):
    with place(tmp_path, jackpot_timeout=1.0, acknowledge_within=0.2) as here:
        session = here.open(50)
        here.simulator.disturb("confirm", delay_seconds=2.0, handled=True, answer=(504, b"", "text/plain"))
        session.buy()
        assert here.simulator.queue.deliveries[-1].standing == "acknowledged"
        until(lambda: session["state"] == "READY")
        assert (here.balance(), here.confirms()) == (73, 1)


def test_provider_that_cannot_be_asked_is_asked_later(tmp_path):
    with place(tmp_path, acknowledge_within=0.1) as here:
        session = here.open(50)
        here.simulator.disturb("voucher", 2, answer=(500, b"", "text/plain"))
        session.buy()
        assert all(len(each.attempts) == 1 for each in here.coupons)
        until(lambda: session["state"] == "READY")
        assert (here.balance(), here.confirms()) == (73, 1)


def test_revoked_server_token_is_replaced(tmp_path):
    with place(tmp_path) as here:
        here.open(30).buy()
        assert len(here.simulator.requests("token")) == 1
        here.simulator.revoke_server_tokens()
        second = here.open(30)
        second.buy()
        assert (second["state"], len(here.simulator.requests("token"))) == ("READY", 2)


def test_lost_cancel_event_is_found_out(tmp_path):
    with place(tmp_path, jackpot_confirmation="automatic", habits=Habits(reservation_seconds=600)) as here:
        session = here.open(50)
        voucher = session.buy()
        here.simulator.endpoint.url = None
        here.happen(voucher.id, VoucherEvent.CANCEL)
        here.clock.ahead = 600 + 301
        until(lambda: session["state"] == "CANCELED")
        assert here.balance() == 100


def test_audit_finds_what_differs_from_the_movements(tmp_path):
    with place(tmp_path) as here:
        session = here.open(50)
        session.buy()
        database = here.app.extensions["database"]
        with database.write() as connection:
            connection.execute(sa.update(conversions).values(spent=1))
        assert not here.sound()
    ran = CliRunner().invoke(command, ["--recompute", "--database", str(tmp_path / "client.sqlite")])
    assert ran.exit_code == 1
    assert f"conversion {session.key}: what is held or spent differs" in ran.output


def test_database_itself_refuses_money_made_or_moved_twice(tmp_path):
    with place(tmp_path) as here:
        here.open(50)
        database = here.app.extensions["database"]
        made = {"conversion_id": 1, "kind": "MADE", "balance": 1, "held": 0, "spent": 0}
        twice = {"conversion_id": 1, "kind": "HOLD", "balance": -1, "held": 1, "spent": 0}
        for values in (made, twice):
            with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
                connection.execute(sa.insert(movements).values(at=datetime.now(UTC), **values))


def test_bets_race_conversions_for_the_same_money(tmp_path):
    with place(tmp_path) as here, ThreadPoolExecutor(8) as pool:
        bets = [pool.submit(here.bet, 20) for _ in range(5)]
        sessions = [
            pool.submit(here.ask, "POST", "/vouchers/session", {"user_id": "p-1", "amount": 20})
            for _ in range(5)
        ]
        accepted = sum(bet.result() is None for bet in bets)
        accepted += sum(session.result().status_code == 200 for session in sessions)
        assert accepted == 5
        assert here.balance() == 0
        assert here.sound()

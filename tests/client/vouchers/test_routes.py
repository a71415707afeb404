"""Conversions of the reference CLIENT against the fake Jackpot: what VCH, judged in ``tests/mutants``, leaves open."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from client_under_test.cli import client as command
from client_under_test.schema import conversions, movements
from simulators.exchanges.owners import ALL
from simulators.jackpot.account import Habits
from simulators.jackpot.lifecycle import VoucherEvent
from tests.client.vouchers.running import place, until


def test_a_voucher_that_costs_more_than_it_is_worth_is_paid_by_its_price(tmp_path):
    with place(tmp_path) as here:
        span = {"voucherValueMin": 20, "voucherValueMax": 500, "discountRate": Decimal("-36.36")}
        here.simulator.account.update_store(here.store, {"discounts": [span]})
        session = here.open(100)
        session.buy(50)
        assert (session["state"], session["price"], session["spent"]) == ("READY", "68.18", "68.18")
        assert here.balance() == Decimal("31.82")
        assert here.sound()


def test_price_over_the_hold_confirmed_elsewhere_is_refunded(tmp_path):
    habits = Habits(confirmation="automatic", refunds="accept")
    with place(tmp_path, habits=habits, jackpot_confirmation="automatic") as here:
        session = here.open(26)
        session.reserve(30, limit=Decimal(100))
        here.idle()
        assert (session["state"], here.balance()) == ("REFUNDED", 100)
        assert here.sound()


def test_second_voucher_of_one_session_is_not_confirmed(tmp_path):
    with place(tmp_path) as here:
        session = here.open(60)
        first = session.buy(30)
        second = session.buy(30)
        assert (session["voucher_id"], here.balance(), here.confirms()) == (first.id, 73, 1)
        assert here.simulator.account.voucher(second.id).state == "RESERVED"


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


def test_provider_that_cannot_be_asked_is_asked_later(tmp_path):
    with place(tmp_path, acknowledge_within=0.1) as here:
        session = here.open(50)
        here.simulator.disturb("voucher", 2, answer=(500, b"", "text/plain"), about=ALL)
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

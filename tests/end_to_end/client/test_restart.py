"""Conversions over kills and on PostgreSQL: what was acknowledged is done by the next process, once."""

import os
import signal
from decimal import Decimal

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from client_under_test.config import Config
from client_under_test.database import Database
from client_under_test.vouchers.conversions import Conversions
from client_under_test.wallet.accounts import Accounts
from simulators.exchanges.owners import ALL
from simulators.jackpot.account import Habits
from simulators.jackpot.lifecycle import LIFECYCLE, VoucherEvent
from tests.client.vouchers.running import AGREEMENT, Place, Slept, cheap_store, jackpot, place, until
from tests.end_to_end.client import test_server as processes


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request, tmp_path):
    if request.param == "sqlite":
        return str(tmp_path / "client.sqlite"), ()
    return request.getfixturevalue("postgres_url"), ("--processes", "2")


class Killable:
    """A CLIENT in processes of its own, which can be killed and started again."""

    def __init__(self, simulator, where, monkeypatch):
        secrets = {
            "JACKPOT_API_KEY": AGREEMENT.api_key,
            "JACKPOT_CLIENT_SECRET": AGREEMENT.client_secret,
            "JACKPOT_API_SIGNATURE": AGREEMENT.api_signature,
        }
        monkeypatch.setattr(processes, "ENVIRONMENT", {**os.environ, **secrets})
        self.database, options = where
        self.options = (*options, "--jackpot", simulator.account.public_url, "--jackpot-client-id", "acme")
        self.simulator, self.store = simulator, cheap_store(simulator)
        self.start()

    def start(self):
        self.served = processes.Served(self.database, *self.options)
        self.simulator.set_notification_url(f"{self.served.address}/jackpot/notifications")
        self.place = Place(self.simulator, self.served.address, None, Slept(), self.store)

    def again(self, session):
        self.served.end(signal.SIGKILL)
        self.start()
        session.place = self.place

    def sound(self):
        books = Database(self.database)
        wrong = [*Accounts(books).recompute(), *Conversions(books, Config()).recompute()]
        books.close()
        return wrong == []


def test_acknowledged_event_survives_a_kill(where, monkeypatch):
    with jackpot() as simulator:
        client = Killable(simulator, where, monkeypatch)
        session = client.place.open(50)
        simulator.disturb("voucher", None, answer=(500, b"", "text/plain"), about=ALL)
        session.buy()
        assert {each.standing for each in client.place.coupons} == {"acknowledged"}
        assert session["state"] == "OPEN"
        client.again(session)
        simulator.calm(ALL)
        until(lambda: session["state"] == "READY")
        assert (client.place.balance(), client.place.confirms()) == (73, 1)
        client.served.end()
        assert client.sound()


def test_kill_during_the_confirmation_confirms_once(where, monkeypatch):
    with jackpot() as simulator:
        client = Killable(simulator, where, monkeypatch)
        session = client.place.open(50)
        simulator.disturb("confirm", lost=True, about=ALL)
        session.reserve()
        until(lambda: client.place.confirms() == 1)
        client.again(session)
        until(lambda: session["state"] == "READY")
        assert (client.place.balance(), client.place.confirms()) == (73, 1)
        client.served.end()
        assert client.sound()


def test_another_process_takes_over(where, monkeypatch):
    # The second one serves the same books; when the first dies, the second one works.
    with jackpot() as simulator:
        client = Killable(simulator, where, monkeypatch)
        session = client.place.open(50)
        first = client.served
        client.start()
        session.place = client.place
        first.end(signal.SIGKILL)
        session.buy()
        until(lambda: session["state"] == "READY")
        assert (client.place.balance(), client.place.confirms()) == (73, 1)
        client.served.end()


def test_whole_life_on_postgresql(postgres_url):
    with place(postgres_url, habits=Habits(refunds="accept")) as here:
        kept, returned, unused = (here.open(30) for _ in range(3))
        kept.buy()
        here.happen(returned.buy().id, VoucherEvent.ASK_REFUND)
        here.ask("POST", "/vouchers/sweep", {"now": unused.claims().iat + 3600})
        assert [each["state"] for each in (kept, returned, unused)] == ["READY", "REFUNDED", "EXPIRED"]
        assert (here.balance(), here.confirms()) == (73, 2)
        here.simulator.account.notify_store("store/enabled", here.store)
        here.idle()
        assert here.ask("GET", f"/stores/{here.store}").status_code == 200
        assert here.sound()


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    habits = Habits(ready_seconds=None)
    folder = tmp_path_factory.mktemp("generated")
    with place(folder, habits=habits, jackpot_confirmation="automatic", balance=Decimal(1_000_000)) as here:
        yield here


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_story_in_any_order_keeps_the_sum(generated, data):
    here = generated
    before, queue = here.balance(), here.simulator.queue
    session = here.open(50)
    queue.hold(ALL)
    first = len(here.coupons)
    voucher = session.reserve()
    while moves := sorted(LIFECYCLE.transitions[voucher.state]):
        move = data.draw(st.sampled_from([None, *moves]))
        if move is None:
            break
        voucher = here.simulator.account.happen(voucher.id, move)
    reported = [each.id for each in here.coupons[first:]]
    copies = data.draw(st.lists(st.sampled_from(reported), max_size=4))
    for number in data.draw(st.permutations(reported + copies)):
        queue.again(number)
    paid = voucher.state in ("CONFIRMED", "READY", "REFUNDING", "REFUND_REJECTED")
    held = 50 if voucher.state == "RESERVED" else 0
    # REFUNDING raises no event: only the events before it were heard of.
    assert session["state"] == voucher.state
    assert before - here.balance() == held + (27 if paid else 0)
    assert here.sound()
    queue.resume(ALL)
    here.idle()

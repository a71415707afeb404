"""Conversions of the reference CLIENT against the fake Jackpot: held, paid, returned, each once."""

from decimal import Decimal

from simulators.jackpot.lifecycle import Event
from simulators.jackpot.platform import Habits
from tests.voucher_house import place


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

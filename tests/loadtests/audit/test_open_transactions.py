"""What became of a bet that heard no answer, where a provider has the rollback of what is unknown refused."""

import json
from urllib.parse import parse_qs

import pytest

from loadtests.audit.open_transactions import resolve, why_open
from loadtests.traffic.callbacks import Callbacks
from loadtests.traffic.driving import drive
from loadtests.traffic.ledger import Ledger
from loadtests.traffic.operation import BET
from loadtests.traffic.player_script import Seen, Send
from scenarios.dialects.file import read_dialect
from simulators.dialects import SHIPPED

CALLBACKS = Callbacks(read_dialect(SHIPPED["blueocean"]), "salt", "EUR")


@pytest.mark.parametrize(
    ("answers", "moved"),
    [
        # It had not arrived when it was rolled back first: what it did since is undone.
        (["404", "200", "200"], {0}),
        # A CLIENT that remembers the first rollback answers the second as it did the first.
        (["404", "200", "404"], {-500}),
        (["200"], {0}),
    ],
)
def test_a_bet_that_comes_after_its_refused_rollback_is_rolled_back_once_more(answers, moved):
    ledger = Ledger.of(["p-1"], CALLBACKS)
    ledger.set_opening(0, 1000)
    send = Send.of(CALLBACKS.write(BET, "b-1", "p-1", 500), "bet")
    bet, actions = ledger.begin(0, BET, 500, "b-1", send), []

    def carry(sends):
        actions.extend(parse_qs(each.path.partition("?")[2])["action"][0] for each in sends)
        return [Seen(200, json.dumps({"status": answers[len(actions) - 1], "balance": "1"}).encode(), 0.0)]

    assert drive(resolve(ledger, bet, CALLBACKS), carry)
    assert actions == ["rollback", "debit", "rollback"][: len(answers)]
    assert bet.options() == moved
    assert ledger.breach_count == {}
    ledger.close()


def test_a_conversion_without_an_end_is_not_called_a_transaction_without_an_answer():
    ledger = Ledger.of(["p-1"], CALLBACKS)
    sent = Send.of(CALLBACKS.write(BET, "b-1", "p-1", 500), "bet")
    said = [why_open(ledger.begin(0, BET, 500, "b-1", request)) for request in (None, sent)]
    assert [each.split()[0] for each in said] == ["conversions", "transactions"]
    ledger.close()

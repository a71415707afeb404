"""Where each result names a bet, a player's results name one that was placed before the first."""

import json

import pytest

from loadtests.audit.open_transactions import fund
from loadtests.traffic.callbacks import Callbacks
from loadtests.traffic.driving import drive
from loadtests.traffic.ledger import Ledger
from loadtests.traffic.player_script import Seen
from scenarios.dialects.file import read_dialect
from simulators.dialects import SHIPPED
from simulators.operator.dialect import SPORTSBOOK

HUB88 = read_dialect(SHIPPED["hub88"])
SECRET, _ = HUB88.signer.new_secrets()


@pytest.fixture
def ledger():
    ledger = Ledger(["p-1"], "EUR", 2)
    ledger.set_opening(0, 0)
    yield ledger
    ledger.close()


def sent(ledger, callbacks, answers):
    """What is sent to fund the first player twice; answers are taken as they come, then the last again."""
    bodies, answers = [], [*answers]

    def carry(sends):
        bodies.extend(json.loads(send.body) for send in sends)
        status = answers.pop(0) if len(answers) > 1 else answers[0]
        return [Seen(200 if status else 0, json.dumps({"status": status}).encode(), 0.0) for _ in sends]

    for units in (500, 700):
        drive(fund(ledger, 0, units, callbacks), carry)
    return bodies


def test_one_bet_of_nothing_is_placed_first_and_sent_again_until_it_is_answered(ledger):
    lost, again, first, second = sent(ledger, Callbacks(HUB88, SECRET, "EUR"), [None, "RS_OK"])
    assert lost == again
    assert lost["amount"] == 0
    assert [each["reference_transaction_uuid"] for each in (first, second)] == [lost["transaction_uuid"]] * 2
    assert ledger.moved(0) == 1200


def test_the_documents_results_name_none(ledger):
    first, *_ = sent(ledger, Callbacks(SPORTSBOOK, "secret", "EUR"), ["x"])
    assert first["action"] == "result"

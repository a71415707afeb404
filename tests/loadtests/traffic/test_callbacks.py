"""What load traffic writes and reads is the dialect's; its own ids and its checked sizes."""

import uuid
from decimal import Decimal

import pytest

from loadtests.traffic.callbacks import NOTHING, Callbacks
from loadtests.traffic.mix import Rates
from scenarios.problems.errors import UsageProblem
from simulators.operator.dialect import HASH_HEADER, SPORTSBOOK, Sportsbook
from simulators.wallet.transactions import Kind, Transaction
from tests.support.sportsbook_messages import parse, signed

SECRET = "hash-secret"


def test_callbacks_are_the_dialects_with_amounts_in_the_currencys_units():
    callbacks = Callbacks(Sportsbook("string"), SECRET, "KWD")
    undo = callbacks.write(Kind.ROLLBACK, "t-2", "p-1", 10_500, "t-1")
    assert undo.path == "/transaction-rollback"
    assert parse(undo.body) == Transaction(Kind.ROLLBACK, "t-2", "p-1", "KWD", Decimal("10.5"), of="t-1")
    assert undo.headers["Content-Type"] == "application/json"
    assert signed(undo.body, undo.headers[HASH_HEADER], SECRET)
    forged = callbacks.write(Kind.RESULT, "t-3", "p-1", 1, forged=True)
    assert not signed(forged.body, forged.headers[HASH_HEADER], SECRET)


def test_no_answer_means_nothing():
    callbacks = Callbacks(SPORTSBOOK, SECRET, "EUR")
    assert callbacks.read(0, b"") is NOTHING
    assert callbacks.read(200, b'{"error":null,"transaction_id":"c"}').client_id == "c"


def test_provider_ids_are_uuids_that_never_repeat():
    makers = [Callbacks(SPORTSBOOK, SECRET, "EUR").new_id for _ in range(3)]
    ids = [make() for make in makers for _ in range(5000)]
    assert len(set(ids)) == len(ids)
    assert all(str(uuid.UUID(each)) == each and uuid.UUID(each).version == 4 for each in ids)


@pytest.mark.parametrize(
    "wrong",
    [
        {"copies": 1.5},
        {"cuts": -0.1},
        {"races": float("nan")},
        {"wins": 0.9, "voids": 0.2},
        {"race_width": 1},
        {"pause": -1.0},
        {"pause": float("inf")},
        {"least_stake": 0},
        {"least_stake": 200, "most_stake": 100},
    ],
)
def test_sizes_that_cannot_be_are_refused_in_three_beats(wrong):
    with pytest.raises(UsageProblem) as refused:
        Rates(**wrong)
    assert refused.value.came.startswith("--")
    assert refused.value.expected
    assert refused.value.next_step

"""Rounds without a transport: every disturbance against a wallet in memory that is right, or wrong in one way."""

import json
import uuid
from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from loadtests.traffic.callbacks import Callbacks
from loadtests.traffic.driving import drive
from loadtests.traffic.ledger import Ledger
from loadtests.traffic.mix import Match, Rates, shares
from loadtests.traffic.operation import UNKNOWN
from loadtests.traffic.player_script import (
    AT_ONCE,
    COPY,
    FAULTY,
    FORGED,
    OVERTAKEN,
    TWO_VOIDS,
    PlayerScript,
    Seen,
    of_each,
)
from simulators.operator.dialect import HASH_HEADER, SPORTSBOOK
from simulators.values import money
from tests.support.sportsbook_messages import parse, signed

SECRET, OPENING = "hash-secret", 10_000
BUSY = Rates(copies=0.3, races=0.2, orphans=0.3, late_bets=0.7, cuts=0.2, forgeries=0.2, voids=0.2)
QUIET = Rates(**dict.fromkeys(shares(Rates()), 0))


class Wallet:
    """A CLIENT as the contract wants it, in minor units; subclasses break it. ``deaf`` requests are not answered."""

    def __init__(self, opening=OPENING):
        self.balance = opening
        self.answers = {}
        self.applied = {}
        self.rolled_back = set()
        self.names = Counter()
        self.deaf = 0

    def handle(self, send):
        if not signed(send.body, send.headers[HASH_HEADER], SECRET):
            return self.forged(parse(send.body))
        message = parse(send.body)
        if message.id in self.answers:
            return self.copy(message)
        answer = self.answers[message.id] = self.apply(message)
        return answer

    def forged(self, message):
        return {"error": "BAD_HASH"}

    def copy(self, message):
        return self.answers[message.id]

    def apply(self, message):
        amount = money.to_minor(message.amount, message.currency)
        if message.kind == "rollback":
            self.rolled_back.add(message.of)
            self.balance -= self.applied.pop(message.of, 0)
        elif message.id in self.rolled_back:
            pass
        elif message.kind == "bet" and amount > self.balance:
            return {"error": "INSUFFICIENT_FUNDS"}
        else:
            effect = -amount if message.kind == "bet" else amount
            self.applied[message.id] = effect
            self.balance += effect
        return {"error": None, "transaction_id": f"c-{message.id}"}


class PaysCopies(Wallet):
    def copy(self, message):
        if message.kind == "result":
            self.balance += money.to_minor(message.amount, message.currency)
        return super().copy(message)


class NewIds(Wallet):
    def copy(self, message):
        return {"error": None, "transaction_id": f"again-{uuid.uuid4()}"}


class TakesForgeries(Wallet):
    def forged(self, message):
        return self.apply(message)


class PaysOrphans(Wallet):
    def apply(self, message):
        if message.kind == "rollback" and message.of not in self.applied:
            self.balance += money.to_minor(message.amount, message.currency)
        return super().apply(message)


class TakesLateBets(Wallet):
    def apply(self, message):
        self.rolled_back.clear()
        return super().apply(message)


class PaysSecondRollbacks(Wallet):
    def apply(self, message):
        if message.kind == "rollback" and message.of in self.rolled_back:
            self.balance += money.to_minor(message.amount, message.currency)
        return super().apply(message)


class KeepsVoidedBets(Wallet):
    def apply(self, message):
        self.applied.clear()
        return super().apply(message)


class RefusesWins(Wallet):
    def apply(self, message):
        if message.kind == "result" and message.amount > 0:
            return {"error": "NO"}
        return super().apply(message)


LEDGERS = []


@pytest.fixture(autouse=True)
def _ledgers_are_closed():
    yield
    while LEDGERS:
        LEDGERS.pop().close()


def new_ledger():
    LEDGERS.append(Ledger(["p-1"], "EUR", 2))
    return LEDGERS[-1]


def callbacks():
    return Callbacks(SPORTSBOOK, SECRET, "EUR")


def rounds(ledger, rates, seed=1, kinds=None):
    """One round after the other until the gate is closed."""
    player = PlayerScript.of(0, ledger, rates, Random(seed), callbacks(), set() if kinds is None else kinds)
    while ledger.gate_open:
        yield from player.round()


def play(wallet, rates, *, rounds_played, seed=1, deaf=lambda _: False, kinds=None):
    """Play with ``wallet`` until so many rounds began; return the ledger and all requests with what was seen."""
    ledger, seen_all, began = new_ledger(), [], 0
    ledger.set_opening(0, OPENING)

    def carry(sends):
        nonlocal began
        began += sends[0].name in ("bet", AT_ONCE, FAULTY)
        if began >= rounds_played:
            ledger.close_gate()
        seen = []
        for send in sends:
            wallet.names[send.name] += 1
            answer = wallet.handle(send)
            if send.faults or deaf(send):
                seen.append(Seen(0, b"", 0.001, None if send.faults else "no answer within 5 s"))
            else:
                seen.append(Seen(200, json.dumps(answer).encode(), 0.001))
        return seen

    drive(rounds(ledger, rates, seed, kinds), carry, of_each(lambda *sent: seen_all.append(sent)))
    return ledger, seen_all


def problems(seen_all):
    return {seen.problem for _, seen in seen_all if seen.problem}


@pytest.mark.parametrize("seed", range(3))
def test_the_ledger_knows_the_balance_of_a_right_wallet_whatever_was_disturbed(seed):
    wallet, kinds = Wallet(), set()
    ledger, seen_all = play(wallet, BUSY, rounds_played=400, seed=seed, kinds=kinds)
    assert kinds == set(shares(BUSY))
    assert problems(seen_all) == set()
    assert wallet.balance in ledger.acceptable(0, ledger.unsure().get(0, ()))
    rows = {
        "bet",
        "win",
        "loss",
        "void",
        "cash-out",
        "orphan",
        "late bet",
        TWO_VOIDS,
        OVERTAKEN,
        COPY,
        AT_ONCE,
        FAULTY,
        FORGED,
        "rollback",
    }
    assert rows <= set(wallet.names)


@pytest.mark.parametrize(
    ("kind", "heard"),
    [
        (PaysCopies, None),
        (NewIds, "IDM-01"),
        (TakesForgeries, "SIG-02"),
        (PaysOrphans, None),
        (TakesLateBets, None),
        (PaysSecondRollbacks, None),
        (KeepsVoidedBets, None),
        (RefusesWins, "RES-01"),
    ],
)
def test_a_wrong_wallet_is_off_or_told(kind, heard):
    wallet = kind()
    ledger, seen_all = play(wallet, BUSY, rounds_played=300)
    if heard is None:
        assert wallet.balance not in ledger.acceptable(0, ledger.unsure().get(0, ()))
    else:
        assert all(heard in where for where in (ledger.breach_count, " ".join(problems(seen_all))))


def test_the_amount_taken_by_forgeries_is_off_too():
    wallet = TakesForgeries()
    ledger, _ = play(wallet, BUSY, rounds_played=100)
    assert wallet.balance > OPENING + ledger.moved(0)


def test_a_bet_without_an_answer_is_rolled_back_not_repeated():
    lost = []

    def deaf(send):
        if send.name == "bet" and len(lost) < 1:
            lost.append(send)
        return send in lost

    wallet = Wallet()
    ledger, seen_all = play(wallet, QUIET, rounds_played=1, deaf=deaf)
    assert [send.name for send, _ in seen_all] == ["bet", "rollback"]
    bet, rollback = (parse(send.body) for send, _ in seen_all)
    assert rollback.of == bet.id
    assert rollback.amount == bet.amount
    assert wallet.balance == OPENING
    assert ledger.moved(0) == 0
    assert not ledger.unsure()


def test_a_result_without_an_answer_is_sent_again_after_growing_pauses():
    tried = []

    def deaf(send):
        if b"result" in send.body and send.body == (tried[0].body if tried else send.body):
            tried.append(send)
            return len(tried) <= 8
        return False

    wallet = Wallet()
    # The gate stays open beyond the copies, also where the player bets on meanwhile.
    ledger, _ = play(wallet, replace(QUIET, wins=1), rounds_played=3, deaf=deaf)
    first, *copies = tried
    assert first.name == "win"
    assert {(each.name, each.body) for each in copies} == {(COPY, first.body)}
    assert [each.wait for each in copies] == [0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 10.0, 10.0]
    assert wallet.balance == OPENING + ledger.moved(0)


@pytest.mark.parametrize("lost", [False, True])
def test_a_player_may_bet_on_while_a_result_is_at_work_unheard(lost):
    """Half of the time, then copies of the result, then what becomes of that bet; else copies come at once."""
    seen = set()
    for seed in range(30):
        wallet, unheard = Wallet(), {}

        def deaf(send, unheard=unheard):
            # The first result, and where ``lost`` the bet that follows it: then that is rolled back.
            kind = "result" if b'"result"' in send.body else send.name
            if kind == "result" or (lost and kind == "bet" and "result" in unheard):
                return unheard.setdefault(kind, send) is send
            return False

        ledger, seen_all = play(wallet, replace(QUIET, wins=1), rounds_played=4, seed=seed, deaf=deaf)
        names = [send.name for send, _ in seen_all]
        seen.add(tuple(names[: names.index(COPY) + 1]))
        assert problems(seen_all) == {"no answer within 5 s"}
        assert wallet.balance == OPENING + ledger.moved(0)
        assert not ledger.unsure()
    between = ("bet", "rollback") if lost else ("bet",)
    assert seen == {("bet", "win", COPY), ("bet", "win", *between, COPY)}


def test_with_the_gate_closed_an_unanswered_result_stays_open():
    ledger = new_ledger()
    sure = replace(QUIET, wins=1)
    generator = rounds(ledger, sure, 2)
    next(generator)
    (win,) = generator.send([Seen(200, b'{"error":null,"transaction_id":"1"}', 0.1)])
    ledger.close_gate()
    with pytest.raises(StopIteration):
        generator.send([Seen(0, b"", 5.0, "no answer")])
    (op,) = ledger.open_operations()
    assert (op.outcome, op.request) == (UNKNOWN, win)


def test_a_request_is_in_the_ledger_before_it_leaves():
    ledger = new_ledger()
    (send,) = next(rounds(ledger, QUIET))
    (op,) = ledger.open_operations()
    assert op.transaction_id == parse(send.body).id
    assert op.request is send


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_a_refusal_beside_an_accepted_copy_is_told_in_any_order(order):
    ledger = new_ledger()
    racing = Rates(copies=0, races=1, orphans=0, cuts=0, forgeries=0, race_width=3)
    generator = rounds(ledger, racing)
    sends = next(generator)
    assert [each.name for each in sends] == [AT_ONCE] * 3
    assert len({each.body for each in sends}) == 1
    answers = [
        b'{"error":null,"transaction_id":"7"}',
        b'{"error":"BUSY"}',
        b'{"error":null,"transaction_id":"7"}',
    ]
    seen = [Seen(200, answers[number], 0.1) for number in order]
    generator.send(seen)
    heard = [each.problem for each in seen if each.body == b'{"error":"BUSY"}']
    assert heard[0].startswith("IDM-01")
    assert [each.problem for each in seen].count(None) == 2


def test_a_race_refused_to_one_and_unanswered_to_another_is_undone():
    ledger = new_ledger()
    racing = Rates(copies=0, races=1, orphans=0, cuts=0, forgeries=0, race_width=2)
    generator = rounds(ledger, racing)
    next(generator)
    undo = generator.send([Seen(200, b'{"error":"NO"}', 0.1), Seen(0, b"", 5.0, "no answer")])
    assert [each.path for each in undo] == ["/transaction-rollback"] * 2
    assert undo[0].body == undo[1].body


def test_a_player_without_money_is_topped_up():
    wallet = Wallet(opening=0)
    _, seen_all = play(wallet, QUIET, rounds_played=3)
    assert [send.name for send, _ in seen_all][:3] == ["bet", "top-up", "bet"]


def test_another_refusal_is_no_want_of_money():
    ledger = new_ledger()
    generator = rounds(ledger, QUIET)
    next(generator)
    (following,) = generator.send([Seen(200, b'{"error":"PLAYER_BANNED"}', 0.1)])
    assert following.name == "bet"


def test_the_pause_lies_before_the_first_request_of_a_round_only():
    slow = Rates(copies=0, races=0, orphans=0, cuts=0, forgeries=0, pause=2.0)
    _, seen_all = play(Wallet(), slow, rounds_played=20)
    for send, _ in seen_all:
        assert 1.0 <= send.wait <= 3.0 if send.name in ("bet", "top-up") else send.wait == 0


def test_in_a_match_everybody_bets_and_then_all_is_settled():
    now = [100.0]
    match = Match(seconds=10.0, bets=3, crowd_seconds=1.0, clock=lambda: now[0])
    rates = Rates(copies=0, races=0, orphans=0, cuts=0, forgeries=0, voids=0, match=match)
    ledger = new_ledger()
    generator = rounds(ledger, rates, 3)
    sends, (send,), wallet = [], next(generator), Wallet()
    for _ in range(6):
        sends.append((now[0], send))
        now[0] += send.wait
        (send,) = generator.send([Seen(200, json.dumps(wallet.handle(send)).encode(), 0.0)])
    bets, settled = sends[:3], sends[3:]
    assert {each.name for _, each in bets} == {"bet"}
    assert "bet" not in {each.name for _, each in settled}
    assert bets[0][1].wait < 1.0
    # The goal falls at 105; then nothing waits until the next match, at 110.
    assert settled[0][0] + settled[0][1].wait == pytest.approx(105)
    assert settled[1][1].wait == settled[2][1].wait == 0
    assert (send.name, now[0] + send.wait >= 110) == ("bet", True)


def test_requests_of_a_round_that_fails_are_reported_and_the_failure_goes_on():
    reported = []

    def round_():
        yield [None]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        drive(round_(), lambda _: [Seen(200, b"", 0.1)], of_each(lambda _, s: reported.append(s.status)))
    assert reported == [200]

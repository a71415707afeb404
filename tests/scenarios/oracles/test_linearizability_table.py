"""Tiny histories of one player, written by hand: which fit in some order, and which do not.

One line a request: kind, id, [id rolled back,] amount, from-to (nothing after the dash: no answer),
outcome, and after "=" the CLIENT's transaction_id. The balance at first and at the end stand before it.
"""

from dataclasses import replace
from itertools import count
from math import inf

import pytest

from scenarios.oracles.attempts import READ, Record
from scenarios.oracles.linearizability import Verdict, check
from scenarios.oracles.search import Budget, Search, Step
from simulators.exchanges.history import Status
from simulators.wallet.transactions import Kind


def history(text, final=None):
    records = []
    for line in filter(None, (part.strip() for part in text.split(";"))):
        kind, key, *middle, span, outcome = line.split()
        outcome, _, client_id = outcome.partition("=")
        invoked, _, answered = span.partition("-")
        records.append(
            Record(
                kind=READ if kind == READ else Kind(kind),
                id=key,
                amount=int(middle[-1]),
                of=middle[0] if kind == "rollback" else None,
                invoked=float(invoked),
                answered=float(answered) if answered else None,
                outcome=Status(outcome),
                client_id=client_id or None,
                player="p",
            )
        )
    if final is not None:
        records.append(Record(READ, "the final balance", final, 1e6, 1e6 + 1, Status.OK))
    return records


LEGAL = {
    "nothing happened": (7, "", 7),
    "a bet of the whole balance": (10, "bet a 10 0-1 ok", 0),
    "a result": (0, "result a 10 0-1 ok", 10),
    "a bet refused for want of funds": (5, "bet a 10 0-1 refused", 5),
    "a bet paid by a concurrent result": (0, "bet a 10 0-9 ok; result b 10 1-8 ok", 0),
    "two bets race for one stake": (10, "bet a 10 0-9 ok; bet b 10 0-9 refused", 0),
    "the bet that answered later won": (10, "bet a 10 0-5 refused; bet b 10 1-9 ok", 0),
    "refused before the top-up that answered earlier": (0, "bet a 5 0-9 refused; result b 10 1-2 ok", 10),
    "an unanswered bet happened": (10, "bet a 4 0- unknown", 6),
    "an unanswered bet did not happen": (10, "bet a 4 0- unknown", 10),
    "an unanswered result pays a later bet": (0, "result a 10 0- unknown; bet b 10 5-6 ok", 0),
    "an unanswered bet takes long": (10, "bet a 10 0- unknown; bet b 10 5-6 ok; result c 10 7-8 ok", 0),
    "an unanswered bet explains a refusal": (10, "bet a 10 0- unknown; bet b 10 5-6 refused", 0),
    "a copy answers what had no answer": (10, "bet a 4 0- unknown; bet a 4 5-6 ok", 6),
    "copies with one CLIENT id": (10, "bet a 4 0-1 ok=c1; bet a 4 0-9 ok=c1; bet a 4 5-6 ok=c1", 6),
    "copies of a refused bet after a top-up": (
        5,
        "bet a 10 0-1 refused; result b 10 2-3 ok; bet a 10 4-5 refused",
        15,
    ),
    "a refused bet sent again after a top-up is taken": (
        5,
        "bet a 10 0-1 refused; result b 10 2-3 ok; bet a 10 4-5 ok",
        5,
    ),
    "a refused bet is sent again and has no answer": (
        5,
        "bet a 10 0-1 refused; result b 10 2-3 ok; bet a 10 4- unknown",
        5,
    ),
    "a bet and its rollback": (10, "bet a 10 0-1 ok; rollback r a 10 2-3 ok", 10),
    "an orphan": (10, "rollback r a 10 0-1 ok", 10),
    "an orphan and its late bet, answered ok": (10, "rollback r a 10 0-1 ok; bet a 10 2-3 ok", 10),
    "an orphan and its late bet, refused": (10, "rollback r a 10 0-1 ok; bet a 10 2-3 refused", 10),
    "a late bet needs no funds": (0, "rollback r a 10 0-1 ok; bet a 10 2-3 ok", 0),
    "a rollback races its bet": (10, "bet a 10 0-9 ok; rollback r a 10 1-8 ok", 10),
    "the stake comes back in time for another bet": (
        10,
        "bet a 10 0-1 ok; rollback r a 10 2-9 ok; bet b 10 3-4 ok",
        0,
    ),
    "an unanswered bet is rolled back": (10, "bet a 10 0- unknown; rollback r a 10 5-6 ok", 10),
    "a refusal between an unanswered bet and its rollback": (
        10,
        "bet a 10 0- unknown; bet b 10 2-3 refused; rollback r a 10 5-6 ok",
        10,
    ),
    "an unanswered rollback happened": (10, "bet a 10 0-1 ok; rollback r a 10 2- unknown", 10),
    "an unanswered rollback did not": (10, "bet a 10 0-1 ok; rollback r a 10 2- unknown", 0),
    "two rollbacks of one bet": (10, "bet a 10 0-1 ok; rollback r a 10 2-3 ok; rollback s a 10 2-5 ok", 10),
    "a refused bet is rolled back": (5, "bet a 10 0-1 refused; rollback r a 10 2-3 ok", 5),
    "a result already spent is rolled back": (
        0,
        "result a 10 0-1 ok; bet b 10 2-3 ok; rollback r a 10 4-5 ok",
        -10,
    ),
    "less than the original is returned": (10, "bet a 10 0-1 ok; rollback r a 4 2-3 ok", 4),
    "the original's amount is returned": (10, "bet a 10 0-1 ok; rollback r a 4 2-3 ok", 10),
    "a rollback of a rollback changes nothing": (
        10,
        "bet a 4 0-1 ok; rollback r a 4 2-3 ok; rollback s r 4 4-5 ok",
        10,
    ),
    "a rollback of a rollback takes the stake again": (
        10,
        "bet a 4 0-1 ok; rollback r a 4 2-3 ok; rollback s r 4 4-5 ok",
        6,
    ),
    "a bet of nothing below zero": (-5, "bet a 0 0-1 ok; bet b 0 0-1 refused", -5),
    "an id that was a bet comes as a result": (10, "bet a 4 0-1 ok; result a 4 2-3 ok", 6),
    "a refused result": (10, "result a 4 0-1 refused", 10),
    "a read between": (10, "bet a 4 0-9 ok; read x 10 1-2 ok; read y 6 3-4 ok", 6),
    "a refusal between a bet and a result that was answered first": (
        10,
        "result a 10 0-5 ok; bet b 10 0-6 ok; bet c 10 0-20 refused",
        10,
    ),
    "of two like bets the one that is rolled back came first": (
        10,
        "bet b 10 0-8 ok; bet a 10 0-9 ok; read x 0 3-4 ok; rollback r a 10 5-6 ok; read y 10 6.5-7 ok",
        0,
    ),
    "an unanswered bet that a concurrent result paid, then rolled back": (
        20,
        "bet a 21 0- unknown; rollback r a 21 1-20 ok; result d 1 0-21 ok; bet c 5 2-3 refused",
        21,
    ),
    "touching times are concurrent": (0, "bet a 10 0-1 ok; result b 10 1-2 ok", 0),
}

ILLEGAL = {
    "money from nowhere": (7, "", 8),
    "a bet without funds": (5, "bet a 10 0-1 ok", -5),
    "a bet before the result that would pay it": (0, "bet a 10 0-1 ok; result b 10 2-3 ok", 0),
    "refused with funds": (10, "bet a 10 0-1 refused", 10),
    "refused after the top-up": (0, "result b 10 0-1 ok; bet a 5 2-3 refused", 10),
    "refused with funds, copies and all": (10, "bet a 10 0-9 refused; bet a 10 5-6 refused", 10),
    "two bets win one stake": (10, "bet a 10 0-9 ok; bet b 10 0-9 ok", -10),
    "overdrawn, though topped up in the end": (
        10,
        "bet a 10 0-9 ok; bet b 10 0-9 ok; result c 10 10-11 ok",
        0,
    ),
    "both bets refused": (10, "bet a 10 0-9 refused; bet b 10 0-9 refused", 10),
    "a double debit only the final read sees": (10, "bet a 3 0-1 ok; bet a 3 0-1 ok", 4),
    "a double payment": (0, "result a 3 0-1 ok; result a 3 2-3 ok", 6),
    "an unanswered bet taken twice": (10, "bet a 3 0- unknown; bet a 3 2- unknown", 4),
    "a copy ok and the money not taken": (10, "bet a 4 0- unknown; bet a 4 5-6 ok", 10),
    "a refused bet taken all the same": (10, "bet a 20 0-1 refused", -10),
    "unanswered, refused as a copy for the money it took itself": (
        10,
        "bet a 10 0- unknown; bet a 10 5-6 refused",
        0,
    ),
    "copies with two CLIENT ids": (10, "bet a 4 0-1 ok=c1; bet a 4 2-3 ok=c2", 6),
    "one id under two amounts": (10, "bet a 4 0-1 ok; bet a 5 2-3 ok", 6),
    "one rollback of two bets": (
        10,
        "bet a 4 0-1 ok; bet b 4 0-1 ok; rollback r a 4 2-3 ok; rollback r b 4 4-5 ok",
        10,
    ),
    "an orphan is paid": (10, "rollback r a 10 0-1 ok", 20),
    "a late bet is taken": (10, "rollback r a 10 0-1 ok; bet a 10 2-3 ok", 0),
    "a rollback racing its bet pays only": (10, "bet a 10 0-9 ok; rollback r a 10 1-8 ok", 20),
    "a rollback racing its bet is lost": (10, "bet a 10 0-9 ok; rollback r a 10 1-8 ok", 0),
    "two rollbacks pay twice": (10, "bet a 10 0-1 ok; rollback r a 10 2-9 ok; rollback s a 10 2-9 ok", 20),
    "a refused bet is paid back": (5, "bet a 10 0-1 refused; rollback r a 10 2-3 ok", 15),
    "an unanswered bet, rolled back, stays taken": (10, "bet a 10 0- unknown; rollback r a 10 5-6 ok", 0),
    "a stake comes back before its rollback was sent": (
        10,
        "bet a 10 0-1 ok; bet b 10 2-3 ok; rollback r a 10 4-5 ok",
        0,
    ),
    "more than the original is returned": (10, "bet a 10 0-1 ok; rollback r a 14 2-3 ok", 14),
    "a rolled back result stays": (0, "result a 10 0-1 ok; rollback r a 10 2-3 ok", 10),
    "a rollback of a rollback pays": (
        10,
        "bet a 4 0-1 ok; rollback r a 4 2-3 ok; rollback s r 4 4-5 ok",
        14,
    ),
    "an id that was a bet is paid as a result": (10, "bet a 4 0-1 ok; result a 4 2-3 ok", 10),
    "a copy does not make it later": (10, "bet a 4 0-1 ok; bet a 4 5-6 ok; read x 10 2-3 ok", 6),
    "a read too early": (10, "bet a 4 2-3 ok; read x 6 0-1 ok", 6),
}


@pytest.mark.parametrize(("opening", "text", "final"), LEGAL.values(), ids=LEGAL)
def test_some_order_fits(opening, text, final):
    judgement = check(history(text, final), opening)
    assert judgement.verdict is Verdict.LEGAL, judgement.account
    assert judgement.legal
    assert judgement.account == ()


@pytest.mark.parametrize(("opening", "text", "final"), ILLEGAL.values(), ids=ILLEGAL)
def test_no_order_fits(opening, text, final):
    judgement = check(history(text, final), opening)
    assert judgement.verdict is Verdict.ILLEGAL
    assert not judgement.legal
    assert judgement.why


DOUBTFUL = {
    "unanswered under one amount, ok under another": "bet a 4 0- unknown; bet a 5 2-3 ok",
    "a bet and a result race under one id": "bet a 4 0-9 ok; result a 4 0-9 ok",
}


@pytest.mark.parametrize("text", DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_cannot_be_told_apart_is_undecided(text):
    assert check(history(text, 5), 10).verdict is Verdict.UNDECIDED


def test_the_explanation_is_the_shortest_prefix_by_return_and_what_was_under_way():
    text = "bet a 400 0-1 ok; bet c 300 2-9 ok; bet b 700 3-4 ok; result d 100 5-6 ok; bet e 1 8- unknown"
    judgement = check(history(text, 0), 1000, currency="EUR")
    assert judgement.reached is not None
    assert judgement.reached.id == "b"
    assert [op.id for op in judgement.prefix] == ["a", "b"]
    assert [op.id for op in judgement.pending] == ["c"]
    assert judgement.why == "the bet b of 7.00 EUR was accepted although the balance was 3.00 or 6.00 EUR"
    assert list(judgement.account) == [
        "the balance is 10.00 EUR at first",
        "   1. [0.0000-1.0000 s] bet a of 4.00 EUR: ok",
        "   2. [3.0000-4.0000 s] bet b of 7.00 EUR: ok   <- fits in no order",
        "under way at that time, so they may or may not have happened before it:",
        "      [2.0000-9.0000 s] bet c of 3.00 EUR: ok",
    ]


def up_to(judgement, length):
    """The first ``length`` operations by return; the others of the prefix and the pending ones may have
    happened.
    """
    moving = (Step.BET, Step.CREDIT, Step.ROLLBACK, Step.ADJUST)
    rest = [o for o in (*judgement.prefix[length:], *judgement.pending) if o.step in moving]
    return [*judgement.prefix[:length], *(replace(o, answered=inf) for o in rest)]


@pytest.mark.parametrize(("opening", "text", "final"), ILLEGAL.values(), ids=ILLEGAL)
def test_the_prefix_fits_in_no_order_and_one_shorter_does(opening, text, final):
    judgement = check(history(text, final), opening)
    if judgement.reached is None:
        assert judgement.prefix == ()  # a contradiction, found without a search
        return
    length = len(judgement.prefix)
    assert Search(up_to(judgement, length), opening).run(Budget()).legal is False
    assert Search(up_to(judgement, length - 1), opening).run(Budget()).legal is True


def test_a_long_history_is_told_by_its_end():
    records = history("".join(f"result r{n} 1 {2 * n}-{2 * n + 1} ok;" for n in range(100)), 999)
    account = check(records, 0).account
    assert account[1] == "   1..77. operations that fit"
    assert len(account) == 26


def entangled(width):
    """Unanswered results whose sums all differ and never make the final balance: each subset counts."""
    sums = [f"result u{n} {2**n} 0- unknown" for n in range(1, width + 1)]
    return history(";".join(sums), 1)


def test_a_spent_budget_of_steps_is_undecided():
    judgement = check(entangled(10), 0, budget=Budget(steps=100))
    assert judgement.verdict is Verdict.UNDECIDED
    assert not judgement.legal
    assert judgement.steps == 100
    assert judgement.reached is not None
    assert judgement.reached.id == "the final balance"
    assert "the final balance was reached" in judgement.why


def test_a_spent_budget_of_seconds_is_undecided():
    ticks = count()
    judgement = check(entangled(10), 0, budget=Budget(seconds=2, clock=lambda: float(next(ticks))))
    assert judgement.verdict is Verdict.UNDECIDED


def test_ten_unanswered_requests_are_within_the_budget():
    assert check(entangled(10), 0).verdict is Verdict.ILLEGAL


@pytest.mark.parametrize("steps", [0, 1, 5, 20, 60])
def test_no_budget_makes_an_illegal_history_legal_or_a_legal_one_illegal(steps):
    for opening, text, final in ILLEGAL.values():
        assert check(history(text, final), opening, budget=Budget(steps=steps)).verdict is not Verdict.LEGAL
    for opening, text, final in LEGAL.values():
        assert check(history(text, final), opening, budget=Budget(steps=steps)).verdict is not Verdict.ILLEGAL


def test_unanswered_bets_that_were_rolled_back_do_not_multiply():
    """Without forgetting what a rolled back bet did, these forty would be two to the fortieth
    configurations.
    """
    text = "".join(
        f"bet b{n} {n + 1} {4 * n}- unknown; rollback r{n} b{n} {n + 1} {4 * n + 2}-{4 * n + 3} ok;"
        for n in range(40)
    )
    judgement = check(history(text, 5000 + 1), 5000)
    assert judgement.verdict is Verdict.ILLEGAL
    assert judgement.steps < 1000


def test_a_long_history_takes_steps_in_proportion():
    records = []
    for n in range(5000):
        records += history(f"bet b{n} 7 {n}-{n + 4} ok; result c{n} 7 {n + 1}-{n + 5} ok")
    good = check([*records, *history("", 100)], 100)
    bad = check([*records, *history("read late 107 100000-100001 ok")], 100)
    assert (good.verdict, bad.verdict) == (Verdict.LEGAL, Verdict.ILLEGAL)
    assert good.steps <= 10_001
    assert bad.steps <= 20_002

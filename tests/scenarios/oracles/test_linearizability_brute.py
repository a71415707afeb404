"""The search against brute force: every order of up to seven requests, each handled by the wallet model."""

import os
from decimal import Decimal
from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.oracles.attempts import READ, Record
from scenarios.oracles.linearizability import Verdict, check
from scenarios.oracles.model import DOCUMENTED, OPEN, Late, Model, Spent
from scenarios.oracles.search import Budget
from simulators.exchanges.history import Status
from simulators.wallet import transactions
from simulators.wallet.transactions import Kind, Transaction
from tests.support.in_memory.sequential_wallet import Phase, handle, open_wallet

OK, REFUSED, UNKNOWN = Status.OK, Status.REFUSED, Status.UNKNOWN
# JPY has no decimals: minor units are the amounts themselves.
CURRENCY = "JPY"
EXAMPLES = int(os.environ.get("BRUTE_FORCE_EXAMPLES", "400"))


def message(record):
    return Transaction(
        transactions.Kind(record.kind), record.id, "p", CURRENCY, Decimal(record.amount), record.of
    )


def end(record):
    return inf if record.outcome is UNKNOWN else record.answered


def after(wallet, record):
    """The wallet after ``record``, None where it would have been answered otherwise."""
    if record.kind == READ:
        return wallet if wallet.balance("p") == record.amount else None
    late = ("p", CURRENCY, record.id) in wallet.voids
    known = wallet.entries.get(record.id)
    late = late or (known is not None and known.phase is Phase.VOID)
    changed, accepted, _ = handle(wallet, message(record))
    if record.outcome is REFUSED and record.kind is not Kind.BET:
        return wallet  # no answer of the wallet's; refused means that nothing was done
    if record.outcome is UNKNOWN:
        return changed
    if late:
        # A late bet that moves nothing may be answered either way; one that counts is taken, or refused.
        ways = wallet.model.late_result if record.kind is Kind.RESULT else wallet.model.late_bet
        if ways == {Late.NOTHING} or (accepted and record.outcome is OK):
            return changed
        return wallet if record.outcome is REFUSED else None
    return changed if accepted == (record.outcome is OK) else None


def fits(records, opening, model=DOCUMENTED):
    """Whether some order fits: depth first over all of them, without any cleverness."""
    if not any(end(r) < inf for r in records):
        return True
    return _fits(open_wallet(CURRENCY, {"p": Decimal(opening)}, model), tuple(records))


def _fits(wallet, left):
    if all(end(r) == inf for r in left):
        return True
    first = min(end(r) for r in left)
    for place, record in enumerate(left):
        if record.invoked <= first:
            changed = after(wallet, record)
            if changed is not None and _fits(changed, left[:place] + left[place + 1 :]):
                return True
    return False


AMOUNTS = st.integers(1, 4)
TIMES = st.integers(0, 12)


@st.composite
def histories(draw, copies=False):
    records = []
    for number in range(draw(st.integers(1, 6))):
        invoked, lasts = draw(TIMES), draw(st.integers(0, 6))
        outcome = draw(st.sampled_from([OK, OK, OK, REFUSED, UNKNOWN]))
        originals = [r for r in records if r.kind in (Kind.BET, Kind.RESULT)]
        kind = draw(st.sampled_from([Kind.BET, Kind.BET, Kind.RESULT, Kind.ROLLBACK]))
        key, amount, of = f"t{number}", draw(AMOUNTS), None
        if copies and records and draw(st.booleans()):
            original = draw(st.sampled_from(records))
            kind, key, amount, of = original.kind, original.id, original.amount, original.of
            outcome = OK if outcome is REFUSED else outcome
            if original.outcome is REFUSED:
                continue
        elif kind is Kind.ROLLBACK:
            if originals and draw(st.integers(0, 9)):
                original = draw(st.sampled_from(originals))
                of, amount = original.id, original.amount
            else:
                of = f"t{number + 1}" if draw(st.booleans()) else "nowhere"
        answered = None if outcome is UNKNOWN else invoked + lasts
        records.append(Record(kind, key, amount, invoked, answered, outcome, of=of))
    # An orphan whose id comes to life must be rolled back with the amount of its original, and be no
    # rollback itself.
    by_id = {r.id: r for r in records}
    records = [
        r
        for r in records
        if r.kind is not Kind.ROLLBACK
        or r.of not in by_id
        or (by_id[r.of].kind is not Kind.ROLLBACK and by_id[r.of].amount == r.amount)
    ]
    opening = draw(st.integers(0, 8))
    moved = st.sampled_from([0, 0, 1, -1])
    final = opening + sum(
        draw(moved) * r.amount
        if r.kind is Kind.ROLLBACK
        else (r.amount if r.kind is Kind.RESULT else -r.amount)
        for r in {r.id: r for r in records}.values()
        if r.outcome is OK or draw(st.booleans())
    )
    return opening, [*records, Record(READ, "final", final, 100, 101, OK)]


MODELS = st.builds(
    Model,
    late_bet=st.sampled_from(Late).map(lambda way: frozenset({way})),
    late_result=st.sampled_from(Late).map(lambda way: frozenset({way})),
    spent=st.sampled_from(Spent).map(lambda way: frozenset({way})),
)


def agree(opening, records, model=DOCUMENTED):
    expected = Verdict.LEGAL if fits(records, opening, model) else Verdict.ILLEGAL
    assert check(records, opening, decimals=0, model=model).verdict is expected


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories())
def test_the_search_agrees_with_every_order_tried(case):
    agree(*case)


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories(), MODELS)
def test_the_search_agrees_with_every_order_tried_under_any_choices(case, model):
    agree(*case, model)


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories(copies=True))
def test_the_search_agrees_with_every_order_tried_where_there_are_copies(case):
    opening, records = case
    if len(records) <= 7:
        agree(opening, records)


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories())
def test_what_one_way_allows_is_allowed_while_the_way_is_open(case):
    opening, records = case
    if check(records, opening).legal:
        assert check(records, opening, model=OPEN).legal


@settings(max_examples=EXAMPLES, deadline=None)
@given(histories(), st.integers(0, 60))
def test_a_small_budget_never_changes_a_verdict_but_to_undecided(case, steps):
    opening, records = case
    whole = check(records, opening).verdict
    assert check(records, opening, budget=Budget(steps=steps)).verdict in (whole, Verdict.UNDECIDED)


def test_brute_force_itself_tells_legal_from_illegal():
    bet = Record(Kind.BET, "a", 5, 0, 1, OK)
    read = Record(READ, "final", 5, 2, 3, OK)
    assert fits([bet, read], 10)
    assert not fits([bet, read], 11)
    assert not fits([bet, Record(Kind.BET, "b", 5, 0, 1, REFUSED), read], 10)

"""The oracle: which balances a history allows, and what it says where the balance seen is none of them."""

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.oracles.acceptable import acceptable
from scenarios.oracles.model import Foreign, Late, Model, RefusedCopy, Reused
from scenarios.oracles.subset_sums import BITS, LISTED, Sums
from simulators.exchanges.history import Status
from tests.support.in_memory.sequential_wallet import handle, open_wallet
from tests.support.oracle_exchanges import bet, exchange, in_turn, result, rollback

OK, REFUSED, UNKNOWN = Status.OK, Status.REFUSED, Status.UNKNOWN
FORGED = False

# name: (steps, acceptable balances of p, who held 100 EUR at first)
CASES = {
    "nothing": ([], "100"),
    "a bet": ([(bet("a", 10), OK)], "90"),
    "a result": ([(result("a", 10), OK)], "110"),
    "an unanswered bet": ([(bet("a", 10), UNKNOWN)], "90 100"),
    "an unanswered result": ([(result("a", 10), UNKNOWN)], "100 110"),
    "two unanswered": ([(bet("a", 10), UNKNOWN), (result("b", 3), UNKNOWN)], "90 93 100 103"),
    "a refused bet": ([(bet("a", 10), REFUSED)], "100"),
    "a copy makes it sure": ([(bet("a", 10), UNKNOWN), (bet("a", 10), OK)], "90"),
    "unanswered copies count once at most": ([(result("a", 10), UNKNOWN)] * 3, "100 110"),
    "a copy without answer of what is sure": ([(bet("a", 10), OK), (bet("a", 10), UNKNOWN)], "90"),
    "one copy ok, another refused": ([(bet("a", 10), OK), (bet("a", 10), REFUSED)], "90"),
    "refused, then ok": ([(result("a", 10), REFUSED), (result("a", 10), OK)], "110"),
    "a refused copy settles it": ([(bet("a", 10), UNKNOWN), (bet("a", 10), REFUSED)], "100"),
    "a copy after the refusal is open": ([(result("a", 10), REFUSED), (result("a", 10), UNKNOWN)], "100 110"),
    "a bet rolled back": ([(bet("a", 10), OK), (rollback("r", "a", 10), OK)], "100"),
    "a result rolled back": ([(result("a", 10), OK), (rollback("r", "a", 10), OK)], "100"),
    "an unanswered bet rolled back": ([(bet("a", 10), UNKNOWN), (rollback("r", "a", 10), OK)], "100"),
    "an unanswered rollback": ([(bet("a", 10), OK), (rollback("r", "a", 10), UNKNOWN)], "90 100"),
    "neither answered": ([(bet("a", 10), UNKNOWN), (rollback("r", "a", 10), UNKNOWN)], "90 100"),
    "a rollback refused": ([(bet("a", 10), OK), (rollback("r", "a", 10), REFUSED)], "90"),
    "two rollbacks": (
        [(bet("a", 10), OK), (rollback("r", "a", 10), OK), (rollback("s", "a", 10), OK)],
        "100",
    ),
    "a refused bet rolled back": ([(bet("a", 10), REFUSED), (rollback("r", "a", 10), OK)], "100"),
    "an orphan": ([(rollback("r", "a", 10), OK)], "100"),
    "an unanswered orphan": ([(rollback("r", "a", 10), UNKNOWN)], "100"),
    "a late bet": ([(rollback("r", "a", 10), OK), (bet("a", 10), OK)], "100"),
    "a late bet, rollback unsure": ([(rollback("r", "a", 10), UNKNOWN), (bet("a", 10), OK)], "90 100"),
    "a smaller rollback": ([(bet("a", 10), OK), (rollback("r", "a", 4), OK)], "94 100"),
    "a smaller rollback of a result": ([(result("a", 10), OK), (rollback("r", "a", 4), OK)], "100 106"),
    "a smaller orphan and its late bet": ([(rollback("r", "a", 4), OK), (bet("a", 10), OK)], "100"),
    "a larger rollback": ([(bet("a", 10), OK), (rollback("r", "a", 40), OK)], "100"),
    "a rollback of a rollback": (
        [(bet("a", 10), OK), (rollback("r", "a", 10), OK), (rollback("s", "r", 10), OK)],
        "90 100",
    ),
    "a result after its bet was rolled back": (
        [(bet("a", 10), OK), (rollback("r", "a", 10), OK), (result("w", 20), OK)],
        "120",
    ),
    "another amount under one id": ([(bet("a", 10), OK), (bet("a", 7), OK)], "90"),
    "another amount, the first unanswered": ([(bet("a", 10), UNKNOWN), (bet("a", 7), OK)], "90 93"),
    "another action under one id": ([(bet("a", 10), OK), (result("a", 10), OK)], "90"),
    "another player was first": ([(bet("a", 10, player="q"), OK), (bet("a", 10), OK)], "100"),
    "another player came later": ([(bet("a", 10), OK), (bet("a", 10, player="q"), OK)], "90"),
    "another's traffic": ([(bet("a", 10, player="q"), OK), (result("b", 5, player="q"), UNKNOWN)], "100"),
    "another player's rollback": ([(bet("a", 10), OK), (rollback("r", "a", 10, player="q"), OK)], "90"),
    "another currency": ([(bet("a", 10, currency="USD"), OK)], "100"),
    "a rollback in another currency": (
        [(bet("a", 10), OK), (rollback("r", "a", 10, currency="USD"), OK)],
        "90",
    ),
    "a forged bet, however answered": ([(bet("a", 10), OK, FORGED), (bet("b", 10), UNKNOWN, FORGED)], "100"),
    "a forgery does not poison its id": ([(bet("a", 10), REFUSED, FORGED), (bet("a", 10), OK)], "90"),
    "a negative amount": ([(bet("a", -10), OK)], "100"),
    "a bet of nothing": ([(bet("a", 0), UNKNOWN)], "100"),
    "finer than a cent": ([(bet("a", "0.001"), OK)], "99.999"),
    "far beyond a float": ([(result("a", "12345678901234567890123456789.01"), OK)],
                           "12345678901234567890123456889.01"),
}  # fmt: skip


@pytest.mark.parametrize(("steps", "balances"), CASES.values(), ids=CASES)
def test_the_acceptable_balances(steps, balances):
    oracle = acceptable(in_turn(*steps), "p", Decimal(100), "EUR")
    assert oracle.balances == {Decimal(each) for each in balances.split()}
    assert oracle.listed
    assert all(each in oracle for each in oracle.balances)
    assert oracle.contains(Decimal(1)) is False
    assert len(oracle.unsure) == sum(len(effect.options) > 1 for effect in (*oracle.sure, *oracle.unsure))


def test_concurrent_requests_under_one_id_leave_open_which_counts():
    exchanges = [exchange(bet("a", 10), OK, 0.0, 9.0), exchange(bet("a", 7), OK, 1.0, 8.0)]
    assert acceptable(exchanges, "p", Decimal(100), "EUR").balances == {Decimal(90), Decimal(93)}


def test_a_rollback_racing_its_bet_comes_to_nothing():
    exchanges = [exchange(bet("a", 10), OK, 0.0, 9.0), exchange(rollback("r", "a", 10), OK, 1.0, 8.0)]
    assert acceptable(exchanges, "p", Decimal(100), "EUR").balances == {Decimal(100)}


# One id for two players, and a rollback in another currency, where the CLIENT was seen to choose otherwise.
ABROAD = rollback("r", "a", 10, currency="USD")
LEARNED = {
    "an id of each player": (
        [(bet("a", 10, player="q"), OK), (bet("a", 10), OK)],
        {"reused": [Reused.EACH]},
        "90",
    ),
    "which of them is open": (
        [(bet("a", 10, player="q"), OK), (bet("a", 10), OK)],
        {"reused": Reused},
        "90 100",
    ),
    "undone abroad": ([(bet("a", 10), OK), (ABROAD, OK)], {"foreign": [Foreign.UNDOES]}, "100"),
    "used up abroad": (
        [(bet("a", 10), OK), (ABROAD, OK), (rollback("s", "a", 10), OK)],
        {"foreign": [Foreign.USES_UP]},
        "90",
    ),
    "used up too late": (
        [(bet("a", 10), OK), (rollback("s", "a", 10), OK), (ABROAD, OK)],
        {"foreign": [Foreign.USES_UP]},
        "100",
    ),
    "perhaps used up": (
        [(bet("a", 10), OK), (ABROAD, UNKNOWN), (rollback("s", "a", 10), OK)],
        {"foreign": [Foreign.USES_UP]},
        "100",
    ),
    "perhaps refused, and its copy says nothing": (
        [(bet("a", 10), UNKNOWN), (bet("a", 10), OK)],
        {"refused_copy": [RefusedCopy.NOTHING]},
        "90 100",
    ),
    "perhaps refused, and its copy is taken": (
        [(bet("a", 10), UNKNOWN), (bet("a", 10), OK)],
        {"refused_copy": [RefusedCopy.TAKEN]},
        "90",
    ),
    "refused abroad": ([(bet("a", 10), OK), (ABROAD, REFUSED)], {"foreign": [Foreign.UNDOES]}, "90"),
}


@pytest.mark.parametrize(("steps", "choices", "balances"), LEARNED.values(), ids=LEARNED)
def test_what_the_client_chose_counts(steps, choices, balances):
    model = Model(**{name: frozenset(ways) for name, ways in choices.items()})
    oracle = acceptable(in_turn(*steps), "p", Decimal(100), "EUR", model)
    assert oracle.balances == {Decimal(each) for each in balances.split()}


# What may be there where the rollback of what is unknown is refused: a CLIENT may remember it, and then it is late.
UNDO = rollback("r", "a", 10)
ORPHANS = {
    "refused before it, which is taken": ([(UNDO, REFUSED), (bet("a", 10), OK)], Late.APPLIED, "90"),
    "refused before it, which may be late": ([(UNDO, REFUSED), (bet("a", 10), OK)], Late.NOTHING, "90 100"),
    "refused after it": ([(bet("a", 10), OK), (UNDO, REFUSED)], Late.NOTHING, "90"),
    "refused, then accepted": ([(UNDO, REFUSED), (bet("a", 10), OK), (UNDO, OK)], Late.NOTHING, "100"),
    "another's": ([(rollback("r", "a", 10, player="q"), REFUSED), (bet("a", 10), OK)], Late.NOTHING, "90"),
}


@pytest.mark.parametrize(("steps", "late", "balances"), ORPHANS.values(), ids=ORPHANS)
def test_an_orphan_that_was_refused_may_be_remembered(steps, late, balances):
    model = Model(late_bet=frozenset({late}), orphans_refused=True)
    oracle = acceptable(in_turn(*steps), "p", Decimal(100), "EUR", model)
    assert oracle.balances == {Decimal(each) for each in balances.split()}


def test_the_whole_sentence():
    oracle = acceptable(in_turn((bet("t-1", 10), UNKNOWN), (result("t-7", 10), OK)), "p", Decimal(90), "EUR")
    assert oracle.explain(Decimal("110.00")) == (
        "acceptable: 90.00 or 100.00 EUR; seen 110.00; the result t-7 (10.00) was paid twice"
    )
    reported = "balance 110.00 EUR, 10.00 EUR too much"
    assert oracle.described(Decimal("110.00")) == reported
    assert oracle.explain(Decimal(100)) == "acceptable: 90.00 or 100.00 EUR; seen 100.00"


def test_many_balances_are_told_by_their_bounds():
    steps = [(bet(f"t{n}", 2**n), UNKNOWN) for n in range(4)]
    oracle = acceptable(in_turn(*steps), "p", Decimal(100), "EUR")
    assert oracle.explain(Decimal(100)) == "acceptable: one of 16 from 85.00 to 100.00 EUR; seen 100.00"


def test_thirty_unsure_bets_are_decided_without_listing_every_balance():
    steps = [(bet(f"t{n}", 3**n), UNKNOWN) for n in range(30)]
    opening = Decimal(3**30)
    oracle = acceptable(in_turn(*steps), "p", opening, "EUR")
    assert not oracle.listed
    assert oracle.sums.exact
    taken = sum(3**n for n in range(0, 30, 2))
    assert opening - taken in oracle
    assert opening - taken - 3**2 not in oracle  # twice the same power of three is no sum of different ones
    assert oracle.balances == {opening, opening - sum(3**n for n in range(30))}
    assert oracle.explain(opening + 2).endswith("no single mistake explains it")


def test_a_thousand_unsure_bets_of_one_amount_are_listed():
    steps = [(bet(f"t{n}", 10), UNKNOWN) for n in range(1000)]
    oracle = acceptable(in_turn(*steps), "p", Decimal(10_000), "EUR")
    assert len(oracle.balances) == 1001


def test_too_many_to_decide_accept_only_what_the_common_divisor_allows():
    sums = Sums(5, [frozenset({0, -7 * 5**n}) for n in range(60)])
    assert not sums.exact
    assert sums.lowest in sums
    assert 5 - 7 in sums
    assert 5 - 8 not in sums
    assert 6 not in sums
    assert sums.lowest - 7 not in sums


@settings(max_examples=60, deadline=None)
@given(st.lists(st.frozensets(st.integers(-9, 9), min_size=1, max_size=3), max_size=7), st.integers(-70, 70))
def test_sums_agree_with_every_choice(choices, number):
    every = {sum(choice) for choice in product(*choices)}
    sums = Sums(0, choices)
    assert sums.all == every
    assert (number in sums) is (number in every)
    assert (min(every), max(every)) == (sums.lowest, sums.highest)


def test_the_mistake_is_one_that_the_rule_is_about_and_that_no_reading_ruled_out():
    steps = [(bet("t-1", 10), OK), (bet("t-2", 10), OK), (rollback("t-3", "t-2", 10), OK)]
    exchanges = list(in_turn(*steps))
    oracle = acceptable(exchanges, "p", Decimal(100), "EUR")
    assert "t-1 (10.00) was taken twice" in oracle.mistake(Decimal(80)).text
    assert (
        "t-3 (10.00) of t-2 was answered ok and moved nothing"
        in oracle.mistake(Decimal(80), rule="RBK-01").text
    )
    assert "t-3" in oracle.mistake(Decimal(80), read_at=exchanges[1].invoked).text


@pytest.mark.parametrize("apart", [0, 2 * BITS])
def test_more_sums_than_are_listed_are_decided_however_far_apart(apart):
    # One more choice may put them too far apart for a bit each: then two halves are listed.
    sums = Sums(1, [frozenset({0, 2**n}) for n in range(17)] + [frozenset({0, apart})])
    assert LISTED < 2**17
    assert sums.all is None
    assert sums.exact
    assert all(number in sums for number in (1, 2, 77_777, 2**17, 1 + apart, 2**17 + apart))
    assert 0 not in sums
    assert 2**17 + 1 not in sums
    assert 2**17 + 1 + apart not in sums


def test_many_choices_close_together_are_decided_in_a_moment():
    sums = Sums(0, [frozenset({0, 50 * (n % 40 + 1)}) for n in range(2000)])
    assert sums.exact
    assert 50 in sums
    assert sums.highest - 50 in sums
    assert 49 not in sums


def test_sums_of_a_long_run_of_plain_transactions_are_exact():
    # What readings bet, and what was funded: too many sums for two halves.
    amounts = [2 * amount for amount in (69_500, 70_000, 499, 500, 12_551, *(2**n for n in range(16)))]
    sums = Sums(0, [frozenset({0, amount}) for amount in [*amounts, 69_999] for _ in range(12)])
    assert sums.exact
    assert 69_999 + 2 * 77 in sums
    assert 69_999 - 2 not in sums
    few = Sums(1, [frozenset({0, 2**n}) for n in (0, 3, 9, 20)])
    assert few.all == {1 + sum(some) for some in product((0, 1), (0, 8), (0, 512), (0, 2**20))}


@st.composite
def sequences(draw, several_per_id=False):
    """Requests one after the other, some without an answer, with copies, rollbacks, orphans and late bets."""
    steps = []
    for number in range(draw(st.integers(1, 7))):
        amount = draw(st.sampled_from([1, 2, 5, 10]))
        what = draw(st.sampled_from(["bet", "result", "rollback", "orphan", "copy"]))
        named = [m for m in steps if m.kind != "rollback"]
        key = draw(st.sampled_from(["t0", "t1"])) if several_per_id and draw(st.booleans()) else f"t{number}"
        player = draw(st.sampled_from("ppq"))
        if what == "copy" and steps:
            steps.append(draw(st.sampled_from(steps)))
        elif what == "rollback" and named:
            original = draw(st.sampled_from(named))
            steps.append(rollback(key, original.id, original.amount, player=player))
        elif what == "orphan":
            steps += [rollback(key, f"late{number}", amount, player=player)]
            steps += [bet(f"late{number}", amount, player=player)] * draw(st.integers(0, 1))
        else:
            steps.append((bet if what == "bet" else result)(key, amount, player=player))
    return [(message, draw(st.sampled_from([OK, OK, UNKNOWN]))) for message in steps]


def every_course(steps):
    """What the wallet holds after each of the ways in which the unanswered requests happened or not."""
    unanswered = [n for n, (_, outcome) in enumerate(steps) if outcome is UNKNOWN]
    for happened in product([True, False], repeat=len(unanswered)):
        lost = {n for n, did in zip(unanswered, happened, strict=True) if not did}
        wallet = open_wallet("EUR", {"p": Decimal(1000), "q": Decimal(1000)})
        for n, (message, _) in enumerate(steps):
            if n not in lost:
                wallet, _, _ = handle(wallet, message)
        yield Decimal(wallet.balance("p")).scaleb(-2)


@settings(max_examples=400, deadline=None)
@given(sequences())
def test_the_balances_are_those_of_every_subset_at_most_once(steps):
    assert acceptable(in_turn(*steps), "p", Decimal(1000), "EUR").balances == set(every_course(steps))


@settings(max_examples=400, deadline=None)
@given(sequences(several_per_id=True))
def test_no_course_is_refused_where_ids_are_used_for_several_things(steps):
    assert acceptable(in_turn(*steps), "p", Decimal(1000), "EUR").balances >= set(every_course(steps))

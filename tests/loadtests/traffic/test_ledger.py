"""The ledger of a load run: what the answers leave possible, in bounded memory, whatever comes in which order."""

import tracemalloc
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.traffic.journal import PARTITIONS, Journal, repeated, shared, stretches
from loadtests.traffic.ledger import BREACHES_KEPT, Ledger
from loadtests.traffic.operation import BET, OK, REFUSED, RESULT, ROLLBACK, UNKNOWN
from loadtests.traffic.player_names import Pattern
from scenarios.oracles.attempts import Record
from scenarios.oracles.net_effects import effects, transactions
from scenarios.oracles.subset_sums import Sums
from simulators.wallet.transactions import Kind


def ledger(players=("p-1", "p-2"), opening=10_000):
    made = Ledger(players, "EUR", 2)
    for player in range(len(players)):
        made.set_opening(player, opening)
    return made


def balances(made, player=0):
    return made.acceptable(player, made.unsure().get(player, ())).all


# What is done to one bet or result, and what may be on the balance of 100.00 afterwards.
STORIES = {
    "nothing": ([], {10_000}),
    "bet on its way": (["bet"], {9_000, 10_000}),
    "bet ok": (["bet", "ok"], {9_000}),
    "bet refused": (["bet", "refused"], {10_000}),
    "bet unknown": (["bet", "unknown"], {9_000, 10_000}),
    "bet unknown, copy ok": (["bet", "unknown", "ok"], {9_000}),
    "bet unknown, copy refused": (["bet", "unknown", "refused"], {10_000}),
    "bet ok, copy ok": (["bet", "ok", "ok"], {9_000}),
    "bet ok, copy unknown": (["bet", "ok", "unknown"], {9_000}),
    "bet ok, copy refused": (["bet", "ok", "refused"], {9_000}),
    "bet refused, copy ok": (["bet", "refused", "ok"], {9_000}),
    "bet refused, copy unknown": (["bet", "refused", "unknown"], {9_000, 10_000}),
    "bet ok, rollback on its way": (["bet", "ok", "undo"], {9_000, 10_000}),
    "bet ok, rolled back": (["bet", "ok", "undo", "undo ok"], {10_000}),
    "bet ok, rollback refused": (["bet", "ok", "undo", "undo refused"], {9_000}),
    "bet unknown, rolled back": (["bet", "unknown", "undo", "undo ok"], {10_000}),
    "bet unknown, rollback unknown": (["bet", "unknown", "undo", "undo unknown"], {9_000, 10_000}),
    "bet unknown, rollback refused": (["bet", "unknown", "undo", "undo refused"], {9_000, 10_000}),
    "bet ok, rollback unknown, its copy ok": (["bet", "ok", "undo", "undo unknown", "undo ok"], {10_000}),
    "bet rolled back while on its way, then ok": (["bet", "undo", "undo ok", "ok"], {10_000}),
    "bet rolled back twice": (["bet", "ok", "undo", "undo ok", "undo", "undo ok"], {10_000}),
    "result on its way": (["result"], {10_000, 11_000}),
    "result ok": (["result", "ok"], {11_000}),
    "result unknown, copy ok": (["result", "unknown", "ok"], {11_000}),
    "result rolled back": (["result", "ok", "undo", "undo ok"], {10_000}),
    "orphan, late bet ok": (["orphan", "orphan ok", "late", "ok"], {10_000}),
    "orphan, late bet refused": (["orphan", "orphan ok", "late", "refused"], {10_000}),
    "orphan unknown, late bet ok": (["orphan", "orphan unknown", "late", "ok"], {9_000, 10_000}),
    "orphan answered behind the late bet": (["orphan", "late", "ok", "orphan ok"], {10_000}),
    "orphan refused, late bet ok": (["orphan", "orphan refused", "late", "ok"], {9_000}),
    "orphan alone": (["orphan", "orphan unknown"], {10_000}),
}
WORDS = {"ok": OK, "refused": REFUSED, "unknown": UNKNOWN}


@pytest.mark.parametrize("story", STORIES)
def test_what_the_answers_leave_possible(story):
    steps, expected = STORIES[story]
    made, op, undo, orphan = ledger(), None, None, None
    for number, step in enumerate(steps):
        match step.split():
            case ["bet"]:
                op = made.begin(0, BET, 1_000, "t")
            case ["result"]:
                op = made.begin(0, RESULT, 1_000, "t")
            case ["undo"]:
                undo = made.begin(0, ROLLBACK, 1_000, f"r-{number}", of=op)
            case ["undo", word]:
                made.settle(undo, WORDS[word], f"c-{undo.transaction_id}")
            case ["orphan"]:
                orphan = made.begin(0, ROLLBACK, 1_000, "o")
            case ["orphan", word]:
                made.settle(orphan, WORDS[word], "c-o")
            case ["late"]:
                op = made.begin(0, BET, 1_000, "t", after=orphan)
            case [word]:
                made.settle(op, WORDS[word], "c-t")
    assert balances(made) == expected
    assert balances(made, 1) == {10_000}


@dataclass
class Step:
    kind: str
    amount: int
    answers: list


answers = st.lists(st.sampled_from([OK, REFUSED, UNKNOWN]), min_size=1, max_size=3)
steps = st.lists(
    st.builds(Step, st.sampled_from(["bet", "result", "undo"]), st.integers(0, 5), answers), max_size=6
)


@given(steps)
def test_its_sums_are_those_of_the_oracle(story):
    """Sequential traffic: what the ledger folds is what the scenarios' oracle makes of the whole history."""
    made, records, last, clock = ledger(opening=0), [], None, 0.0
    for number, step in enumerate(story):
        if step.kind == "undo" and last is None:
            continue
        kind = {"bet": BET, "result": RESULT, "undo": ROLLBACK}[step.kind]
        amount = last.amount if kind is ROLLBACK else step.amount
        op = made.begin(0, kind, amount, f"t-{number}", of=last if kind is ROLLBACK else None)
        for outcome in step.answers:
            made.settle(op, outcome, "c")
            answered = None if outcome is UNKNOWN else clock + 1
            of = last.transaction_id if kind is ROLLBACK else None
            records.append(
                Record(kind, f"t-{number}", amount, clock, answered, outcome, of, "c", "p-1", "EUR")
            )
            clock += 2
        if kind is not ROLLBACK:
            last = op
    found = effects(transactions(records), "p-1", "EUR")
    expected = Sums(0, tuple(effect.options for effect in found))
    mine = made.acceptable(0, made.unsure().get(0, ()))
    assert mine.all == expected.all


def test_open_operations_are_listed_until_they_are_decided():
    made = ledger()
    bet, result = made.begin(0, BET, 5, "a"), made.begin(1, RESULT, 5, "b")
    assert made.open_operations() == [bet, result]
    made.settle(result, OK, "c")
    undo = made.begin(0, ROLLBACK, 5, "r", of=bet)
    assert made.open_operations() == [bet, undo]
    made.settle(undo, OK, "d")
    assert made.open_operations() == []
    assert made.unsure() == {}


def test_copies_must_have_the_same_answer():
    made = ledger()
    op = made.begin(0, RESULT, 5, "a")
    assert made.settle(op, OK, "c-1") is None
    assert made.settle(op, OK, "c-1") is None
    assert "IDM-01" in made.settle(op, OK, "c-2")
    assert "IDM-01" in made.settle(op, REFUSED)
    assert made.breach_count == {"IDM-01": 2}
    assert [(one.player, one.transaction) for one in made.breaches] == [("p-1", "a")]


def test_results_and_rollbacks_must_not_be_refused():
    made = ledger()
    assert "RES-01" in made.settle(made.begin(0, RESULT, 5, "a"), REFUSED)
    assert "RBK-04" in made.settle(made.begin(0, ROLLBACK, 5, "b"), REFUSED)
    bet = made.begin(0, BET, 5, "c")
    made.settle(bet, OK, "x")
    assert "RBK-01" in made.settle(made.begin(0, ROLLBACK, 5, "d", of=bet), REFUSED)
    assert made.settle(made.begin(0, BET, 5, "e"), REFUSED) is None


@pytest.mark.parametrize("kind", [RESULT, ROLLBACK, BET])
def test_a_refusal_after_silence_is_the_copys_where_copies_are_refused(kind):
    """One act is one rule's: what a CLIENT took, and answers with an error when asked again, is IDM-01's alone."""
    made = ledger(opening=0)
    taken = made.begin(0, BET, 0, "taken")
    made.settle(taken, OK, "c")
    of = taken if kind is ROLLBACK else None
    op = made.begin(0, kind, 5, "op", of=of)
    made.settle(op, UNKNOWN)
    made.settle(op, REFUSED)
    made.settle(taken, REFUSED)
    made.judge_denied()
    assert made.breach_count == {"IDM-01": 2}
    assert balances(made) == {0, op.effect}


def test_a_refusal_after_silence_is_a_refusal_where_copies_are_taken():
    made = ledger(opening=0)
    op = made.begin(0, RESULT, 5, "op")
    made.settle(op, UNKNOWN)
    made.settle(op, REFUSED)
    made.judge_denied()
    assert made.breach_count == {"RES-01": 1}
    assert balances(made) == {0}


def test_where_orphans_are_refused_so_may_be_the_rollback_of_what_was_not_accepted():
    made = Ledger(["p-1"], "EUR", 2, orphans_refused=True)
    assert made.settle(made.begin(0, ROLLBACK, 5, "a"), REFUSED) is None
    bet = made.begin(0, BET, 5, "b")
    assert made.settle(made.begin(0, ROLLBACK, 5, "c", of=bet), REFUSED) is None
    made.settle(bet, OK, "x")
    # It may be known as one that came after its own rollback.
    assert made.settle(made.begin(0, ROLLBACK, 5, "d", of=bet), REFUSED) is None
    plain = made.begin(0, BET, 5, "e")
    made.settle(plain, OK, "y")
    assert "RBK-01" in made.settle(made.begin(0, ROLLBACK, 5, "f", of=plain), REFUSED)
    made.close()


def test_a_bet_that_cannot_be_paid_for_must_not_be_accepted():
    made = ledger(opening=100)
    first, second = made.begin(0, BET, 60, "a"), made.begin(0, BET, 60, "b")
    assert made.settle(first, OK, "x") is None
    assert "INV-02" in made.settle(second, OK, "y")


def test_money_that_may_have_come_can_be_bet():
    made = ledger(opening=0)
    win = made.begin(0, RESULT, 60, "a")
    assert made.settle(made.begin(0, BET, 60, "b"), OK, "x") is None
    made.settle(win, OK, "y")
    assert balances(made) == {0}


def test_a_result_that_was_rolled_back_when_spent_may_leave_a_debt():
    made = ledger(opening=0)
    win = made.begin(0, RESULT, 60, "a")
    made.settle(win, OK, "x")
    made.settle(made.begin(0, BET, 60, "b"), OK, "y")
    made.settle(made.begin(0, ROLLBACK, 60, "c", of=win), OK, "z")
    assert made.settle(made.begin(0, BET, 0, "d"), OK, "v") is None
    assert balances(made) == {-60}


def test_players_are_prepared_once_and_not_behind_the_gate():
    made, seen = Ledger(("p-1", "p-2"), "EUR", 2), []
    made.preparing = lambda player: (seen.append(player), made.set_opening(player, 7))
    made.prepare(0)
    made.prepare(0)
    made.close_gate()
    made.prepare(1)
    assert seen == [0]
    assert (made.opening(0), made.opening(1)) == (7, None)
    with pytest.raises(LookupError, match="p-2"):
        made.acceptable(1)


def test_breaches_are_counted_beyond_those_that_are_kept():
    made = ledger()
    for number in range(BREACHES_KEPT + 5):
        made.settle(made.begin(0, RESULT, 5, f"t-{number}"), REFUSED)
    assert made.breach_count["RES-01"] == BREACHES_KEPT + 5
    assert len(made.breaches) == BREACHES_KEPT


def test_memory_is_bounded_by_players_not_by_transactions():
    count = 20_000
    tracemalloc.start()
    try:
        made = Ledger(Pattern("load-{n}", count), "EUR", 2)
        for player in range(count):
            made.set_opening(player, 10**6)
            made.settle(made.begin(player, BET, 100, f"b-{player}"), OK, f"c-{player}")
        first, _ = tracemalloc.get_traced_memory()
        for number in range(count):
            made.settle(made.begin(number % 10, BET, 1, f"d-{number}"), OK, f"e-{number}")
        second, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The journal's buffers fill up to 1 MiB, whatever the number of players.
    buffers = 2 << 20
    assert first - buffers < 40 * count
    assert peak < second + buffers
    assert second < first + buffers
    made.close()


def test_a_pattern_names_players_without_holding_them():
    names = Pattern("load-{n}@x", 3)
    assert list(names) == ["load-0@x", "load-1@x", "load-2@x"]
    assert names[1:] == ["load-1@x", "load-2@x"]
    assert names[-1] == "load-2@x"
    assert len(Pattern("p{n}", 10**9)) == 10**9
    with pytest.raises(ValueError, match=r"\{n\}"):
        Pattern("p", 3)


UUIDS = [f"6f9619ff-8b86-4011-b42d-{number:012x}" for number in range(5000)]


def test_shared_client_ids_are_found_in_memory_and_on_disk():
    journal = Journal()
    for number, name in enumerate(UUIDS):
        journal.add(0, BET, 1, name, "same" if number in (7, 4321) else f"client {number}")
    journal.add(0, BET, 1, "short", 12)
    journal.add(0, RESULT, 1, "other", "12")
    assert journal.ids == len(UUIDS) + 2
    keys = [journal.keys(start, stop) for start, stop in stretches(journal.ids, 1000)]
    found = set().union(*(repeated([part]) for part in keys))
    assert repeated(keys) == found
    assert shared(journal.among(found)) == [[UUIDS[7], UUIDS[4321]], ["other", "short"]]
    journal.close()


def test_client_ids_are_compared_over_several_workers():
    one, other = Journal(), Journal()
    one.add(0, BET, 1, "a", "x")
    other.add(1, BET, 1, "b", "x")
    other.add(1, BET, 1, "c", "y")
    assert not repeated([one.keys(0, PARTITIONS)])
    keys = repeated([one.keys(0, PARTITIONS), other.keys(0, PARTITIONS)])
    assert shared([*one.among(keys), *other.among(keys)]) == [["a", "b"]]


def test_what_was_refused_has_no_id_to_compare():
    journal = Journal()
    for number in range(10):
        journal.add(0, BET, 1, f"t-{number}", None, refused=True)
    assert (journal.settled, journal.ids, journal.keys(0, PARTITIONS)) == (10, 0, b"")


def test_a_player_can_be_told_of_from_the_journal():
    journal = Journal()
    for number, name in enumerate(UUIDS):
        journal.add(number % 3, BET, number, name, f"c-{number}")
    journal.add(1, ROLLBACK, 4999, "undo", "c", of=UUIDS[4999])
    journal.add(1, BET, 3, "no", None, refused=True)
    reported = journal.of_players([1])[1]
    assert [one.amount for one in reported] == [*range(1, 5000, 3), 4999, 3]
    assert [one.transaction_id for one in reported[:2]] == [UUIDS[1], UUIDS[4]]
    assert (reported[-2].kind, reported[-2].of, reported[-1].outcome) == (Kind.ROLLBACK, UUIDS[4999], REFUSED)
    journal.close()


def test_a_full_disk_leaves_the_journal_incomplete():
    journal = Journal(limit=1000)
    for number in range(100):
        journal.add(0, BET, 1, f"t-{number}", f"c-{number}")
    assert journal.settled == 100
    assert 0 < journal.kept < 20
    assert not journal.complete


@pytest.mark.parametrize("total", [0, 1, 10**6, 10**9, 10**12])
def test_stretches_cover_every_partition_once(total):
    covered = [number for start, stop in stretches(total) for number in range(start, stop)]
    assert covered == list(range(PARTITIONS))

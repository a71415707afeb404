"""The audit's own judgement: results added up, samples, explanations, exit codes."""

from decimal import Decimal
from math import comb

import pytest

from loadtests.audit import comparison
from loadtests.audit.options import Opening, opening
from loadtests.audit.outcome import text as showing
from loadtests.audit.outcome import verdict
from loadtests.audit.outcome.verdict import (
    AuditFinding,
    AuditVerdict,
    WorkerResult,
    WrongBalance,
    added,
)
from loadtests.audit.unique_ids import GROUPS, compare
from loadtests.traffic.journal import Journal
from loadtests.traffic.ledger import Ledger
from loadtests.traffic.operation import BET, OK, REFUSED, RESULT, ROLLBACK, UNKNOWN
from scenarios.problems.errors import Exit, UsageProblem
from scenarios.report.schema.load import Breach, Doubt


def clean(**more):
    return WorkerResult(
        **({"probe": "wagers", "played": 3, "read": 3, "right": 3, "transactions": 9, "ids": 9} | more)
    )


def of(result, **more):
    return AuditVerdict("EUR", 1, result, **more)


def broken(off=5):
    result = clean(right=2)
    result.add_wrong(WrongBalance("p-1", off, "why", ["t-1"]))
    return result


FINDINGS = [
    (of(clean()), AuditFinding.CLEAN, Exit.HOLDS),
    (of(broken()), AuditFinding.BROKEN, Exit.BROKEN),
    (
        of(clean(undecided=[Doubt(why="lost", count=2, players=["p-2"])])),
        AuditFinding.UNDECIDED,
        Exit.UNDECIDED,
    ),
    (of(broken(), lost=["worker 2 of 2: it was lost"]), AuditFinding.BROKEN, Exit.BROKEN),
    (of(clean(), lost=["worker 2 of 2: it was lost"]), AuditFinding.UNDECIDED, Exit.UNDECIDED),
    (of(clean(), compared=False), AuditFinding.UNDECIDED, Exit.UNDECIDED),
    (of(clean(), shared=[["a", "b"]]), AuditFinding.BROKEN, Exit.BROKEN),
    (of(clean(breach_count={"IDM-01": 2})), AuditFinding.BROKEN, Exit.BROKEN),
    # Overload makes of answers what a proxy or a full server says: no word on the money.
    (of(clean(breach_count={"MSG-01": 2, "MSG-02": 1})), AuditFinding.CLEAN, Exit.HOLDS),
    # A SHOULD.
    (of(clean(breach_count={"MSG-16": 2})), AuditFinding.CLEAN, Exit.HOLDS),
    (of(WorkerResult()), AuditFinding.UNDECIDED, Exit.UNDECIDED),
]


@pytest.mark.parametrize(("one", "finding", "code"), FINDINGS)
def test_the_finding_and_its_exit_code(one, finding, code):
    assert (one.finding, one.code) == (finding, code)


def test_statements_travel_as_plain_data_and_add_up():
    first = broken(off=-7)
    first.add_undecided("no answer", "p-2")
    first.breaches.append(Breach(rule="IDM-01", player="p-3", transaction="t", text="text"))
    first.breach_count = {"IDM-01": 1}
    second = clean(
        breach_count={"IDM-01": 2, "INV-02": 1},
        undecided=[Doubt(why="no answer", count=2, players=["p-4", "p-5"])],
    )
    assert WorkerResult.model_validate(first.model_dump()) == first
    whole = added([first, second, broken(off=9)])
    assert (whole.played, whole.right, whole.off, whole.off_count, whole.transactions) == (9, 7, 16, 2, 27)
    assert [off.off for off in whole.wrong] == [9, -7]
    assert whole.undecided == [Doubt(why="no answer", count=3, players=["p-2", "p-4", "p-5"])]
    assert whole.breach_count == {"IDM-01": 3, "INV-02": 1}


def test_many_reasons_for_doubt_stay_few():
    result = WorkerResult()
    for number in range(500):
        result.add_undecided(f"reason {number}", f"p-{number}")
    assert len(result.undecided) <= verdict.TOLD + 1
    assert sum(doubt.count for doubt in result.undecided) == 500


@pytest.mark.parametrize(
    ("played", "read"), [(10, 10), (10, 9), (20, 5), (100, 59), (1000, 300), (1000, 1), (50, 0)]
)
def test_a_sample_says_what_it_can_miss(played, read):
    """Against binomials: so many wrong ones are missed with more than 5 %, one more no longer."""

    def missed(wrong):
        return comb(played - wrong, read) / comb(played, read)

    sample = verdict.sample_of(played, read)
    assert missed(sample.at_most) > 0.05
    assert sample.at_most == played - read or missed(sample.at_most + 1) <= 0.05


def test_a_sample_of_a_million_is_quick_and_told_in_words():
    sample = verdict.sample_of(1_000_000, 3_000)
    assert 990 <= sample.at_most <= 1005
    assert str(sample) == (
        "3000 of 1000000 players, drawn by chance: with a confidence of 95% "
        f"at most {sample.at_most} of them (0.1 %) are off"
    )


def test_a_sample_is_shared_out_by_players():
    assert [verdict.share_of(10, mine, 100) for mine in (60, 40, 1, 0)] == [6, 4, 1, 0]
    assert verdict.share_of(10, 3, 3) == 3
    assert verdict.share_of(0, 3, 3) == 0


def played(*steps):
    """A ledger of one player, 100.00 EUR, with what is done: (kind, units, id, outcome[, what it names])."""
    made = Ledger(("p-1",), "EUR", 2)
    made.set_opening(0, 10_000)
    done = {}
    for kind, units, name, outcome, *rest in steps:
        of_ = done.get(rest[0]) if rest and kind is ROLLBACK else None
        after = done.get(rest[0]) if rest and kind is not ROLLBACK else None
        done[name] = made.begin(0, kind, units, name, of=of_, after=after)
        made.settle(done[name], outcome, f"c-{name}")
    return made


EXPLAINED = [
    ([(BET, 1000, "b", OK), (RESULT, 2500, "w", OK)], 14_000, "the result w (25.00) was paid twice", ["w"]),
    ([(BET, 1000, "b", OK), (RESULT, 2500, "w", OK)], 12_500, "the bet b (10.00) was answered ok", ["b"]),
    ([(BET, 1000, "b", OK), (BET, 700, "n", REFUSED)], 8_300, "the refused bet n (7.00) was taken", ["n"]),
    (
        [(BET, 1000, "b", OK), (ROLLBACK, 1000, "r", OK, "b")],
        9_000,
        "the rollback r (10.00) of b was answered ok and moved nothing",
        ["b", "r"],
    ),
    (
        [(ROLLBACK, 800, "o", OK), (BET, 800, "late", OK, "o")],
        9_200,
        "the late bet late (8.00) was taken after its rollback o",
        ["late"],
    ),
    ([(ROLLBACK, 800, "o", OK)], 10_800, "the orphan rollback o (8.00) was paid", []),
    ([(BET, 1000, "b", OK)], 9_123, "1.23 too much, which no single mistake explains", []),
]


@pytest.mark.parametrize(("steps", "seen", "why", "named"), EXPLAINED)
def test_the_oracle_explains_a_wrong_balance(steps, seen, why, named):
    made = played(*steps)
    off = comparison.off(made, 0, seen, (), made.journal.of_players([0])[0])
    assert why in off.why
    assert off.transactions == named
    assert off.off == comparison.distance(made.acceptable(0), seen)


def test_a_wrong_balance_is_told_without_a_journal():
    made = played((BET, 1000, "b", OK))
    off = comparison.off(made, 0, 8_000, ())
    assert (off.off, off.why) == (-1000, "acceptable: 90.00 EUR; seen 80.00; 10.00 too little")


def test_what_is_open_counts_for_both():
    made = played((BET, 1000, "b", UNKNOWN), (RESULT, 300, "w", OK))
    unsure = made.unsure()[0]
    assert [comparison.distance(made.acceptable(0, unsure), seen) for seen in (9_300, 10_300, 10_301)] == [
        0,
        0,
        1,
    ]
    off = comparison.off(made, 0, 10_600, unsure, made.journal.of_players([0])[0])
    assert "acceptable: 93.00 or 103.00 EUR" in off.why
    assert "the result w (3.00) was paid twice" in off.why


def test_groups_of_shared_ids_are_bounded():
    journal = Journal()
    for number in range(3 * GROUPS):
        for copy in range(30):
            journal.add(0, BET, 1, f"t-{number}-{copy}", f"c-{number}")
    found = compare(journal.ids, lambda start, stop: [journal.keys(start, stop)], journal.among)
    journal.close()
    assert len(found) == GROUPS
    assert all(1 < len(group) < 30 for group in found)


def test_the_console_tells_players_amounts_and_reasons():
    result = broken(off=1050)
    result.add_undecided("the balance cannot be read: no answer", "p-2")
    reported = "\n".join(showing.lines(of(result, shared=[["a", "b"]])))
    for part in ("BROKEN", "p-1: 10.50 EUR too much", "t-1", "MSG-05", "one CLIENT id for a, b", "p-2"):
        assert part in reported


def test_nothing_that_a_client_says_reaches_the_terminal_raw():
    result = clean()
    result.add_undecided("the balance cannot be read: \x1b[2J", "p-\x07")
    assert not {"\x1b", "\x07"} & set("".join(showing.lines(of(result))))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("probe", Opening()),
        ("zero", Opening("given", 0)),
        ("100.50", Opening("given", 10_050)),
        ("fund:20", Opening("fund", 2_000)),
    ],
)
def test_openings(text, expected):
    assert opening(text, "EUR") == expected


@pytest.mark.parametrize("text", ["", "abc", "-1", "fund:", "fund:-2", "0.001", "NaN"])
def test_openings_that_cannot_be(text):
    with pytest.raises(UsageProblem, match="--opening"):
        opening(text, "EUR")


def test_amounts_for_people():
    assert showing.amount(1050, "EUR") == "10.50 EUR"
    assert showing.amount(int(Decimal(7)), "JPY") == "7 JPY"

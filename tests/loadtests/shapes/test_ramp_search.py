"""The search for the highest rate that holds, on tables of made-up CLIENTs, and what it says of steps and audits."""

from dataclasses import replace

import pytest

from loadtests.audit.outcome.text import why_not
from loadtests.audit.outcome.verdict import (
    AuditFinding,
    AuditVerdict,
    WorkerResult,
    WrongBalance,
)
from loadtests.shapes.ramp_search import RampStep, Search
from scenarios.report.schema.load import Doubt


def search(most, client, limit_ms=100):
    """Let the search look at ``client`` (users to a step); return it and the numbers of users it tried."""
    looking, tried = Search(most, limit_ms), []
    while not looking.over:
        assert len(tried) < 30, tried
        tried.append(looking.users)
        looking.judge(client(looking.users))
    return looking, tried


def clean(users, rate, failed=0.0, p99_ms=50):
    return RampStep(users, rate, failed, p99_ms, AuditFinding.CLEAN)


def bears(most_users, rate_of=lambda users: 10.0 * users):
    """A CLIENT that answers in time up to so many users, and whose balances are right."""
    return lambda users: clean(users, rate_of(users), p99_ms=50 if users <= most_users else 500)


def audited(most_users, finding):
    """A CLIENT that always answers in time, and whose audit finds ``finding`` with more than so many users."""
    return lambda users: (
        clean(users, 10.0 * users)
        if users <= most_users
        else RampStep(users, 10.0 * users, 0.0, 50, finding, "p-1 is off")
    )


def test_the_search_grows_until_it_breaks_then_narrows():
    looking, tried = search(320, bears(90))
    assert tried == [10, 20, 40, 80, 160, 120, 100, 90, 95]
    assert looking.best == clean(90, 900.0)
    assert looking.verdict() == (
        "ramp: 900 requests/s with 90 users, p99 50 ms (limit 100 ms), audit clean; "
        "at 95 users p99 is 500 ms (limit 100 ms)"
    )


@pytest.mark.parametrize(
    ("most", "borne", "best"),
    [(1, 1, 1), (2, 1, 1), (3, 2, 2), (10, 7, 7), (1000, 999, 999), (64, 3, 3), (5, 500, 5)],
)
def test_the_best_held_and_is_near_the_limit(most, borne, best):
    looking, tried = search(most, bears(borne))
    assert looking.best.users == best <= borne
    assert max(tried) <= most


def test_the_best_is_the_highest_rate_not_the_most_users():
    looking, _ = search(64, bears(64, rate_of=lambda users: 100 - abs(users - 16)))
    assert (looking.best.users, looking.best.rate) == (16, 100)


def test_a_client_that_is_never_saturated_is_told_so():
    looking, tried = search(100, bears(10_000))
    assert tried[-1] == 100
    assert looking.verdict().endswith("100 users did not saturate the CLIENT")


def test_a_client_that_bears_nobody_has_no_rate():
    looking, tried = search(64, bears(0))
    assert looking.best is None
    assert tried == [2, 1]
    assert looking.verdict() == "ramp: no rate holds; at 1 user p99 is 500 ms (limit 100 ms)"


def test_the_search_ends_where_the_audit_is_broken_with_the_best_clean_step_before():
    looking, tried = search(320, audited(20, AuditFinding.BROKEN))
    assert tried == [10, 20, 40]
    assert looking.best == clean(20, 200.0)
    assert looking.verdict() == (
        "ramp: 200 requests/s with 20 users, p99 50 ms (limit 100 ms), audit clean; "
        "at 40 users the audit is broken: p-1 is off"
    )


def test_a_broken_audit_of_a_step_that_was_too_slow_ends_the_search_as_well():
    client = audited(20, AuditFinding.BROKEN)
    looking, tried = search(320, lambda users: replace(client(users), p99_ms=50 if users <= 20 else 500))
    assert (tried, looking.best.users) == ([10, 20, 40], 20)
    assert looking.verdict().endswith("at 40 users the audit is broken: p-1 is off")


def test_after_an_undecided_audit_the_search_narrows():
    looking, tried = search(320, audited(30, AuditFinding.UNDECIDED))
    assert tried == [10, 20, 40, 30, 35, 32, 31]
    assert looking.best.users == 30
    assert looking.verdict().endswith("audit clean; at 31 users the audit is undecided: p-1 is off")


def test_a_search_that_is_stopped_keeps_what_it_found_and_says_why():
    looking = Search(64, 100)
    looking.stop("worker 1 of 2: it was lost")
    assert looking.over
    assert looking.verdict() == "ramp: no step was judged; worker 1 of 2: it was lost"
    looking = Search(64, 100)
    looking.judge(clean(2, 20.0))
    assert looking.verdict().endswith("audit clean; the run ended before the search did")
    looking.stop("worker 1 of 2: it was lost")
    assert looking.verdict().endswith(
        "with 2 users, p99 50 ms (limit 100 ms), audit clean; worker 1 of 2: it was lost"
    )


def test_what_was_found_is_told_as_plain_data():
    looking, _ = search(64, audited(2, AuditFinding.BROKEN))
    reported = looking.as_plain()
    assert reported["verdict"] == looking.verdict()
    assert reported["best"] == reported["steps"][0]
    assert reported["steps"] == [
        {"users": 2, "rate": 20.0, "failed": 0.0, "p99_ms": 50, "holds": True, "audit": "clean", "why": ""},
        {
            "users": 4,
            "rate": 40.0,
            "failed": 0.0,
            "p99_ms": 50,
            "holds": False,
            "audit": "broken",
            "why": "p-1 is off",
        },
    ]


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        (clean(1, 100.0, 0.0, 100), ""),
        (clean(1, 100.0, 0.0, 101), "p99 is 101 ms"),
        (clean(1, 1000.0, 1.0, 1), ""),
        (clean(1, 1000.0, 1.1, 1), "1.1 of 1,000 requests/s failed"),
        (clean(1, 0.0, 0.0, 0), "nothing was answered"),
        (RampStep(1, 100.0, 0.0, 1), "nothing was audited"),
        (
            RampStep(1, 100.0, 0.0, 1, AuditFinding.UNDECIDED, "no answer"),
            "the audit is undecided: no answer",
        ),
        (RampStep(1, 100.0, 0.0, 101, AuditFinding.UNDECIDED, "no answer"), "p99 is 101 ms"),
        (RampStep(1, 100.0, 0.0, 101, AuditFinding.BROKEN, "p-1 is off"), "the audit is broken: p-1 is off"),
    ],
)
def test_a_step_holds_in_time_without_failures_and_with_right_balances(step, fault):
    assert step.fault(100).startswith(fault)
    assert step.holds(100) is (fault == "")


def test_why_an_audit_is_not_clean_is_told_in_a_line():
    assert why_not(AuditVerdict("EUR", 1, WorkerResult(transactions=3))) == ""
    assert why_not(AuditVerdict("EUR", 1, WorkerResult())) == "nothing was sent"
    off = WorkerResult(
        transactions=3,
        breach_count={"IDM-01": 2},
        undecided=[Doubt(why="no answer", count=2, players=["p-8"])],
    )
    for number in range(1, 5):
        off.add_wrong(WrongBalance(f"p-{number}", -100 * number, "why"))
    assert why_not(AuditVerdict("EUR", 1, off)) == (
        "IDM-01 (2 times) and INV-05 (4 times), p-4 4.00 EUR too little, p-3 3.00 EUR too little, and 2 more"
    )
    lost = WorkerResult(
        transactions=3,
        undecided=[
            Doubt(why="worker 1 of 2: it quit", count=4, players=["p-1"]),
            Doubt(why="\x1b", count=1, players=["p"]),
        ],
    )
    assert why_not(AuditVerdict("EUR", 2, lost, lost=["worker 1 of 2: it quit"])) == (
        "worker 1 of 2: it quit, 1 players: \\x1b"
    )

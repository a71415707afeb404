"""Answers that are neither success nor refusal break MSG-03, by the field's name; money is judged all the same."""

from typing import ClassVar

import pytest

from scenarios.problems.errors import TargetProblem
from scenarios.run.findings import Standing
from tests.support.in_memory import faulty_wallets as faulty
from tests.support.in_memory.judging import judged
from tests.support.in_memory.wallets import Wallet

MONEY = ("BET-01", "BET-02", "BET-03", "RES-01", "IDM-01", "RBK-01", "RBK-04")


class Words(Wallet):
    """Processed is said in ``done``'s words, a refusal of the wallet's own in those of ``not_done``."""

    done, not_done = {"error": None}, None

    def said(self, entry):
        if entry.error is None:
            return {**self.done, "transaction_id": entry.client_id}
        return {"error": entry.error} if self.not_done is None else self.not_done


class Empty(Words):
    done: ClassVar = {"error": ""}


class No(Words):
    done: ClassVar = {"error": False}


class Zero(Words):
    done: ClassVar = {"error": 0}


class Missing(Words):
    done: ClassVar = {}


class Statuses(Words):
    done, not_done = {"status": "ok"}, {"status": "error", "message": "no"}


class Wrapped(Wallet):
    def said(self, entry):
        return {"data": super().said(entry)}


class Same(Words):
    done, not_done = {"status": "received"}, {"status": "received", "transaction_id": "c-0"}


class WrappedAndReturnsLess(faulty.ReturnsLess, Wrapped):
    """Two faults, of which one must not hide the other."""


@pytest.mark.parametrize(
    ("wallet", "field"),
    [
        (Empty, 'error is ""'),
        (No, "error is false"),
        (Zero, "error is 0"),
        (Missing, "error is missing"),
        (Statuses, "error is missing"),
        (Wrapped, "stands inside 'data'"),
    ],
)
def test_the_field_is_named_and_money_is_judged(wallet, field):
    client = wallet()
    found = judged(client, "MSG-03", *MONEY)
    assert found.problem is None
    verdicts = {verdict.rule.id: verdict for verdict in found.verdicts}
    assert verdicts["MSG-03"].standing is Standing.FAILED
    assert field in verdicts["MSG-03"].reason
    assert {verdicts[rule].standing for rule in MONEY} == {Standing.PASSED}
    assert set(client.balances.values()) == {50}


def test_one_fault_does_not_hide_the_other():
    found = judged(WrappedAndReturnsLess(), "RBK-01")
    assert [verdict.standing for verdict in found.verdicts] == [Standing.FAILED]


def test_where_answers_cannot_be_told_apart_the_field_is_named_at_once():
    found = judged(Same(), "BET-01")
    assert isinstance(found.problem, TargetProblem)
    assert "the field error is missing" in str(found.problem)


class ElsewhereBySlash(Wallet):
    """Answers each address by a redirect to the same with a slash, as some frameworks do."""

    def __call__(self, environ, start_response):
        start_response("301 Moved Permanently", [("Location", f"{environ['PATH_INFO']}/")])
        return [b"{}"]


def test_where_the_first_wager_is_redirected_it_is_shown_where_to():
    problem = judged(ElsewhereBySlash(), "BET-01").problem
    assert isinstance(problem, TargetProblem)
    assert "HTTP 301, Location: http://" in problem.came
    assert "/transaction/" in problem.came
    assert "frameworks add the slash at the end by a redirect" in problem.next_step

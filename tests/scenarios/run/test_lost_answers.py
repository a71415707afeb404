"""One answer to the judge's own requests is lost: no right CLIENT is accused, and every balance is back."""

from decimal import Decimal
from random import Random

import pytest

from scenarios.problems.errors import Exit
from scenarios.run.findings import Standing
from scenarios.runner.pytest_run import PACKAGE
from simulators.exchanges.history import Purpose
from tests.support.in_memory.judging import judged, running
from tests.support.in_memory.wallets import Wallet

FILES = [
    PACKAGE / "operator" / "wallet" / name
    for name in ("test_bet.py", "test_res.py", "test_rbk.py", "test_rbk_orphans.py")
]
RULES = ("BET-01", "BET-02", "BET-03", "BET-05", "RES-01", "RES-05", "RBK-01", "RBK-04")
OWN = (Purpose.PROBE, Purpose.FUNDING, Purpose.RESTORE, Purpose.FIRST_WAGER)


class Losing(Wallet):
    """Handles every request, and loses the answer of that to which ``drop`` was set."""

    drop = False

    def __call__(self, environ, start_response):
        drop, self.drop = self.drop, False
        said = []
        answer = super().__call__(environ, lambda *given: said.append(given))
        if drop:
            # Without an answer: the server closes what has promised more than it sends.
            start_response("200 OK", [("Content-Length", "10")])
            return [b""]
        start_response(*said[0])
        return answer


class Loses:
    """Watches a run; of the judge's own requests that it sends, the answer of the one at ``place`` is lost."""

    def __init__(self, wallet, place, purposes=OWN):
        self.wallet, self.place, self.purposes, self.seen, self.lost = wallet, place, purposes, 0, None

    def planned(self, run, scenarios):
        run.history.listeners.append(self.heard)

    def heard(self, exchange):
        if exchange.purpose in self.purposes and exchange.answer is None and exchange.failure is None:
            if self.seen == self.place:
                self.wallet.drop, self.lost = True, exchange
            self.seen += 1

    def finished(self, run, result):
        pass

    def noticed(self, run, text):
        pass


@pytest.mark.parametrize("seed", range(4))
def test_a_lost_answer_of_the_judges_own_accuses_nobody(seed):
    wallet = Losing(balance="41.37")
    watcher = Loses(wallet, Random(seed).randrange(40))
    result = judged(wallet, *RULES, paths=FILES, watchers=[watcher], seed=seed)
    assert watcher.lost is not None
    assert {v.rule.id: v.reason for v in result.verdicts if v.standing is not Standing.PASSED} == {}
    assert result.code is Exit.HOLDS
    assert result.run.warnings == []
    assert set(wallet.balances.values()) == {Decimal("41.37")}


@pytest.mark.parametrize("purpose", [Purpose.FIRST_WAGER, Purpose.FUNDING, Purpose.RESTORE, Purpose.PROBE])
@pytest.mark.parametrize("kind", ["bet", "result"])
def test_what_the_judge_sends_for_itself_comes_back_settled(kind, purpose):
    wallet = Losing(balance="50.00")
    with running(wallet) as run:
        player = run.players[0]
        wallet.drop = True
        sent = getattr(run.verbs, kind)(player, player.money(700), purpose=purpose)
        assert sent.ok
        assert sent.copy_of == 0
        assert wallet.balances["p-1"] == Decimal(43 if kind == "bet" else 57)


def test_what_is_never_answered_is_rolled_back_and_unknown():
    class Deaf(Losing):
        """Handles results and never answers one."""

        def result(self, message):
            moved = super().result(message)
            self.mute = message["amount"] == 7
            return moved

        def again(self, known, message):
            self.mute = known.message["amount"] == 7 and known.message["action"] == "result"
            return super().again(known, message)

        mute = False

        def said(self, entry):
            self.silent, self.mute = self.mute, False
            return super().said(entry)

        silent = False

        def __call__(self, environ, start_response):
            said = []
            answer = Wallet.__call__(self, environ, lambda *given: said.append(given))
            if self.silent:
                start_response("200 OK", [("Content-Length", "10")])
                return [b""]
            start_response(*said[0])
            return answer

    wallet = Deaf(balance="50.00")
    with running(wallet) as run:
        player = run.players[0]
        sent = run.verbs.result(player, player.money(700), purpose=Purpose.FUNDING)
        assert sent.answer is None
        assert [one.message.kind for one in run.history if one.purpose is Purpose.FUNDING] == [
            *["result"] * 4,
            "rollback",
        ]
    assert wallet.balances["p-1"] == Decimal(50)


def test_a_scenario_does_its_own_sending_again():
    wallet = Losing(balance="50.00")
    with running(wallet) as run:
        wallet.drop = True
        assert run.verbs.bet(run.players[0], run.players[0].unit).answer is None

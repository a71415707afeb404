"""What broke a rule is looked at once more: what does not come back, or moves by itself, accuses nobody."""

import contextlib
import threading
import time
from decimal import Decimal

import pytest

from scenarios.problems.errors import Exit
from scenarios.run.findings import Standing
from scenarios.runner import second_look
from scenarios.runner.session import Watcher
from tests.support.in_memory.judging import judged
from tests.support.in_memory.wallets import Wallet


def verdict(result, rule):
    return next(v for v in result.verdicts if v.rule.id == rule)


def standing(result, rule):
    return verdict(result, rule).standing


def test_what_does_not_come_back_is_undecided(scenario):
    files = scenario("""
        looks = []

        @pytest.mark.rules("RES-01", "RES-02")
        def test_passing(judge):
            looks.append(1)
            judge.holds("RES-01", len(looks) > 1, expected="10.00", seen="9.00")
            judge.holds("RES-02", False, expected="a", seen="b")

        @pytest.mark.rules("RES-03")
        def test_looked_at_twice(judge):
            judge.holds("RES-03", len(looks) == 2, expected="2", seen=str(len(looks)))
    """)
    result = judged(Wallet(players=("p-1",)), "RES-01", "RES-02", "RES-03", paths=files)
    assert [v.standing for v in result.verdicts] == [Standing.UNDECIDED, Standing.FAILED, Standing.PASSED]
    assert "seen once: expected 10.00; seen 9.00" in verdict(result, "RES-01").reason
    assert "somebody else use the player?" in verdict(result, "RES-01").reason


@pytest.mark.parametrize(("paused", "expected"), [(False, Standing.FAILED), (True, Standing.UNDECIDED)])
def test_what_cannot_be_tried_again_stands_unless_the_target_stood_still(scenario, paused, expected):
    files = scenario(f"""
        looks = []

        @pytest.mark.rules("RES-01")
        def test_once_only(judge):
            looks.append(1)
            judge.needs(len(looks) == 1, "it can be done once")
            judge.wait_cut_short = {paused}
            judge.holds("RES-01", False, expected="a", seen="b")
    """)
    found = verdict(judged(Wallet(), "RES-01", paths=files), "RES-01")
    assert found.standing is expected
    assert ("the target was away or stood still" in found.reason) == paused


def test_what_was_seen_once_when_the_run_was_interrupted_accuses_nobody(scenario):
    files = scenario("""
        looks = []

        @pytest.mark.rules("RES-01")
        def test_interrupted(judge):
            looks.append(1)
            judge.holds("RES-01", False, expected="a", seen="b")
            if len(looks) == 2:
                raise KeyboardInterrupt
    """)
    found = verdict(judged(Wallet(), "RES-01", paths=files), "RES-01")
    assert found.standing is Standing.UNDECIDED
    assert (
        "seen once: expected a; seen b; before it could be tried again the run was interrupted"
        in found.reason
    )


def test_a_player_whom_somebody_else_used_breaks_no_rule():
    class UsedOnce(Wallet):
        """Somebody else bets 1.00 when the first result of 10.00 has come."""

        used = False

        def result(self, message):
            if message["amount"] == 10 and not self.used:
                self.used = True
                self.move(message["user_id"], Decimal(-1))
            return super().result(message)

    result = judged(UsedOnce(), "RES-05", "BET-05", "RBK-06", "IDM-01")
    assert result.code in (Exit.UNDECIDED, Exit.HOLDS)


class WrongOnce(Watcher):
    """A run in which a wrong balance was right when it was tried again."""

    def planned(self, run, scenarios):
        run.wrong_once = True


def test_a_balance_that_moves_by_itself_breaks_no_rule(scenario, monkeypatch):
    pause = 0.2
    monkeypatch.setattr(second_look, "_STILL", pause)
    monkeypatch.setattr(second_look, "_DOUBTFUL", pause)

    class UsedAllTheTime(Wallet):
        """Somebody else bets 1.00 at every result of 7.00, and whenever no bet came for a while."""

        last = float("inf")

        def bet(self, message):
            if time.monotonic() - self.last >= pause:
                self.move(message["user_id"], Decimal(-1))
            self.last = time.monotonic()
            return super().bet(message)

        def result(self, message):
            if message["amount"] == 7:
                self.move(message["user_id"], Decimal(-1))
            return super().result(message)

    files = scenario("""
        @pytest.mark.rules("RES-05")
        def test_1(judge, player, operator):
            judge.fund(player, 500)
            judge.settled("RES-05", player, operator.result(player, player.money(700)))
    """)
    result = judged(UsedAllTheTime(), "RES-05", paths=files, watchers=[WrongOnce()])
    assert standing(result, "RES-05") is Standing.UNDECIDED
    assert "with nothing sent" in verdict(result, "RES-05").reason


class UsedByOthers(Wallet):
    """Somebody else bets 1.00 more at every result of 7.00, and is at it still whenever a bet follows a pause."""

    times, last = 0, float("inf")

    def bet(self, message):
        if time.monotonic() - self.last >= 0.1:
            self.move(message["user_id"], Decimal(-1))
        self.last = time.monotonic()
        return super().bet(message)

    def result(self, message):
        if message["amount"] == 7:
            self.times += 1
            self.move(message["user_id"], Decimal(-self.times))
        return super().result(message)


OFF_BY_ANOTHER_AMOUNT = """
    judge.settled("RES-05", player, operator.result(player, player.money(700)))
"""
ANOTHER_KIND = """
    sent = operator.result(player, player.money(700))
    judge.settled("RES-05", player, sent) if judge.again else judge.refused("RES-05", sent)
"""
ONCE_IN_A_RACE = """
    race = operator.race([operator.transaction("result", player, player.money(100 if judge.again else 700))] * 2)
    judge.settled("RES-05", player, *race)
"""


@pytest.mark.parametrize(
    ("steps", "reported"),
    [
        (OFF_BY_ANOTHER_AMOUNT, "with nothing sent"),
        (ANOTHER_KIND, "with nothing sent"),
        (ONCE_IN_A_RACE, "seen once"),
    ],
)
def test_what_shows_as_something_else_each_time_stands_only_where_balances_are_still(
    scenario, monkeypatch, steps, reported
):
    monkeypatch.setattr(second_look, "_STILL", 0.1)
    monkeypatch.setattr(second_look, "_DOUBTFUL", 0.2)
    files = scenario(f"""
@pytest.mark.rules("RES-05")
def test_1(judge, player, operator):
    judge.fund(player, 900)
{steps}""")
    result = judged(UsedByOthers(), "RES-05", paths=files)
    assert standing(result, "RES-05") is Standing.UNDECIDED
    assert reported in verdict(result, "RES-05").reason


@pytest.mark.parametrize(("moved", "stands"), [(False, Standing.FAILED), (True, Standing.UNDECIDED)])
def test_a_race_seen_once_is_proof_unless_balances_moved_with_nothing_sent(
    scenario, monkeypatch, moved, stands
):
    class PaysMoreOnce(Wallet):
        """A result of 7.00 pays a cent more the first time, as if it had met another."""

        more = Decimal("0.01")

        def result(self, message):
            more, self.more = (self.more, Decimal(0)) if message["amount"] == 7 else (Decimal(0), self.more)
            return super().result(message) + more

    class Moved(Watcher):
        """A run in which a balance moved with nothing sent, or none."""

        def planned(self, run, scenarios):
            run.disturbed = moved

    monkeypatch.setattr(second_look, "_DOUBTFUL", 0.1)
    files = scenario("""
        @pytest.mark.rules("RBK-14")
        def test_1(judge, player, operator):
            judge.fund(player, 500)
            race = operator.race([operator.transaction("result", player, player.money(700))] * 2)
            judge.settled("RBK-14", player, *race)
    """)
    result = judged(PaysMoreOnce(), "RBK-14", paths=files, watchers=[Moved()])
    assert standing(result, "RBK-14") is stands


class LosesWhatRaces(Wallet):
    """Reads a balance, waits, and writes it: of wagers at once on one player the last stays. Copies count once."""

    def __init__(self):
        super().__init__()
        self.lock = contextlib.nullcontext()
        self.ids = threading.Lock()

    def handle(self, message):
        with self.ids:
            known = self.entries.get(self.key(message))
            if known is None:
                return self.fresh(message)
        return self.again(known, message)

    def record(self, message, effect, error):
        player = message["user_id"]
        before = self.balances[player]
        self.ids.release()
        time.sleep(0.003)
        self.ids.acquire()
        self.balances[player] = before
        return super().record(message, effect, error)


def test_what_plain_wagers_at_once_lose_is_no_fault_of_the_copies_beside_them(scenario):
    files = scenario("""
        looks = []

        @pytest.mark.rules("IDM-02")
        def test_lost_beside_a_race(judge, player, operator):
            looks.append(1)
            judge.fund(player, 1000)
            operator.race([operator.transaction("result", player, player.unit)] * 2)
            judge.settled("IDM-02", player) if len(looks) > 1 else judge.was(
                "IDM-02", player, player.money(900), [player.money(1000)]
            )

        @pytest.mark.rules("INV-04")
        def test_nothing(judge):
            judge.holds("INV-04", True, expected="", seen="")
    """)
    result = judged(LosesWhatRaces(), "IDM-02", "INV-04", paths=files)
    assert standing(result, "IDM-02") is Standing.UNDECIDED
    assert "INV-04 reports that" in verdict(result, "IDM-02").reason
    assert standing(result, "INV-04") is Standing.FAILED
    assert "at once move the sum" in verdict(result, "INV-04").reason


def test_what_came_late_accuses_nobody_nor_does_the_balance_that_it_made_wrong(scenario):
    files = scenario("""
        from scenarios.run.findings import Overdue

        looks = []

        @pytest.mark.rules("RES-01")
        def test_1(judge):
            judge.run.overdue.append(Overdue("RES-01", "a refund came late", lambda: len(looks) > 1))
            judge.holds("RES-01", False, expected="paid", seen="not")

        @pytest.mark.rules("RES-05", "RES-02")
        def test_2(judge, player, operator):
            looks.append(1)
            judge.fund(player, 500)
            judge.balance("RES-05", player, player.money(600))
            judge.holds("RES-02", False, expected="a", seen="b")

        @pytest.mark.rules("RES-03")
        def test_3(judge, player, operator):
            judge.fund(player, 500)
            judge.balance("RES-03", player, player.money(600))
    """)
    result = judged(Wallet(), "RES-01", "RES-02", "RES-03", "RES-05", paths=files)
    # Seen again before it came, what is overdue is accused; the balance that it came into is not.
    assert standing(result, "RES-01") is Standing.FAILED
    assert standing(result, "RES-05") is Standing.UNDECIDED
    assert verdict(result, "RES-05").reason.endswith("; a refund came late")
    # Words and later balances are accused as ever.
    assert standing(result, "RES-02") is Standing.FAILED
    assert standing(result, "RES-03") is Standing.FAILED


def test_what_came_while_it_was_looked_at_again_accuses_nobody(scenario):
    files = scenario("""
        from scenarios.run.findings import Overdue

        looks = []

        @pytest.mark.rules("RES-01")
        def test_1(judge):
            looks.append(1)
            judge.run.overdue.append(Overdue("RES-01", "a refund came late", lambda: len(looks) > 1))
            judge.holds("RES-01", False, expected="paid", seen="not")
    """)
    result = judged(Wallet(), "RES-01", paths=files)
    assert standing(result, "RES-01") is Standing.UNDECIDED
    assert "a refund came late" in verdict(result, "RES-01").reason

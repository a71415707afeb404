"""Scenarios side by side, each with a player of its own: the verdict is that of one player, only sooner."""

import threading
import time
from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from textwrap import dedent

import pytest

from scenarios.problems.errors import Exit
from scenarios.run.findings import Standing
from scenarios.run.planning.cost import in_a_row
from scenarios.run.planning.effort import QUICK
from simulators.exchanges.history import Purpose
from tests.scenarios.runner.test_target_gone import DEADLY, Mortal, Supervisor
from tests.support.in_memory import faulty_wallets as faulty
from tests.support.in_memory.judging import judged
from tests.support.in_memory.wallets import Wallet

SMALL = replace(QUICK, sums=40, crowd=20, pause=0.05, return_within=0.3)
MONEY = (
    "BET-01",
    "BET-03",
    "BET-05",
    "RES-01",
    "RES-02",
    "RBK-01",
    "RBK-02",
    "RBK-04",
    "RBK-07",
    "INV-01",
    "INV-02",
)
EIGHT = tuple(f"p-{number}" for number in range(1, 9))

SCENARIOS = """
    import pytest

    @pytest.mark.rules("RES-01")
    @pytest.mark.parametrize("units", [1, 2])
    def test_with_parameters(judge, player, operator, units):
        judge.holds("RES-01", player.id == "p-1", expected="", seen="alone, with the first player")

    {scenarios}
"""
ONE = """
    @pytest.mark.rules("{rule}")
    def test_number_{number}(judge, player, operator):
        judge.fund(player, 1000)
        bet = operator.bet(player, player.money({units}))
        judge.accepted("{rule}", bet)
        judge.settled("{rule}", player, bet)
        TOGETHER
"""


@pytest.fixture
def made(tmp_path):
    """A file with ``count`` scenarios that bet and read; each ends with the lines ``then``."""

    def made(count, rule="BET-01", units=100, then="pass"):
        scenarios = "".join(ONE.format(rule=rule, number=number, units=units) for number in range(count))
        path = tmp_path / "test_made.py"
        text = SCENARIOS.format(scenarios=scenarios.replace("TOGETHER", then))
        path.write_text(dedent(text))
        return path

    return made


def outcome(result):
    return [(verdict.rule.id, str(verdict.standing)) for verdict in result.verdicts]


@pytest.mark.parametrize("fault", [Wallet, faulty.RollbackAdds, faulty.ForgetsRefusedBets])
def test_the_verdict_is_that_of_one_player_and_its_order_too(fault):
    one, eight = (judged(fault(players), *MONEY, effort=SMALL) for players in (EIGHT[:1], EIGHT))
    assert outcome(one) == outcome(eight)
    assert [result.id for result in one.run.results] == [result.id for result in eight.run.results]


class Far(Wallet):
    """Answers a while after it was asked, as over a link."""

    def __call__(self, environ, start_response):
        time.sleep(0.01)
        return super().__call__(environ, start_response)


def test_several_players_take_fewer_exchanges_in_a_row(made):
    path = made(48)
    numbers = (EIGHT[:1], EIGHT)
    one, eight = (judged(Far(players), "BET-01", "RES-01", paths=[path]) for players in numbers)
    rows = [in_a_row(each.run.history) for each in (one, eight)]
    assert rows[1] < rows[0] * 0.6, rows
    put_back = [one for one in eight.run.history if one.purpose is Purpose.RESTORE]
    assert in_a_row(put_back) < len(put_back) == len(EIGHT)


def test_every_player_is_put_back_and_every_exchange_says_its_scenario(made):
    wallet = Wallet(EIGHT, balance="41.37")
    result = judged(wallet, "BET-01", "RES-01", paths=[made(24)])
    assert result.code is Exit.HOLDS
    assert set(wallet.balances.values()) == {Decimal("41.37")}
    for each in result.run.results:
        sent = result.run.sent_in(each)
        assert len({one.message.player for one in sent if one.message is not None}) <= 1, each.id
    used = {one.message.player for one in result.run.history if one.message is not None}
    assert len(used) > 4


PAIRS = """
    import pytest

    @pytest.mark.rules("RES-01")
    @pytest.mark.parametrize("number", range(1))
    def test_alone(judge, number):
        judge.holds("RES-01", True, expected="", seen="")

    {scenarios}
"""
PAIR = """
    @pytest.mark.rules("BET-01")
    @pytest.mark.players(2)
    def test_pair_{number}(judge, player, another_player, operator):
        for who in (player, another_player):
            judge.fund(who, 1000)
        bet = operator.bet(player, player.money(100))
        for who in (player, another_player):
            judge.settled("BET-01", who, bet)
"""


def test_scenarios_with_two_players_go_side_by_side_too(tmp_path):
    path = tmp_path / "test_pairs.py"
    path.write_text(
        dedent(PAIRS.format(scenarios="".join(PAIR.format(number=number) for number in range(16))))
    )
    result = judged(Far(EIGHT), "BET-01", "RES-01", paths=[path])
    assert outcome(result) == [("BET-01", "passed"), ("RES-01", "passed")]
    sent = [result.run.sent_in(each) for each in result.run.results]
    spans = [range(own[0].number, own[-1].number + 1) if own else range(0) for own in sent]
    assert any(one.start < other.start < one.stop for one in spans for other in spans)
    pairs = [{one.message.player for one in own if one.message is not None} for own in sent]
    assert {len(pair) for pair in pairs} == {0, 2}
    assert len(set().union(*pairs)) > 4
    for (span, own), (other_span, others) in combinations(zip(spans, pairs, strict=True), 2):
        if span.start < other_span.stop and other_span.start < span.stop:
            assert not own & others


class Counting(Wallet):
    """Counts how many requests are under way at once."""

    def __init__(self, *given):
        super().__init__(*given)
        self.counting, self.under_way, self.most = threading.Lock(), 0, 0

    def __call__(self, environ, start_response):
        with self.counting:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        try:
            time.sleep(0.02)
            return super().__call__(environ, start_response)
        finally:
            with self.counting:
                self.under_way -= 1


def test_lanes_together_send_no_more_at_once_than_the_client_answers(made):
    class Found(Supervisor):
        def planned(self, run, scenarios):
            run.width, self.wallet.most = 4, 0

    wallet = Counting(EIGHT)
    crowd = "judge.together([lambda: operator.result(player, player.unit)] * 8)"
    path = made(8, then=crowd)
    result = judged(wallet, "BET-01", "RES-01", paths=[path], watchers=[Found(wallet)])
    assert outcome(result) == [("BET-01", "passed"), ("RES-01", "passed")]
    assert wallet.most <= 4


class OneAtATime(Wallet):
    """Answers 500 while it is at work for somebody else, before it looks at what is asked."""

    def __init__(self, *given):
        super().__init__(*given)
        self.busy, self.crowded = threading.Lock(), 0

    def __call__(self, environ, start_response):
        if not self.busy.acquire(blocking=False):
            self.crowded += 1
            start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
            return [b"busy"]
        try:
            # Long enough for those that were sent at the same time to meet.
            time.sleep(0.02)
            return super().__call__(environ, start_response)
        finally:
            self.busy.release()


class LosesWhatComesBeside(Wallet):
    """A bet of 1.00 takes nothing while another bet is under way, of whoever."""

    def __init__(self, *given):
        super().__init__(*given)
        self.under_way, self.meeting = 0, threading.Condition()

    def __call__(self, environ, start_response):
        with self.meeting:
            self.under_way += 1
            self.meeting.notify_all()
        try:
            return super().__call__(environ, start_response)
        finally:
            with self.meeting:
                self.under_way -= 1

    def bet(self, message):
        taken = super().bet(message)
        return Decimal(0) if message["amount"] == 1 and self.under_way > 1 else taken


def test_what_only_several_at_once_show_is_said_of_no_rule_about_one(made):
    wallet = LosesWhatComesBeside(EIGHT)
    result = judged(wallet, "BET-01", "RES-01", paths=[made(40)])
    assert outcome(result) == [("BET-01", "passed"), ("RES-01", "passed")]


def test_a_client_that_takes_one_at_a_time_is_judged_by_one_lane(made):
    wallet = OneAtATime(EIGHT)
    result = judged(wallet, "BET-01", "RES-01", paths=[made(8)])
    assert outcome(result) == [("BET-01", "passed"), ("RES-01", "passed")]
    # Only while it was found out how many go at once: as many as are sent together on a slow link.
    assert wallet.crowded < 32


def test_a_client_that_goes_away_is_waited_for_and_each_is_judged_alone(made):
    wallet = Mortal(players=EIGHT, balance="41.37")
    supervisor = Supervisor(wallet)
    path = made(8, then=f"operator.bet(player, player.money({int(DEADLY * 100)}))")
    result = judged(wallet, "BET-01", "RES-01", paths=[path], watchers=[supervisor], effort=SMALL)
    assert outcome(result) == [("BET-01", "passed"), ("RES-01", "passed")]
    assert any("with several scenarios under way" in text for text in result.run.warnings)
    assert set(wallet.balances.values()) == {Decimal("41.37")}


def test_ctrl_c_stops_all_of_them_and_puts_every_player_back(made):
    class Impatient(Supervisor):
        def finished(self, run, result):
            raise KeyboardInterrupt

    wallet = Wallet(EIGHT, balance="41.37")
    result = judged(wallet, "BET-01", "RES-01", paths=[made(40)], watchers=[Impatient(wallet)])
    assert result.interrupted
    assert set(wallet.balances.values()) == {Decimal("41.37")}
    assert any(one.ended is Standing.SKIPPED for one in result.run.results)

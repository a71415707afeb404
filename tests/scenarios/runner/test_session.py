"""What a session makes of scenarios: findings, crashes, skips, a target that goes away, an interruption."""

import json
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from scenarios.problems.errors import Exit
from scenarios.run.findings import Standing
from tests.support.in_memory.judging import judged
from tests.support.in_memory.wallets import Wallet


def verdict(result, rule):
    return next(v for v in result.verdicts if v.rule.id == rule)


def standing(result, rule):
    return verdict(result, rule).standing


@pytest.mark.parametrize(
    ("body", "rule", "strict", "expected", "code"),
    [
        ("pass", "RES-01", False, Standing.PASSED, Exit.HOLDS),
        (
            "judge.holds('RES-01', False, expected='a', seen='b')",
            "RES-01",
            False,
            Standing.FAILED,
            Exit.BROKEN,
        ),
        (
            "judge.holds('RBK-03', False, expected='a', seen='b')",
            "RBK-03",
            False,
            Standing.WARNED,
            Exit.HOLDS,
        ),
        (
            "judge.holds('RBK-03', False, expected='a', seen='b')",
            "RBK-03",
            True,
            Standing.WARNED,
            Exit.BROKEN,
        ),
        ("judge.note('RBK-11', 'it pays')", "RBK-11", True, Standing.INFO, Exit.HOLDS),
        ("raise Undecided('no idea')", "RES-01", False, Standing.UNDECIDED, Exit.UNDECIDED),
        ("raise ZeroDivisionError('oh')", "RES-01", False, Standing.UNDECIDED, Exit.UNDECIDED),
        ("assert False", "RES-01", False, Standing.UNDECIDED, Exit.UNDECIDED),
        (
            "judge.holds('BET-01', True, expected='', seen='')",
            "RES-01",
            False,
            Standing.UNDECIDED,
            Exit.UNDECIDED,
        ),
        # Nothing judged is no pass.
        ("pytest.skip('not today')", "RES-01", False, Standing.SKIPPED, Exit.UNDECIDED),
    ],
)
def test_how_a_scenario_ends_is_the_verdict(scenario, body, rule, strict, expected, code):
    files = scenario(f"""
        @pytest.mark.rules("{rule}")
        def test_it(judge):
            {body}
    """)
    result = judged(Wallet(), rule, paths=files, strict=strict)
    assert (standing(result, rule), result.code) == (expected, code)
    assert result.run.results[0].id == "made.it"


def test_a_crash_is_told_and_hides_no_finding(scenario):
    files = scenario("""
        @pytest.mark.rules("RES-01")
        def test_found_before(judge):
            judge.holds("RES-01", False, expected="a", seen="b")
            raise ZeroDivisionError("oh")

        @pytest.mark.rules("RES-02")
        def test_crashes(judge):
            raise ZeroDivisionError("oh")
    """)
    result = judged(Wallet(), "RES-01", "RES-02", paths=files)
    assert standing(result, "RES-01") is Standing.FAILED
    assert result.verdicts[1].reason == "the check crashed: ZeroDivisionError: oh"


def test_a_rule_that_was_not_asked_for_decides_nothing(scenario, tmp_path):
    files = scenario("""
        @pytest.mark.rules("RES-01", "RES-02")
        def test_two(judge):
            judge.holds("RES-02", False, expected="a", seen="b")
    """)
    result = judged(Wallet(), "RES-01", paths=files, report=tmp_path / "out")
    assert result.code is Exit.HOLDS
    assert ElementTree.parse(tmp_path / "out" / "junit.xml").find(".//failure") is None


def test_a_skip_names_the_line_to_add(scenario):
    files = scenario("""
        @pytest.mark.rules("BET-08")
        def test_of_a_rule_with_needs(judge):
            raise ZeroDivisionError

        @pytest.mark.rules("RES-01")
        @pytest.mark.needs("restart")
        def test_of_its_own_needs(judge):
            raise ZeroDivisionError

        @pytest.mark.rules("INV-03")
        @pytest.mark.players(2)
        def test_of_two_players(judge, another_player):
            raise ZeroDivisionError
    """)
    result = judged(Wallet(players=["p-1"]), "BET-08", "RES-01", "INV-03", paths=files)
    reasons = {v.rule.id: v.reason for v in result.verdicts}
    assert 'ban = { post = "' in reasons["BET-08"]
    assert 'restart = { run = "' in reasons["RES-01"]
    assert "in [players]" in reasons["INV-03"]


@pytest.mark.parametrize(
    ("marker", "asks", "line"),
    [
        ("players(1, 2)", "another_player", "add @pytest.mark.players(2)"),
        ("players(0)", "player", "add @pytest.mark.players(1)"),
        ("players(1)", "simulator", 'add @pytest.mark.alone("operator")'),
        ('alone("jackpot")', "simulator", 'add @pytest.mark.alone("operator")'),
    ],
)
def test_a_scenario_that_takes_more_than_it_declares_is_refused(scenario, capfd, marker, asks, line):
    files = scenario(f"""
        @pytest.mark.rules("RES-01")
        @pytest.mark.{marker}
        def test_taking(judge, {asks}): pass
    """)
    result = judged(Wallet(), "RES-01", paths=files)
    assert result.code is Exit.USAGE
    assert f"test_taking asks for {asks}" in (reported := capfd.readouterr().err)
    assert line in reported


def test_scenarios_that_may_hang_the_client_run_last(scenario):
    files = scenario("""
        @pytest.mark.rules("RES-01")
        @pytest.mark.whole_history
        def test_whole(judge): pass

        @pytest.mark.rules("RES-02")
        @pytest.mark.last(2)
        def test_very_late(judge): pass

        @pytest.mark.rules("RES-03")
        @pytest.mark.last
        def test_late(judge): pass

        @pytest.mark.rules("RES-05")
        def test_early(judge): pass
    """)
    result = judged(Wallet(), "RES-01", "RES-02", "RES-03", "RES-05", paths=files)
    assert [one.id for one in result.run.results] == [
        "made.early",
        "made.late",
        "made.very_late",
        "made.whole",
    ]


WORTH = """
    @pytest.mark.rules("BET-09")
    def test_should(judge): pass

    @pytest.mark.rules("SIG-01")
    def test_bytes(judge): pass

    @pytest.mark.rules("IDM-02")
    @pytest.mark.last
    def test_race(judge): pass

    @pytest.mark.rules("RES-01")
    def test_money(judge): pass
"""


@pytest.mark.parametrize(
    ("limit", "order"),
    [(None, ["should", "bytes", "money", "race"]), (60, ["money", "bytes", "race", "should"])],
)
def test_a_bound_leaves_out_what_matters_least(scenario, limit, order):
    rules = ("BET-09", "SIG-01", "IDM-02", "RES-01")
    result = judged(Wallet(), *rules, paths=scenario(WORTH), time_limit=limit)
    assert [one.id for one in result.run.results] == [f"made.{name}" for name in order]


class Ended:
    """A watcher that keeps the order in which scenarios ended."""

    def __init__(self):
        self.order = []

    def planned(self, run, scenarios):
        """Nothing to do."""

    def finished(self, run, result):
        self.order.append(result.id.removeprefix("made."))


def test_what_matters_least_comes_last_as_soon_as_a_run_is_too_long(scenario):
    first = """
    @pytest.mark.rules("RES-02")
    def test_first(judge, run):
        run.turn, run.guard.bound = 1e9, lambda _: 60

    @pytest.mark.rules("RES-03")
    def test_next(judge): pass
    """
    rules, ended = ("RES-02", "RES-03", "BET-09", "SIG-01", "IDM-02", "RES-01"), Ended()
    judged(Wallet(players=("p-1",)), *rules, paths=scenario(first + WORTH), watchers=[ended])
    # What comes after the next was prepared already.
    assert ended.order == ["first", "next", "should", "money", "bytes", "race"]


def test_a_bound_leaves_what_was_judged_and_tells_of_the_rest(scenario):
    files = scenario("""
        @pytest.mark.rules("RES-01")
        def test_money(judge, run):
            judge.holds("RES-01", True, expected="", seen="")
            run.guard.bound = lambda _: 0

        @pytest.mark.rules("BET-09")
        def test_should(judge):
            judge.holds("BET-09", True, expected="", seen="")
    """)
    result = judged(Wallet(players=("p-1",)), "RES-01", "BET-09", paths=files, time_limit=60)
    assert standing(result, "RES-01") is Standing.PASSED
    assert standing(result, "BET-09") is Standing.UNDECIDED
    assert verdict(result, "BET-09").reason.startswith("not run: ")
    assert result.code is Exit.UNDECIDED


def test_what_could_not_be_tried_again_in_time_is_undecided(scenario):
    files = scenario("""
        def ends(run):
            bound, run.guard.bound = run.guard.bound, lambda _: 0
            try:
                run.verbs.result(run.players[0], run.players[0].unit)
            finally:
                run.guard.bound = bound

        @pytest.mark.rules("RES-01")
        def test_first_look(judge, run):
            judge.holds("RES-01", False, expected="a", seen="b")
            ends(run)

        @pytest.mark.rules("BET-01", "RES-02")
        def test_second_look(judge, run):
            judge.holds("BET-01", False, expected="a", seen="b")
            if judge.again:
                ends(run)
            judge.holds("RES-02", False, expected="a", seen="b")
    """)
    result = judged(Wallet(), "RES-01", "BET-01", "RES-02", paths=files)
    for rule in ("RES-01", "RES-02"):
        assert standing(result, rule) is Standing.UNDECIDED
        assert "; before it could be tried again time was over: " in verdict(result, rule).reason
    assert standing(result, "BET-01") is Standing.FAILED


def test_an_interruption_in_the_middle_leaves_a_report_and_the_money(scenario, tmp_path):
    files = scenario("""
        @pytest.mark.rules("RES-02")
        def test_1(judge, player):
            judge.fund(player, 100)

        @pytest.mark.rules("BET-01")
        def test_2(judge, player, operator):
            judge.fund(player, 123456)
            judge.holds("BET-01", False, expected="a", seen="b")
            operator.bet(player, player.money(5))
            raise KeyboardInterrupt

        @pytest.mark.rules("BET-03")
        def test_3(judge, player):
            judge.fund(player, 100)
    """)
    wallet, out = Wallet(players=("p-1",), balance="41.37"), tmp_path / "out"
    result = judged(wallet, "BET-01", "BET-03", "RES-02", paths=files, report=out)
    assert result.interrupted
    assert wallet.balances["p-1"] == Decimal("41.37")
    assert result.code is Exit.BROKEN
    saved = json.loads((out / "report.json").read_text())
    assert {rule["id"]: rule["outcome"] for rule in saved["rules"]} == {
        "RES-02": "passed",
        "BET-01": "failed",
        "BET-03": "skipped",
    }
    assert [r["reason"] for r in saved["rules"] if r["id"] == "BET-03"] == [
        "not run: the run was interrupted"
    ]
    ElementTree.parse(out / "junit.xml")
    assert json.loads((out / "history.har").read_text())["log"]["entries"]


def test_an_interruption_with_nothing_broken_is_undecided(scenario):
    files = scenario("""
        @pytest.mark.rules("RES-01")
        def test_1(judge):
            raise KeyboardInterrupt
    """)
    result = judged(Wallet(), "RES-01", paths=files)
    assert result.code is Exit.UNDECIDED


class InterruptedAtFirst(Wallet):
    """Interrupts the judge while it searches for the opening balance."""

    bets = 0

    def bet(self, message):
        self.bets += 1
        if self.bets == 6:
            import _thread

            _thread.interrupt_main()
        return super().bet(message)


def test_an_interruption_while_the_opening_balance_is_searched_leaves_the_money():
    wallet = InterruptedAtFirst(balance="41.37")
    result = judged(wallet)
    assert result.interrupted
    assert result.code is Exit.UNDECIDED
    assert wallet.balances["p-1"] == Decimal("41.37")


class PaysNothingBack(Wallet):
    """Refuses the result that puts the player back."""

    def result(self, message):
        from tests.support.in_memory.wallets import Refused

        if message["amount"] == Decimal("41.37"):
            raise Refused("NO")
        return super().result(message)


def test_a_player_who_could_not_be_put_back_is_told(scenario):
    files = scenario("""
        @pytest.mark.rules("RES-01")
        def test_1(judge, player):
            judge.fund(player, 100)
    """)
    result = judged(PaysNothingBack(balance="41.37"), "RES-01", paths=files)
    assert result.run.warnings == [
        "player p-1 could not be put back to 41.37 EUR: the result that puts it back was not accepted"
    ]


def test_a_file_that_cannot_be_read_is_told_and_is_no_pass(scenario):
    result = judged(Wallet(), "RES-01", paths=scenario("import no_such_module"))
    assert result.code is Exit.UNDECIDED
    assert any("no_such_module" in warning for warning in result.run.warnings)


def test_a_marker_with_an_unknown_rule_is_a_usage_error(scenario, capfd):
    files = scenario("""
        @pytest.mark.rules("RES-99")
        def test_1(judge): pass
    """)
    assert judged(Wallet(), "RES-01", paths=files).code is Exit.USAGE
    assert "RES-99" in capfd.readouterr().err

"""What goes out together: as wide as the CLIENT answers, judged like one after the other, and never a race's fault."""

import contextlib
import io
import threading
import time
from decimal import Decimal

import pytest

from loadtests.benchmarks.relay import delayed
from scenarios.cases.batch import addends
from scenarios.report.accusation import lines
from scenarios.report.document import document
from scenarios.run.findings import Standing
from scenarios.run.planning.cost import in_a_row
from scenarios.run.planning.effort import QUICK
from scenarios.run.planning.settings import Settings
from scenarios.run.planning.width import side_by_side
from scenarios.runner.pytest_run import check
from scenarios.wallet.player import FreePlayers, Player
from simulators.exchanges.history import Purpose
from tests.support.in_memory.judging import judged
from tests.support.in_memory.wallets import Wallet, served, target_of
from tests.support.servers.small_server import Handler, listening

RULES = ("BET-10", "SIG-02", "IDM-03")


def standings(result):
    return {verdict.rule.id: verdict.standing for verdict in result.verdicts}


def test_results_come_in_the_order_of_the_sends():
    gate = threading.Barrier(3, timeout=60)

    def send(number):
        gate.wait()
        return number

    assert side_by_side([lambda number=number: send(number) for number in range(3)], 3) == [0, 1, 2]
    assert side_by_side([lambda: 1, lambda: 2], 1) == [1, 2]


def test_a_story_takes_a_free_player_only_where_no_scenario_waits_for_one():
    free, own = FreePlayers([Player("p-2", "EUR")], kept=True), [Player("p-1", "EUR")]
    taken = threading.Event()

    def takes():
        with free.some(2, own) as two:
            assert ([one.id for one in two], own, free.players) == (["p-1", "p-2"], [], [])
            taken.set()

    story = threading.Thread(target=takes)
    with free.some(1, own):
        story.start()
        story.join(0.05)
    story.join(0.05)
    assert not taken.is_set()
    with free.changed:
        free.kept = False
        free.changed.notify_all()
    story.join(60)
    assert taken.is_set()
    assert ([one.id for one in own], [one.id for one in free.players]) == (["p-1"], ["p-2"])


def test_a_far_client_is_asked_many_things_at_once():
    wallet = Wallet(("p-1",))
    with served(wallet) as url, delayed(url, 0.02) as far:
        result = check(Settings(target_of(far, wallet), ("BET-10", "SIG-02"), QUICK, seed=1))
    assert standings(result) == {"BET-10": Standing.PASSED, "SIG-02": Standing.PASSED}
    assert in_a_row(result.run.history) < len(result.run.history) / 2
    assert wallet.balances["p-1"] == Decimal("50.00")


class _OneConnection(Handler):
    """Answers for ``wallet`` as long as a connection is kept open."""

    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.body()
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": self.path,
            "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": self.headers["Content-Type"],
            "HTTP_X_SECURITY_HASH": self.headers.get("X-Security-Hash", ""),
        }
        (answer,) = self.wallet(environ, lambda status, _: self.send_response(int(status[:3])))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


def test_a_client_that_answers_one_connection_after_the_other_is_judged_right():
    wallet = Wallet(("p-1",))
    handler = type("Connection", (_OneConnection,), {"wallet": wallet})
    with listening(handler, one_by_one=True) as url:
        target = target_of(url, wallet)
        operator = target.operator.model_copy(update={"timeout": 2.0})
        result = check(Settings(target.model_copy(update={"operator": operator}), RULES, QUICK, seed=1))
    assert standings(result) == dict.fromkeys(RULES, Standing.PASSED)
    assert result.run.width == 1
    # What found that out got no answer; everything else did, but for the cuts of IDM-03.
    silent = [one for one in result.run.history if one.answer is None and not one.faulty]
    assert {one.purpose for one in silent} == {Purpose.LIVENESS}
    assert wallet.balances["p-1"] == Decimal("50.00")


class LosesUpdates(Wallet):
    """Reads a balance, and writes it back a little later, whatever became of it."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.lock = contextlib.nullcontext()

    def move(self, player, effect):
        before = self.balances[player]
        time.sleep(0.001)
        self.balances[player] = before + effect


@pytest.mark.parametrize(("rule", "reported"), [("BET-10", Standing.PASSED), ("INV-04", Standing.FAILED)])
def test_what_only_a_race_breaks_is_left_to_the_rules_about_races(rule, reported):
    result = judged(LosesUpdates(("p-1",)), rule)
    assert standings(result) == {rule: reported}


@pytest.mark.parametrize(
    ("difference", "base", "guilty"),
    [("0.25", 2, [0]), ("-3.75", 16, [0, 1]), ("28.25", 16, [0, 1]), ("-4.00", 16, [1]), ("0.10", 16, [])],
)
def test_a_difference_names_the_races_that_made_it(difference, base, guilty):
    """3.75 too little is 4.00 less and 0.25 more; 28.25 is seven times 4.00, and once 0.25."""
    assert addends(Decimal(difference), "EUR", [25, 25 * base], base) == guilty


def test_what_holds_one_after_the_other_is_noted():
    (verdict,) = judged(LosesUpdates(("p-1",)), "BET-10").verdicts
    assert "one request after the other" in verdict.reason


class ForgetsBets(Wallet):
    """Takes a bet anew that comes for the third time: ``taken`` of it, None for as much as it was."""

    taken: Decimal | None = None

    def again(self, known, message):
        known.copies = getattr(known, "copies", 0) + 1
        if known.copies == 2 and message["action"] == "bet":
            self.move(message["user_id"], -(self.taken or message["amount"]))
        return super().again(known, message)


class ForgetsBetsInPart(ForgetsBets):
    taken = Decimal("0.07")


@pytest.mark.parametrize(
    ("wallet", "kinds"), [(ForgetsBets, {"bet"}), (ForgetsBetsInPart, {"bet", "result", "rollback"})]
)
def test_one_reading_of_many_blames_those_that_did_it_or_says_that_it_is_one_of_them(wallet, kinds):
    result = judged(wallet(("p-1",)), "IDM-04")
    (found,) = result.verdicts[0].results[0].of("IDM-04")
    assert all(each.blamed for one in result.verdicts[0].results for each in one.of("IDM-04"))
    blamed = [result.run.history[number] for number in found.blamed]
    assert {one.message.kind for one in blamed} == kinds
    assert ("one or more of" in found.about()) == (len(kinds) > 1)
    shown = [line.name for line in lines(result.run, result.verdicts[0]) if line.name.startswith("#")]
    worst = max(result.verdicts[0].results[-1].of("IDM-04"), key=lambda each: each.off)
    assert set(shown) <= {f"#{number}" for number in worst.blamed}
    assert document(result.run, result.verdicts).rules[0].scenarios[0].findings[0].blamed == list(
        found.blamed
    )

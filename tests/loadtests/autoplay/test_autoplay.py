"""Autoplay in process: right CLIENTs are clean whatever happens beside, wrong ones broken, nothing dies silently."""

import re
import threading
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from loadtests.traffic.player_script import PlayerScript
from scenarios.hosting.ports import free_port
from scenarios.problems.errors import Exit, UsageProblem
from simulators.exchanges.history import Purpose
from simulators.transport.faults.table import parse_fault
from tests.loadtests.autoplay.playing import QUIET, Scene, alone, converting, playing


def traffic(scene: Scene) -> list:
    return [each for each in scene.providers.history if each.purpose is Purpose.TRAFFIC]


def test_a_right_client_is_clean_and_all_that_was_played_is_in_the_history(tmp_path: Path):
    with playing(tmp_path) as scene:
        before = {player: scene.client.balance(player) for player in ("p-1", "p-2")}
        scene.start()
        scene.await_rounds(60)
        verdict = scene.stop()
        assert verdict["finding"] == "clean", verdict
        assert scene.autoplay.code == Exit.HOLDS
        shown = scene.autoplay.shown()
        assert (shown["state"], shown["waiting"], shown["failed_rounds"]) == ("ended", "", [])
        assert {"bet", "copy", "copies at once", "orphan", "with a fault", "bad signature"} <= set(
            shown["sent"]
        )
        for player in verdict["players"]:
            assert (player["outcome"], player["off"]) == ("right", "0"), player
            assert Decimal(player["owned"]) == before[player["player"]]
            assert Decimal(player["owns"]) == scene.client.balance(player["player"])
        assert scene.said[-3].startswith("audit: clean")
        # One wager after another for each player, but for what is meant to leave together.
        sent = defaultdict(list)
        for each in traffic(scene):
            sent[each.message.player].append(each)
        assert set(sent) == {"p-1", "p-2"}
        for mine in sent.values():
            for one, other in pairwise(mine):
                together = one.race is not None and one.race == other.race
                assert together or one.answered is None or one.answered <= other.invoked
        assert any(each.copy_of is not None for each in traffic(scene))


def test_what_others_do_beside_accuses_nobody(tmp_path: Path):
    with playing(tmp_path) as scene:
        [old] = scene.act("bet", amount="1.00")
        scene.start()
        scene.await_rounds(5)
        [bet] = scene.act("bet", amount="2.00")
        scene.act("result", amount="7.50", copies=2)
        scene.act("orphan", amount="3.00", copies=1)
        of = scene.providers.history[bet].message.id
        scene.act("rollback", amount="2.00", of=of)
        # Of before: one that is undone now, and a copy that does nothing more.
        scene.providers.channel("operator").again(scene.providers.history[old])
        scene.act("rollback", amount="1.00", of=scene.providers.history[old].message.id)
        scene.await_rounds(10)
        verdict = scene.stop()
        assert verdict["finding"] == "clean", verdict


@pytest.mark.parametrize("fault", ["copies:n=2", "answer-lost"])
def test_faults_that_are_on_act_on_what_is_played_and_not_on_the_audit(tmp_path: Path, fault: str):
    with playing(tmp_path) as scene:
        scene.start()
        scene.await_rounds(2)
        scene.providers.set_faults("operator", [parse_fault(fault)])
        scene.await_(lambda: sum(each.faulty for each in traffic(scene)) > 6)
        scene.providers.set_faults("operator", [])
        scene.await_rounds(10)
        scene.providers.set_faults("operator", [parse_fault(fault)])
        verdict = scene.stop()
        if fault == "answer-lost":
            # What is sent again at the end is lost, too, and says nothing.
            assert verdict["finding"] in ("clean", "undecided"), verdict
        else:
            assert verdict["finding"] == "clean", verdict
        assert verdict["rules"] == {}


@pytest.mark.parametrize("mutant", ["idm-no-results", "rollback-orphan-deposits"])
def test_a_wrong_client_is_broken_and_it_is_said_by_what(tmp_path: Path, mutant: str):
    with playing(tmp_path, mutant) as scene:
        scene.start()
        scene.await_rounds(40)
        verdict = scene.stop()
        assert verdict["finding"] == "broken", verdict
        assert "INV-05" in verdict["rules"]
        assert (scene.autoplay.code, verdict["exit_code"]) == (Exit.BROKEN, 1)
        wrong = next(each for each in verdict["players"] if each["outcome"] == "wrong")
        assert Decimal(wrong["owns"]) == scene.client.balance(wrong["player"])
        assert Decimal(wrong["off"]) > 0
        assert "owned" in wrong["why"]
        assert any(line.strip().startswith(f"{wrong['player']}: ") for line in scene.said), scene.said


def test_by_what_is_named_where_one_mistake_explains_it(tmp_path: Path):
    with playing(tmp_path, "idm-no-results", QUIET) as scene:
        scene.start()
        # Whose balance is still being read is judged by nothing that is sent meanwhile.
        scene.await_(lambda: any(one.message.player == "p-1" for one in traffic(scene)))
        scene.act("result", amount="7.77", copies=1)
        verdict = scene.stop()
        wrong = next(each for each in verdict["players"] if each["outcome"] == "wrong")
        assert wrong["off"] == "7.77"
        assert "twice" in wrong["why"], wrong


def test_a_right_client_is_clean_whatever_becomes_of_vouchers(tmp_path: Path):
    ends = {"conversion", "conversion canceled", "conversion refunded", "conversion refund rejected"}
    with converting(tmp_path) as scene:
        jackpot = scene.providers.simulator("jackpot").account
        before = [each.store for each in jackpot.listings]
        scene.start()
        scene.await_(lambda: ends | {"store change"} <= set(scene.autoplay.shown()["sent"]))
        verdict = scene.stop()
        shown = scene.autoplay.shown()
        assert verdict["finding"] == "clean", (verdict, shown)
        assert (shown["problems"], shown["failed_rounds"], shown["conversions"]) == ([], [], 4)
        spent = [each.price for each in jackpot.vouchers if each.state in ("READY", "REFUND_REJECTED")]
        assert spent
        for player in verdict["players"]:
            assert (player["outcome"], player["off"]) == ("right", "0"), player
            assert Decimal(player["owns"]) == scene.client.balance(player["player"])
        # The catalogue is left as it was found.
        assert [each.store for each in jackpot.listings] == before
        assert all(each.enabled for each in jackpot.listings)
        assert scene.said[0] == "autoplay        2 players, 2 rounds a second, vouchers a second: 4"


def test_a_client_that_keeps_what_a_canceled_voucher_held_is_broken(tmp_path: Path):
    with converting(tmp_path, "vch-cancel-keeps") as scene:
        scene.start(rate="0.01", cancels="1")
        scene.await_(lambda: "conversion canceled" in scene.autoplay.shown()["sent"])
        verdict = scene.stop()
        assert verdict["finding"] == "broken", verdict
        wrong = next(each for each in verdict["players"] if each["outcome"] == "wrong")
        assert Decimal(wrong["owns"]) == scene.client.balance(wrong["player"])
        assert Decimal(wrong["off"]) < 0
        assert re.search(
            r"as if .* vouchers? that w[a-z]+ canceled \([\d.]+ EUR\) had been paid all the same",
            wrong["why"],
        )


def reduced(scene: Scene) -> bool:
    """Whether a voucher was sold below its value: what costs its value shows no difference."""
    sold = scene.providers.simulator("jackpot").account.vouchers
    return any(each.price < each.value for each in sold if each.state == "READY")


def changed_often(scene: Scene) -> bool:
    return scene.autoplay.shown()["sent"].get("store change", 0) > 8


@pytest.mark.parametrize(
    ("mutant", "changes", "enough", "words"),
    [
        ("vch-pays-value", "0", reduced, "too little"),
        ("cat-gone", "1", changed_often, "CAT-07: after store/enabled the store"),
    ],
)
def test_a_client_that_charges_the_value_or_forgets_a_store_is_broken(
    tmp_path: Path, mutant: str, changes: str, enough: Callable[[Scene], bool], words: str
):
    with converting(tmp_path, mutant) as scene:
        # No more at once than a busy machine answers in time: what takes longer is no fault of the mutant.
        scene.start(rate="0.01", conversions="2", cancels="0", refunds="0", store_changes=changes)
        scene.await_(lambda: enough(scene))
        verdict = scene.stop()
        assert verdict["finding"] == "broken", verdict
        assert any(words in line for line in verdict["lines"]), verdict


def test_a_client_that_is_gone_is_waited_for_and_said(tmp_path: Path):
    port = free_port()
    with alone(tmp_path, f"http://127.0.0.1:{port}/operator") as scene:
        scene.start()
        reported = threading.Event()
        scene.autoplay.shown()
        while not scene.said[1:]:
            reported.wait(0.05)
        assert "waiting for the CLIENT: nothing listens at" in scene.said[1]
        assert "nothing listens" in scene.autoplay.shown()["waiting"]
        verdict = scene.stop()
        assert verdict["finding"] == "undecided"
        assert verdict["players"] == []
        assert any("nothing listens at" in line for line in verdict["lines"]), verdict
        assert len(scene.providers.history) == 0
        assert scene.autoplay.code == Exit.UNDECIDED


def test_an_audit_that_is_given_up_is_undecided(tmp_path: Path):
    with playing(tmp_path) as scene:
        scene.start()
        scene.await_rounds(2)
        given_up = threading.Event()
        given_up.set()
        scene.autoplay.finish(given_up)
        verdict = scene.autoplay.shown()["verdict"]
        assert verdict["finding"] == "undecided", verdict
        assert verdict["players"] == []
        assert any("it was given up" in line for line in verdict["lines"]), verdict


def test_a_round_that_fails_in_the_program_itself_is_told_and_nothing_is_clean(tmp_path: Path, monkeypatch):
    real, failed = PlayerScript.round, []

    def round_(self):
        if not failed:
            failed.append(self.player)
            raise ValueError("a mistake of this program")
        return real(self)

    monkeypatch.setattr(PlayerScript, "round", round_)
    with playing(tmp_path) as scene:
        scene.start()
        scene.await_rounds(5)
        verdict = scene.stop()
        assert verdict["finding"] == "undecided", verdict
        assert scene.autoplay.code == Exit.UNDECIDED
        words = "ValueError: a mistake of this program"
        assert any(words in each for each in scene.autoplay.shown()["failed_rounds"])
        assert f"autoplay: a round failed in pitboss itself: {words}" in scene.said


def test_one_session_at_a_time_and_each_is_audited(tmp_path: Path):
    with playing(tmp_path) as scene:
        with pytest.raises(UsageProblem, match="autoplay is off"):
            scene.autoplay.stop()
        for _ in range(2):
            scene.start(rate="40", copies="0.5")
            with pytest.raises(UsageProblem, match="autoplay is on"):
                scene.start()
            scene.await_rounds(2)
            assert scene.autoplay.stop()["state"] in ("playing", "settling", "auditing", "ended")
            assert scene.autoplay.shown(wait=120)["verdict"]["finding"] == "clean"
        assert scene.autoplay.shown()["rate"] == 40


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"rate": "0"}, "--play-rate is 0"),
        ({"rate": "51"}, "--play-rate is 51"),
        ({"copies": "2"}, "--copies is 2"),
        ({"wins": "0.9", "voids": "0.9"}, "--wins is 0.9"),
        ({"least_stake": "x"}, "--least-stake is 'x'"),
        ({"faults": "nonsense"}, "--faults is 'nonsense'"),
        ({"late_results": "2"}, "--late-results is 2"),
        ({"conversions": "51"}, "--conversions is 51"),
        ({"conversions": "1"}, "'jackpot' is no provider that is served here"),
    ],
)
def test_sizes_that_cannot_be_are_refused_before_anything_is_sent(tmp_path: Path, asked: dict, words: str):
    with alone(tmp_path, "http://127.0.0.1:9/operator") as scene:
        with pytest.raises(UsageProblem, match=words):
            scene.start(**asked)
        assert scene.autoplay.shown() == {"state": "off"}

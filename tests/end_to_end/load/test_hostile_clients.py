"""CLIENTs that mean harm under load: one run in which each user faces another kind ends in time, and in words."""

import threading

import pytest

from tests.support.programs.commanding import target_file
from tests.support.programs.load_runs import ONE_AT_A_TIME, load
from tests.support.servers.hostile import HOSTILE, answering_each, peak_megabytes

pytestmark = [pytest.mark.timeout(480, func_only=True), ONE_AT_A_TIME]
PLAYERS = [f"h-{number}" for number in range(len(HOSTILE))]


def test_a_load_that_meets_every_kind_ends_in_words_and_within_its_memory(tmp_path):
    left, all_met = set(PLAYERS), threading.Event()

    def met(player):
        left.discard(player)
        if not left:
            all_met.set()

    with answering_each(dict(zip(PLAYERS, HOSTILE.values(), strict=True)), met) as url:
        target_file(tmp_path, url, players=PLAYERS, more="timeout = 0.3")
        options = ("--opening", "100", "--races", "0.2", "--drain-time", "2", "--audit-time", "4")
        with load(tmp_path, *options, users=len(PLAYERS)) as run:
            assert all_met.wait(300), (left, run.output)
            # Each of them more than once, and in more ways than one.
            run.wait_until_sent(5 * len(PLAYERS))
            assert peak_megabytes(run.process.pid) < 400
            run.interrupt()
            code = run.ended()
    # What some of them say looks like an answer: that money is missing then is true.
    assert code in (1, 4), run.output
    assert run.audit["undecided_players"] > 0
    assert "Traceback" not in run.output
    assert not any(sign in run.output for sign in "\x00\x07\x1b\u202e")

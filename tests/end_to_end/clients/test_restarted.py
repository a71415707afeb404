"""The reference CLIENT, killed in the middle of a check and started again by its keeper: the verdict of every day."""

import subprocess

import pytest

from scenarios.contract import select
from scenarios.problems.errors import Exit
from scenarios.run.findings import Standing
from scenarios.run.planning.effort import QUICK
from scenarios.run.planning.settings import Settings
from scenarios.runner.pytest_run import check
from tests.end_to_end.clients.test_independent import by_standing
from tests.support.programs.mutants import serving

RULES = tuple(rule.id for rule in select("RES,BET-01,BET-02,BET-03,RBK-01,RBK-02,IDM-01"))


class KillsAt:
    """Watches a run and kills the CLIENT by ``command`` when exchange ``number`` leaves."""

    def __init__(self, command, number):
        self.command, self.number = command, number

    def planned(self, run, scenarios):
        run.history.listeners.append(self.heard)

    def heard(self, exchange):
        if exchange.number == self.number and exchange.answer is None and exchange.failure is None:
            subprocess.run(self.command, shell=True, check=True)

    def finished(self, run, result):
        pass

    def noticed(self, run, text):
        pass


@pytest.mark.parametrize("number", [60, 150])
def test_a_restart_in_the_middle_changes_no_verdict(number):
    with serving() as target:
        kill = target.driver.restart.run
        target = target.model_copy(update={"driver": target.driver.model_copy(update={"restart": None})})
        result = check(Settings(target, RULES, QUICK, 7), watchers=[KillsAt(kill, number)])
    assert by_standing(result, Standing.FAILED, Standing.WARNED, Standing.UNDECIDED) == {}
    assert result.code is Exit.HOLDS
    assert any("failure" in repr(one) for one in result.run.history)

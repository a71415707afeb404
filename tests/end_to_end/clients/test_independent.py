"""The judge against CLIENTs that share no code with the reference: one correct, the others wrong in several ways."""

import pytest

from scenarios.contract import select
from scenarios.problems.errors import Exit
from scenarios.run.findings import Standing
from scenarios.run.judge import Judged
from scenarios.run.planning.effort import QUICK, Effort
from scenarios.run.planning.settings import Settings
from scenarios.runner.pytest_run import check
from scenarios.target.loading import Target
from tests.end_to_end.clients.running import CORRECT, FOLDER, SECRET, WRONG, faults, running

RULES = tuple(rule.id for rule in select(provider="operator"))
EIGHT = {f"p-{number}": "25.00" for number in range(1, 9)}


def judged(
    name: str,
    players: dict[str, str],
    rules: tuple[str, ...] = RULES,
    effort: Effort = QUICK,
    **operator: object,
) -> Judged:
    """Judge the CLIENT ``name`` with a callback URL, a secret and player ids, and nothing else."""
    with running(name, players) as client:
        target = Target.model_validate(
            {
                "operator": {"callback_url": client.url, "security_hash": SECRET, **operator},
                "players": {"ids": list(players), "currency": "EUR"},
            }
        )
        return check(Settings(target, rules, effort, 7))


def by_standing(result: Judged, *standings: Standing) -> dict[str, str]:
    """The rules that came out so, each with its reason."""
    return {v.rule.id: v.reason for v in result.verdicts if v.standing in standings}


@pytest.mark.parametrize("players", [{"only": "0"}, EIGHT], ids=["one player without money", "eight players"])
@pytest.mark.parametrize("name", CORRECT)
def test_a_correct_client_is_never_accused(name: str, players: dict[str, str]) -> None:
    result = judged(name, players)
    assert by_standing(result, Standing.FAILED, Standing.WARNED, Standing.UNDECIDED) == {}
    assert result.code is Exit.HOLDS
    assert result.run.warnings == []


@pytest.mark.parametrize("name", WRONG)
def test_each_broken_rule_is_named_and_none_that_holds(name: str) -> None:
    result = judged(name, {"p-1": "100.00", "p-2": "0"})
    said = faults(name)
    failed = by_standing(result, Standing.FAILED)
    warned = by_standing(result, Standing.WARNED)
    skipped = by_standing(result, Standing.SKIPPED)
    hidden = set(said.breaks) - set(failed) - set(skipped)
    accused = {rule: why for rule, why in failed.items() if rule not in {**said.breaks, **said.may}}
    unwarned = set(said.warns) - set(warned) - set(failed) - set(skipped)
    overwarned = {
        rule: why for rule, why in warned.items() if rule not in {**said.warns, **said.may, **said.breaks}
    }
    assert (hidden, accused, unwarned, overwarned) == (set(), {}, set(), {})
    assert result.code is Exit.BROKEN


def test_no_client_shares_code_with_the_project() -> None:
    for path in (FOLDER / name for name in (*CORRECT, *WRONG, "starting.py")):
        for room in ("simulators", "client_under_test", "scenarios", "loadtests"):
            assert room not in path.read_text(encoding="utf-8"), (path, room)

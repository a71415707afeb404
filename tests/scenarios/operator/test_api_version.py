"""OUT-09: the version under which the CLIENT calls the OPERATOR is the agreed one."""

import pytest

from scenarios.cli.reference_client import reference_client
from scenarios.run.findings import Standing
from scenarios.run.planning.effort import QUICK
from scenarios.run.planning.settings import Settings
from scenarios.runner.pytest_run import check


@pytest.mark.parametrize(
    ("called", "agreed", "standing"),
    [
        ("v1", "v1", Standing.PASSED),
        ("v1", None, Standing.PASSED),
        (None, None, Standing.PASSED),
        ("v1", "v2", Standing.FAILED),
        (None, "v2", Standing.FAILED),
    ],
)
def test_calls_are_held_against_the_agreed_version(called, agreed, standing, tmp_path):
    with reference_client(tmp_path, api_version=called) as target:
        operator = target.operator.model_copy(update={"api_version": agreed})
        judged = check(Settings(target.model_copy(update={"operator": operator}), ("OUT-09",), QUICK, 7))
    assert [verdict.standing for verdict in judged.verdicts] == [standing], judged.verdicts

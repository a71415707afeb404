"""Right CLIENTs with unusual habits: nothing is broken, and nothing warned of that the contract allows."""

import ast

import pytest

from scenarios.run.findings import Standing
from tests.end_to_end.clients.running import FOLDER
from tests.end_to_end.clients.test_independent import by_standing, judged

PROGRAM = "unusual.py"


def habits() -> dict[str, dict[str, tuple[str, ...]]]:
    """The table of the program, which is not imported, since it shares no code with the judge."""
    for statement in ast.parse((FOLDER / PROGRAM).read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == "HABITS":
            found: dict[str, dict[str, tuple[str, ...]]] = ast.literal_eval(
                statement.value or ast.Constant({})
            )
            return found
    raise LookupError("HABITS")


HABITS = habits()


@pytest.mark.parametrize("client", HABITS)
def test_a_right_client_with_unusual_habits_is_not_accused(client, monkeypatch):
    monkeypatch.setenv("CLIENT", client)
    result = judged(PROGRAM, {"p-1": "100.00", "p-2": "5.00"})
    assert by_standing(result, Standing.FAILED) == {}
    allowed = {rule for rules in HABITS[client].values() for rule in rules}
    assert set(by_standing(result, Standing.WARNED, Standing.UNDECIDED)) <= allowed
    assert result.run.warnings == []

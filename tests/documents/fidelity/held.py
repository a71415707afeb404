"""Whether a statement is implemented and held, by files, tests and rules that exist."""

import ast
from collections.abc import Mapping, Sized
from functools import cache

from tests.documents.fidelity.statement import Statement
from tests.house.__main__ import ROOT


@cache
def functions(file: str) -> set[str]:
    """The tests of a file below tests/; none where there is no such file."""
    path = ROOT / "tests" / file
    if not path.is_file():
        return set()
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return {node.name for node in body if isinstance(node, ast.FunctionDef)}


def unheld(statement: Statement, proved: Mapping[str, Sized]) -> list[str]:
    """What is wrong with where a statement is implemented and what holds it; ``proved``: the scenarios of each rule."""
    wrong = [f"{path} is no file" for path in statement.where if not (ROOT / path).is_file()]
    for test in statement.tests:
        file, _, name = test.partition("::")
        if name not in functions(file):
            wrong.append(f"{test} is no test")
    wrong += [f"{rule} is no rule that is judged" for rule in statement.rules if not proved.get(rule)]
    if not statement.where:
        wrong.append("it is implemented nowhere")
    if not statement.tests and not statement.rules:
        wrong.append("nothing holds it")
    return wrong

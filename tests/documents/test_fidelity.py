"""Every statement of the documents is implemented somewhere, and held by tests and rules that exist."""

import ast
from functools import cache

import pytest

from scenarios.contract import RULES
from tests.documents.fidelity.documents import DOCUMENTS
from tests.documents.fidelity.statement import Statement
from tests.documents.generated import scenarios_by_rule
from tests.house.__main__ import ROOT

STATEMENTS = [each for statements in DOCUMENTS.values() for each in statements]


@cache
def functions(file: str) -> set[str]:
    """The tests of a file below tests/."""
    body = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8")).body
    return {node.name for node in body if isinstance(node, ast.FunctionDef)}


def unheld(statement: Statement) -> list[str]:
    """What is wrong with where a statement is implemented and what holds it."""
    wrong = [f"{path} is no file" for path in statement.where if not (ROOT / path).is_file()]
    for test in statement.tests:
        file, _, name = test.partition("::")
        if name not in functions(file):
            wrong.append(f"{test} is no test")
    proved = scenarios_by_rule()
    wrong += [f"{rule} is no rule that is judged" for rule in statement.rules if not proved.get(rule)]
    if not statement.where:
        wrong.append("it is implemented nowhere")
    if not statement.tests and not statement.rules:
        wrong.append("nothing holds it")
    return wrong


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda each: each.text[:40])
def test_every_statement_is_implemented_and_held(statement):
    assert unheld(statement) == []


def test_a_statement_that_nothing_holds_is_found():
    assert unheld(Statement("x", "y", ())) == ["it is implemented nowhere", "nothing holds it"]
    made_up = Statement("x", "y", ("no.py",), ("house/test_checks.py::test_none",), ("BET-99",))
    assert len(unheld(made_up)) == 3


def test_each_statement_is_told_once():
    assert len({(each.section, each.text) for each in STATEMENTS}) == len(STATEMENTS)


def test_every_provider_and_rule_group_of_the_documents_is_there():
    named = {rule.split("-")[0] for each in STATEMENTS for rule in each.rules}
    assert named >= {rule.group for rule in RULES.values()} - {"INV"}

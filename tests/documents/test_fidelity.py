"""Every statement of the documents is implemented somewhere, and held by tests and rules that exist."""

import pytest

from scenarios.contract import RULES
from tests.documents import generated
from tests.documents.fidelity.documents import DOCUMENTS
from tests.documents.fidelity.held import unheld
from tests.documents.fidelity.statement import Statement
from tests.documents.scenarios_by_rule import scenarios_by_rule

STATEMENTS = [each for statements in DOCUMENTS.values() for each in statements]


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda each: each.text[:40])
def test_every_statement_is_implemented_and_held(statement):
    assert unheld(statement, scenarios_by_rule()) == []


def test_a_statement_that_nothing_holds_is_found():
    assert unheld(Statement("x", "y", ()), {}) == ["it is implemented nowhere", "nothing holds it"]
    made_up = Statement(
        "x", "y", ("no.py",), ("house/test_checks.py::test_none", "no.py::test_it"), ("BET-99",)
    )
    assert len(unheld(made_up, scenarios_by_rule())) == 4


def test_no_page_is_made_of_a_statement_that_nothing_holds(monkeypatch):
    monkeypatch.setitem(DOCUMENTS, "Voucher widget", (Statement("Display offers", "It glows", ()),))
    with pytest.raises(LookupError, match="It glows: it is implemented nowhere, nothing holds it"):
        generated.pages()


def test_each_statement_is_told_once():
    assert len({(each.section, each.text) for each in STATEMENTS}) == len(STATEMENTS)


def test_every_provider_and_rule_group_of_the_documents_is_there():
    named = {rule.split("-")[0] for each in STATEMENTS for rule in each.rules}
    told = {rule.group for rule in RULES.values() if not rule.beside_documents}
    assert named >= told - {"INV"}

"""Every statement of the documents is implemented somewhere, and held by tests and rules that exist."""

from scenarios.contract import RULES
from tests.documents.fidelity import PAGE, Statement, statements, unheld
from tests.documents.scenarios_by_rule import scenarios_by_rule

STATEMENTS = statements(PAGE.read_text(encoding="utf-8"))


def test_every_statement_is_implemented_and_held():
    wrong = {each.text: found for each in STATEMENTS if (found := unheld(each, scenarios_by_rule()))}
    assert wrong == {}


def test_a_statement_that_nothing_holds_is_found():
    [bare, made_up] = statements(
        "## Some document\n\n| section | statement | implemented in | held by |\n| --- | --- | --- | --- |\n"
        "| one | it glows | | |\n"
        "| two | it hums | [no.py](../no.py) | [BET-99](rules/bet.md#bet-99), "
        "[test_none](../tests/house/test_checks.py), [test_it](../tests/no.py) |\n"
    )
    assert bare == Statement("Some document", "one", "it glows", (), ())
    assert unheld(bare, {}) == ["it is implemented nowhere", "nothing holds it"]
    assert len(unheld(made_up, scenarios_by_rule())) == 4


def test_each_statement_is_told_once():
    assert len({(each.document, each.section, each.text) for each in STATEMENTS}) == len(STATEMENTS)


def test_every_provider_and_rule_group_of_the_documents_is_there():
    assert len({each.document for each in STATEMENTS}) == 4
    named = {name.split("-")[0] for each in STATEMENTS for name, _ in each.held if "-" in name}
    reported = {rule.group for rule in RULES.values() if not rule.beside_documents}
    assert named >= reported - {"INV"}

"""Pages made from the code are what the code would make now."""

import pytest

import pitboss_pytest
from scenarios.contract import RULES
from scenarios.runner import fixtures
from tests.documents import generated
from tests.documents.generated import DOCS, PARTS


@pytest.mark.parametrize("path", generated.pages(), ids=lambda path: path.name)
def test_pages_are_as_they_would_be_written(path):
    assert path.read_text() == generated.pages()[path], f"run {generated.COMMAND}"


@pytest.mark.parametrize("page", PARTS)
def test_parts_of_pages_are_as_they_would_be_written(page):
    assert (DOCS / page).read_text() == generated.filled(page), f"run {generated.COMMAND}"


def test_no_page_of_rules_is_left_from_earlier():
    assert set((DOCS / "rules").iterdir()) == {p for p in generated.pages() if p.parent.name == "rules"}


def test_every_rule_is_told_with_its_scenarios():
    text = "".join(page.read_text() for page in (DOCS / "rules").glob("*.md"))
    sections = {part.split("\n", 1)[0]: part for part in text.split("\n## ")[1:]}
    assert set(sections) == set(RULES)
    for name, rule in RULES.items():
        for words in (rule.why, rule.causes, rule.source, "Proved by"):
            assert words in sections[name], f"{name}: {words}"


def test_every_fixture_is_on_the_page_for_integrators():
    page = (DOCS / "pytest-reference.md").read_text()
    names = [*generated.fixture_names(fixtures), *generated.fixture_names(pitboss_pytest)]
    assert {"judge", "operator", "player", "driver", "operator_simulator"} <= set(names)
    assert [name for name in names if f"| `{name}` |" not in page] == []

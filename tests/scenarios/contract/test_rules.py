"""The contract as data: complete, in order, chosen by name."""

from dataclasses import replace

import pytest

from scenarios.contract import GROUPS, RULES, Level, select
from scenarios.contract.operator import OTHERWISE
from scenarios.problems.errors import UsageProblem
from scenarios.target.loading import ENTRIES
from simulators.providers import PROVIDERS
from simulators.wallet.dialect import LACKING, Abilities

# Of each group: how many rules, the numbers of those that are SHOULD, and of those that are INFO.
GROUP_TABLE = {
    "SIG": (8, {6, 7}, set()),
    "MSG": (16, {11, 12, 14, 16}, set()),
    "BET": (13, {5, 7, 9, 11, 13}, set()),
    "RES": (6, set(), set()),
    "IDM": (11, {7, 8}, set()),
    "RBK": (16, {3, 6, 9, 15}, {11, 16}),
    "INV": (5, set(), set()),
    "BAL": (2, set(), set()),
    "OUT": (9, {4}, set()),
    "VTK": (8, {5}, set()),
    "EVT": (12, {6, 9, 10, 11}, set()),
    "CAT": (7, {4, 5}, set()),
    "VCH": (11, set(), set()),
    "CHK": (11, {8}, set()),
}
NEEDS = {
    "ban": ["BET-08", "RES-04"],
    "restart": ["IDM-10", "EVT-12"],
    "launch": [f"OUT-{n:02}" for n in range(1, 10)],
}


def test_every_rule_is_there_once_in_order_with_its_level():
    expected = [
        (f"{group}-{n:02}", Level.SHOULD if n in should else Level.INFO if n in info else Level.MUST)
        for group, (count, should, info) in GROUP_TABLE.items()
        for n in range(1, count + 1)
    ]
    assert [(rule.id, rule.level) for rule in RULES.values()] == expected
    assert all(name == rule.id for name, rule in RULES.items())
    assert list(GROUPS) == list(GROUP_TABLE)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_a_rule_says_what_it_is_whence_and_why(rule):
    assert rule.provider in PROVIDERS
    documents = ("sportsbook.txt, ", "voucher-", "product-widget.txt, ")
    assert rule.source.startswith("decided; " if rule.beside_documents else documents)
    for text in (rule.statement, rule.why, rule.causes):
        assert text == text.strip()
        assert len(text) > 20
        assert "  " not in text
    assert rule.why.endswith(".")
    assert rule.causes.endswith(".")
    assert set(rule.needs) <= set(ENTRIES)
    assert rule.players in (1, 2)


@pytest.mark.parametrize(("entry", "ids"), NEEDS.items())
def test_rules_name_the_driver_entries_they_need(entry, ids):
    assert [rule.id for rule in RULES.values() if entry in rule.needs] == ids


def test_a_rule_is_stated_as_a_dialect_has_it():
    assert all(rule.stated(Abilities()) == rule for rule in RULES.values())
    assert set(OTHERWISE) <= set(RULES)
    for rule, texts in OTHERWISE.items():
        for ability, text in texts.items():
            assert RULES[rule].stated(replace(Abilities(), **{ability: False})).statement == text
            assert ability in LACKING
            assert ability != RULES[rule].ability
    refusing = Abilities(unknown_rollbacks=False, client_ids=False)
    assert (
        RULES["RBK-04"]
        .stated(refusing)
        .statement.startswith("the rollback of an unknown transaction moves no")
    )


def test_all_rules_are_chosen_by_default():
    assert select() == list(RULES.values())


@pytest.mark.parametrize(
    ("only", "skip", "provider", "ids"),
    [
        ("RBK-04", None, None, ["RBK-04"]),
        ("rbk-04, sig-01", None, None, ["SIG-01", "RBK-04"]),
        ("RES,IDM-02", "RES-01,RES-02,RES-03", None, ["RES-04", "RES-05", "RES-06", "IDM-02"]),
        ("CHK-01,SIG-01", None, "checkout", ["CHK-01"]),
    ],
)
def test_rules_are_chosen_by_id_group_and_provider(only, skip, provider, ids):
    assert [rule.id for rule in select(only, skip, provider)] == ids


@pytest.mark.parametrize(
    ("only", "skip", "provider", "hint"),
    [
        ("RKB", None, None, "RBK"),
        ("IDM-2", None, None, "IDM-02"),
        (None, "SIGG", None, "SIG"),
        (None, None, "operater", "operator"),
    ],
)
def test_an_unknown_name_gets_a_suggestion(only, skip, provider, hint):
    with pytest.raises(UsageProblem) as problem:
        select(only, skip, provider)
    assert f"did you mean {hint}?" in problem.value.next_step
    assert problem.value.exit_code == 2


@pytest.mark.parametrize(
    ("only", "skip", "provider"), [("SIG", "SIG", None), ("SIG", None, "jackpot"), ("", None, None)]
)
def test_nothing_left_to_check_is_a_usage_problem(only, skip, provider):
    with pytest.raises(UsageProblem, match="no rule is left"):
        select(only, skip, provider)

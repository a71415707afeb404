"""No rule is without a scenario, and no scenario without a rule."""

import ast
from pathlib import Path

import scenarios
from scenarios.contract import RULES
from scenarios.runner.pytest_run import SCENARIOS, scenario_files

FILES = sorted(path for folder in SCENARIOS for path in Path(folder).rglob("test_*.py"))


def rules_of(function):
    """The rule ids in a test's ``rules`` marker."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.rules":
            return [argument.value for argument in decorator.args]
    return []


def scenarios_of(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


def test_every_scenario_names_rules_that_exist():
    without = [
        f"{path.name}::{test.name}" for path in FILES for test in scenarios_of(path) if not rules_of(test)
    ]
    assert without == []
    assert {rule for path in FILES for test in scenarios_of(path) for rule in rules_of(test)} <= set(RULES)


def test_every_rule_has_a_scenario():
    proved = {rule for path in FILES for test in scenarios_of(path) for rule in rules_of(test)}
    assert set(RULES) == proved


def test_a_run_of_one_rule_reads_the_files_of_its_scenarios_and_few_others():
    for path in FILES:
        for rule in {rule for test in scenarios_of(path) for rule in rules_of(test)}:
            assert path in scenario_files([rule]), rule
    assert set(scenario_files([*RULES])) == set(FILES)
    assert len(scenario_files(["BET-01"])) < 4


def test_every_folder_of_scenarios_is_run():
    package = Path(scenarios.__file__).parent
    assert {package / path.relative_to(package).parts[0] for path in package.rglob("test_*.py")} == set(
        SCENARIOS
    )

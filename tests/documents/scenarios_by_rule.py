"""The scenarios as their files tell them, by the rules that they prove."""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scenarios.contract import RULES
from scenarios.runner.pytest_run import SCENARIOS
from tests.house.__main__ import ROOT


@dataclass(frozen=True)
class Scenario:
    """A scenario as its file tells it: a path from the root, a name, the first line of its docstring, what it takes.

    ``ability`` is what a dialect must be able to say, "" where that is what the documents say.
    """

    path: str
    name: str
    title: str
    ability: str = ""


@cache
def scenarios_by_rule() -> dict[str, list[Scenario]]:
    """Which scenarios prove which rule."""
    found: dict[str, list[Scenario]] = {rule: [] for rule in RULES}
    for path in sorted(path for folder in SCENARIOS for path in Path(folder).rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        ability = re.search(r'pytest\.mark\.ability\("(\w+)"\)', text)
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                title = (ast.get_docstring(node) or node.name).split("\n\n")[0].replace("\n", " ")
                where = path.relative_to(ROOT).as_posix()
                scenario = Scenario(where, node.name, title, ability[1] if ability else "")
                for rule in _proved(node):
                    found[rule].append(scenario)
    return found


def _proved(node: ast.FunctionDef) -> list[str]:
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.rules":
            return [str(ast.literal_eval(argument)) for argument in decorator.args]
    return []

"""docs/fidelity.md: what the providers' documents say, statement by statement, and what holds it."""

import ast
import re
from collections.abc import Mapping, Sized
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.house.__main__ import ROOT

PAGE = ROOT / "docs" / "fidelity.md"
_LINK = re.compile(r"\[([^]]+)]\(([^)#]+)[^)]*\)")


@dataclass(frozen=True, slots=True)
class Statement:
    """One row: ``where`` are the files that implement it, ``held`` names of tests and rules, each with its file."""

    document: str
    section: str
    text: str
    where: tuple[str, ...]
    held: tuple[tuple[str, str], ...]


def statements(page: str) -> list[Statement]:
    """The statements that the text of ``page`` has in its tables."""
    found, document = [], ""
    for line in page.splitlines():
        if line.startswith("## "):
            document = line.removeprefix("## ")
        elif line.startswith("| ") and not line.startswith(("| section |", "| --- |")):
            section, text, where, held = (cell.strip() for cell in line.split("|")[1:-1])
            files = tuple(file for _, file in _LINK.findall(where))
            found.append(Statement(document, section, text, files, tuple(_LINK.findall(held))))
    return found


def unheld(statement: Statement, proved: Mapping[str, Sized]) -> list[str]:
    """What is wrong with where a statement is implemented and what holds it; ``proved``: the scenarios of each rule."""
    wrong = [f"{file} is no file" for file in statement.where if not (PAGE.parent / file).is_file()]
    for name, file in statement.held:
        if file.startswith("rules/"):
            if not proved.get(name):
                wrong.append(f"{name} is no rule that is judged")
        elif name not in _functions(PAGE.parent / file):
            wrong.append(f"{name} is no test of {file}")
    if not statement.where:
        wrong.append("it is implemented nowhere")
    if not statement.held:
        wrong.append("nothing holds it")
    return wrong


@cache
def _functions(file: Path) -> set[str]:
    """The tests of a file; none where there is no such file."""
    if not file.is_file():
        return set()
    body = ast.parse(file.read_text(encoding="utf-8")).body
    return {node.name for node in body if isinstance(node, ast.FunctionDef)}

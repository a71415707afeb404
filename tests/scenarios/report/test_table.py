"""The table of verdicts fits a narrow terminal, whatever the groups are called."""

import io
import os

import pytest
from rich.console import Console

from scenarios.contract import GROUPS, RULES
from scenarios.report.terminal import ReaderConsole, _table
from scenarios.run.findings import judge_rule


@pytest.mark.parametrize("width", [80, 120])
def test_no_column_is_cut(width):
    shown = io.StringIO()
    Console(file=shown, width=width).print(_table([judge_rule(rule, []) for rule in RULES.values()]))
    lines = shown.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    for word in ("group", "about", "passed", "failed", "warned", "skipped", "info", "undecided"):
        assert word in lines[1].split()
    assert {line.split()[0] for line in lines if line.split()} >= set(GROUPS)
    assert "…" not in shown.getvalue()


def test_a_reader_who_leaves_ends_nothing():
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as pipe:
        console = ReaderConsole(file=pipe)
        console.print("a verdict")
        console.print("and what follows it")

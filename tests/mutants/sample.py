"""Which CLIENTs of tables ``make test`` judges: a mutant for each rule, what a change touches, a tenth by commit.

All mutants are judged by ``make matrix``, and all of every table in ``.ci/run``.
"""

import hashlib
import subprocess
import sys
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.table import ALL
from tests.documents.scenarios_by_rule import scenarios_by_rule
from tests.house.__main__ import ROOT
from tests.mutants.blamed import CAUGHT

_MUTANTS = "client_under_test.mutants."


@cache
def sample() -> list[Mutant]:
    """The mutants that are judged at every change, in the table's order."""
    chosen = {mutant.name for mutant in [*one_for_each_rule(), *touched(changed_files()), *tenth(commit())]}
    return [mutant for mutant in ALL if mutant.name in chosen]


def one_for_each_rule() -> list[Mutant]:
    """For each rule a mutant that is meant to break it: alone, by single requests, where there is one.

    Rules of CAUGHT have theirs there.
    """

    def effort(mutant: Mutant) -> tuple[bool, int]:
        return not mutant.sequential, len(mutant.rules)

    caught = {row[0] for row in CAUGHT}
    rules = dict.fromkeys(rule for mutant in ALL for rule in mutant.rules if rule not in caught)
    return [min((each for each in ALL if rule in each.rules), key=effort) for rule in rules]


def sample_of(rows: Sequence[tuple[Any, ...]], paths: list[str], commit: str) -> list[tuple[Any, ...]]:
    """The ``rows`` judged at a change of ``paths``: each is a class of CLIENTs or a mutant's name, then its rules.

    What no rule may blame is; of the others those that the change touches, and a tenth: that each rule is found broken,
    the mutants show. It is one at least.
    """
    rules = touched_rules(paths)
    chosen = [
        row
        for row in rows
        if not (its := _rules(row[1:]))
        or its & rules
        or f"{getattr(row[0], '__module__', '').replace('.', '/')}.py" in paths
        or in_tenth(commit, name_of(row[0]))
    ]
    return chosen or list(rows[:1])


def name_of(client: Any) -> str:
    """The name of a class of CLIENTs, or of a mutant."""
    return client if isinstance(client, str) else client.__name__


def _rules(columns: Sequence[str | Collection[str]]) -> set[str]:
    return {rule for each in columns for rule in (each.split() if isinstance(each, str) else each)}


def touched(paths: list[str]) -> list[Mutant]:
    """The mutants written in ``paths``, and those meant to break a rule whose scenarios are."""
    names = {
        mutant.name
        for module, loaded in [*sys.modules.items()]
        if module.startswith(_MUTANTS) and f"{module.replace('.', '/')}.py" in paths
        for mutant in getattr(loaded, "MUTANTS", ())
    }
    rules = touched_rules(paths)
    return [mutant for mutant in ALL if mutant.name in names or rules & set(mutant.rules)]


def touched_rules(paths: list[str]) -> set[str]:
    """The rules whose scenarios are in ``paths``."""
    return {rule for rule, found in scenarios_by_rule().items() if any(each.path in paths for each in found)}


def tenth(commit: str) -> list[Mutant]:
    """Another tenth with each commit."""
    return [each for each in ALL if in_tenth(commit, each.name)]


def in_tenth(commit: str, name: str) -> bool:
    """Whether what is called ``name`` is in the tenth of ``commit``."""
    return hashlib.sha256(f"{commit} {name}".encode()).digest()[0] % 10 == 0


@cache
def commit() -> str:
    """The commit that is tested; empty outside of a repository."""
    return "".join(_git("rev-parse", "HEAD"))


@cache
def changed_files() -> list[str]:
    """Files that differ from the main branch, or on it from the commit before; also those not committed."""
    base = [each for each in _git("merge-base", "HEAD", "origin/HEAD") if each != commit()] or ["HEAD~1"]
    return [*_git("diff", "--name-only", *base), *_git("ls-files", "--others", "--exclude-standard")]


def _git(*arguments: str, root: Path = ROOT) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []

"""Runs the judge against every mutant and against the reference, and writes down who was caught by what.

``python -m tests.matrix`` writes docs/mutants.md; tests/test_matrix.py holds that nobody survives.
"""

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from client_under_test.config import Config
from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.table import ALL
from client_under_test.server import threaded
from scenarios.contract import RULES, select
from scenarios.effort import EFFORTS
from scenarios.engine import Judged, check
from scenarios.reference import free_port, reference_client, target_at
from scenarios.run import Settings
from scenarios.target import Target
from scenarios.verdict import Standing

BLAMED = (Standing.FAILED, Standing.WARNED)
DOCUMENT = Path(__file__).parent.parent / "docs" / "mutants.md"
SEED = 7


@dataclass(frozen=True)
class Row:
    """What the judge said of one mutant: the rules blamed, the first of them, and the exchanges that took."""

    mutant: Mutant
    effort: str
    blamed: tuple[str, ...]
    first: str
    exchanges: int

    @property
    def caught(self) -> bool:
        """Whether a rule that the mutant names has caught it."""
        return bool(set(self.blamed) & set(self.mutant.rules))


@contextlib.contextmanager
def serving_here(mutant: Mutant) -> Iterator[Target]:
    """Serve a mutant by threads of this process: quicker, and enough for all that needs no restart."""
    api_port = free_port()
    with TemporaryDirectory(prefix="pitboss-matrix-") as folder:
        config = Config(database=f"{folder}/client.sqlite", operator_api_url=f"http://127.0.0.1:{api_port}")
        with threaded(mutant.build(config)) as site:
            yield target_at(site, api_port, config.security_hash, config.password)


@contextlib.contextmanager
def serving(mutant: str | None, database: str | None = None, processes: int = 1) -> Iterator[Target]:
    """Serve the reference CLIENT or a mutant of it in a process of its own."""
    with (
        TemporaryDirectory(prefix="pitboss-matrix-") as folder,
        reference_client(Path(folder), mutant, database=database, processes=processes) as target,
    ):
        yield target


def judge(target: Target, rules: tuple[str, ...], effort: str, seed: int = SEED) -> Judged:
    """Judge ``target`` by ``rules``."""
    return check(Settings(target, rules, EFFORTS[effort], seed))


def row(mutant: Mutant, rules: tuple[str, ...] | None = None) -> Row:
    """Judge one mutant: at quick, and where that misses one that single requests do not show, at normal.

    ``rules`` default to those that the mutant names.
    """
    found = _row(mutant, rules, "quick")
    return found if found.caught or mutant.sequential else _row(mutant, rules, "normal")


def _row(mutant: Mutant, rules: tuple[str, ...] | None, effort: str) -> Row:
    here = mutant.sequential and rules is None and "restart" not in mutant.needs
    with serving_here(mutant) if here else serving(mutant.name) as target:
        judged = judge(target, rules or mutant.rules, effort)
    assert judged.problem is None, str(judged.problem)
    blamed = [verdict for verdict in judged.verdicts if verdict.standing in BLAMED]
    first, exchanges = _first(judged)
    return Row(mutant, effort, tuple(verdict.rule.id for verdict in blamed), first, exchanges)


def _first(judged: Judged) -> tuple[str, int]:
    for result in judged.run.results:
        for finding in result.findings:
            last = max(finding.exchanges, default=result.last_exchange)
            return finding.rule, last + 1
    return "", len(judged.run.history)


def document(rows: list[Row]) -> str:
    """The table of mutants as Markdown."""
    lines = [
        "# Mutants: CLIENTs with one fault each, and what caught them",
        "",
        "Made by `make matrix`. Each is the reference CLIENT with one realistic fault; "
        "`pitboss demo --mutant NAME` runs one.",
        "",
        "| mutant | fault | effort | caught first by | after exchanges | all rules that blame it |",
        "| --- | --- | --- | --- | ---: | --- |",
    ]
    lines += [
        f"| {entry.mutant.name} | {entry.mutant.fault} | {entry.effort} | {entry.first or 'nothing'} "
        f"| {entry.exchanges} | {', '.join(entry.blamed)} |"
        for entry in rows
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Judge every mutant by every rule of part A, write the document and name the survivors."""
    everything = tuple(rule.id for rule in select(provider="operator"))
    wanted = sys.argv[1:]
    rows = []
    for mutant in ALL:
        if wanted and mutant.name not in wanted:
            continue
        entry = row(mutant, everything)
        rows.append(entry)
        sign = "caught  " if entry.caught else "SURVIVED"
        print(
            f"{sign} {mutant.name:40} names {','.join(mutant.rules):24} blamed {','.join(entry.blamed)}",
            flush=True,
        )
    if not wanted:
        DOCUMENT.write_text(document(rows), encoding="utf-8")
    unknown = {rule for mutant in ALL for rule in mutant.rules} - set(RULES)
    return 1 if unknown or not all(entry.caught for entry in rows) else 0


if __name__ == "__main__":
    sys.exit(main())

"""Runs the judge against every mutant and against the reference, and writes down who was caught by what.

``python -m tests.end_to_end.mutants.matrix`` writes docs/mutants.md; tests/end_to_end/mutants/test_matrix.py
holds that nobody survives.
"""

import contextlib
import multiprocessing
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from client_under_test.config import Config
from client_under_test.mutants.host import find
from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.table import ALL
from client_under_test.server import threaded
from scenarios.cli.reference_client import Confirmation, JackpotAgreed, free_port, reference_client, target_at
from scenarios.run.effort import EFFORTS
from scenarios.run.findings import Standing
from scenarios.run.run import Settings
from scenarios.runner.pytest_run import Judged, check
from scenarios.target.loading import Target

BLAMED = (Standing.FAILED, Standing.WARNED)
DOCUMENT = Path(__file__).parents[3] / "docs" / "mutants.md"
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
    api_port, jackpot_port = free_port(), free_port()
    confirmation: Confirmation = "automatic" if "automatic" in mutant.needs else "manual"
    with TemporaryDirectory(prefix="pitboss-matrix-") as folder:
        config = Config(
            database=f"{folder}/client.sqlite",
            operator_api_url=f"http://127.0.0.1:{api_port}",
            jackpot_url=f"http://127.0.0.1:{jackpot_port}",
            jackpot_confirmation=confirmation,
        )
        agreed = JackpotAgreed(
            jackpot_port,
            config.jackpot_api_key,
            config.jackpot_api_signature,
            config.jackpot_client_secret,
            confirmation,
        )
        app = mutant.build(config)
        with threaded(app) as site:
            yield target_at(site, api_port, config.security_hash, config.password, jackpot=agreed)


@contextlib.contextmanager
def serving(
    mutant: str | None,
    database: str | None = None,
    processes: int = 1,
    confirmation: Confirmation = "manual",
) -> Iterator[Target]:
    """Serve the reference CLIENT or a mutant of it in a process of its own."""
    with (
        TemporaryDirectory(prefix="pitboss-matrix-") as folder,
        reference_client(
            Path(folder), mutant, database=database, processes=processes, confirmation=confirmation
        ) as target,
    ):
        yield target


def judge(target: Target, rules: tuple[str, ...], effort: str, *, first_only: bool = False) -> Judged:
    """Judge ``target`` by ``rules``; with ``first_only`` until the first of them is broken, SHOULDs too."""
    settings = Settings(target, rules, EFFORTS[effort], SEED, strict=first_only, first_only=first_only)
    return check(settings)


def row(mutant: Mutant, rules: tuple[str, ...] | None = None, *, first_only: bool = False) -> Row:
    """Judge one mutant: at quick, and where that misses one that single requests do not show, at normal.

    ``rules`` default to those that the mutant names.
    """
    found = _row(mutant, rules, "quick", first_only)
    return found if found.caught or mutant.sequential else _row(mutant, rules, "normal", first_only)


def _row(mutant: Mutant, rules: tuple[str, ...] | None, effort: str, first_only: bool) -> Row:
    here = (
        mutant.sequential
        and rules is None
        and mutant.provider == "operator"
        and "restart" not in mutant.needs
    )
    confirmation: Confirmation = "automatic" if "automatic" in mutant.needs else "manual"
    with serving_here(mutant) if here else serving(mutant.name, confirmation=confirmation) as target:
        judged = judge(target, rules or mutant.rules, effort, first_only=first_only)
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


def first_catch(name: str) -> tuple[str, str, int]:
    """Judge the mutant ``name`` until a rule that it is meant to break catches it: effort, rule, exchanges."""
    entry = row(find(name), first_only=True)
    return entry.effort, entry.first, entry.exchanges


def document(caught: list[tuple[Mutant, str, str, int]]) -> str:
    """The table of mutants as Markdown: each with the effort, the first rule and the exchanges it took."""
    lines = [
        "# Mutants: CLIENTs with one fault each, and what caught them",
        "",
        "Made by `make matrix`: each mutant is the reference CLIENT with one realistic fault, judged by the rules that "
        "it is meant to break until the first of them does; the exchanges include the look at the balance before the "
        "first scenario. `pitboss demo --mutant NAME` judges one by all rules. `make test` holds that none survives.",
        "",
        "| mutant | fault | meant to break | effort | caught first by | after exchanges |",
        "| --- | --- | --- | --- | --- | ---: |",
    ]
    lines += [
        f"| {mutant.name} | {mutant.fault} | {', '.join(mutant.rules)} | {effort} | {rule or 'nothing'} | {exchanges} |"
        for mutant, effort, rule, exchanges in caught
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Judge every mutant, write the document and name the survivors."""
    wanted = [find(name) for name in sys.argv[1:]] or list(ALL)
    caught = []
    # A process each, since pytest runs in them; spawned, since servers run threads.
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        names = [mutant.name for mutant in wanted]
        for mutant, (effort, rule, exchanges) in zip(wanted, pool.map(first_catch, names), strict=True):
            caught.append((mutant, effort, rule, exchanges))
            print(f"{rule or 'SURVIVED':8} {exchanges:6} {mutant.name}", flush=True)
    if len(caught) == len(ALL):
        DOCUMENT.parent.mkdir(exist_ok=True)
        DOCUMENT.write_text(document(caught), encoding="utf-8")
    return 0 if all(rule for _, _, rule, _ in caught) else 1


if __name__ == "__main__":
    sys.exit(main())

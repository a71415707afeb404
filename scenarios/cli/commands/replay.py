"""``pitboss replay``: judge again what a saved report says was broken, with the same generated data."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from scenarios.cli import shell_completion
from scenarios.cli.commands.check import check_command, judge
from scenarios.cli.commands.demo import demo_command
from scenarios.cli.options import config as config_option
from scenarios.cli.reference_client import reference_client
from scenarios.contract import RULES
from scenarios.problems.did_you_mean import did_you_mean
from scenarios.problems.errors import UsageProblem
from scenarios.problems.signals import interruptible
from scenarios.report.files import REPORT
from scenarios.report.saved import NEXT, open_rules, read_json, read_report, report_at
from scenarios.report.schema.report import Report
from scenarios.run.planning.effort import EFFORTS
from scenarios.run.planning.settings import Settings
from scenarios.run.story import is_story, read_story
from scenarios.runner.pytest_run import effort_named
from scenarios.target.loading import Target, load
from simulators.dialects import DEFAULT


@click.command("replay")
@click.argument("file", type=click.Path(dir_okay=True, path_type=Path))
@config_option()
@click.option(
    "--rule", metavar="ID", shell_complete=shell_completion.rule, help="Only this rule of the report."
)
@click.option(
    "--report", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write reports there."
)
@click.pass_context
def command(
    context: click.Context, file: Path, config: Path | None, rule: str | None, report: Path | None
) -> None:
    """Send a saved failure again: every rule that FILE (a report.json, or its folder) says is broken,
    or one saved story of a generated history.

    \b
    pitboss replay out/report.json                 everything that was broken
    pitboss replay out/report.json --rule RBK-04   one rule of it
    pitboss replay out/failures/INV-01.json        one story, step by step

    A report of `pitboss demo` is replayed against the reference CLIENT, or the mutant, that it judged.
    Exit code 0 says that it holds now, 1 that it is broken still.
    """
    path, saved = read_json(file)
    with _target(path, saved, config) as (target, again, reference):
        context.exit(judge(_settings(path, saved, rule, target, again, reference), report))


@contextmanager
def _target(path: Path, saved: object, config: Path | None) -> Iterator[tuple[Target, str, str | None]]:
    """What is judged, the command that judges it, and its name where it is the reference CLIENT or a mutant of it.

    A report of `pitboss demo`, and a story in the folder of one, is judged against what that was about.
    """
    beside = path.parent.parent / REPORT if is_story(saved) else path
    judged = read_report(beside) if beside.exists() else None
    if config is not None or judged is None or judged.reference is None:
        yield load(config), check_command(config), None
        return
    mutant, dialect = judged.reference or None, judged.dialect or DEFAULT
    further = list(
        dict.fromkeys(one.currency for rule in judged.rules for one in rule.scenarios if one.currency)
    )
    with (
        interruptible(),
        TemporaryDirectory(prefix="pitboss-replay-") as folder,
        reference_client(Path(folder), mutant, further=further, dialect=dialect) as target,
    ):
        yield target, demo_command(mutant, further, dialect), judged.reference


def _settings(
    path: Path, saved: Any, rule: str | None, target: Target, again: str, reference: str | None
) -> Settings:
    if is_story(saved):
        story = read_story(saved, path)
        quick = effort_named("quick")
        return Settings(target, (story.rule,), quick, story=story, again=again, reference=reference)
    judged = _report_of_check(path, saved)
    if rule is not None and rule.upper() not in RULES:
        raise UsageProblem(
            f"--rule {rule} names no rule",
            "the id of a rule such as RBK-04",
            did_you_mean(rule, RULES, "`pitboss rules` lists all rules"),
        )
    broken = open_rules(judged)
    if rule is not None:
        broken = [name for name in broken if name == rule.upper()]
    if not broken:
        raise UsageProblem(
            f"{path} names no broken rule" + (f" {rule}" if rule else ""),
            "a report of a run in which something failed, warned or stayed undecided",
            "run pitboss check --report DIR, and replay DIR/report.json when it ends with exit code 1",
        )
    return Settings(
        target,
        tuple(broken),
        effort_named(judged.effort),
        judged.seed or 0,
        again=again,
        reference=reference,
    )


def _report_of_check(path: Path, saved: object) -> Report:
    """The report that ``saved`` holds, with all that is needed to judge again. Raises UsageProblem."""
    judged = report_at(path, saved)
    if judged.effort in EFFORTS and judged.seed is not None:
        return judged
    raise UsageProblem(
        f"{path} is no report of pitboss check or demo",
        "the report.json that check or demo wrote, with seed, effort and rules",
        NEXT,
    )

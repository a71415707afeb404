"""``pitboss replay``: judge again what a saved report says was broken, with the same generated data."""

from pathlib import Path

import click

from scenarios.cli import shell_completion
from scenarios.cli.commands.check import judge
from scenarios.cli.options import config as config_option
from scenarios.contract import RULES
from scenarios.problems.did_you_mean import did_you_mean
from scenarios.problems.errors import UsageProblem
from scenarios.report.saved import NEXT, open_rules, read_json, report_at
from scenarios.report.schema import Report
from scenarios.run.effort import EFFORTS
from scenarios.run.settings import Settings
from scenarios.run.story import is_story, read_story
from scenarios.runner.pytest_run import effort_named
from scenarios.target.loading import load


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

    Exit code 0 says that it holds now, 1 that it is broken still.
    """
    path, saved = read_json(file)
    if is_story(saved):
        story = read_story(saved, path)
        settings = Settings(
            target=load(config), rules=(story.rule,), effort=effort_named("quick"), story=story
        )
        context.exit(judge(settings, report))
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
            f"{file} names no broken rule" + (f" {rule}" if rule else ""),
            "a report of a run in which something failed, warned or stayed undecided",
            "run pitboss check --report DIR, and replay DIR/report.json when it ends with exit code 1",
        )
    settings = Settings(
        target=load(config),
        rules=tuple(broken),
        effort=effort_named(judged.effort),
        seed=judged.seed or 0,
    )
    context.exit(judge(settings, report))


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

"""``pitboss check``: judge the target of a target file, rule by rule."""

import shlex
from pathlib import Path
from typing import Any

import click

from scenarios.cli import shell_completion
from scenarios.cli.options import Option, all_of, seconds
from scenarios.cli.options import config as config_option
from scenarios.contract import select
from scenarios.problems.errors import Exit, UsageProblem
from scenarios.report.ci import github
from scenarios.report.files import LAST, last_directory, remember
from scenarios.report.saved import broken_rules, open_rules, read_report
from scenarios.report.terminal import Terminal
from scenarios.run.judge import Judged
from scenarios.run.planning.effort import EFFORTS
from scenarios.run.planning.settings import Settings
from scenarios.runner.pytest_run import check, effort_named, new_seed
from scenarios.target.loading import Target, load
from simulators.providers import PROVIDERS


def options(effort: str = "normal") -> Option[Any]:
    """The options that ``check`` and ``demo`` share; ``effort`` is the default of ``--effort``."""
    return all_of(
        click.option(
            "--only",
            metavar="IDS",
            shell_complete=shell_completion.rules,
            help="Rules or groups to judge, e.g. RBK,IDM-02.",
        ),
        click.option(
            "--skip",
            metavar="IDS",
            shell_complete=shell_completion.rules,
            help="Rules or groups to leave out.",
        ),
        click.option(
            "--provider",
            metavar="NAME",
            shell_complete=shell_completion.provider,
            help=f"Rules of one provider: {', '.join(PROVIDERS)}.",
        ),
        click.option(
            "--effort",
            default=effort,
            show_default=True,
            metavar="EFFORT",
            shell_complete=shell_completion.effort,
            help=f"{', '.join(EFFORTS)}.",
        ),
        click.option(
            "--last-failed",
            is_flag=True,
            help="Only what was broken or undecided in the last report, wherever that was written.",
        ),
        click.option("-x", "--exit-first", is_flag=True, help="End with the first MUST that is broken."),
        click.option(
            "--baseline",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="A report.json or its folder: what is broken there is reported, and fails the run no more.",
        ),
        click.option(
            "--time-limit",
            type=seconds,
            metavar="TIME",
            help="End the run after so long, e.g. 90s or 5m; what was not reached is undecided.",
        ),
        click.option("--seed", type=int, metavar="N", help="Repeat a run's generated data."),
        click.option("--strict", is_flag=True, help="A broken SHOULD fails, too."),
        click.option(
            "--report",
            type=click.Path(file_okay=False, path_type=Path),
            metavar="DIR",
            help=f"Write report.html, report.json, junit.xml and history.har there.  [default: {LAST}]",
        ),
    )


def judge_target(
    target: Target,
    *,
    again: str,
    reference: str | None = None,
    only: str | None,
    skip: str | None,
    provider: str | None,
    effort: str,
    seed: int | None,
    strict: bool,
    last_failed: bool,
    exit_first: bool,
    baseline: Path | None,
    time_limit: float | None,
    report: Path | None,
) -> Exit:
    """Judge ``target``, show the verdict and return the exit code. Raises UsageProblem for wrong options.

    ``again`` is the command that judges it, without options; ``reference`` is as in Settings.
    """
    chosen = [rule.id for rule in select(only, skip, provider)]
    if last_failed:
        chosen = _still_open(chosen)
    settings = Settings(
        target=target,
        rules=tuple(chosen),
        effort=effort_named(effort),
        seed=new_seed() if seed is None else seed,
        strict=strict,
        time_limit=time_limit,
        again=again,
        reference=reference,
        first_only=exit_first,
        known=frozenset() if baseline is None else frozenset(broken_rules(read_report(baseline))),
    )
    return judge(settings, report)


def _still_open(chosen: list[str]) -> list[str]:
    """Those of ``chosen`` that the last report says are broken or undecided. Raises UsageProblem where none is."""
    still_open = [rule for rule in open_rules(read_report(LAST)) if rule in chosen]
    if not still_open:
        raise UsageProblem(
            f"--last-failed: of the rules chosen, {LAST} names none that is broken or undecided",
            "a last run in which something was",
            "leave --last-failed out to judge all",
        )
    return still_open


def judge(settings: Settings, report: Path | None) -> Exit:
    """Judge as ``settings`` say, show the verdict and return the exit code. Raises TargetProblem."""
    terminal = Terminal()
    report = report or last_directory()
    with github.unobeyed():
        judged: Judged = check(settings, report=report, watchers=[terminal])
        if judged.problem is None:
            remember(report)
            terminal.conclude(judged, report)
    if github.active():
        for line in github.of_verdicts(judged):
            click.echo(line)
        if judged.problem is not None:
            click.echo(github.of_problem(judged.problem))
    github.write_summary(judged)
    if judged.problem is not None:
        raise judged.problem
    return judged.code


def check_command(config: Path | None) -> str:
    """The command that checks the target of ``config``."""
    return "pitboss check" if config is None else f"pitboss check -c {shlex.quote(str(config))}"


@click.command(
    "check",
    epilog="Exit codes: 0 every MUST holds (what the baseline has broken is not counted), 1 a rule is broken, "
    "2 usage or configuration, 3 the target cannot be reached or went away, 4 something is undecided.",
)
@config_option()
@options()
@click.pass_context
def command(context: click.Context, /, config: Path | None, **choices: Any) -> None:
    """Judge a CLIENT by the contract, rule by rule.

    \b
    pitboss check                          every rule, against ./pitboss.toml
    pitboss check --only RBK,IDM-02        some rules or groups
    pitboss check --last-failed            what was broken or undecided the last time
    pitboss check --baseline main-report   fails for what is not broken there already
    pitboss check --seed 7 --report out    repeatable data; report into out/
    """
    context.exit(judge_target(load(config), again=check_command(config), **choices))

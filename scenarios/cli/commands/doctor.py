"""``pitboss doctor``: what is wrong with the target file and the target, and the next step."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from scenarios.cli.click_errors import examples
from scenarios.cli.options import config as config_option
from scenarios.contract import Level
from scenarios.doctor.locked_rules import stated
from scenarios.doctor.operator import examine
from scenarios.doctor.steps import DoctorStep, StepOutcome
from scenarios.problems.errors import Exit
from scenarios.problems.plain_text import printable, wrapped
from scenarios.problems.waiting import said_if_slow
from scenarios.report.headline import rules
from scenarios.run.planning.cost import round_trip, turn
from scenarios.run.planning.effort import NORMAL, QUICK
from scenarios.run.planning.estimate import about, spoken
from scenarios.run.planning.settings import Settings
from scenarios.run.run import Run
from scenarios.target.loading import Target, load

_STYLES = {
    StepOutcome.OK: "green",
    StepOutcome.WRONG: "bold red",
    StepOutcome.OPEN: "yellow",
    StepOutcome.LOCKED: "cyan",
}


@click.command(
    "doctor",
    epilog=examples(
        "pitboss doctor",
        "pitboss doctor -c staging.toml --restart",
        more="Exit codes: 0 nothing is wrong, 2 the target file, 3 the target or its driver entries.",
    ),
)
@config_option()
@click.option("--restart", is_flag=True, help="Try the driver's restart, too: it kills the CLIENT.")
@click.pass_context
def command(context: click.Context, config: Path | None, restart: bool) -> None:
    """Say what is wrong with the target file and the target, and the next step.

    Tries each provider that the target file names. Moves the smallest unit of the players' currency,
    and takes it back.
    """
    console = Console(highlight=False, soft_wrap=True)
    target = load(config)
    run = Run(Settings(target=target, rules=()))
    _show(console, DoctorStep(StepOutcome.OK, "target file", str(target.path or "read from the environment")))
    steps = []
    try:
        for step in _watched(examine(run, try_restart=restart), console, target):
            _show(console, step)
            steps.append(step)
    finally:
        run.close()
    console.print(f"\n{_judgeable(target, steps)}")
    problems = [step.problem for step in steps if step.problem is not None]
    if problems:
        console.print(f"\n{len(problems)} wrong. Fix the first, then run pitboss doctor again.")
        context.exit(problems[0].exit_code)
    measured, each_turn = round_trip(run.history), turn([*run.history])
    if measured is not None and each_turn is not None:
        rate = run.limits.max_requests_per_second
        players, further = len(run.players), len(run.further_currencies)
        durations = " and ".join(
            f"about {spoken(about(each, each_turn, players=players, rate=rate, further=further))} ({each.name})"
            for each in (QUICK, NORMAL)
        )
        console.print(
            f"\nAn answer takes {measured * 1000:.0f} ms: judging the sportsbook would take {durations}."
        )
    named = f" -c {config}" if config else ""
    console.print(f"\nNothing is wrong. Next: pitboss check{named}")
    context.exit(Exit.HOLDS)


def _watched(steps: Iterator[DoctorStep], console: Console, target: Target) -> Iterator[DoctorStep]:
    """Yield ``steps``; where one is slow, say meanwhile for how long the CLIENT is waited for."""
    timeout = f", up to {target.operator.timeout:g} s a request" if target.operator is not None else ""
    line = Text(f"{'waiting':<10}for the CLIENT to answer{timeout}", style="dim")
    while True:
        with said_if_slow(lambda: console.print(line)):
            step = next(steps, None)
        if step is None:
            return
        yield step


def _judgeable(target: Target, steps: Sequence[DoctorStep]) -> str:
    """How many of the MUST rules this target file lets a check judge."""
    must = {rule.id for rule in stated(target) if rule.level is Level.MUST}
    locked = {rule for step in steps for rule in step.rules} & must
    lock = f"; {len(locked)} {'is' if len(locked) == 1 else 'are'} locked, as said above" if locked else ""
    return f"{len(must) - len(locked)} of {rules(len(must), 'MUST')} can be judged{lock}."


def _show(console: Console, step: DoctorStep) -> None:
    indent = " " * 10
    line = Text(_prose(console, f"{step.state:<10}", f"{step.name}{': ' if step.seen else ''}{step.seen}"))
    line.stylize(_STYLES[step.state], 0, len(indent))
    line.stylize("bold", len(indent), len(indent) + len(step.name))
    console.print(line)
    if step.problem is not None:
        for start, text in step.problem.lines():
            console.print(Text(_prose(console, indent + start, text)))
    # Not wrapped: it may be a line to copy.
    if step.advice:
        console.print(Text(indent + printable(step.advice)))


def _prose(console: Console, start: str, text: str) -> str:
    """``text`` behind ``start``, wrapped where a terminal shows it."""
    return wrapped(start, text, console.width) if console.is_terminal else start + printable(text)

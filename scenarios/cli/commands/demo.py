"""``pitboss demo``: the fake OPERATOR, the reference CLIENT on SQLite and all rules, run to a verdict."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from scenarios.cli.commands.check import judge_target, options
from scenarios.cli.reference_client import reference_client
from scenarios.problems.signals import interruptible


@click.command("demo")
@options(effort="quick")
@click.option("--mutant", metavar="NAME", help="Judge this faulty CLIENT instead of the reference.")
@click.pass_context
def command(context: click.Context, /, mutant: str | None, **choices: Any) -> None:
    """Run everything at once on this machine: simulators, reference CLIENT, all rules, report.

    \b
    pitboss demo                       the reference CLIENT holds every rule
    pitboss demo --report out          and leaves report.html, report.json, .. in out/
    pitboss demo --mutant NAME         see a faulty CLIENT caught
    """
    with (
        interruptible(),
        TemporaryDirectory(prefix="pitboss-demo-") as folder,
        reference_client(Path(folder), mutant) as target,
    ):
        again = demo_command(mutant)
        context.exit(judge_target(target, again=again, reference=mutant or "", **choices))


def demo_command(mutant: str | None) -> str:
    """The command that judges the reference CLIENT, or a mutant of it."""
    return f"pitboss demo --mutant {mutant}" if mutant else "pitboss demo"

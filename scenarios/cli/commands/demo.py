"""``pitboss demo``: the fake OPERATOR, the reference CLIENT on SQLite and all rules, run to a verdict."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from scenarios.cli.commands.check import judge_target, options
from scenarios.cli.reference_client import CURRENCY, reference_client
from scenarios.problems.errors import BadValue
from scenarios.problems.signals import interruptible
from simulators.dialects import DEFAULT, NAMES
from simulators.values import money


def _currency(text: str) -> str:
    """Reads a further currency on the command line."""
    expected = (
        f"the ISO 4217 code of a currency, such as USD, other than {CURRENCY}, which is judged in any case"
    )
    try:
        money.decimals(text)
    except money.UnknownCurrency as unknown:
        raise BadValue(str(unknown), expected) from None
    if text == CURRENCY:
        raise BadValue(text, expected)
    return text


def _one_mutant(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> str | None:  # noqa: ARG001
    """Reads --mutant: of two names the last would win, and nothing would tell."""
    if len(given) > 1:
        raise BadValue(" and ".join(given), "the name of one mutant, as one CLIENT is judged in a run")
    return given[0] if given else None


@click.command("demo")
@options(effort="quick")
@click.option(
    "--mutant",
    metavar="NAME",
    multiple=True,
    callback=_one_mutant,
    help="Judge this faulty CLIENT instead of the reference.",
)
@click.option(
    "--currency",
    "currencies",
    metavar="CODE",
    type=_currency,
    multiple=True,
    help=f"Judge the rules about money once more in this currency, beside {CURRENCY}; may be repeated.",
)
@click.option(
    "--dialect",
    type=click.Choice(NAMES),
    default=DEFAULT,
    show_default=True,
    help="In whose words callbacks are: a name of pitboss dialect list.",
)
@click.pass_context
def command(
    context: click.Context,
    /,
    mutant: str | None,
    currencies: tuple[str, ...],
    dialect: str,
    **choices: Any,
) -> None:
    """Run everything at once on this machine: simulators, reference CLIENT, all rules, report.

    \b
    pitboss demo                       the reference CLIENT holds every rule
    pitboss demo --report out          and leaves report.html, report.json, .. in out/
    pitboss demo --mutant NAME         see a faulty CLIENT caught
    pitboss demo --dialect hub88       in the words of another provider's wallet API
    """
    with (
        interruptible(),
        TemporaryDirectory(prefix="pitboss-demo-") as folder,
        reference_client(Path(folder), mutant, further=currencies, dialect=dialect) as target,
    ):
        again = demo_command(mutant, currencies, dialect)
        context.exit(judge_target(target, again=again, reference=mutant or "", **choices))


def demo_command(mutant: str | None, currencies: Sequence[str] = (), dialect: str = DEFAULT) -> str:
    """The command that judges the reference CLIENT, or a mutant of it."""
    options = [f"--mutant {mutant}"] if mutant else []
    options += [f"--dialect {dialect}"] if dialect != DEFAULT else []
    return " ".join(["pitboss demo", *options, *(f"--currency {code}" for code in currencies)])

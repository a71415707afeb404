"""What the commands that raise events share: how an event is sent, and what is shown of it."""

from collections.abc import Sequence

import click

from scenarios.cli import options, shell_completion
from scenarios.events.raise_event import unfit
from scenarios.problems.errors import Exit
from scenarios.problems.plain_text import printable
from scenarios.target.loading import Target
from simulators.exchanges.as_json import as_json
from simulators.exchanges.curl import as_curl
from simulators.exchanges.history import Exchange
from simulators.exchanges.redaction import Redactor
from simulators.transport.delivery import Fault
from simulators.transport.faults.parameters import UnfitFault
from simulators.transport.faults.table import FAULTS, parameters, parse_fault

CONFIG = options.config("pitboss.toml, else `pitboss client`")
COPIES = click.option("--copies", type=click.IntRange(0), default=0, help="Send so many copies after it.")
FAULT = click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="FAULT",
    callback=lambda _context, _parameter, texts: [fault(text) for text in texts],
    shell_complete=shell_completion.fault,
    help="What goes wrong (repeat).",
)
CURL = click.option("--curl", is_flag=True, help="Print the curl command of each exchange, too.")


def fault_help() -> str:
    """Every fault with its parameters, from the table of faults."""
    lines = ["\b", "Faults, as name or name:parameter=value,parameter=value:"]
    for name, kind in FAULTS.items():
        lines.append(f"  {name}: {kind.summary}")
        lines += [
            f"      {key}={default or '..'}: {meaning}" for key, _, meaning, default in parameters(kind)
        ]
    return "\n".join(lines)


def fault(text: str) -> Fault:
    """Read a fault on the command line; raises UsageProblem."""
    try:
        return parse_fault(text)
    except UnfitFault as error:
        raise unfit(error) from None


def conclude(context: click.Context, target: Target, exchanges: Sequence[Exchange], *, curl: bool) -> None:
    """Show ``exchanges``, and end with the exit code of the last: accepted, refused, or no usable answer."""
    redactor = Redactor(target.secrets())
    for exchange in exchanges:
        _show(exchange, redactor, curl=curl)
    last = exchanges[-1]
    context.exit(int(Exit.HOLDS if last.ok else Exit.BROKEN if last.refused else Exit.UNREACHABLE))


def _show(exchange: Exchange, redactor: Redactor, *, curl: bool) -> None:
    """Print what was sent and answered, without secrets."""
    shown = as_json(exchange, redactor)
    lines = [
        f"{exchange.title}: {shown['request']['method']} {shown['request']['url']}",
        f"  sent      {shown['request']['body']}",
        f"  answered  nothing: {shown['failure']}"
        if shown["answer"] is None
        else f"  answered  HTTP {shown['answer']['status']} {shown['answer']['body'].rstrip()}",
        f"  outcome   {exchange.effect}",
        *(f"  fault     {fault}" for fault in shown["faults"]),
    ]
    if curl:
        lines.append(f"  {as_curl(exchange, redactor)}")
    for line in lines:
        click.echo(printable(line))

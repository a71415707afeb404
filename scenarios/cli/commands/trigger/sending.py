"""What the commands that raise events share: how an event is sent, and what is shown of it."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any, Final

import click

from scenarios.cli import options, shell_completion
from scenarios.console import rows
from scenarios.console.control.client import running
from scenarios.console.control.events import COPIES as MOST
from scenarios.console.control.events import Events
from scenarios.console.control.unserved import UnservedProviders
from scenarios.console.form_input import FormInput
from scenarios.events.raise_event import unfit
from scenarios.problems.errors import Exit, note
from scenarios.problems.plain_text import printable
from scenarios.target.loading import Target
from simulators.exchanges.history import History, Status
from simulators.transport.fault_parameters import UnfitFault
from simulators.transport.faults.table import FAULTS, parameters, parse_fault

_ENDS: Final = {str(Status.OK): Exit.HOLDS, str(Status.REFUSED): Exit.BROKEN}
CONFIG = options.config("pitboss.toml, else `pitboss client`")
COPIES = click.option(
    "--copies", type=click.IntRange(0, MOST), default=0, help="Send so many copies after it."
)
FAULT = click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="FAULT",
    callback=lambda _context, _parameter, texts: [spelled(text) for text in texts],
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


def spelled(text: str) -> str:
    """Return a fault of the command line as it is; raises UsageProblem where it is none."""
    try:
        parse_fault(text)
    except UnfitFault as error:
        raise unfit(error) from None
    return text


def conclude(
    context: click.Context, target: Target, name: str, asked: Mapping[str, Any], *, curl: bool, seed: int = 0
) -> None:
    """Do ``name`` of the control API as it is ``asked`` for: through the `serve` that runs in this folder, so that it
    is in its feed, or else here. Show the exchanges, and end with the exit code of the last: accepted, refused, or no
    usable answer. Raises Problem.
    """
    exact = {key: value for key, value in asked.items() if value is not None} | {"exact": True}
    serve = running(target)
    if serve is not None:
        note(f"through the `pitboss serve` of this folder, {serve.url}")
        exchanges = serve.raised(name, exact)
    else:
        exchanges = _here(target, name, exact, seed)
    for exchange in exchanges:
        _show(exchange, curl=curl)
    context.exit(int(_ENDS.get(exchanges[-1]["outcome"], Exit.UNREACHABLE)))


def _here(target: Target, name: str, asked: dict[str, Any], seed: int) -> list[dict[str, Any]]:
    providers = UnservedProviders(target, History(), seed)
    with closing(providers.route):
        made = Events(providers).do(name, FormInput(asked))
    return [rows.detail(providers.history[number], providers.redactor) for number in made["exchanges"]]


def _show(exchange: dict[str, Any], *, curl: bool) -> None:
    """Print what was sent and answered, without secrets."""
    request, answer = exchange["request"], exchange["answer"]
    lines = [
        f"{exchange['kind']}: {request['method']} {request['url']}",
        f"  sent      {request['body']}",
        f"  answered  nothing: {exchange['failure']}"
        if answer is None
        else f"  answered  HTTP {answer['status']} {answer['body'].rstrip()}",
        f"  outcome   {exchange['outcome']}",
        *(f"  fault     {fault}" for fault in exchange["faults"]),
    ]
    if curl:
        lines.append(f"  {exchange['curl']}")
    for line in lines:
        click.echo(printable(line))

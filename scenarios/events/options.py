"""What the commands that raise events share: faults by name, and exchanges as the terminal shows them."""

import click

from scenarios.problems.errors import Exit, UsageProblem
from scenarios.report.plain import printable
from simulators.exchanges import export
from simulators.exchanges.history import Exchange
from simulators.transport.delivery import Fault
from simulators.transport.faults.parameters import UnfitFault
from simulators.transport.faults.table import FAULTS, parameters, parse_fault


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


def unfit(error: UnfitFault) -> UsageProblem:
    """Return the problem of a fault that does not fit."""
    return UsageProblem(f"--fault: {error.came}", error.expected, error.next_step)


def show(exchange: Exchange, redactor: export.Redactor, *, curl: bool) -> None:
    """Print what was sent and answered, without secrets."""
    shown = export.as_json(exchange, redactor)
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
        lines.append(f"  {export.curl(exchange, redactor)}")
    for line in lines:
        click.echo(printable(line))


def code(exchange: Exchange) -> int:
    """The exit code: accepted, refused, or without a usable answer."""
    if exchange.ok:
        return int(Exit.HOLDS)
    return int(Exit.BROKEN if exchange.refused else Exit.UNREACHABLE)

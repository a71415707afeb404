"""``pitboss resend``: send an exchange of the last report once more, byte for byte or as a new transaction."""

import json
from pathlib import Path
from typing import Any

import click

from scenarios.cli import options
from scenarios.cli.click_errors import examples
from scenarios.cli.commands.trigger.sending import CONFIG, CURL, conclude
from scenarios.problems.errors import UsageProblem
from scenarios.report.files import HAR, LAST
from scenarios.report.saved import NEXT, unreadable


@click.command(
    "resend",
    epilog=examples(
        "pitboss resend 339                 exchange #339 of the last report, byte for byte: a copy",
        "pitboss resend 339 --fresh         the same as a new transaction, signed again",
        "pitboss resend 339 --from out      of the report in the folder out",
    ),
)
@click.argument("number", type=click.IntRange(0))
@CONFIG
@click.option("--fresh", is_flag=True, help="With a new transaction_id and a new signature.")
@click.option(
    "--from",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=LAST,
    show_default=True,
    metavar="DIR",
    help="The report's folder.",
)
@CURL
@click.pass_context
def command(
    context: click.Context, /, number: int, config: Path | None, fresh: bool, folder: Path, curl: bool
) -> None:
    """Send exchange NUMBER of a report once more, and see the CLIENT's answer.

    What it is sent to is the target's own address, through a running `serve` as trigger does. Exit code 0: accepted;
    1: refused; 3: no usable answer.
    """
    target = options.to_play_with(config)
    asked = {"request": _recorded(folder / HAR, number), "number": number, "fresh": fresh}
    conclude(context, target, "resend", asked, curl=curl)


def _recorded(file: Path, number: int) -> Any:
    """The request of exchange ``number`` as the report's ``file`` holds it. Raises UsageProblem."""
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))["log"]["entries"]
        if number < len(entries):
            return entries[number]["request"]
    except OSError as error:
        raise unreadable(file, error, f"the {HAR} of a report") from None
    except (ValueError, KeyError, TypeError):
        raise UsageProblem(f"{file} is no HTTP Archive", f"the {HAR} of a report", NEXT) from None
    raise UsageProblem(
        f"there is no exchange #{number} in {file}",
        f"a number from 0 to {len(entries) - 1}",
        "the report names the exchanges of each finding",
    )

"""Options that several commands have, and how their values are read."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from scenarios.problems.errors import BadValue, note
from scenarios.target.demo import target_to_play_with
from scenarios.target.loading import Target
from scenarios.toml_files.values import EXPECTED, callback_url, duration
from simulators.values import money

Command = TypeVar("Command", bound=Callable[..., Any])
Option = Callable[[Command], Command]

# What is judged, or sent to, where no target file is named.
TARGET: Final = "pitboss.toml"
TARGET_OR_CLIENT: Final = "pitboss.toml where there is one, else `pitboss client`"


def to_play_with(config: Path | None, *needed: str) -> Target:
    """The target of a command that judges nobody; says what was made up. Raises UsageProblem."""
    return tell_made_up(target_to_play_with(config, *needed))


def tell_made_up(target: Target) -> Target:
    """Return ``target``; say what of it is made up."""
    for text in target.made_up:
        note(f"{text}; what `pitboss client` has without it is used")
    return target


def config(default: str = TARGET, holds: str = "") -> Option[Any]:
    """``--config``; ``holds`` says what it is needed for."""
    return click.option(
        "-c",
        "--config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help=f"The target file{holds}.  [default: {default}]",
    )


def all_of(*options: Option[Any]) -> Option[Any]:
    """One decorator for ``options``, which help lists in this order."""

    def add(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def amount(example: str) -> Callable[[str], Decimal]:
    """Reads an amount on the command line, never a float; ``example`` is shown where it is none."""

    def read(text: str) -> Decimal:
        try:
            return money.parse(text)
        except ValueError as error:
            raise BadValue(str(error), example) from None

    return read


def public_url(text: str) -> str:
    """Reads the address on the command line at which browsers reach a server."""
    try:
        return callback_url(text)
    except ValueError as error:
        raise BadValue(str(error), "https://staging.example.com/jackpot") from None


def written(amount: Decimal | None) -> str | None:
    """An amount of the command line in full, as the control API takes it; None for none."""
    return None if amount is None else f"{amount:f}"


def seconds(text: str) -> float:
    """Reads a duration on the command line, in seconds."""
    try:
        return duration(text)
    except ValueError:
        raise BadValue(text, EXPECTED) from None

"""Whose token it is, and the keys: from the target file or, by the name of a variable, from the environment."""

import os
from pathlib import Path
from typing import Final

import click

from scenarios.cli import options
from scenarios.problems.errors import UsageProblem
from scenarios.target.loading import Target
from scenarios.target.sections import DEFAULT_FILE
from simulators.jackpot.credentials import session_jwt
from simulators.providers import CHECKOUT, JACKPOT
from simulators.values import jws

_ENV: Final = "env:"


def _environment(text: str) -> str:
    """Read a key, which is never on the command line itself: that is kept in histories and shown by ps."""
    name = text.removeprefix(_ENV)
    if name == text or not os.environ.get(name):
        # What was given may be the key, so it is not repeated.
        raise UsageProblem(
            "--key names no variable of the environment that is set",
            "env:NAME, so that the key stays out of the command line",
            "set the variable, and write --key env:NAME",
        )
    return os.environ[name]


SHARED = options.all_of(
    options.config("pitboss.toml, else `pitboss client`", holds=", which has the keys"),
    click.option(
        "--provider", type=click.Choice((JACKPOT, CHECKOUT)), help="Whose token.  [default: guessed]"
    ),
    click.option("--key", type=_environment, metavar="env:NAME", help="The key, from the environment."),
    click.option(
        "--algorithm", type=click.Choice(jws.ALGORITHMS), help="Of a checkout's token.  [default: HS256]"
    ),
)


def target_of(config: Path | None, key: str | None, provider: str | None) -> Target | None:
    """The target, with the section of ``provider`` unless ``key`` is given; None where no target is needed."""
    if key is None:
        return options.to_play_with(config, *([provider] if provider else []))
    return options.to_play_with(config) if config is not None or Path(DEFAULT_FILE).exists() else None


def api_signature(target: Target | None) -> str:
    """What Jackpot's sessions are signed with, for a target that ``target_of`` gave without a key."""
    assert target is not None
    return target.need_jackpot().api_signature.get_secret_value()


def no_algorithm(algorithm: str | None) -> None:
    """Raise UsageProblem for an algorithm that Jackpot does not take."""
    if algorithm not in (None, session_jwt.ALGORITHM):
        raise UsageProblem(
            f"--algorithm is {algorithm}, and the token is a session's for Jackpot",
            f"{session_jwt.ALGORITHM}, which alone Jackpot takes",
            "leave --algorithm out",
        )

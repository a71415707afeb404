"""Callbacks written and signed beforehand, for senders that do nothing but send."""

from functools import cache
from typing import Final

from loadtests.traffic.callbacks import Callbacks, Written
from simulators.operator.dialect import SPORTSBOOK
from simulators.wallet.transactions import Kind

COUNT: Final = 10_000
_PLAYERS: Final = 64


@cache
def bodies() -> tuple[Written, ...]:
    """COUNT bets and results of few players, with ids of their own, signed."""
    callbacks = Callbacks(SPORTSBOOK, "benchmark", "EUR")
    return tuple(
        callbacks.write(
            (Kind.BET, Kind.RESULT)[number % 2],
            callbacks.new_id(),
            f"load-{number % _PLAYERS}",
            100 + number % 900,
        )
        for number in range(COUNT)
    )

"""Callbacks written and signed beforehand, for senders that do nothing but send."""

from functools import cache
from typing import Final, NamedTuple

from loadtests.traffic.pen import Pen
from simulators.operator.dialect import TRANSACTION_PATH

COUNT: Final = 10_000
_PLAYERS: Final = 64


class Body(NamedTuple):
    """One callback: where it goes, its headers with the hash, and its bytes."""

    path: str
    headers: dict[str, str]
    body: bytes


@cache
def bodies() -> tuple[Body, ...]:
    """COUNT bets and results of few players, with ids of their own, signed."""
    pen = Pen("benchmark", "EUR")
    players = [pen.of(f"load-{number}") for number in range(_PLAYERS)]
    made = []
    for number in range(COUNT):
        action = ("bet", "result")[number % 2]
        body = pen.transaction(pen.new_id(), action, players[number % _PLAYERS], 100 + number % 900)
        made.append(Body(TRANSACTION_PATH, pen.sign(body), body))
    return tuple(made)

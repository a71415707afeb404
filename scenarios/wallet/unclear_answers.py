"""Answers that are neither success nor refusal in the dialect's words: what they stand for, found out by experiment.

``contract.md``, *What a verdict may rest on*: an answer without an ``error`` key is unclear; MSG-03 tells of it, and
what it did is read off the balance. The ``wagers`` probe reads balances by answers, so these are learned first: two
results that any CLIENT pays, and two bets that any refuses. Where the four can be told apart, so can all that follow.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Answer, Exchange, Purpose, Status
from simulators.transport.delivery import Meaning
from simulators.wallet import codec

# In smallest units: more than any player has.
_FORTUNE = 10**13


@dataclass(frozen=True, slots=True)
class Shape:
    """What all answers of one kind have in common: the names of fields, and those whose values are the same."""

    names: frozenset[str]
    values: frozenset[tuple[str, str]]

    def fits(self, answer: Answer) -> bool:
        """Whether ``answer`` is of this kind."""
        values = dict(_fields(codec.object_of(answer.body)))
        return self.names <= values.keys() and self.values <= set(values.items())


@dataclass(frozen=True, slots=True)
class Signs:
    """How unclear answers of one CLIENT tell what was done from what was not."""

    done: Shape
    refused: Shape | None

    def __call__(self, answer: Answer, meaning: Meaning) -> Meaning:
        """``meaning``, or what an unclear ``answer`` stands for here."""
        if meaning.status in (Status.OK, Status.REFUSED) or answer.status != 200:
            return meaning
        if self.done.fits(answer):
            return replace(meaning, status=Status.OK)
        if self.refused is not None and self.refused.fits(answer):
            return replace(meaning, status=Status.REFUSED)
        return meaning


def unclear(exchange: Exchange) -> bool:
    """Whether there is an answer in good form that says neither success nor refusal."""
    answer = exchange.answer
    return (
        answer is not None
        and not (exchange.ok or exchange.refused)
        and answer.status == 200
        and codec.object_of(answer.body) is not None
    )


def learn(operator: Verbs, player: Player) -> bool:
    """Find out what unclear answers stand for, and tell ``operator``; False where they cannot be told apart.

    What it moves is rolled back: a rollback of what was refused moves nothing.
    """
    paid = [operator.result(player, player.unit, purpose=Purpose.FIRST_WAGER) for _ in range(2)]
    stranger = operator.made_up_player()
    refused = [
        operator.bet(player, player.money(_FORTUNE), purpose=Purpose.FIRST_WAGER),
        operator.bet(stranger, player.unit, currency=player.currency, purpose=Purpose.FIRST_WAGER),
    ]
    signs = _signs(paid, refused)
    for exchange in (*paid, refused[0]):
        if not exchange.refused:
            operator.rollback(exchange, purpose=Purpose.FIRST_WAGER)
    if signs is not None:
        operator.channel.understood = signs
    return signs is not None


def _signs(paid: list[Exchange], refused: list[Exchange]) -> Signs | None:
    if not all(unclear(one) for one in paid):
        return None
    open_ones = [one for one in refused if unclear(one)]
    done = _shape(paid)
    if any(one.ok or (one.answer is not None and done.fits(one.answer)) for one in refused):
        return None
    return Signs(done, _shape(open_ones) if open_ones else None)


def _shape(exchanges: list[Exchange]) -> Shape:
    found = [dict(_fields(codec.object_of(one.answer.body))) for one in exchanges if one.answer is not None]
    names = frozenset.intersection(*(frozenset(each) for each in found))
    return Shape(names, frozenset.intersection(*(frozenset(each.items()) for each in found)))


def _fields(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every field that holds no others, by its path, with its JSON text."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _fields(part, f"{path}/{name}")
    else:
        yield path, json.dumps(value)

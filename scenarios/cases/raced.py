"""Races that do not depend on one another: prepared together, run one after the other, and judged by one reading.

Each is about an amount so many times the one before that no number of effects of one makes up for another's, and the
difference says which race made it. Nothing but its own requests is under way while one runs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from scenarios.cases.batch import STEP, settled_together
from scenarios.run.findings import observed_in
from scenarios.run.judge import Judge, said
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange
from simulators.wallet.transactions import Transaction

# What a race is about is at most so many times the first of its reading: about 1,000.00 EUR.
_LARGEST: Final = 4096
# So many exchanges of a race are listed in a finding.
_TOLD: Final = 4


def _any_answers(judge: Judge, sent: Sequence[Exchange], case: str) -> None:
    """For races that may be answered in any way."""


@dataclass(frozen=True, slots=True)
class Race:
    """What races, as ``case`` says: ``prepare`` makes transactions of so many smallest units, ``answers`` judges."""

    case: str
    prepare: Callable[[int], Sequence[Transaction]]
    answers: Callable[[Judge, Sequence[Exchange], str], object] = _any_answers


def raced(
    rule: str, judge: Judge, operator: Verbs, player: Player, width: int, races: Sequence[Race]
) -> None:
    """Judge by ``rule`` all ``races`` of ``player``, each of ``width`` requests: their answers and the balance.

    What got no answer is settled by copies. Raises NoRace.
    """
    base, worth = 2 * width, [1]
    while worth[-1] * base <= _LARGEST:
        worth.append(worth[-1] * base)
    for start in range(0, len(races), len(worth)):
        some = races[start : start + len(worth)]
        units = [STEP * times for times in worth[: len(some)]]
        judge.fund(player, (width + 1) * sum(units), covered=True)
        ready = judge.together([partial(race.prepare, each) for race, each in zip(some, units, strict=True)])
        sent = [(race, operator.race(messages)) for race, messages in zip(some, ready, strict=True)]
        settled = []
        for race, exchanges in sent:
            case = f"{len(exchanges)} {race.case}"
            race.answers(judge, exchanges, case)
            last = [operator.again(one) if one.unknown else one for one in exchanges]
            settled.append((case, last[:_TOLD]))
        settled_together(rule, judge, player, "", settled, base, last=True)


def same_answers(judge: Judge, copies: Sequence[Exchange], case: str) -> None:
    """Every copy is accepted, with one CLIENT id (IDM-02)."""
    answered = [exchange for exchange in copies if exchange.answer is not None]
    ids = {exchange.client_id for exchange in answered if exchange.ok}
    refused = [exchange for exchange in answered if not exchange.ok]
    judge.holds(
        "IDM-02",
        not refused,
        expected="every copy is accepted",
        seen=f"{len(refused)} of {len(answered)} were not: {said(refused[0])}" if refused else "",
        exchanges=[*refused[:3], *copies[:1]],
        case=case,
        observed=observed_in(refused[0]) if refused else None,
    )
    judge.holds(
        "IDM-02",
        len(ids) <= 1,
        expected="the same CLIENT id in every answer",
        seen=f"{len(ids)} different ids",
        exchanges=copies,
        case=case,
    )

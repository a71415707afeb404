"""Cases that do not depend on one another, tried at once: one reading of the balance judges them all.

Each is about an amount five times the one before, so that what moves it up to four times too often or too seldom cannot
be made up for by others. Where that reading or an answer is not as it should be, the cases are tried one by one, to
find out which it was; where each of them holds, what was seen is a note.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TypeVar

from scenarios.contract import Level
from scenarios.run.balances import Undecided
from scenarios.run.findings import HELD_ALONE, message
from scenarios.run.judge import Judge
from scenarios.wallet.player import Player
from scenarios.wallet.probes import Unreadable
from simulators.exchanges.history import Exchange

# The smallest units of the first case: a quarter of a euro, which binary fractions hold exactly.
_LEAST = 25
_BASE = 5
# Cases to one reading; the last is then about 780.00 EUR.
_MOST = 6
# The smallest units of a case that is tried alone: as many for each.
_ALONE = 250

Answers = Callable[[Sequence[Exchange], str], object]
Made = TypeVar("Made")


def _any_answers(exchanges: Sequence[Exchange], case: str) -> None:
    """For cases that may be answered in any way."""


@dataclass(frozen=True, slots=True)
class Chain:
    """What is sent one after the other: ``send`` makes transactions of so many smallest units and returns them.

    It returns None where the CLIENT refuses what the chain is built on. ``answers`` judges what was answered in
    ``case``. ``units`` are its own where the amount is what matters. ``base`` makes what the chain is built on, and no
    more; None where it is refused. What that moves wrongly alone is another rule's matter: a chain that is ``sound``
    is then not judged, any other is held to the rest.
    """

    send: Callable[[int], Sequence[Exchange] | None]
    answers: Answers = _any_answers
    units: int | None = None
    case: str = ""
    base: Callable[[int], object | None] | None = None
    sound: bool = False


def behind(
    base: Callable[[int], Made | None],
    then: Callable[[Made, int], Sequence[Exchange]],
    answers: Answers = _any_answers,
    units: int | None = None,
    case: str = "",
    *,
    sound: bool = False,
) -> Chain:
    """A chain of what ``base`` makes and what ``then`` does with that, about as many smallest units."""

    def send(units: int) -> Sequence[Exchange] | None:
        made = base(units)
        return None if made is None else then(made, units)

    return Chain(send, answers, units, case, base, sound)


def each_holds(
    rule: str,
    judge: Judge,
    player: Player,
    chains: Sequence[Chain],
    *,
    others: Sequence[Player] = (),
    unless: str = "",
    level: Level | None = None,
    funds: int | None = None,
) -> None:
    """Judge all ``chains`` by ``rule``, side by side, or one by one where that shows anything.

    ``unless`` says why none could be judged, where each may be built on something that is refused. ``level`` is that of
    a wrong balance, where it is not the rule's. ``funds`` are the smallest units that one by one suffice, where that is
    less than chains commonly take. Raises Undecided.
    """
    if all_hold(rule, judge, player, chains, others=others):
        return
    enough = sum(8 * _ALONE if chain.units is None else 4 * chain.units for chain in chains)
    for owner in (player, *others):
        judge.fund(owner, enough if funds is None else funds, covered=True)
    tried, owners = 0, (player, *others)
    for chain in chains:
        units = chain.units or _ALONE
        amiss = _amiss(chain, units, judge, owners)
        if amiss is None or (chain.sound and any(amiss)):
            continue
        sent = chain.send(units)
        if sent is None:
            # What it moved all the same is another rule's matter, and none of the next chain's.
            for owner in owners:
                judge.measure(owner)
            continue
        tried += 1
        chain.answers(sent, chain.case)
        for owner, off in zip(owners, amiss, strict=True):
            case = f"{chain.case}: {owner}" if others else chain.case
            judge.settled(rule, owner, *sent, case=case, amiss=off, level=level)
    judge.needs(tried or not unless, unless)


def _amiss(chain: Chain, units: int, judge: Judge, players: Sequence[Player]) -> list[Decimal] | None:
    """How far off what ``chain`` is built on leaves each of ``players``, alone; None where it is refused."""
    before = [judge.rested(player) if chain.base is not None else player.off for player in players]
    if chain.base is not None:
        if chain.base(units) is None:
            return None
        for player in players:
            judge.measure(player)
    return [player.off - off for player, off in zip(players, before, strict=True)]


def all_hold(
    rule: str, judge: Judge, player: Player, chains: Sequence[Chain], *, others: Sequence[Player] = ()
) -> bool:
    """Whether all ``chains``, sent side by side, are answered rightly and leave the one balance that is right.

    ``player`` is funded with enough for all, and so are ``others``, whose balances are read as well. What is found is
    no accusation yet; at a second look nothing is tried, since it is there to find. Raises what stops a run.
    """
    return not judge.again and all(
        holds(judge, partial(_hold, rule, judge, (player, *others), group)) for group in _groups(chains)
    )


def holds(judge: Judge, check: Callable[[], object]) -> bool:
    """Whether ``check`` finds nothing and can decide; what it found, noted or judged is forgotten where not.

    That there was something is noted: a rule that holds one by one says so.
    """
    result, decided = judge.result, False
    before, judge.tentative = result.take(), True
    try:
        check()
        decided = True
    except (Undecided, Unreadable):
        pass
    finally:
        judge.tentative = False
        tried = result.take()
        result.add(before)
        if good := decided and not tried.findings:
            result.add(tried)
        for rule in dict.fromkeys(one.rule for one in tried.findings):
            note = f"{HELD_ALONE} (seen: {message(tried.of(rule))})"
            result.notes.setdefault(rule, []).append(note)
    return good


def in_one_reading(judge: Judge, acts: Callable[..., object]) -> None:
    """Have ``acts`` read the balance at its end alone; ``apart``, after each act, where that shows anything."""
    if judge.again or not holds(judge, partial(acts, apart=False)):
        acts(apart=True)


def _groups(chains: Sequence[Chain]) -> Iterator[Sequence[tuple[Chain, int]]]:
    most = _MOST if any(chain.units is None for chain in chains) else len(chains)
    for start in range(0, len(chains), most):
        yield [
            (chain, _LEAST * _BASE**place if chain.units is None else chain.units)
            for place, chain in enumerate(chains[start : start + most])
        ]


def _hold(rule: str, judge: Judge, players: Sequence[Player], group: Sequence[tuple[Chain, int]]) -> None:
    for player in players:
        judge.fund(player, 4 * sum(units for _, units in group), covered=True)
    tries = judge.together([partial(chain.send, units) for chain, units in group])
    sent = [exchanges for exchanges in tries if exchanges is not None]
    if len(sent) < len(group):
        raise Undecided("what some chains are built on was refused")
    for player in players:
        if len(judge.expected(player).balances) > 1:
            raise Undecided("more than one balance would be right")
        together = [exchange for exchanges in sent for exchange in exchanges]
        judge.settled(rule, player, *together, last=True)
    for (chain, _), exchanges in zip(group, sent, strict=True):
        chain.answers(exchanges, chain.case)

"""Ids: the provider's ``transaction_id`` alone, exactly as it is written, says which transaction is meant.

Story: an id comes back with another amount, another action or for another player; and two ids differ by a
hair. Invariant: one id has one effect, two ids have two. Limits: what such a request is answered is left
open; a CLIENT that refuses ids with blanks or accents altogether is not blamed for it here.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from random import Random
from typing import Literal

import pytest

from scenarios.cases.at_once import behind, each_holds
from scenarios.cases.batch import addends
from scenarios.cases.kinds import KINDS, WAGERS, Action, done, named, prepared, usual
from scenarios.cases.plain_transactions import all_usual
from scenarios.contract import Observed
from scenarios.generated.families import ids
from scenarios.generated.families.family import Case, Cases
from scenarios.oracles.plain_faults import BET, BET_UNDONE, RESULT, RESULT_UNDONE
from scenarios.run.judge import Judge
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange

pytestmark = pytest.mark.needs("probe")

# The transaction whose id comes back, and the action under which it does.
_OTHER_ACTIONS: tuple[tuple[str, Action | Literal["rollback"]], ...] = (
    (BET, "result"),
    (BET, "rollback"),
    (RESULT, "bet"),
    (RESULT, "rollback"),
    (BET_UNDONE, "bet"),
    (BET_UNDONE, "result"),
)

_NONE_ACCEPTED = "no bet, result or rollback was accepted whose id could come back"
# Pairs of ids to one reading of the balance, and the smallest units of the first; each is worth twice the one before.
_PAIRS = 12
_LEAST = 25
_FUNDS = 2 * _LEAST * 2**_PAIRS


@pytest.mark.rules("IDM-05")
def test_with_another_amount(operator: Verbs, player: Player, judge: Judge) -> None:
    """An id that comes back with more or less money has no second effect."""

    def once(units: int, kind: str, times: int) -> Exchange | None:
        return done(kind, operator, player, times * units)

    def twice(first: Exchange, units: int, kind: str, times: int) -> list[Exchange]:
        message = replace(first.message, amount=player.money(times * units))
        return [first, operator.send(message, label=f"{kind}, same id, another amount")]

    chains = [
        behind(
            partial(once, kind=kind, times=one),
            partial(twice, kind=kind, times=other),
            case=f"{kind}{'' if one else ' of 0'}, then {'more' if other > one else 'less'} under its id",
        )
        for kind in KINDS
        for one, other in ((1, 2), (2, 1), *([(0, 1)] if kind == RESULT else []))
    ]
    each_holds("IDM-05", judge, player, chains, unless=_NONE_ACCEPTED)


@pytest.mark.rules("IDM-06")
def test_under_another_action(operator: Verbs, player: Player, judge: Judge) -> None:
    """An id that comes back under another action has no second effect."""

    def first_of(units: int, kind: str) -> tuple[Exchange, Exchange] | None:
        stake = operator.bet(player, player.money(units))
        first = done(kind, operator, player, units) if stake.ok else None
        return None if first is None else (stake, first)

    def twice(
        made: tuple[Exchange, Exchange], _: int, action: Action | Literal["rollback"]
    ) -> list[Exchange]:
        stake, first = made
        return [first, _under(first, action, operator, player, stake)]

    others = [each for each in _OTHER_ACTIONS if operator.rollback_ids or {*each} <= {*WAGERS}]
    chains = [
        behind(
            partial(first_of, kind=kind),
            partial(twice, action=action),
            case=f"{kind}, then a {action} under its id",
        )
        for kind, action in others
    ]
    each_holds("IDM-06", judge, player, chains, unless=_NONE_ACCEPTED)


def _under(
    first: Exchange, action: Action | Literal["rollback"], operator: Verbs, player: Player, stake: Exchange
) -> Exchange:
    """Send a bet, a result, or the rollback of ``stake``, with id and amount of ``first``."""
    taken, amount, kind = first.message.id, first.message.amount, f"{action}, same id"
    if action == "rollback":
        return operator.rollback(stake, id=taken, label=kind)
    return operator.wager(action, player, amount, id=taken, label=kind)


@pytest.mark.players(2)
@pytest.mark.rules("IDM-07")
def test_for_another_player(operator: Verbs, player: Player, another_player: Player, judge: Judge) -> None:
    """An id that comes back for another player has no second effect, on neither of them."""

    def first_of(units: int, kind: str) -> tuple[Exchange, Exchange] | None:
        stake = operator.bet(another_player, another_player.money(units))
        first = done(kind, operator, player, units) if stake.ok else None
        return None if first is None else (stake, first)

    def twice(made: tuple[Exchange, Exchange], _: int) -> list[Exchange]:
        stake, first = made
        return [first, _under(first, first.message.kind, operator, another_player, stake)]

    chains = [
        behind(partial(first_of, kind=kind), twice, case=kind)
        for kind in named(operator)
        if kind != RESULT_UNDONE
    ]
    each_holds("IDM-07", judge, player, chains, others=[another_player], unless=_NONE_ACCEPTED)


@pytest.mark.rules("IDM-08")
def test_that_differ_by_a_hair(operator: Verbs, player: Player, judge: Judge, cases: Cases) -> None:
    """Ids that something might take for one another are different transactions, each with its own effect."""
    pairs = cases(ids.pairs())
    alike = all_usual(named(operator), judge)
    tried = 0
    refused: set[str] = set()
    for kind in named(operator):
        judge.fund(player, _FUNDS)
        amiss = Decimal(0) if alike else usual(kind, operator, judge, player)
        if amiss is None or amiss:
            # What one such transaction does alone is another rule's matter.
            continue
        chosen = [pair for pair in pairs if pair.core or kind in WAGERS]

        def both(
            pair: Case[ids.Pair], units: int, names: tuple[str, str], kind: str = kind
        ) -> list[Exchange] | None:
            sent = _both(kind, operator, player, units, names)
            if sent is None:
                refused.add(pair.name)
            return sent

        tried += _compare(judge, player, kind, chosen, both)
    judge.needs(tried, "no bet, result or rollback was accepted under the ids to compare")
    if refused:
        judge.note("IDM-08", f"not compared, as such ids are refused: {', '.join(sorted(refused))}")


@pytest.mark.rules("IDM-08")
def test_that_differ_by_a_hair_in_what_is_rolled_back(
    operator: Verbs, player: Player, judge: Judge, cases: Cases
) -> None:
    """The rollback of an id that is nearly that of a bet is the rollback of an unknown one, and pays nothing."""
    balance = judge.fund(player, _FUNDS)
    operator.rollback(operator.new_id(), player, player.unit)
    judge.needs(judge.measure(player) == balance, "a rollback of an unknown transaction moves money alone")

    def both(_: Case[ids.Pair], units: int, names: tuple[str, str]) -> list[Exchange] | None:
        one, other = names
        bet = operator.bet(player, player.money(units), id=one)
        return [bet, operator.rollback(other, player, bet.message.amount)] if bet.ok else None

    _compare(judge, player, "rollback of the other", cases(ids.pairs()), both)


def _both(
    kind: str, operator: Verbs, player: Player, units: int, names: tuple[str, str]
) -> list[Exchange] | None:
    """One transaction of ``kind`` under each of the two ids; None where either is refused."""
    sent = []
    for name in names:
        message = prepared(kind, operator, player, own_id=name, units=units)
        exchange = operator.send(message) if message is not None else None
        if exchange is None or not exchange.ok:
            return None
        sent.append(exchange)
    return sent


def _compare(
    judge: Judge,
    player: Player,
    kind: str,
    pairs: Sequence[Case[ids.Pair]],
    send: Callable[[Case[ids.Pair], int, tuple[str, str]], list[Exchange] | None],
    together: int = _PAIRS,
) -> int:
    """Send each of ``pairs``, ``together`` to one reading, and blame those that fell together; count what was sent.

    The difference is then a sum of different powers of two. Where it is none, another fault is among so many
    transactions, and each pair is tried alone.
    """
    tried = 0
    for start in range(0, len(pairs), together):
        judge.fund(player, _FUNDS)
        some = pairs[start : start + together]
        # A seed does not repeat them: a CLIENT knows those of the run before.
        sends = [
            partial(send, pair, _LEAST * 2**place, pair.value(Random())) for place, pair in enumerate(some)
        ]
        tries = judge.together(sends)
        sent = [(pair, both) for pair, both in zip(some, tries, strict=True) if both is not None]
        tried += len(sent)
        before, expected = player.off, judge.expected(player)
        seen = judge.measure(player, last=True)
        wrong = seen - before - expected.nearest(seen - before)
        gains = [int(both[-1].message.amount / player.unit) for _, both in sent]
        culprits = addends(abs(wrong), player.currency, gains) if together > 1 else range(len(sent))
        if wrong and not culprits:
            _compare(judge, player, kind, [pair for pair, _ in sent], send, together=1)
            continue
        guilty = [sent[place] for place in culprits]
        judge.holds(
            "IDM-08",
            not wrong,
            expected=f"balance {expected.alternatives()}",
            seen=f"balance {player.show(seen)}",
            # The balance that would be right is that after the last of all.
            exchanges=list(dict.fromkeys([one for _, both in (*guilty, *sent[-1:]) for one in both])),
            case=kind,
            cases=[pair.name for pair, _ in guilty],
            off=abs(wrong),
            observed=Observed.MONEY,
            whose=player.id,
            right=list(expected.balances) if wrong and expected.listed and not before else (),
        )
    return tried

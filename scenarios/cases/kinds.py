"""The kinds of transactions that rules about copies and rollbacks are tried on.

What one transaction of a kind does to the balance is measured first, on a sibling without copies. A rule
about a copy then compares with that, and so blames no other fault: a CLIENT that never returns a stake breaks
rules of rollback, not those of copies. Amounts are multiples of a quarter, which binary fractions hold
exactly.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Literal

from scenarios.oracles.plain_faults import BET, BET_UNDONE, ORPHAN, RESULT, RESULT_UNDONE
from scenarios.run.balances import Undecided
from scenarios.run.judge import Judge
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange
from simulators.wallet.transactions import Transaction

Action = Literal["bet", "result"]

WAGERS: tuple[Action, ...] = (BET, RESULT)
KINDS = (BET, RESULT, BET_UNDONE, RESULT_UNDONE)

# Smallest units that one transaction of a kind is about.
UNITS: dict[str, int] = {BET: 250, RESULT: 175, BET_UNDONE: 325, RESULT_UNDONE: 125, ORPHAN: 275}


def prepared(
    kind: str, operator: Verbs, player: Player, *, own_id: str | None = None, units: int | None = None
) -> Transaction | None:
    """One transaction of ``kind`` (under ``own_id``, of ``units``), not sent; None where its wager was refused."""
    amount = player.money(UNITS[kind] if units is None else units)
    if kind == ORPHAN:
        return operator.undo(operator.new_id(), player, amount, id=own_id)
    if kind in (BET, RESULT):
        return operator.transaction(BET if kind == BET else RESULT, player, amount, id=own_id)
    wager = operator.bet(player, amount) if kind == BET_UNDONE else operator.result(player, amount)
    return operator.undo(wager, id=own_id) if wager.ok else None


def needed(kind: str, operator: Verbs, player: Player, units: int) -> Transaction:
    """As ``prepared``. Raises Undecided where its wager was refused."""
    message = prepared(kind, operator, player, units=units)
    if message is None:
        raise Undecided(f"the wager was refused of which a {kind} was to be made")
    return message


def answered_alike(first: Exchange, copy: Exchange) -> bool:
    """Whether a copy was accepted, with the CLIENT id of the first."""
    return copy.ok and copy.client_id == first.client_id


def named(operator: Verbs) -> tuple[str, ...]:
    """Those of KINDS that have an id of their own in the dialect."""
    return KINDS if operator.rollback_ids else WAGERS


def done(kind: str, operator: Verbs, player: Player, units: int | None = None) -> Exchange | None:
    """Make one transaction of ``kind`` (of ``units``); None where the CLIENT does not accept it, or its wager."""
    message = prepared(kind, operator, player, units=units)
    exchange = None if message is None else operator.send(message)
    return exchange if exchange is not None and exchange.ok else None


def sent_again(
    operator: Verbs, judge: Judge, player: Player, step: int, kinds: Sequence[str] = KINDS
) -> list[tuple[str, Exchange, Exchange]]:
    """Make one transaction of each of ``kinds`` and a copy; those that the CLIENT accepts, with both exchanges.

    They are about different powers of two of ``step`` smallest units. Raises Undecided where none is accepted.
    """

    def twice(kind: str, units: int) -> tuple[str, Exchange, Exchange] | None:
        first = done(kind, operator, player, units)
        return None if first is None else (kind, first, operator.again(first))

    sent = judge.together([partial(twice, kind, step * 2**place) for place, kind in enumerate(kinds)])
    judge.needs(any(sent), "no bet, result or rollback was accepted that could be sent again")
    return [each for each in sent if each is not None]


def usual(kind: str, operator: Verbs, judge: Judge, player: Player) -> Decimal | None:
    """Make one transaction of ``kind`` and measure how far what it moves is off; None where it is not accepted."""
    before = judge.rested(player)
    if done(kind, operator, player) is None:
        return None
    judge.measure(player)
    return player.off - before

"""Balances that answers tell, held against what is read after them, over a whole run and whatever it judges (BAL-01).

From a balance that was read and is right, each answer before it follows back to the last reading: what a bet, a result
or a refusal moved is known. Nothing is said of what follows on copies, races, cuts or what overlapped.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise
from typing import Final

from scenarios.oracles.attempts import messages_of
from scenarios.wallet.noticed import Noticed
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange, Purpose
from simulators.wallet.transactions import Kind

# The rule that the balance which an answer tells is the one that is there.
TOLD_BY_ANSWERS: Final = "BAL-01"


@dataclass
class ToldBalances:
    """What was held against readings so far: ``looked`` is the number of the exchange after that, by player."""

    looked: dict[Player, int] = field(default_factory=dict)

    def hold(self, operator: Verbs, player: Player, until: int, balance: Decimal) -> None:
        """Notice the last answer before exchange ``until`` that told otherwise than follows from ``balance``.

        What is noticed for the first time is undecided until there is a second time.
        """
        history = operator.channel.route.history
        begin, self.looked[player] = self.looked.get(player, 0), until
        later: list[Exchange] = []
        for one in reversed(history.since(begin)[: until - begin]):
            if all(message.player != player.id for message in messages_of(one)):
                continue
            told = operator.told(one, player) if one.copy_of is None else None
            later.insert(0, one)
            if told is not None and told != player.whole(balance):
                if _plain(later, history.since(0), begin, player):
                    _notice(operator, player, one, told, balance)
                return
            moved = _moved(one, player)
            if moved is None:
                return
            balance -= moved


def _moved(one: Exchange, player: Player) -> Decimal | None:
    """What ``one`` moved of the player's balance; None where its answer alone does not say."""
    messages = messages_of(one)
    wagers = all(each.kind is not Kind.ROLLBACK and each.currency == player.currency for each in messages)
    if one.copy_of is not None or one.unknown or not wagers:
        return None
    signed = (-each.amount if each.kind is Kind.BET else each.amount for each in messages)
    return sum(signed, Decimal(0)) if one.ok else Decimal(0)


def _plain(later: Sequence[Exchange], sent: Sequence[Exchange], begin: int, player: Player) -> bool:
    """Whether each of ``later`` was a first, alone under way for ``player``, and nothing ``sent`` meanwhile was cut."""
    first = later[0]
    ids = [message.id for one in later for message in messages_of(one)]
    before = [one for one in sent if one.number < first.number]
    named = {name for one in before for message in messages_of(one) for name in (message.id, message.of)}
    mine = [
        one
        for one in before
        if one.number >= begin and any(each.player == player.id for each in messages_of(one))
    ]
    row = [*mine, *later]
    return (
        len({*ids}) == len(ids)
        and named.isdisjoint(ids)
        and all(one.genuine and one.race is None for one in later)
        and not any(one.faulty or one.failure for one in sent[first.number :])
        and all(_followed(one, after) or _of_a_reading(one, after, first) for one, after in pairwise(row))
    )


def _followed(one: Exchange, after: Exchange) -> bool:
    return one.answered is not None and one.answered <= after.invoked


def _of_a_reading(one: Exchange, after: Exchange, first: Exchange) -> bool:
    """Whether both are bets of a reading, whose second may leave ahead; not where what is looked at is one of them."""
    return {one.purpose, after.purpose} == {Purpose.PROBE} and first not in (one, after)


def _notice(operator: Verbs, player: Player, one: Exchange, told: Decimal, balance: Decimal) -> None:
    found = Noticed(
        TOLD_BY_ANSWERS,
        f"the answer to a {one.title} tells {player.show(balance)}, as was read after it",
        f"it tells {player.show(told)}",
        (one.number,),
        abs(told - balance),
        once=True,
    )
    before = next((each for each in operator.noticed if each.rule == TOLD_BY_ANSWERS), None)
    if before is None:
        operator.noticed.append(found)
    elif before.once:
        both = replace(found, exchanges=(*before.exchanges, *found.exchanges), once=False)
        operator.noticed[operator.noticed.index(before)] = both

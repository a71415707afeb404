"""Balances that answers tell, held against what is read right after them, in whatever scenario (BAL-01)."""

from dataclasses import replace
from typing import Final

from scenarios.oracles.attempts import messages_of
from scenarios.wallet.noticed import Noticed
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from scenarios.wallet.probes import Reading
from simulators.exchanges.history import Exchange

# The rule that the balance which an answer tells is the one that is there.
TOLD_BY_ANSWERS: Final = "BAL-01"


def last_about(operator: Verbs, player: Player) -> Exchange | None:
    """The last transaction of ``player`` since it was funded; None where there is none."""
    history = operator.channel.route.history
    numbers = range(len(history) - 1, player.funded.since - 1, -1)
    latest = (history[number] for number in numbers)
    return next((one for one in latest if _about(one, player)), None)


def hold(operator: Verbs, player: Player, last: Exchange, reading: Reading) -> None:
    """Notice that the ``last`` answer before ``reading`` told another balance than that.

    Nothing is said of a copy, which may tell the balance of then, nor where anything overlapped, raced or was cut. What
    is noticed for the first time is undecided until there is a second time.
    """
    told = operator.told(last, player)
    if told is None or told == reading.amount or not _is_plain(operator, player, last):
        return
    found = Noticed(
        TOLD_BY_ANSWERS,
        f"the answer to a {last.title} tells {player.show(reading.amount)}, as was read after it",
        f"it tells {player.show(told)}",
        (last.number, *reading.exchanges),
        abs(told - reading.amount),
        once=True,
    )
    before = next((one for one in operator.noticed if one.rule == TOLD_BY_ANSWERS), None)
    if before is None:
        operator.noticed.append(found)
    elif before.once:
        both = replace(found, exchanges=(before.exchanges[0], *found.exchanges), once=False)
        operator.noticed[operator.noticed.index(before)] = both


def _is_plain(operator: Verbs, player: Player, last: Exchange) -> bool:
    """Whether ``last`` was a first, alone under way for ``player``, and nothing was cut since."""
    sent = operator.channel.route.history.since(0)
    ids = {message.id for message in messages_of(last)}
    before = sent[: last.number]
    return (
        last.genuine
        and last.copy_of is None
        and last.race is None
        and not any(one.faulty or one.failure for one in sent[last.number :])
        and not any(message.id in ids for one in before for message in messages_of(one))
        and all(
            one.answered is not None and one.answered <= last.invoked
            for one in before[player.funded.since :]
            if _about(one, player)
        )
    )


def _about(one: Exchange, player: Player) -> bool:
    return any(message.player == player.id for message in messages_of(one))

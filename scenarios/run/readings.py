"""What readings of balances show in passing, in whatever scenario.

The balance that an answer tells is held against what is read right after it (BAL-01), and a bet of exactly what is
there is not refused (BET-02).
"""

from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal
from math import inf
from typing import Final

from scenarios.contract import Observed
from scenarios.oracles.attempts import messages_of
from scenarios.wallet.noticed import Noticed
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from scenarios.wallet.probes import Reading, reason
from simulators.exchanges.history import Exchange
from simulators.wallet.transactions import Kind, Transaction

# The rule that the balance which an answer tells is the one that is there.
REPORTED_BY_ANSWERS: Final = "BAL-01"
# The rule that a bet of the whole balance is accepted.
_WHOLE: Final = "BET-02"


def last_about(operator: Verbs, player: Player) -> Exchange | None:
    """The last transaction of ``player`` since it was funded; None where there is none."""
    history = operator.channel.route.history
    numbers = range(len(history) - 1, player.funded.since - 1, -1)
    latest = (history[number] for number in numbers)
    return next((one for one in latest if _about(one, player)), None)


def hold_reported(operator: Verbs, player: Player, last: Exchange, reading: Reading) -> None:
    """Notice that the ``last`` answer before ``reading`` reported another balance than that.

    Nothing is said of a copy, which may tell the balance of then, nor where anything overlapped, raced or was cut.
    """
    reported = operator.balance_in(last, player)
    if reported is None or reported == reading.amount or not _is_plain(operator, player, last):
        return
    _notice(
        operator,
        Noticed(
            REPORTED_BY_ANSWERS,
            f"the answer to a {last.title} reports {player.show(reading.amount)}, as was read after it",
            f"it reports {player.show(reported)}",
            (last.number, *reading.exchanges),
            abs(reported - reading.amount),
        ),
    )


def hold_whole(operator: Verbs, player: Player, reading: Reading, reasons: Collection[str]) -> None:
    """Notice that a bet of exactly what was read was refused first, for one of the ``reasons`` of missing funds.

    Nothing is said of a bet larger than any that the CLIENT took from the player, as single bets may be limited, of one
    that met another, nor where a request since the player was funded has no answer, whose effect may come late.
    """
    history = operator.channel.route.history
    sent = [history[number] for number in reading.exchanges]
    refused = next((one for one in sent if _bets(one, player)), None)
    if refused is None or _bets(refused, player) != reading.amount or not refused.refused:
        return
    before = history.since(0)[: refused.number]
    about = [one for one in before[player.funded.since :] if _about(one, player)]
    if (
        reason(refused) in reasons
        and any(one.ok and (_bets(one, player) or 0) >= reading.amount for one in before)
        and all(one.answered is not None and not one.faulty for one in about)
        and not any(_overlap(refused, one) for one in sent if one is not refused)
    ):
        shown = player.show(reading.amount)
        _notice(
            operator,
            Noticed(
                _WHOLE,
                f"a bet of all {shown} is accepted, whatever came before it",
                f"error {refused.error!r}, and then smaller bets took all {shown}",
                (*(one.number for one in about[-1:]), *reading.exchanges),
                observed=Observed.REFUSED,
            ),
        )


def _notice(operator: Verbs, found: Noticed) -> None:
    """What is noticed for the first time is undecided until there is a second time."""
    before = next((one for one in operator.noticed if one.rule == found.rule), None)
    if before is None:
        operator.noticed.append(replace(found, once=True))
    elif before.once:
        both = replace(found, exchanges=(before.exchanges[0], *found.exchanges))
        operator.noticed[operator.noticed.index(before)] = both


def _bets(one: Exchange, player: Player) -> Decimal | None:
    """The amount of a bet of ``player``, None where it is none."""
    message = one.message
    if not isinstance(message, Transaction) or message.kind is not Kind.BET or message.player != player.id:
        return None
    return message.amount


def _overlap(one: Exchange, other: Exchange) -> bool:
    """Whether one left before the other was answered, and the other way round."""
    ends = [each.answered if each.answered is not None else inf for each in (one, other)]
    return one.invoked < ends[1] and other.invoked < ends[0]


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

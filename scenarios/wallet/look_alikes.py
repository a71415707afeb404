"""Faults that look alike: a wrong amount may be a wager taken for a copy of another, or an effect that comes late."""

import time
from decimal import Decimal

from scenarios.wallet.noticed import Noticed
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange, Purpose
from simulators.wallet.transactions import Kind, Transaction

# Rules that seem to be broken where the fault is another: of what kind of wager each is.
_SIGNS_OF = {"BET-01": Kind.BET, "RES-01": Kind.RESULT}
# What is bet as soon as it was paid, in smallest units, and the pauses after which that is tried again, in seconds.
_AT_ONCE = 77_700
_LATER = (0.5, 2.5)
# So often is paid what earlier wagers may have left owed.
_DEBTS = 3


def distinguished(operator: Verbs, player: Player, found: Noticed | None) -> Noticed | None:
    """What another fault than ``found`` explains that it looks like; else ``found``."""
    if found is None or found.rule not in _SIGNS_OF:
        return found
    return (
        _taken_for_copy(operator, player) or _late(operator, player) or _paid_once(operator, player) or found
    )


def _taken_for_copy(operator: Verbs, player: Player) -> Noticed | None:
    """A wager that was answered as another of its kind and amount, with the very CLIENT id, and so moved nothing."""
    seen: dict[object, Exchange] = {}
    for one in own_wagers(operator, player):
        first = seen.setdefault((one.message.kind, one.message.amount, one.client_id), one) if one.ok else one
        if first is not one:
            rule = next(rule for rule, kind in _SIGNS_OF.items() if kind is one.message.kind)
            reported = f"answered as #{first.number}, another {first.message.kind}, with its CLIENT id"
            expected = f"each {one.message.kind} moves its amount, whatever came before it"
            return Noticed(rule, expected, reported, (first.number, one.number))
    return None


def _late(operator: Verbs, player: Player) -> Noticed | None:
    """Whether a result can be bet, or a bet is missing, only some time after it was answered."""
    amount = _more_than_paid(operator, player)

    def bets(*, later: float = 0) -> Exchange:
        if later:
            time.sleep(later)
        return operator.bet(player, amount, purpose=Purpose.PROBE)

    # Whatever is owed is paid, and what was sent before has its effect: then less than the amount is left.
    for _ in range(_DEBTS):
        if not operator.result(player, amount, purpose=Purpose.PROBE).ok or bets(later=_LATER[0]).ok:
            break
    paid, first = operator.result(player, amount, purpose=Purpose.PROBE), bets()
    second = bets() if first.ok else first
    if not paid.ok or (first.ok and second.refused):
        return None
    # A further bet would take what results paid too much.
    later = (bets(later=pause) for pause in ((sum(_LATER),) if first.ok else _LATER))
    third = next((one for one in later if one.ok != first.ok), None)
    if third is None:
        return None
    rule, what, first_then = (
        ("BET-01", "a bet of {} is taken", "a second bet of it was accepted at once, and a third refused")
        if first.ok
        else ("RES-01", "a result of {} is paid", "a bet of it was refused at once, and accepted")
    )
    return Noticed(
        rule,
        f"{what.format(player.show(amount))} when it is answered",
        f"{first_then} {third.invoked - first.invoked:.1f} s later: what is answered is not done yet",
        tuple(dict.fromkeys((paid.number, first.number, second.number, third.number))),
    )


def _paid_once(operator: Verbs, player: Player) -> Noticed | None:
    """Whether of two results alike, one right behind the other, one alone is paid."""
    amount = _more_than_paid(operator, player)
    paid = [operator.result(player, amount, purpose=Purpose.PROBE) for _ in range(2)]
    if not all(one.ok for one in paid):
        return None
    # A bet of both may also be more than the CLIENT takes at a time.
    both, one, other = (
        operator.bet(player, each, purpose=Purpose.PROBE) for each in (2 * amount, amount, amount)
    )
    if not both.refused or not one.ok or not other.refused:
        return None
    return Noticed(
        "RES-01",
        f"two results of {player.show(amount)}, one right behind the other, are both paid",
        "one bet of it was accepted, and a second refused: a result of the same amount is taken for a copy",
        tuple(each.number for each in (*paid, both, one, other)),
    )


def _more_than_paid(operator: Verbs, player: Player) -> Decimal:
    """An amount that is more than all results so far have left of the balance."""
    paid = sum((one.message.amount for one in own_wagers(operator, player) if was_paid(one)), Decimal(0))
    return max(player.money(_AT_ONCE), 2 * paid)


def was_paid(exchange: Exchange) -> bool:
    """Whether it is a result that was accepted."""
    return exchange.ok and exchange.message.kind == "result"


def own_wagers(operator: Verbs, player: Player, start: int = 0) -> list[Exchange]:
    """The genuine wagers for ``player`` since exchange ``start``, each with its most telling answer."""
    last: dict[str, Exchange] = {}
    for exchange in operator.channel.route.history.since(start):
        message = exchange.message
        if (
            not isinstance(message, Transaction)
            or message.kind is Kind.ROLLBACK
            or message.player != player.id
        ):
            continue
        if exchange.genuine and not (message.id in last and exchange.unknown):
            last[message.id] = exchange
    return list(last.values())

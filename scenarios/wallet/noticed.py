"""What the judge's own wagers show of the CLIENT while it funds players, reads balances and puts them back."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from scenarios.contract import Observed
from simulators.exchanges.history import OWN, Exchange
from simulators.wallet.transactions import Kind, Transaction

# The rule that tells of amounts which are too large for the CLIENT.
_LARGE: Final = "BET-12"


@dataclass(frozen=True, slots=True)
class Noticed:
    """A breach of ``rule`` seen in passing; ``off`` is the money at stake. ``once``: it did not come again.

    ``passing``: nor did it last, for the very same request was taken when it was sent again.
    """

    rule: str
    expected: str
    seen: str
    exchanges: tuple[int, ...] = ()
    off: Decimal = Decimal(0)
    once: bool = False
    passing: bool = False
    observed: Observed = Observed.OTHER


def refusals(sent: Iterable[Exchange], players: Collection[tuple[str, str]]) -> Iterator[Noticed]:
    """Refused results and rollbacks of taken bets among what the judge ``sent`` for itself: only bets may be refused.

    ``players`` are the test players with the currency of each.
    """
    taken, found = set[str](), defaultdict[str, list[Exchange]](list)
    largest = Decimal(0)
    for one in sent:
        message = one.message
        if not isinstance(message, Transaction) or (message.player, message.currency) not in players:
            continue
        if one.ok:
            taken.add(message.id)
            largest = max(largest, message.amount if message.kind is Kind.RESULT else largest)
        if not one.refused or one.not_now or one.purpose not in OWN or not message.amount:
            continue
        if message.kind is Kind.RESULT:
            found["RES-01"].append(one)
        elif message.kind is Kind.ROLLBACK and message.of in taken:
            found["RBK-01"].append(one)
    # Those that are larger than any that was paid are refused for that.
    too_large = [one for one in found.get("RES-01", ()) if one.message.amount > largest > 0]
    if len(too_large) > 1 and len(too_large) == len(found["RES-01"]):
        found[_LARGE] = found.pop("RES-01")
    for rule, refused in found.items():
        first, times = refused[0], len({one.message.id for one in refused})
        more = f", {times} times" if times > 1 else ""
        yield Noticed(
            rule,
            f"a {first.title} is accepted",
            f"error {first.error!r}{more}",
            tuple(one.number for one in refused),
            first.message.amount,
            once=times == 1,
            passing=first.message.id in taken,
            observed=Observed.REFUSED,
        )

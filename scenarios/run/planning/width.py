"""How many requests the CLIENT answers side by side: found out once, before anything is sent so."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from decimal import Decimal
from typing import Final, TypeVar

from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange, Purpose

Result = TypeVar("Result")

# The share of the timeout that an answer may take while others are under way: the rest is for slow moments.
_ROOM: Final = 0.25


def _nothing() -> None:
    """For what ends by itself."""


def side_by_side(
    sends: Sequence[Callable[[], Result]], width: int, stop: Callable[[], object] = _nothing
) -> list[Result]:
    """Call all of ``sends``, up to ``width`` at a time, and return what they return, in their order.

    Where one raises, or a signal does, ``stop`` is called before the others are waited for.
    """
    if width < 2 or len(sends) < 2:
        return [send() for send in sends]
    with ThreadPoolExecutor(min(width, len(sends))) as pool:
        # What is sent belongs to the scenario that sends it, whichever thread that is.
        asked = [(copy_context(), send) for send in sends]
        try:
            return list(pool.map(lambda one: one[0].run(one[1]), asked))
        except BaseException:
            stop()
            raise


def width(operator: Verbs, player: Player, most: int, timeout: float) -> int:
    """How many requests, up to ``most``, may be under way: 1 where the CLIENT answers one connection after the other.

    Results of 0, which move nothing, are sent: one alone, one while the connection of the first is open, then two at
    once, four, and so on, until they are not answered like the first one, or take long: several at once stop some
    CLIENTs for good, which are often slow first.
    """

    def zero() -> Exchange:
        return operator.result(
            player, Decimal(0), label="result of 0 (how many at once?)", purpose=Purpose.LIVENESS
        )

    if most < 2:
        return 1
    alone = zero()
    with operator.channel.route.set_aside(alone.request):
        beside = zero()
    if beside.seconds is None or beside.status is not alone.status:
        return 1
    found = 1
    while found < most:
        wider = min(2 * found, most)
        together = side_by_side([zero] * wider, wider)
        if any(one.seconds is None or one.status is not alone.status for one in together):
            break
        if max(one.seconds or 0.0 for one in together) > _ROOM * timeout:
            break
        found = wider
    return found

"""Forgeries and malformed requests: what an honest OPERATOR would never send."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from scenarios.generated.families import ids
from scenarios.run.judge import Judge
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange
from simulators.operator.dialect import HASH_HEADER
from simulators.wallet.codec import PLAIN, Style
from simulators.wallet.transactions import Transaction

# A body of this many bytes is one no wager needs.
HUGE = 1024 * 1024
# For bodies that a server may refuse unread: what is left on their connection must not meet the next one.
CLOSE = {"Connection": "close"}


def forge(
    operator: Verbs,
    message: Transaction,
    given: str | None,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Exchange:
    """Send ``message`` plainly with ``given`` as its hash, None to leave that out, and further ``headers``."""
    body = operator.channel.request(message).body
    return operator.watched(
        operator.channel.send_raw(
            body,
            path=operator.channel.dialect.path(message),
            headers={HASH_HEADER: given, **headers, **({} if given else CLOSE)},
            label=f"forged {message.kind}",
        )
    )


def bend(
    operator: Verbs,
    message: Transaction,
    style: Style = PLAIN,
    *,
    label: str | None = None,
    path: str | None = None,
    method: str = "POST",
    headers: Mapping[str, str | None] | None = None,
    meant: Transaction | None = None,
) -> Exchange:
    """Send ``message`` rightly signed, but with fields, path, method or headers that no callback has.

    ``meant`` is what it still means, where that is clear.
    """
    dialect = operator.channel.dialect
    body = dialect.encode(message, style)
    return raw(
        operator,
        body,
        path or dialect.path(message),
        label or f"malformed {message.kind}",
        method,
        headers,
        meant,
    )


def raw(
    operator: Verbs,
    body: bytes,
    path: str,
    label: str,
    method: str = "POST",
    headers: Mapping[str, str | None] | None = None,
    meant: Transaction | None = None,
) -> Exchange:
    """Send any ``body``, rightly signed."""
    return operator.watched(
        operator.channel.send_raw(body, path=path, label=label, method=method, headers=headers, message=meant)
    )


def same_answer(one: Exchange, other: Exchange) -> bool:
    """Whether two requests were refused in the same words."""
    return (
        one.refused
        and other.refused
        and one.answer is not None
        and other.answer is not None
        and (one.answer.status, one.error) == (other.answer.status, other.error)
    )


def read_loosely(rule: str, judge: Judge, operator: Verbs, player: Player) -> bool:
    """Whether an id with something behind it moves the money of ``player``: BET-06 tells of it, not ``rule``."""
    names = [operator.other_spelling(player, player.id + ending) for ending in ids.UNSEEN]
    sends = [partial(operator.result, name, player.unit, currency=player.currency) for name in names]
    if "BET-06" not in judge.run.settings.rules or not any(sent.ok for sent in judge.together(sends)):
        return False
    before = judge.measure(player)
    judge.together(sends)
    found = judge.measure(player, before) != before
    if found:
        judge.note(rule, "user_id is not compared exactly: what follows from that, BET-06 reports")
    return found

"""Answers of the whole run: those whose form is judged, those that came late or never, and breaches as reported."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from scenarios.contract import Level, Observed
from scenarios.operator.messages.forgeries import HUGE
from scenarios.run.findings import observed_in
from scenarios.run.judge import Judge
from scenarios.run.run import Run
from simulators.exchanges.history import Direction, Exchange, FailureKind, Purpose, header
from simulators.operator.dialect import HASH_HEADER, SPORTSBOOK
from simulators.providers import OPERATOR
from simulators.transport.raw_connection import ANSWER_LIMIT
from simulators.values.secret import same

# Exchanges shown for one kind of breach; the finding says how many there were.
_SHOWN = 5
# No answer, though the request was sent: the CLIENT closed the connection, or wrote what is not HTTP.
_CUT_OFF = frozenset({FailureKind.RESET, FailureKind.CLOSED, FailureKind.NOT_HTTP})


def answered(run: Run) -> Iterator[Exchange]:
    """The answered callbacks whose form is judged: whole ones, by POST, of a size that reaches the CLIENT.

    Of a CLIENT whose answers are too long to keep all of them, the last ones.
    """
    for exchange in run.while_there():
        if (
            exchange.direction is Direction.TO_CLIENT
            and exchange.provider == OPERATOR
            and exchange.answer is not None
            and not exchange.not_now
            and (exchange.answer.length is None or len(exchange.answer.body) == ANSWER_LIMIT)
            and exchange.request.method == "POST"
            and len(exchange.request.body) < HUGE
            and not exchange.faulty
            and not (exchange.answer.failed and _may_be_starting(exchange))
        ):
            yield exchange


def signed(run: Run, exchange: Exchange) -> bool:
    """Whether its hash was right."""
    given = header(exchange.request.headers, HASH_HEADER)
    return given is not None and same(given, SPORTSBOOK.sign(exchange.request.body, run.channel.secret))


def taken_for_forgery(run: Run, exchange: Exchange) -> bool:
    """Turned away at the door: a forgery, or an unusual spelling whose hash SIG-04 and SIG-07 are about."""
    if exchange.answer is None or exchange.answer.status not in (401, 403):
        return False
    return not signed(run, exchange) or not _plain(run, exchange)


def _plain(run: Run, exchange: Exchange) -> bool:
    return exchange.message is not None and exchange.request == run.channel.request(exchange.message)


def document(exchange: Exchange) -> Any:
    """What the answer says as JSON, None where it is none."""
    assert exchange.answer is not None
    try:
        return json.loads(exchange.answer.body)
    except (ValueError, RecursionError):
        return None


def blame(
    judge: Judge,
    rule: str,
    expected: str,
    breaches: Iterable[tuple[str, Exchange, str]],
    level: Level | None = None,
) -> None:
    """One finding for each kind of breach (kind, exchange, what was seen) and status, not one for each exchange."""
    kinds: dict[tuple[str, int | None], list[tuple[Exchange, str]]] = {}
    for kind, exchange, seen in breaches:
        status = None if exchange.answer is None else exchange.answer.status
        kinds.setdefault((kind, status), []).append((exchange, seen))
    judge.holds(rule, True, expected=expected, seen="")
    for (kind, _), found in kinds.items():
        more = f" ({len(found)} such answers)" if len(found) > 1 else ""
        shown = [exchange for exchange, _ in found[:_SHOWN]]
        judge.holds(
            rule,
            False,
            expected=expected,
            seen=found[0][1] + more,
            exchanges=shown,
            blamed=shown,
            case=kind,
            level=level,
            observed=_observed(found[0][0]),
        )


def _observed(exchange: Exchange) -> Observed | None:
    if exchange.answer is not None and exchange.answer.failed:
        return Observed.FAILED
    return observed_in(exchange) if exchange.unknown else None


def took(exchange: Exchange) -> str:
    """How long the answer took, or why there is none."""
    return f"{exchange.seconds:.1f} s" if exchange.seconds else str(exchange.failure)


def again(run: Run, found: list[Exchange], limit: float) -> bool:
    """Whether some of the late ones ``found`` left after the first was over, or the first is late once more."""
    over = found[0].answered or found[0].invoked + limit
    return any(one.invoked > over for one in found) or late(run.verbs.again(found[0]), limit)


def late(exchange: Exchange, limit: float) -> bool:
    """Whether it was answered after more than ``limit`` seconds, or nobody waited for the answer any more."""
    if exchange.failure is not None:
        # So says the sender of a request that it stopped waiting for.
        return exchange.failure.kind is FailureKind.TIMEOUT
    return exchange.seconds is not None and exchange.seconds > limit


def cut_off(exchange: Exchange) -> bool:
    """Whether nothing came that is HTTP."""
    asked = exchange.genuine and not _may_be_starting(exchange)
    return asked and exchange.failure is not None and exchange.failure.kind in _CUT_OFF


def _may_be_starting(exchange: Exchange) -> bool:
    """Whether it asks if the CLIENT is there: while that is being started nobody answers, or what stands before it."""
    return exchange.purpose is Purpose.LIVENESS

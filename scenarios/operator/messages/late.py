"""Answers that come late, or never."""

from scenarios.run.run import Run
from simulators.exchanges.history import Exchange, FailureKind, Purpose

# No answer, though the request was sent: the CLIENT closed the connection, or wrote what is not HTTP.
_CUT_OFF = frozenset({FailureKind.RESET, FailureKind.CLOSED, FailureKind.NOT_HTTP})


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
    """Whether nothing came that is HTTP; whoever is asked whether it is there may be starting."""
    asked = exchange.genuine and exchange.purpose is not Purpose.LIVENESS
    return asked and exchange.failure is not None and exchange.failure.kind in _CUT_OFF

"""A delivery as the back-office shows it: payload, attempts and answers, as texts without secrets."""

import json
from dataclasses import dataclass
from typing import Any

from simulators.exchanges.as_json import as_json
from simulators.exchanges.history import Exchange, History
from simulators.exchanges.redaction import Redactor
from simulators.jackpot import wire
from simulators.values import decimal_json
from simulators.webhooks.retry_queue import QueuedMessage


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One attempt: ``at`` is seconds since the epoch, ``answer`` the body that came, where it is still known."""

    at: float
    status: int | None
    failure: str | None
    url: str | None
    answer: str | None


def payload(delivery: QueuedMessage[wire.Notification], redactor: Redactor) -> str:
    """The webhook's body, indented; numbers digit for digit as they are sent."""
    return redactor.text(_indented(wire.fields(delivery.event)))


def attempts(
    delivery: QueuedMessage[wire.Notification], history: History, redactor: Redactor
) -> list[DeliveryLine]:
    """The attempts of ``delivery``, the oldest first; those of an earlier run are without answers."""
    numbers = {attempt.exchange for attempt in delivery.attempts}
    known: dict[int, Exchange] = {each.number: each for each in history if each.number in numbers}
    lines = []
    for attempt in delivery.attempts:
        exchange = known.get(attempt.exchange) if attempt.exchange is not None else None
        shown: dict[str, Any] = {} if exchange is None else as_json(exchange, redactor)
        lines.append(
            DeliveryLine(
                attempt.at,
                attempt.status,
                None if attempt.failure is None else redactor.text(attempt.failure),
                shown["request"]["url"] if shown else None,
                shown["answer"]["body"] if shown and shown["answer"] else None,
            )
        )
    return lines


def _indented(value: Any, depth: int = 0) -> str:
    """``value`` as JSON for people; json.dumps would need floats."""
    inner, outer = "  " * (depth + 1), "  " * depth
    if isinstance(value, dict) and value:
        lines = (f"{inner}{json.dumps(name)}: {_indented(each, depth + 1)}" for name, each in value.items())
        return "{\n" + ",\n".join(lines) + f"\n{outer}}}"
    if isinstance(value, list | tuple) and any(isinstance(each, dict) for each in value):
        lines = (inner + _indented(each, depth + 1) for each in value)
        return "[\n" + ",\n".join(lines) + f"\n{outer}]"
    return decimal_json.dumps(value).decode()

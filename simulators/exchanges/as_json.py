"""An exchange as JSON values, in the shape of ``report.json``, without secrets."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from simulators.exchanges.history import Answer, Exchange, Headers, Request, Status
from simulators.exchanges.redaction import Redactor

# A longer body is shortened in reports, in bytes.
BODY_LIMIT = 10_000


def is_auth(exchange: Exchange) -> bool:
    """Whether the exchange is one of ``/auth``, whose bodies hold passwords and tokens."""
    return urlsplit(exchange.request.url).path.rstrip("/").endswith("/auth")


def body_text(message: Request | Answer, redactor: Redactor, *, auth: bool) -> str:
    """Return the body of ``message`` as text: redacted, bytes that are no UTF-8 as escapes, a long one shortened."""
    redacted = redactor.data(message.body, auth=auth)
    if len(redacted) <= BODY_LIMIT and message.length is None:
        return redacted.decode("utf-8", "backslashreplace")
    end = min(BODY_LIMIT, len(redacted))
    while 0 < end < len(redacted) and redacted[end] & 0xC0 == 0x80:  # not in the middle of a character
        end -= 1
    shown = redacted[:end].decode("utf-8", "backslashreplace")
    whole = (
        f"{len(message.body)} bytes in all" if message.length is None else f"{message.length} bytes or more"
    )
    return f"{shown}... ({whole}, the first {end} shown)"


def header_pairs(headers: Headers, redactor: Redactor) -> list[list[str]]:
    """Return ``headers`` as pairs, without secrets."""
    return [[redactor.text(name), redactor.value(name, value)] for name, value in headers]


def moment(exchange: Exchange) -> datetime:
    """When the exchange began, in UTC."""
    return datetime.fromtimestamp(exchange.started, UTC)


def as_json(exchange: Exchange, redactor: Redactor) -> dict[str, Any]:
    """Return ``exchange`` in the shape of ``report.json``: JSON values only, no secret in it.

    ``at`` is ISO 8601 in UTC, ``seconds`` how long the answer took (null without one); headers are pairs.
    """
    auth = is_auth(exchange)
    request, answer = exchange.request, exchange.answer
    return {
        "number": exchange.number,
        "provider": exchange.provider,
        "kind": exchange.title,
        "label": exchange.label,
        "purpose": str(exchange.purpose),
        "direction": str(exchange.direction),
        "at": moment(exchange).isoformat(),
        "seconds": None if exchange.seconds is None else round(exchange.seconds, 6),
        "request": {
            "method": request.method,
            "url": redactor.text(request.url),
            "headers": header_pairs(request.headers, redactor),
            "body": body_text(request, redactor, auth=auth),
        },
        "answer": None
        if answer is None
        else {
            "status": answer.status,
            "headers": header_pairs(answer.headers, redactor),
            "body": body_text(answer, redactor, auth=auth),
        },
        "outcome": str(exchange.effect),
        "status": str(exchange.status),
        "error": None if exchange.error is None else redactor.text(exchange.error, auth=auth),
        "failure": redactor.text(exchange.failure.text) if exchange.failure else _waiting(exchange),
        "failure_kind": None if exchange.failure is None else str(exchange.failure.kind),
        "copy_of": exchange.copy_of,
        "race": exchange.race,
        "faults": [redactor.text(note.text) for note in exchange.faults],
        "fault_names": [note.name for note in exchange.faults],
        "scenario": exchange.scenario,
    }


def _waiting(exchange: Exchange) -> str | None:
    return "no answer yet" if exchange.status is Status.PENDING else None

"""Exchanges as JSON for reports, as curl commands, as JSON lines and as HAR; never with a secret."""

import json
import re
import shlex
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

import harfile

from simulators.exchanges.history import (
    Answer,
    Direction,
    Exchange,
    Headers,
    History,
    Request,
    Status,
    header,
)

# A longer body is shortened in reports, in bytes.
BODY_LIMIT = 10_000
# A secret shorter than this would tear holes into ordinary text.
SECRET_LENGTH = 4

# The longest body that goes into a command line, in bytes.
CURL_LIMIT = 100_000

# Tokens that the providers mint begin so, and can therefore be told in any text.
MINTED_PREFIX = "pitboss-token-"

_MINTED = re.escape(MINTED_PREFIX) + r"[A-Za-z0-9_-]+"
_BEARER = re.compile(r"(?i)(authorization\W+bearer\s+)[^\s\"'<>,;]+")
_FIELD = re.compile(r'(?i)("(?:password|token)"\s*:\s*)(?!"<[A-Z_]+>")("(?:[^"\\]|\\.)*"?|[^\s,}\]]+)')
_FORM = re.compile(r"(?i)(\b(?:password|token)=)(?!<[A-Z_]+>)[^&\s]+")


def _spellings(secret: str) -> set[str]:
    """How ``secret`` may stand in a text: as it is, in a URL, in JSON with and without escapes."""
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    encoded = {quote(secret), quote(secret, safe=""), quote_plus(secret)}
    lower = {re.sub(r"%[0-9A-F]{2}", lambda hit: hit[0].lower(), text) for text in encoded}
    return {secret, json.dumps(secret)[1:-1].replace("/", "\\/")} | escaped | encoded | lower


class Redactor:
    """Replaces secrets in texts by their names in angle brackets.

    ``secrets`` are values by name (``{"SECURITY_HASH": "s3cret"}``). Empty ones and those shorter than
    SECRET_LENGTH characters are ignored. Tokens that the providers minted are replaced as well.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._names = {
            spelling: name
            for name, secret in secrets.items()
            if len(secret) >= SECRET_LENGTH
            for spelling in _spellings(secret)
        }
        # The longest first: a secret may be part of another.
        spellings = map(re.escape, sorted(self._names, key=len, reverse=True))
        self._pattern = re.compile("|".join([*spellings, _MINTED]))

    def text(self, text: str, *, auth: bool = False) -> str:
        """Return ``text`` without secrets; ``auth`` says that it belongs to an exchange of ``/auth``."""
        text = self._pattern.sub(lambda hit: f"<{self._name(hit[0])}>", text)
        text = _BEARER.sub(r"\1<TOKEN>", text)
        return _FORM.sub(r"\1<REDACTED>", _FIELD.sub(r'\1"<REDACTED>"', text)) if auth else text

    def data(self, data: bytes, *, auth: bool = False) -> bytes:
        """Return ``data`` without secrets; bytes that are no UTF-8 are kept as they are."""
        text = self.text(data.decode("utf-8", "surrogateescape"), auth=auth)
        return text.encode("utf-8", "surrogateescape")

    def value(self, name: str, value: str) -> str:
        """Return the header ``name``'s ``value`` without secrets; of an Authorization the scheme stays."""
        shown = self.text(value)
        if name.lower() != "authorization" or "<" in shown:
            return shown
        scheme, _, credentials = shown.partition(" ")
        return f"{scheme} <TOKEN>" if credentials else "<TOKEN>"

    def split(self, text: str) -> list[tuple[str, str | None]]:
        """Cut ``text`` into pieces: text that stays as it is (with None), and secrets with their names."""
        pieces: list[tuple[str, str | None]] = []
        end = 0
        for hit in self._pattern.finditer(text):
            pieces += [(text[end : hit.start()], None), (hit[0], self._name(hit[0]))]
            end = hit.end()
        return [*pieces, (text[end:], None)]

    def _name(self, found: str) -> str:
        return self._names.get(found, "TOKEN")


def _is_auth(exchange: Exchange) -> bool:
    return urlsplit(exchange.request.url).path.rstrip("/").endswith("/auth")


def _body(body: bytes, redactor: Redactor, *, auth: bool) -> str:
    """``body`` as text: redacted, bytes that are no UTF-8 as escapes, a long one shortened."""
    redacted = redactor.data(body, auth=auth)
    if len(redacted) <= BODY_LIMIT:
        return redacted.decode("utf-8", "backslashreplace")
    end = BODY_LIMIT
    while end and redacted[end] & 0xC0 == 0x80:  # not in the middle of a character
        end -= 1
    shown = redacted[:end].decode("utf-8", "backslashreplace")
    return f"{shown}... ({len(body)} bytes in all, the first {end} shown)"


def _headers(headers: Headers, redactor: Redactor) -> list[list[str]]:
    return [[redactor.text(name), redactor.value(name, value)] for name, value in headers]


def _moment(exchange: Exchange) -> datetime:
    return datetime.fromtimestamp(exchange.started, UTC)


def as_json(exchange: Exchange, redactor: Redactor) -> dict[str, Any]:
    """Return ``exchange`` in the shape of ``report.json``: JSON values only, no secret in it.

    ``at`` is ISO 8601 in UTC, ``seconds`` how long the answer took (null without one); headers are pairs.
    """
    auth = _is_auth(exchange)
    request, answer = exchange.request, exchange.answer
    return {
        "number": exchange.number,
        "provider": exchange.provider,
        "kind": exchange.title,
        "label": exchange.label,
        "purpose": str(exchange.purpose),
        "direction": str(exchange.direction),
        "at": _moment(exchange).isoformat(),
        "seconds": None if exchange.seconds is None else round(exchange.seconds, 6),
        "request": {
            "method": request.method,
            "url": redactor.text(request.url),
            "headers": _headers(request.headers, redactor),
            "body": _body(request.body, redactor, auth=auth),
        },
        "answer": None
        if answer is None
        else {
            "status": answer.status,
            "headers": _headers(answer.headers, redactor),
            "body": _body(answer.body, redactor, auth=auth),
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


def _shell(text: str, redactor: Redactor) -> str:
    """Quote ``text`` for a POSIX shell; a secret becomes a variable that the shell expands."""
    words = [
        shlex.quote(piece) if name is None else f'"${{{re.sub("[^A-Za-z0-9_]", "_", name)}}}"'
        for piece, name in redactor.split(text)
        if piece
    ]
    return "".join(words) or "''"


def _shell_header(name: str, value: str, redactor: Redactor) -> str:
    if redactor.value(name, value).endswith("<TOKEN>"):
        scheme = value.partition(" ")[0] if " " in value else ""
        return shlex.quote(f"{name}: {scheme} ") + '"${TOKEN}"'
    # curl leaves a header without a value out unless it ends in a semicolon.
    return _shell(f"{name}: {value}" if value else f"{name};", redactor)


def curl(exchange: Exchange, redactor: Redactor) -> str:
    """Return a POSIX shell line that sends the request of ``exchange`` again, byte for byte.

    The hash header is the one that was sent, since it signs exactly that body. Secrets stand as shell
    variables of their names (``$SECURITY_HASH``), to be set by the reader. A body with a NUL byte, which no
    argument can hold, or with bytes that are no UTF-8 goes through ``printf`` and a pipe. For a body over
    CURL_LIMIT the line is a comment that says so.
    """
    request = exchange.request
    if len(request.body) > CURL_LIMIT:
        return f"# {request.method} with a body of {len(request.body)} bytes: too long for a command line"
    line = ["curl -sS -i -g", "-X", shlex.quote(request.method), _shell(request.url, redactor)]
    for name, value in request.headers:
        if name.lower() not in ("content-length", "host"):
            line += ["-H", _shell_header(name, value, redactor)]
    if not request.body and request.method not in ("POST", "PUT"):
        return " ".join(line)
    if header(request.headers, "Content-Type") is None:
        line += ["-H", shlex.quote("Content-Type:")]  # or curl would send one of its own
    body = redactor.data(request.body, auth=True) if _is_auth(exchange) else request.body
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        octets = "".join(f"\\{byte:03o}" for byte in redactor.data(body))
        return f"printf {shlex.quote(octets)} | {' '.join(line)} --data-binary @-"
    # --data-raw, unlike --data, reads no file where a body begins with "@".
    return " ".join([*line, "--data-raw", _shell(text, redactor)])


def write_jsonl(history: History, path: Path, redactor: Redactor) -> "JsonLines":
    """Append a JSON line to ``path`` whenever an exchange of ``history`` is invoked or completed.

    Close what is returned when done. Lines are those of ``as_json`` and "event": "invoked" or "completed".
    """
    writer = JsonLines(path, redactor)
    history.listeners.append(writer)
    return writer


@dataclass
class JsonLines:
    """A listener of a history that writes a JSON line for every change, at once."""

    path: Path
    redactor: Redactor
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._file = self.path.open("a", encoding="utf-8")

    def __call__(self, exchange: Exchange) -> None:
        """Write ``exchange`` as it stands now."""
        event = "invoked" if exchange.status is Status.PENDING else "completed"
        line = {"event": event, **as_json(exchange, self.redactor)}
        with self._lock:
            if not self._file.closed:
                self._file.write(json.dumps(line) + "\n")
                self._file.flush()

    def close(self) -> None:
        """Close the file; later changes are not written."""
        with self._lock:
            self._file.close()


def _records(headers: Headers, redactor: Redactor) -> list[harfile.Record]:
    return [harfile.Record(name=name, value=value) for name, value in _headers(headers, redactor)]


def _har_request(request: Request, redactor: Redactor, *, auth: bool) -> harfile.Request:
    query = parse_qsl(urlsplit(request.url).query, keep_blank_values=True)
    mime = header(request.headers, "Content-Type") or ""
    return harfile.Request(
        method=request.method,
        url=redactor.text(request.url),
        httpVersion="HTTP/1.1",
        headers=_records(request.headers, redactor),
        queryString=_records(tuple(query), redactor),
        postData=harfile.PostData(mimeType=mime, text=_body(request.body, redactor, auth=auth))
        if request.body
        else None,
        bodySize=len(request.body),
    )


def _har_response(answer: Answer | None, redactor: Redactor, *, auth: bool) -> harfile.Response:
    if answer is None:
        # HAR's own convention for a request that got no answer.
        return harfile.Response(status=0, statusText="", httpVersion="")
    phrase = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else ""
    return harfile.Response(
        status=answer.status,
        statusText=phrase,
        httpVersion="HTTP/1.1",
        headers=_records(answer.headers, redactor),
        content=harfile.Content(
            size=len(answer.body),
            mimeType=header(answer.headers, "Content-Type") or "",
            text=_body(answer.body, redactor, auth=auth),
        ),
        bodySize=len(answer.body),
    )


def write_har(exchanges: Iterable[Exchange], path: Path, redactor: Redactor) -> None:
    """Write ``exchanges`` to ``path`` as an HTTP Archive 1.2, without secrets."""
    creator = harfile.Creator(name="pitboss", version="1")
    with (
        path.open("w", encoding="utf-8") as file,
        harfile.HarFile.open(file, creator=creator) as har,
    ):
        for exchange in exchanges:
            auth = _is_auth(exchange)
            milliseconds = -1.0 if exchange.seconds is None else round(exchange.seconds * 1000, 3)
            har.add_entry(
                startedDateTime=_moment(exchange),
                time=max(milliseconds, 0.0),
                request=_har_request(exchange.request, redactor, auth=auth),
                response=_har_response(exchange.answer, redactor, auth=auth),
                timings=harfile.Timings(send=0, wait=max(milliseconds, 0.0), receive=0),
                comment=_comment(exchange, redactor),
            )


def _comment(exchange: Exchange, redactor: Redactor) -> str:
    arrow = "->" if exchange.direction is Direction.TO_CLIENT else "<-"
    parts = [f"#{exchange.number} {exchange.provider} {arrow} CLIENT: {exchange.title}, {exchange.effect}"]
    parts += [str(exchange.failure)] if exchange.failure else []
    parts += map(str, exchange.faults)
    return redactor.text("; ".join(parts))

"""Exchanges as an HTTP Archive, without secrets."""

from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import harfile

from simulators.exchanges.as_json import body_text, header_pairs, is_auth, moment
from simulators.exchanges.history import Answer, Direction, Exchange, Headers, Request, header
from simulators.exchanges.redaction import Redactor


def _records(headers: Headers, redactor: Redactor) -> list[harfile.Record]:
    return [harfile.Record(name=name, value=value) for name, value in header_pairs(headers, redactor)]


def _har_request(request: Request, redactor: Redactor, *, auth: bool) -> harfile.Request:
    query = parse_qsl(urlsplit(request.url).query, keep_blank_values=True)
    mime = header(request.headers, "Content-Type") or ""
    return harfile.Request(
        method=request.method,
        url=redactor.text(request.url),
        httpVersion="HTTP/1.1",
        headers=_records(request.headers, redactor),
        queryString=_records(tuple(query), redactor),
        postData=harfile.PostData(mimeType=mime, text=body_text(request, redactor, auth=auth))
        if request.body
        else None,
        bodySize=request.length or len(request.body),
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
            size=answer.length or len(answer.body),
            mimeType=header(answer.headers, "Content-Type") or "",
            text=body_text(answer, redactor, auth=auth),
        ),
        bodySize=answer.length or len(answer.body),
    )


def write_har(exchanges: Iterable[Exchange], path: Path, redactor: Redactor) -> None:
    """Write ``exchanges`` to ``path`` as an HTTP Archive 1.2, without secrets."""
    creator = harfile.Creator(name="pitboss", version="1")
    with (
        path.open("w", encoding="utf-8") as file,
        harfile.HarFile.open(file, creator=creator) as har,
    ):
        for exchange in exchanges:
            auth = is_auth(exchange)
            milliseconds = -1.0 if exchange.seconds is None else round(exchange.seconds * 1000, 3)
            har.add_entry(
                startedDateTime=moment(exchange),
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

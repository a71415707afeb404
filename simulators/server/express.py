"""The express way: plain requests of a provider's API, answered by the server's own loop, without a framework.

A request goes this way where it arrived whole, is written in the plainest form, and succeeds. Everything else,
every refusal and every fault among it, goes the ordinary way through Flask, which answers the same requests alike.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from simulators.exchanges.history import Headers, History
from simulators.server.response_faults import Disturbances

# Where an app keeps its express way.
EXTENSION: Final = "express"
JSON_TYPE: Final = "application/json"

_END: Final = b"\r\n\r\n"
_TARGET: Final = re.compile(r"/[A-Za-z0-9_./-]*", re.ASCII)
_HOST: Final = re.compile(r"[A-Za-z0-9.:\[\]-]+", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z0-9-]+", re.ASCII)
# Headers with which a request is not plain.
_INVOLVED: Final = frozenset({"transfer-encoding", "expect", "upgrade", "trailer", "te", "content-encoding"})
# How many beginnings of requests and of answers are remembered, and how long the former may be.
_REMEMBERED: Final = 128
_REMEMBERED_BYTES: Final = 2048


@dataclass(frozen=True, slots=True)
class Plain:
    """A request in the plainest form; the names of ``fields`` are in lower case, ``headers`` are as sent."""

    method: str
    path: str
    fields: Mapping[str, str]
    headers: Headers
    body: bytes

    @property
    def root(self) -> str:
        """Where the CLIENT reached the server, with a slash at the end; port 80 goes without saying."""
        return f"http://{self.fields['host'].removesuffix(':80')}/"

    @property
    def bearer(self) -> str | None:
        """The bearer token shown, None without one."""
        scheme, _, token = self.fields.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.strip() else None

    def json(self) -> bool:
        """Whether the body says that it is JSON, and nothing more."""
        return self.fields.get("content-type") == JSON_TYPE


class Ordinary(Exception):
    """The request is one for the ordinary way."""


# Carries a request out and returns the answer's body, JSON with status 200. What it raises instead, it must raise
# before anything has changed.
Handler = Callable[[Plain], bytes]


@dataclass(frozen=True, slots=True)
class Route:
    """What answers a request, and what it is called in the history."""

    kind: str
    handler: Handler


class Express:
    """The express way of one provider: ``routes`` by method and path; ``headers`` go with every answer."""

    def __init__(
        self,
        provider: str,
        history: History,
        disturbances: Disturbances,
        routes: Mapping[tuple[str, str], Route],
        headers: Headers = (),
    ) -> None:
        self._provider = provider
        self._history = history
        self._disturbances = disturbances
        self._routes = dict(routes)
        self._headers = headers
        self._answered = lru_cache(_REMEMBERED)(self._head)

    def answer(self, data: bytes) -> bytes | None:
        """Return the answer to the request ``data``, ready to be sent; None where it goes the ordinary way."""
        plain = read(data)
        if plain is None:
            return None
        route = self._routes.get((plain.method, plain.path))
        if route is None or self._disturbances.left:
            return None
        came = self._history.now()
        try:
            body = route.handler(plain)
        except Exception:
            # A refusal, or a mistake of the server's own: the ordinary way tells of each as it should.
            return None
        headers, head = self._answered(len(body))
        request = plain.method, plain.root + plain.path[1:], plain.headers, plain.body
        self._history.add(self._provider, route.kind, came, request, (200, headers, body))
        return b"%b%b\r\n\r\n%b" % (head, _date(int(time.time())), body)

    def _head(self, length: int) -> tuple[Headers, bytes]:
        """The headers of an answer of ``length`` bytes, and how it begins, up to its date."""
        headers = (("Content-Type", JSON_TYPE), ("Content-Length", str(length)), *self._headers)
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers)
        return headers, f"HTTP/1.1 200 OK\r\n{fields}Date: ".encode("latin-1")


def read(data: bytes) -> Plain | None:
    """Read a request that ``data`` holds whole and alone; None for one that is not plain, or not whole yet."""
    end = data.find(_END)
    if end < 0:
        return None
    head = data[:end]
    # A CLIENT says the same before each of its requests.
    asked = _read_again(head) if end <= _REMEMBERED_BYTES else _read(head)
    if asked is None:
        return None
    body = data[end + len(_END) :]
    if asked.fields.get("content-length", "0") != str(len(body)):
        return None
    return Plain(asked.method, asked.path, asked.fields, asked.headers, body)


def _read(head: bytes) -> Plain | None:
    """Read a plain request from its first line and its headers, still without a body."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    target, _, version = rest.partition(" ")
    if version != "HTTP/1.1" or not _TARGET.fullmatch(target):
        return None
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not _NAME.fullmatch(name):
            return None
        headers.append((name, value.strip(" \t")))
    fields = {name.lower(): value for name, value in headers}
    if len(fields) != len(headers) or not fields.keys().isdisjoint(_INVOLVED):
        return None
    if fields.get("connection", "keep-alive").lower() != "keep-alive" or not _HOST.fullmatch(
        fields.get("host", "")
    ):
        return None
    return Plain(method, target, MappingProxyType(fields), tuple(headers), b"")


_read_again = lru_cache(_REMEMBERED)(_read)


@lru_cache(1)
def _date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()


def written(document: Any) -> bytes:
    """Write ``document`` as Flask does: compact JSON in ASCII, and a newline."""
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def of(app: object) -> Express | None:
    """The express way of ``app``, where it brought one."""
    found = getattr(app, "extensions", {}).get(EXTENSION)
    return found if isinstance(found, Express) else None

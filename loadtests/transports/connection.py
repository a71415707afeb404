"""The users' own connection to the CLIENT: kept open, one request at a time, read by llhttp's parser.

Dialling, TLS and parsing are geventhttpclient's, as they are FastHttpUser's; what that adds (redirects, cookies,
retries, a pool with a look-up for each request) an OPERATOR does not do. A connection blocks its greenlet only.
"""

import time
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

import gevent
import gevent.ssl
from geventhttpclient.connectionpool import ConnectionPool, SSLConnectionPool
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError, HTTPSocketResponse

from loadtests.traffic.player_script import Seen, Send
from simulators.exchanges.history import Headers
from simulators.transport.raw_connection import (
    ANSWER_LIMIT,
    DialTimeoutError,
    failure_of,
    readable,
    remaining,
)

# Bytes that headers and interim answers may have beside a body, and those that are read at a time.
_HEAD_LIMIT: Final = 65536
_RECEIVE: Final = 65536


class Connection:
    """One connection to the CLIENT at ``base_url``; dialled when it is needed, and again where it was closed.

    ``timeout`` is seconds to connect, and again for a whole answer; ``ca_file`` holds the authorities of an https URL,
    by default the system's. ``headers`` are for a gateway on the way, and sent with every request.
    """

    def __init__(
        self, base_url: str, timeout: float, ca_file: str | None = None, headers: Headers = ()
    ) -> None:
        url = urlsplit(base_url)
        host, secure = url.hostname or "", url.scheme == "https"
        port = url.port or (443 if secure else 80)
        self._dialler = (
            SSLConnectionPool(host, port, host, port, ssl_context_factory=lambda **_: _context(ca_file))
            if secure
            else ConnectionPool(host, port, host, port)
        )
        self._dialler.connection_timeout = self._dialler.network_timeout = timeout
        self._timeout = timeout
        self._more = "".join([f"{name}: {value}\r\n" for name, value in headers])
        self._start = url.path.rstrip("/")
        self._middle = f" HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: "
        self._socket: Any = None

    def ask(self, send: Send) -> Seen:
        """Send ``send`` and wait for its answer; the lack of one is a problem in words, never raised."""
        began = time.perf_counter()
        fields = "".join([f"{name}: {value}\r\n" for name, value in send.headers.items()])
        head = f"{send.method} {self._start}{send.path}{self._middle}{len(send.body)}\r\n{fields}{self._more}\r\n"
        try:
            connected = self._connected()
            connected.settimeout(self._timeout)
            connected.sendall(head.encode("latin-1") + send.body)
            bounded: Any = _Bounded(connected, self._timeout)
            answer = HTTPSocketResponse(bounded, method=send.method)
            body = bytes(answer.read(ANSWER_LIMIT))
            if answer.should_close() or not answer.message_complete:
                self.close()
            return Seen(answer.get_code(), body, time.perf_counter() - began)
        except (OSError, HTTPParseError) as error:
            self.close()
            return Seen(0, b"", time.perf_counter() - began, self._why(error))
        except BaseException:  # stopped in the middle: what still comes is no answer to the next request
            self.close()
            raise

    def close(self) -> None:
        """End the connection."""
        if self._socket is not None:
            self._dialler.release_socket(self._socket)
            self._socket = None

    def _connected(self) -> Any:
        if self._socket is not None and readable(self._socket):
            self.close()
        if self._socket is None:
            # Its own bound is for each step of the way, and a handshake may drip, too.
            with gevent.Timeout(self._timeout, DialTimeoutError()):
                self._socket = self._dialler.get_socket()
        return self._socket

    def _why(self, error: Exception) -> str:
        if isinstance(error, HTTPConnectionClosed):
            return "the connection was closed without an answer"
        if isinstance(error, HTTPParseError):
            return "the answer is no HTTP"
        return failure_of(error, self._timeout).text


class _Bounded:
    """What the parser of one answer reads from ``sock``: one deadline, ``timeout`` seconds from now, and one bound for
    all of it, also for headers and interim answers, which the parser would take without end.
    """

    def __init__(self, sock: Any, timeout: float) -> None:
        self._socket = sock
        self._deadline = time.monotonic() + timeout
        self._room = ANSWER_LIMIT + _HEAD_LIMIT

    def recv(self, size: int) -> bytes:
        """What came, at most ``size`` bytes. Raises TimeoutError, and HTTPParseError beyond the bound."""
        self._socket.settimeout(remaining(self._deadline))
        data: bytes = self._socket.recv(min(size, _RECEIVE))
        self._room -= len(data)
        if self._room < 0:
            raise HTTPParseError("it does not end")
        return data

    def close(self) -> None:
        """End the connection."""
        self._socket.close()


@cache
def _context(ca_file: str | None) -> Any:
    return gevent.ssl.create_default_context(cafile=ca_file)

"""One HTTP/1.1 connection whose bytes are ours to hold back, slow down and cut.

Races and faults need the wire: a request as bytes, TLS records made before they leave, a connection that ends in
the middle. HTTP is framed and parsed by h11, TLS is done in memory by ``ssl``.
"""

import contextlib
import fcntl
import select
import socket
import ssl
import struct
import sys
import termios
import time
import zlib
from functools import lru_cache
from typing import Literal

import h11
import urllib3

from simulators.exchanges.history import Answer, Failure, FailureKind, Headers, Request, header
from simulators.values.clocks import running_time

# An answer longer than this is cut: a CLIENT under test must not be able to fill the judge's memory.
ANSWER_LIMIT = 2 << 20
USER_AGENT = "pitboss"

Cut = Literal["reset", "close"]

_RECEIVE = 65536
_POLL = 0.0005
# What was idle for so many seconds is not used again: servers close such connections, some after two, and a request
# that meets the end of one is lost.
_IDLE = 1.5


class NoConnectionError(OSError):
    """There is no way to the CLIENT."""


class DialTimeoutError(TimeoutError):
    """There was no connection in time."""


class ClosedWithoutAnswerError(ConnectionError):
    """The CLIENT closed the connection before its answer was complete."""


@lru_cache(maxsize=256)
def parsed(url: str) -> urllib3.util.Url:
    """The parts of ``url``; most requests of a run go to the same two. Raises ValueError where it is none."""
    return urllib3.util.parse_url(url)


def endpoint(url: urllib3.util.Url) -> tuple[str, int]:
    """The host and the port to dial for ``url``."""
    return (url.host or "").strip("[]"), url.port or (443 if url.scheme == "https" else 80)


def frame(request: Request, http: h11.Connection) -> tuple[bytes, bytes]:
    """Write ``request`` as HTTP/1.1 for ``http``, which then reads the answer: its head and its body.

    ``Host``, ``Content-Length``, ``User-Agent`` and ``Accept-Encoding: identity`` are added where the request has
    none. Raises ValueError where a header cannot be written.
    """
    url = parsed(request.url)
    own = {name.lower() for name, _ in request.headers}
    added = [("Host", url.netloc or ""), ("Accept-Encoding", "identity"), ("User-Agent", USER_AGENT)]
    if "transfer-encoding" not in own and (request.body or request.method in ("POST", "PUT")):
        added.append(("Content-Length", str(len(request.body))))
    added = [(name, value) for name, value in added if name.lower() not in own]
    try:
        head = http.send(
            h11.Request(
                method=request.method,
                target=url.request_uri,
                headers=[
                    (name.encode("latin-1"), value.encode("latin-1"))
                    for name, value in (*added, *request.headers)
                ],
            )
        )
        body = http.send(h11.Data(data=request.body)) if request.body else b""
        end = http.send(h11.EndOfMessage())
    except h11.LocalProtocolError as error:
        raise ValueError(f"the request cannot be written as HTTP/1.1: {error}") from error
    return head or b"", (body or b"") + (end or b"")


@lru_cache(maxsize=8)
def _context(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    context.set_alpn_protocols(["http/1.1"])
    return context


class Connection:
    """One connection, for one request after the other: dial it, seal and push bytes, take the answer, cut it.

    ``head`` and ``body`` are the present request's bytes before TLS. Used as a context manager it closes at the end.
    """

    def __init__(
        self, request: Request, *, timeout: float, ca_file: str | None = None, buffer: int | None = None
    ) -> None:
        """Dial the request's host. ``timeout`` is seconds for it; ``buffer`` is the receive buffer in bytes.

        Raises OSError (ssl.SSLError among them) where there is no connection, ValueError where the request
        cannot be written.
        """
        self._http = h11.Connection(h11.CLIENT)
        self._begin(request)
        self._tls: ssl.SSLObject | None = None
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        url = parsed(request.url)
        host, port = endpoint(url)
        deadline = running_time() + timeout
        self.socket = _dial(host, port, timeout, buffer)
        try:
            if url.scheme == "https":
                self._tls = _context(ca_file).wrap_bio(self._incoming, self._outgoing, server_hostname=host)
                self._shake(deadline)
        except TimeoutError as error:
            self.socket.close()
            raise DialTimeoutError from error
        except BaseException:
            self.socket.close()
            raise

    def _begin(self, request: Request) -> None:
        self.head, self.body = frame(request, self._http)
        self.heard, self._heard_at = False, time.monotonic()
        self._answer: tuple[int, Headers] | None = None
        self._content, self._headed = bytearray(), 0.0

    def again(self, request: Request) -> bool:
        """Make ready for another ``request`` to the same host; False where the connection cannot carry it.

        Raises ValueError where the request cannot be written.
        """
        if not self.reusable or time.monotonic() > self._heard_at + _IDLE or readable(self.socket):
            return False
        self._http.start_next_cycle()
        self._begin(request)
        return True

    @property
    def reusable(self) -> bool:
        """The answer is complete, and both sides left the connection open."""
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    def _shake(self, deadline: float) -> None:
        assert self._tls is not None
        while True:
            self.socket.settimeout(remaining(deadline))
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self.socket.sendall(self._outgoing.read())
                self._fill(self.socket.recv(_RECEIVE))
            except ssl.SSLError:
                # A peer that speaks no TLS may be gone already, which says less than why.
                with contextlib.suppress(OSError):
                    self.socket.sendall(self._outgoing.read())
                raise
            else:
                self.socket.sendall(self._outgoing.read())
                return

    def _fill(self, raw: bytes) -> None:
        if raw:
            self._incoming.write(raw)
        else:
            self._incoming.write_eof()

    def seal(self, data: bytes) -> bytes:
        """Return ``data`` as it goes on the wire: TLS records, or itself. Send what is sealed in order."""
        if self._tls is None or not data:
            return data
        self._tls.write(data)
        return self._outgoing.read()

    def push(self, data: bytes, deadline: float) -> None:
        """Seal and send ``data`` until ``deadline``; raises OSError where the connection is gone or it is late."""
        self.socket.settimeout(remaining(deadline))
        self.socket.sendall(self.seal(data))

    def flush(self, timeout: float) -> None:
        """Wait until the peer's kernel has every byte sent, at most ``timeout`` seconds."""
        deadline = running_time() + timeout
        while _in_flight(self.socket) and running_time() < deadline:
            time.sleep(_POLL)

    def take(self, size: int = _RECEIVE) -> Answer | None:
        """Read once, at most ``size`` bytes; return the answer as soon as it is complete.

        Raises OSError where the connection ends first, h11.RemoteProtocolError where the answer is no HTTP.
        """
        raw = self.socket.recv(size)
        data = self._opened(raw)
        if data:
            self.heard, self._heard_at = True, time.monotonic()
            self._http.receive_data(data)
        ended = not raw
        if ended:
            self._http.receive_data(b"")
        try:
            return self._parse()
        except h11.RemoteProtocolError:
            if ended:
                raise ClosedWithoutAnswerError("closed") from None
            raise

    def wait(self, deadline: float) -> Answer:
        """Read until the answer is complete, at most until ``deadline``; raises what ``take`` raises.

        The deadline holds for all of it: interim answers, headers, body. A CLIENT that drips is late.
        """
        while True:
            self.socket.settimeout(remaining(deadline))
            # Late by the system's clock is not late yet where this process was stopped.
            with contextlib.suppress(TimeoutError):
                answer = self.take()
                if answer is not None:
                    return answer

    def _opened(self, raw: bytes) -> bytes:
        if self._tls is None:
            return raw
        self._fill(raw)
        data = bytearray()
        while True:
            try:
                piece = self._tls.read(_RECEIVE)
            except (ssl.SSLWantReadError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
                return bytes(data)
            if not piece:
                return bytes(data)
            data += piece

    def _parse(self) -> Answer | None:
        while True:
            event = self._http.next_event()
            match event:
                case h11.Response():
                    headers = tuple(
                        (name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers
                    )
                    self._answer, self._headed = (event.status_code, headers), time.monotonic()
                case h11.Data():
                    self._content += event.data
                    if len(self._content) > ANSWER_LIMIT:
                        return self._whole()
                case h11.EndOfMessage():
                    return self._whole()
                case h11.ConnectionClosed():
                    raise ClosedWithoutAnswerError("closed")
                case h11.NEED_DATA | h11.PAUSED:
                    return None
                case _:  # an interim answer (100 Continue)
                    continue

    def _whole(self) -> Answer:
        assert self._answer is not None
        status, headers = self._answer
        whole, self._content = bytes(self._content), bytearray()
        body = _inflated(whole[:ANSWER_LIMIT], header(headers, "content-encoding"))
        length = (
            len(whole) if len(whole) > ANSWER_LIMIT else ANSWER_LIMIT if len(body) == ANSWER_LIMIT else None
        )
        return Answer(status, headers, body, time.monotonic() - self._headed, length)

    def cut(self, how: Cut = "close") -> None:
        """End the connection: "reset" sends RST, "close" sends FIN. Either is safe to repeat."""
        if how == "reset" and self.socket.fileno() != -1:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def _inflated(body: bytes, encoding: str | None) -> bytes:
    """``body`` without its compression, cut at ANSWER_LIMIT; as it is where it is in an encoding nobody asked for."""
    if encoding is None or encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return body
    # The header of gzip and of zlib is recognised by itself.
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        return inflater.decompress(body, ANSWER_LIMIT)
    except zlib.error as error:
        raise h11.RemoteProtocolError(f"its body is no {encoding}: {error}") from error


def _dial(host: str, port: int, timeout: float, buffer: int | None) -> socket.socket:
    deadline = running_time() + timeout
    failure: OSError = NoConnectionError(f"{host} has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            # A small receive buffer counts only when it is set before the connection is made.
            if buffer is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(remaining(deadline))
            sock.connect(address)
        except ConnectionRefusedError as error:
            sock.close()
            failure = error
        except TimeoutError:
            sock.close()
            failure = DialTimeoutError()
        except OSError as error:
            sock.close()
            failure = NoConnectionError(str(error))
        else:
            return sock
    raise failure


def readable(sock: socket.socket) -> bool:
    """Whether an idle connection has something to say: that it is closed, or what nobody asked for.

    Unlike select, poll takes any number of sockets.
    """
    if sock.fileno() == -1:
        return True
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def _in_flight(sock: socket.socket) -> int:
    """How many bytes the peer's kernel has not acknowledged (SIOCOUTQ); 0 where the system does not tell."""
    if sys.platform != "linux":
        return 0
    try:
        return int(struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, b"\0\0\0\0"))[0])
    except OSError:
        return 0


def remaining(deadline: float) -> float:
    """Seconds until ``deadline`` of ``running_time()``; raises TimeoutError when it has passed."""
    left = deadline - running_time()
    if left <= 0:
        raise TimeoutError
    return left


def network(error: BaseException) -> bool:
    """Whether ``error`` is one of the network or of the peer, not of this program."""
    return isinstance(error, OSError | h11.RemoteProtocolError | urllib3.exceptions.HTTPError)


def failure_of(error: BaseException, timeout: float) -> Failure:
    """Say why there is no answer; ``timeout`` is in seconds."""
    match error:
        case ssl.SSLCertVerificationError():
            why = f"the certificate is not verified ({error.verify_message}); ca_file names the authorities to trust"
            return Failure(FailureKind.TLS, f"TLS failed: {why}")
        case ssl.SSLError():
            why = (error.reason or str(error)).replace("_", " ").lower()
            return Failure(FailureKind.TLS, f"TLS failed: {why}")
        case DialTimeoutError():
            return Failure(FailureKind.NO_CONNECTION, f"no connection within {timeout:g} s")
        case TimeoutError():
            return Failure(FailureKind.TIMEOUT, f"no answer within {timeout:g} s")
        case NoConnectionError():
            return Failure(FailureKind.NO_CONNECTION, f"no connection: {error}")
        case ConnectionRefusedError():
            return Failure(FailureKind.REFUSED, "connection refused")
        case ClosedWithoutAnswerError():
            return Failure(FailureKind.CLOSED, "the connection was closed without an answer")
        case ConnectionResetError() | BrokenPipeError() | ConnectionAbortedError():
            return Failure(FailureKind.RESET, "the connection was reset without an answer")
        case socket.gaierror():
            return Failure(FailureKind.NAME, "the host name does not resolve")
        case h11.RemoteProtocolError():
            return Failure(FailureKind.NOT_HTTP, f"the answer is no HTTP: {error}")
        case _ if network(error):
            return Failure(FailureKind.OTHER, f"{type(error).__name__}: {error}")
        case _:
            return Failure(FailureKind.INTERRUPTED, f"{type(error).__name__} while waiting")

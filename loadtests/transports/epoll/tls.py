"""A connection under TLS: the same line, its bytes through a verified ssl.SSLObject over memory."""

import ssl

from loadtests.transports.epoll.answers import Odd
from loadtests.transports.epoll.lines import Line, Wires

_AT_ONCE = 65_536


class TlsLine(Line):
    """A `Line` whose bytes are encrypted; certificate and host name are verified as ``context`` says."""

    __slots__ = ("_context", "_first", "_host", "_incoming", "_outgoing", "_tls")

    def __init__(self, wires: Wires, context: ssl.SSLContext, host: str) -> None:
        super().__init__(wires)
        self._context = context
        self._host = host
        self._tls: ssl.SSLObject | None = None
        self._first: bytes | None = None

    def opened(self) -> None:
        """Shake hands before the first request leaves."""
        self._first, self._out = self._out, b""
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = self._context.wrap_bio(self._incoming, self._outgoing, server_hostname=self._host)
        self._shake()

    def put(self, data: bytes) -> None:
        """Encrypt ``data`` and send it."""
        if self._tls is None:
            # The connection ended since: the next exchange opens another.
            return
        self._tls.write(data)
        super().put(self._outgoing.read())

    def received(self, data: bytes) -> None:
        """Decrypt what came."""
        assert self._tls is not None
        self._incoming.write(data)
        if self._first is not None:
            self._shake()
            return
        pieces: list[bytes] = []
        ended = False
        try:
            while piece := self._tls.read(_AT_ONCE):
                pieces.append(piece)
            ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            ended = True
        except ssl.SSLError as problem:
            self.lost(f"TLS: {problem.reason or problem}")
            return
        if self._outgoing.pending:
            self._write(self._outgoing.read())
        if pieces:
            super().received(b"".join(pieces))
        if ended and self.sock is not None:
            super().ended()

    def ended(self) -> None:
        """The connection ended without TLS's farewell: anybody on the way can do that, so that it ends no answer."""
        if self._reader.begun:
            self.lost(Odd("cut off without TLS's farewell").problem)
        else:
            super().ended()

    def close(self) -> None:
        """End the connection."""
        super().close()
        self._tls, self._first = None, None

    def _shake(self) -> None:
        assert self._tls is not None
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLCertVerificationError as problem:
            self.lost(f"the certificate is not trusted: {problem.verify_message}")
            return
        except (ssl.SSLError, ValueError) as problem:
            self.lost(f"TLS: {getattr(problem, 'reason', None) or problem}")
            return
        else:
            request, self._first = self._first, None
            if self._outgoing.pending:
                self._write(self._outgoing.read())
            if request is not None and self.sock is not None:
                self.put(request)
            return
        if self._outgoing.pending:
            self._write(self._outgoing.read())

"""Where requests go, and the bytes that they are: a request line, few fields, the body."""

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import gevent.socket

# Connections that a worker keeps open for copies at once and lost answers.
SPARE: Final = 64
_PORTS: Final = {"http": 80, "https": 443}


@dataclass
class Target:
    """One CLIENT: ``base_url`` is where paths are appended.

    ``tls`` is the context of an https URL, by default the system's, which verifies certificate and host name.
    Raises ValueError where the URL is no http or https URL with a host.
    """

    base_url: str
    tls: ssl.SSLContext | None = None
    host: str = field(init=False)
    port: int = field(init=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(
                f"{self.base_url!r} came as the CLIENT's address; expected http:// or https:// with a host "
                "and no query, because paths are appended to it. Give --host http://127.0.0.1:8710/operator."
            )
        if parts.username is not None:
            raise ValueError(
                "the CLIENT's address holds a user name; callbacks are authenticated by their hash alone. Leave it out."
            )
        self.host, self.port = parts.hostname, parts.port or _PORTS[parts.scheme]
        if parts.scheme == "https" and self.tls is None:
            self.tls = ssl.create_default_context()
        elif parts.scheme == "http":
            self.tls = None
        self._base = parts.path.rstrip("/")
        self._authority = parts.netloc
        self._starts: dict[str, bytes] = {}

    def address(self, timeout: float) -> tuple[int, Any]:
        """Family and address of the host: of several, the first that takes a connection within ``timeout`` seconds.

        Raises OSError where the name has no address. Other greenlets go on meanwhile.
        """
        found = gevent.socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        for family, _, _, _, address in found if len(found) > 1 else ():
            with gevent.socket.socket(family, socket.SOCK_STREAM) as trial:
                trial.settimeout(timeout)
                try:
                    trial.connect(address)
                except OSError:
                    continue
                return int(family), address
        return int(found[0][0]), found[0][4]

    def request(self, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        """The bytes of a POST of ``body``; ValueError where a field holds a line break."""
        start = self._starts.get(path)
        if start is None:
            start = self._starts[path] = self._start(path)
        fields = ""
        for name, value in headers.items():
            fields += f"{name}: {value}\r\n"
        if fields.count("\n") != len(headers) or fields.count("\r") != len(headers):
            raise ValueError("a line break in a header field")
        return b"%b%d\r\n%b\r\n%b" % (start, len(body), fields.encode("latin-1"), body)

    def _start(self, path: str) -> bytes:
        line = f"POST {self._base}{path} HTTP/1.1"
        if any(char <= " " or char > "~" for char in self._base + path):
            raise ValueError(f"{path!r} cannot be written in a request line")
        return f"{line}\r\nHost: {self._authority}\r\nAccept: */*\r\nContent-Length: ".encode()

"""Connections of waitress that refuse what two readers of HTTP could understand differently, and that end in time.

Refused with 400, beyond what waitress does: Transfer-Encoding beside Content-Length, header lines that are folded, NUL,
CR or LF alone, and lengths without measure (RFC 9112, sections 2.2, 5.2 and 6.3).
"""

import re
import time
from collections import defaultdict
from collections.abc import Iterable
from heapq import nlargest
from operator import itemgetter
from typing import Any, Final

from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.parser import HTTPRequestParser, ParsingError  # type: ignore[import-untyped]

# Seconds that a request may take to arrive, head and body; and how many digits a length may have.
REQUEST_SECONDS: Final = 30.0
_DIGITS: Final = 18
_FOLDED: Final = re.compile(rb"\r\n[ \t]")
_CODING: Final = re.compile(rb"^transfer-encoding[ \t]*:", re.IGNORECASE | re.MULTILINE)
_LENGTH: Final = re.compile(rb"^content-length[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    def parse_header(self, header_plus: bytes) -> None:
        """Read the head of a request. Raises ParsingError, which is answered by 400."""
        length = _LENGTH.search(header_plus)
        alone = header_plus.replace(b"\r\n", b"")
        if b"\0" in header_plus or b"\r" in alone or b"\n" in alone:
            raise ParsingError("There is a NUL, or a CR or LF alone, in the head of the request.")
        if _FOLDED.search(header_plus):
            raise ParsingError("A header line is folded. Write each header in one line.")
        if length is not None and _CODING.search(header_plus):
            raise ParsingError("Transfer-Encoding and Content-Length are both there. Send one of them.")
        if length is not None and len(length[1]) > _DIGITS:
            raise ParsingError("The Content-Length is no length that a body can have.")
        super().parse_header(header_plus)


class Channel(HTTPChannel):  # type: ignore[misc]
    """One connection. ``began`` is when its present request began to arrive, or else when it last ended one."""

    parser_class = _Parser
    began = 0.0

    def received(self, data: bytes) -> bool:
        """Take what came."""
        if self.request is None:
            self.began = time.time()
        return bool(super().received(data))

    @property
    def idle_since(self) -> float | None:
        """When it last did anything for its own good, in seconds since the epoch; None while it is being answered.

        A request that drips in does nothing from its first byte on.
        """
        if self.requests:
            return None
        return self.began if self.request is not None else float(self.last_activity)


def end_late(channels: Iterable[Any], now: float) -> None:
    """End the ``channels`` whose request has been arriving for longer than it may."""
    for channel in channels:
        arriving = isinstance(channel, Channel) and channel.request is not None and not channel.requests
        if arriving and now - channel.began > REQUEST_SECONDS:
            channel.will_close = True


def end_idlest(channels: Iterable[Any], count: int) -> None:
    """End ``count`` idle ones of ``channels``, those of the peers first that have the most, and of each its idlest.

    So a peer that holds few keeps them, however many another opens.
    """
    idle: dict[str, list[tuple[float, Any]]] = defaultdict(list)
    for channel in channels:
        if isinstance(channel, Channel) and (since := channel.idle_since) is not None:
            idle[channel.addr[0]].append((since, channel))
    # How many newer ones its peer has.
    ranked = [
        (newer, channel)
        for group in idle.values()
        for newer, (_, channel) in enumerate(sorted(group, key=itemgetter(0), reverse=True))
    ]
    for _, channel in nlargest(count, ranked, key=itemgetter(0)):
        channel.will_close = True

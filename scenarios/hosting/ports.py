"""Ports of this machine."""

import secrets
from collections import deque
from typing import Final

from simulators.server.wsgi_server import PortInUse, bind

_PORTS: Final = range(15_000, 32_000)
# What was handed out lately: who asks for several ports uses them only afterwards.
_HANDED_OUT: Final[deque[int]] = deque(maxlen=1000)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now.

    From below the range that systems hand out by themselves, and by chance: between this look and the use of the
    port neither an outgoing connection nor another run takes it. None is handed out twice in a row of a thousand.
    """
    while True:
        port = _PORTS.start + secrets.randbelow(len(_PORTS))
        if port in _HANDED_OUT:
            continue
        try:
            bind("127.0.0.1", port).close()
        except PortInUse:
            continue
        _HANDED_OUT.append(port)
        return port

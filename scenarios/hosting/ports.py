"""Ports of this machine."""

import secrets
from typing import Final

from simulators.server.wsgi_server import PortInUse, bind

_PORTS: Final = range(15_000, 32_000)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now.

    From below the range that systems hand out by themselves, and by chance: between this look and the use of the
    port neither an outgoing connection nor another run takes it.
    """
    while True:
        port = _PORTS.start + secrets.randbelow(len(_PORTS))
        try:
            bind("127.0.0.1", port).close()
        except PortInUse:
            continue
        return port

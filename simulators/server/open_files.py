"""How many connections a server may hold, as far as this process may have files open."""

import contextlib
from typing import Final

try:
    import resource
except ImportError:  # Windows, where sockets are no files
    resource = None  # type: ignore[assignment]

# Servers of one process that share its open files (three providers, files that are signed for, the console), and what
# else it has open.
_SERVERS: Final = 5
_OTHERS: Final = 256
_FEWEST: Final = 8


def room_for(connections: int) -> int:
    """``connections``, or as many as there is room for: the soft limit is raised where the hard one allows.

    A server without a file left could accept nobody, nor end anybody to make room.
    """
    if resource is None:
        return connections
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _SERVERS * connections + _OTHERS
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return connections
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return min(connections, max(_FEWEST, (soft - _OTHERS) // _SERVERS))

"""How many connections a server holds where a process may have few files open."""

import pytest

from simulators.server import open_files
from simulators.server.open_files import room_for


@pytest.fixture
def limits(monkeypatch):
    """The limits of this process, soft and hard, of which only a copy is changed."""
    now = [1024, 1024]
    monkeypatch.setattr(open_files.resource, "getrlimit", lambda _: tuple(now))
    monkeypatch.setattr(open_files.resource, "setrlimit", lambda _, new: now.__setitem__(slice(2), new))
    return now


UNLIMITED = open_files.resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("soft", "hard", "room", "then"),
    [
        (20_000, 20_000, 1000, 20_000),
        (UNLIMITED, UNLIMITED, 1000, UNLIMITED),
        # Raised as far as it may be.
        (1024, 20_000, 1000, 5256),
        (256, UNLIMITED, 1000, 5256),
        (1024, 2256, 400, 2256),
        # Where it may not, servers hold fewer.
        (1024, 1024, 153, 1024),
        (64, 64, 8, 64),
    ],
)
def test_five_servers_have_room_in_what_may_be_open(limits, soft, hard, room, then):
    limits[:] = soft, hard
    assert room_for(1000) == room
    assert limits == [then, hard]

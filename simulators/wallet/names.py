"""Whom a run may name: its test players, and names made up for it. Nobody else's money moves."""

import uuid
from collections.abc import Iterable, Iterator
from typing import Any, Final

# No player's id anywhere; objects of JavaScript have it as a property, so that careless look-ups find it.
NO_ID: Final = "__proto__"


class NamesStrangerError(Exception):
    """A request would name a player who is neither a test player nor made up for this run: its sender's fault."""


class Names:
    """The players that may be named; safe to use from several threads.

    What is made up holds a random UUID, so that it is long enough to be nobody's.
    """

    def __init__(self, players: Iterable[str]) -> None:
        """``players`` are the ids of the test players."""
        self._allowed = {NO_ID, *players}

    def make_up(self, ending: str = "") -> str:
        """A name of nobody, new each time, with ``ending`` behind it; from now on it may be named."""
        name = f"nobody-{uuid.uuid4()}{ending}"
        self._allowed.add(name)
        return name

    def add_spelling(self, player: str, spelling: str) -> str:
        """Let ``spelling`` of the allowed name ``player`` be named too, and return it.

        Raises NamesStrangerError where ``player`` may not be named.
        """
        self.check([player])
        self._allowed.add(spelling)
        return spelling

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._allowed

    def check(self, named: Iterable[Any]) -> None:
        """Raise NamesStrangerError where a value of ``named``, as JSON has them, could mean somebody else.

        Numbers mean the player whose id they spell, true and false the players 1 and 0, lists and objects whom
        anything in them means; null and the empty text mean nobody.
        """
        for value in named:
            for name in _meant(value):
                if name and name not in self._allowed:
                    raise NamesStrangerError(
                        f"a request would name player {name[:80]!r}, who is neither a test player nor made up for "
                        "this run; name a test player, or make a name up"
                    )


def _meant(value: Any) -> Iterator[str]:
    match value:
        case None:
            return
        case bool():
            # Several databases take them for 1 and 0.
            yield str(int(value))
        case dict():
            for inner in value.values():
                yield from _meant(inner)
        case list() | tuple():
            for inner in value:
                yield from _meant(inner)
        case _:
            yield str(value)

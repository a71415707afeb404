"""Tells of a second check or load on this machine that uses the same player of the same target at the same time.

Two at once move each other's balances, and a right CLIENT looks wrong to both. One file for each target lies in the
user's cache folder; a player is one byte of it, locked as long as the process lives. A second run locks another byte,
so that the first learns of it, too. Nothing is written into it.
"""

import fcntl
import hashlib
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

# Places of players in a file: any number that a lock can have. Those of second runs come after them.
_PLACES = 2**62
# So many players are named.
_NAMED = 3


@dataclass
class PlayerLock:
    """The locks of one run on the players of one target; ``taken`` are players that another run has."""

    taken: list[str] = field(default_factory=list)
    _file: int | None = None
    _places: Collection[int] = ()

    @classmethod
    def on(cls, address: str, players: Iterable[str]) -> Self:
        """Lock ``players`` of the target at ``address`` until it is released or this process ends.

        What the process becomes by exec keeps the locks. Where no file can be made nobody is known to be there.
        """
        try:
            cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
            folder = cache / "pitboss" / "locks"
            folder.mkdir(parents=True, exist_ok=True)
            name = f"{_digest(address.rstrip('/'))[:32]}.lock"
            file = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
        except (OSError, RuntimeError):  # a home that is not there is a RuntimeError
            return cls()
        os.set_inheritable(file, True)
        places = {player: int(_digest(player), 16) % _PLACES for player in players}
        taken = [player for player, at in places.items() if not _locked(file, at)]
        for player in taken:
            _locked(file, _PLACES + places[player], fcntl.LOCK_SH)
        return cls(taken, file, places.values())

    def shared(self) -> bool:
        """Whether another run uses one of the players now, or did when this one began."""
        return bool(self.taken) or any(self._wanted(at) for at in self._places)

    def _wanted(self, place: int) -> bool:
        if self._file is None or not _locked(self._file, _PLACES + place):
            return self._file is not None
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, _PLACES + place)
        return False

    def release(self) -> None:
        """Let others have the players."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def note(self) -> str:
        """What is said of the players that another run uses; "" where there is none."""
        if not self.taken:
            return ""
        more = f" and {len(self.taken) - _NAMED} more" if len(self.taken) > _NAMED else ""
        return (
            f"another check or load on this machine uses {', '.join(self.taken[:_NAMED])}{more} of this target at the "
            "same time: each moves the other's balances; wait for its end, or give each players of its own"
        )


def _locked(file: int, place: int, kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.lockf(file, kind | fcntl.LOCK_NB, 1, place)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True  # the folder is on a disk without locks
    return True


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

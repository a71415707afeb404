"""What was settled, on disk: whether CLIENT ids are unique (MSG-05), and what a player did whose balance is off.

Memory does not grow with it: it is a temporary database of SQLite's, which is gone with the process. Ids are compared
by their 128-bit hashes, partition after partition (by the first byte), also over many processes: only the first 64
bits of each hash travel, and the rest only of those that are equal.
"""

import hashlib
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable
from itertools import pairwise
from typing import Any, Final, NamedTuple

from simulators.exchanges.history import Status
from simulators.wallet.transactions import Kind

PARTITIONS: Final = 256
# What one transaction takes on disk, about, and what one process may write at most unless set otherwise, in
# bytes.
RECORD_BYTES: Final = 128
LIMIT: Final = 8 << 30
# So many are written at a time.
_BATCH: Final = 1000
# How many transactions with one key are listed.
_TOLD: Final = 8
# So much of a hash travels at first, in bytes.
_KEY: Final = 8

_TABLE: Final = """
CREATE TABLE settled (
    sequence INTEGER PRIMARY KEY, player INTEGER, kind TEXT, outcome TEXT, amount INTEGER, id TEXT, of TEXT, client BLOB
)
"""
_ADD: Final = "INSERT INTO settled VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)"
_KEYS: Final = f"SELECT substr(client, 1, {_KEY}) FROM settled WHERE client BETWEEN ? AND ?"  # noqa: S608
_AMONG: Final = f"""
SELECT client, id FROM (
    SELECT client, id, row_number() OVER (PARTITION BY substr(client, 1, {_KEY}) ORDER BY sequence) AS place
    FROM settled WHERE substr(client, 1, {_KEY}) IN (%s)
) WHERE place <= {_TOLD}
"""  # noqa: S608
_OF_PLAYERS: Final = """
SELECT sequence, player, kind, outcome, amount, id, of FROM settled WHERE player IN (%s) ORDER BY sequence
"""


class Settled(NamedTuple):
    """One transaction as it was settled. ``amount`` is in minor units, ``sequence`` their order in time."""

    sequence: int
    player: int
    kind: Kind
    outcome: Status
    amount: int
    transaction_id: str
    of: str | None


class Kept(NamedTuple):
    """The hash of a CLIENT id, and the transaction that was answered with it."""

    client: bytes
    transaction_id: str


class Journal:
    """The settled transactions of one process. ``limit`` is in bytes; what is beyond it is counted, not kept."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self.settled = 0
        self.kept = 0
        # CLIENT ids among them.
        self.ids = 0
        self._gathered: list[tuple[Any, ...]] = []
        self._database: sqlite3.Connection | None = None

    def add(
        self,
        player: int,
        kind: Kind,
        amount: int,
        transaction_id: str,
        client_id: str | int | None,
        *,
        refused: bool = False,
        of: str | None = None,
    ) -> None:
        """Keep one transaction, once and not for its copies; ``client_id`` None where there is none to compare.

        A CLIENT id that is a number and its text are the same id.
        """
        self.settled += 1
        if self.kept * RECORD_BYTES >= self.limit:
            return
        client = None
        if client_id is not None:
            client = hashlib.blake2b(str(client_id).encode("utf-8", "surrogatepass"), digest_size=16).digest()
            self.ids += 1
        outcome = Status.REFUSED if refused else Status.OK
        self._gathered.append((player, kind, outcome, amount, transaction_id, of, client))
        self.kept += 1
        if len(self._gathered) >= _BATCH:
            self._written()

    @property
    def complete(self) -> bool:
        """Whether every settled transaction is kept."""
        return self.kept == self.settled

    def keys(self, start: int, stop: int) -> bytes:
        """The keys of partitions ``start`` to ``stop`` (left out), 8 bytes each."""
        found = self._written().execute(_KEYS, (bytes([start]), bytes([stop - 1]) + b"\xff" * 16))
        return b"".join(key for (key,) in found)

    def among(self, keys: Collection[bytes]) -> list[Kept]:
        """The transactions whose CLIENT ids have one of ``keys``, a few of each."""
        return [Kept(*row) for row in self._written().execute(_AMONG % _places(keys), [*keys])]

    def of_players(self, players: Collection[int]) -> dict[int, list[Settled]]:
        """Everything kept of ``players``, in order of time: one pass over the whole file."""
        found: dict[int, list[Settled]] = {player: [] for player in players}
        rows = self._written().execute(_OF_PLAYERS % _places(players), [*players])
        for sequence, player, kind, outcome, *others in rows:
            found[player].append(Settled(sequence, player, Kind(kind), Status(outcome), *others))
        return found

    def close(self) -> None:
        """Delete the file."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def _written(self) -> sqlite3.Connection:
        """The database, with all that was gathered."""
        if self._database is None:
            # Without a name it is a file that SQLite deletes. Who uses it from several threads does so one at a time.
            self._database = sqlite3.connect("", check_same_thread=False)
            self._database.execute("PRAGMA journal_mode = OFF")
            self._database.execute(_TABLE)
        self._database.executemany(_ADD, self._gathered)
        self._gathered.clear()
        return self._database


def _places(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))


def repeated(parts: Iterable[bytes]) -> set[bytes]:
    """The keys that occur more than once in ``parts``, each as ``Journal.keys`` gives them."""
    every = sorted(part[at : at + _KEY] for part in parts for at in range(0, len(part), _KEY))
    return {one for one, other in pairwise(every) if one == other}


def shared(kept: Iterable[Kept]) -> list[list[str]]:
    """The provider ids that share one CLIENT id, in groups of two or more."""
    groups: dict[bytes, list[str]] = defaultdict(list)
    for one in kept:
        groups[one.client].append(one.transaction_id)
    return sorted(sorted(group) for group in groups.values() if len(group) > 1)


def stretches(total: int, at_once: int = 1 << 20) -> list[tuple[int, int]]:
    """Cut the partitions so that about ``at_once`` of ``total`` ids are compared at a time."""
    width = max(1, min(PARTITIONS, PARTITIONS * at_once // max(1, total)))
    return [(start, min(start + width, PARTITIONS)) for start in range(0, PARTITIONS, width)]

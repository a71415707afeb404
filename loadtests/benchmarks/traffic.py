"""What sending costs: our traffic with its ledger beside a bare FastHttpUser and wrk.

Run as ``python -m loadtests.benchmarks.traffic``. All ways post signed callbacks to the same fake, each run in
a process of
its own bound to one core, the fake on another; in turns, so that a slow moment of the machine hits all alike. What
counts is requests per second of the sender's CPU: it does not depend on who else uses the machine.
"""

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from loadtests.benchmarks import traffic_bodies
from loadtests.benchmarks.traffic_ways import BARE, PLAIN, WRK

ROUNDS: Final = 5
SECONDS: Final = 4.0
USERS: Final = 64
WRK_ABSENT: Final = "wrk is absent; on Debian or Ubuntu: apt-get install wrk"
LABELS: Final = {
    BARE: "bare FastHttpUser, bodies signed beforehand",
    PLAIN: "our traffic, with ledger and checks",
    WRK: "wrk, bodies signed beforehand (the limit)",
}
_WRK_SCRIPT: Final = """
local requests = {}
function init(args)
  for line in io.lines(args[1]) do
    local path, hash, body = line:match("([^\\t]*)\\t([^\\t]*)\\t(.*)")
    requests[#requests + 1] = wrk.format("POST", args[2] .. path,
      {["Content-Type"] = "application/json", ["X-Security-Hash"] = hash, ["Host"] = args[3]}, body)
  end
end
local at = 0
function request()
  at = at % #requests + 1
  return requests[at]
end
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: requests, failures among them, seconds of wall time and of the sender's CPU."""

    requests: int
    failures: int
    wall: float
    cpu: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.wall

    @property
    def per_cpu(self) -> float:
        """Requests per second of CPU."""
        return self.requests / self.cpu


@dataclass(frozen=True, slots=True)
class Row:
    """One way of sending: medians of its runs, and the median of its ratios to the bare FastHttpUser, pair by pair.

    ``note`` stands in place of figures where there are none, and says why.
    """

    label: str
    rate: float = 0.0
    per_cpu: float = 0.0
    ratio: float = 0.0
    note: str = ""


def cores() -> tuple[int | None, int | None]:
    """The core of the sender and the core of the fake; None where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[-1]) if len(usable) > 1 else (None, None)


@contextmanager
def fake() -> Iterator[int]:
    """A fake CLIENT in a process of its own; the port where it listens on 127.0.0.1."""
    server = subprocess.Popen(
        [sys.executable, "-m", "loadtests.benchmarks.traffic_server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    with server, server.stdin, server.stdout:
        core = cores()[1]
        if core is not None:
            os.sched_setaffinity(server.pid, {core})
        yield int(server.stdout.readline())


def run(way: str, seconds: float = SECONDS, users: int = USERS) -> Measured:
    """Measure one way of sending. Raises RuntimeError where it does not send what it should."""
    with fake() as port, TemporaryDirectory(prefix="pitboss-bench-") as folder:
        measured = (_wrk if way == WRK else _locust)(way, port, users, seconds, Path(folder))
    return sound(way, measured)


def sound(way: str, measured: Measured) -> Measured:
    """``measured``, where it is a figure: RuntimeError where requests failed, or there were none."""
    if measured.failures or not measured.requests:
        raise RuntimeError(f"{way}: {measured.failures} of {measured.requests} requests failed")
    return measured


def _locust(way: str, port: int, users: int, seconds: float, folder: Path) -> Measured:
    core = cores()[0]
    command = [
        sys.executable,
        "-m",
        "loadtests.benchmarks.traffic_sender",
        way,
        str(port),
        str(users),
        str(seconds),
    ]
    # From a folder without a target file.
    paths = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH"))))
    ran = subprocess.run(
        [*command, *([] if core is None else [str(core)])],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise RuntimeError(f"{way}: {ran.stderr[-2000:]}")
    return Measured(**json.loads(ran.stdout.splitlines()[-1]))


def _wrk(way: str, port: int, users: int, seconds: float, folder: Path) -> Measured:
    script, file = folder / "post.lua", folder / "bodies"
    script.write_text(_WRK_SCRIPT, encoding="utf-8")
    file.write_bytes(
        b"\n".join(
            b"\t".join((one.path.encode(), one.headers["X-Security-Hash"].encode(), one.body))
            for one in traffic_bodies.bodies()
        )
    )
    core = cores()[0]
    pin = ["taskset", "-c", str(core)] if core is not None and shutil.which("taskset") else []
    command = [way, "-t1", f"-c{users}", f"-d{max(1, round(seconds))}s", "-s", str(script)]
    command += [f"http://127.0.0.1:{port}", "--", str(file), "/operator", f"127.0.0.1:{port}"]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ran = subprocess.run(
        [*pin, *command],
        capture_output=True,
        text=True,
        check=True,
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    found = re.search(r"(\d+) requests in", ran.stdout)
    odd = re.search(r"(Socket errors|Non-2xx).*", ran.stdout)
    if found is None or odd is not None:
        raise RuntimeError(f"wrk: {ran.stdout}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(int(found[1]), 0, wall, cpu)


def rows(rounds: int = ROUNDS, seconds: float = SECONDS, users: int = USERS) -> list[Row]:
    """Measure every way ``rounds`` times in turns; one row each, the bare FastHttpUser first."""
    ways = [way for way in LABELS if way != WRK or shutil.which(WRK)]
    runs: dict[str, list[Measured]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            runs[way].append(run(way, seconds, users))
    made = []
    for way, label in LABELS.items():
        if way not in runs:
            made.append(Row(label, note=WRK_ABSENT))
            continue
        pairs = zip(runs[way], runs[BARE], strict=True)
        made.append(
            Row(
                label,
                statistics.median(one.rate for one in runs[way]),
                statistics.median(one.per_cpu for one in runs[way]),
                statistics.median(one.per_cpu / bare.per_cpu for one, bare in pairs),
            )
        )
    return made


def table(measured: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| sender | requests per second | per second of its CPU | of the bare FastHttpUser |",
        "| --- | ---: | ---: | ---: |",
    ]
    for row in measured:
        figures = (
            f"{row.rate:,.0f} | {row.per_cpu:,.0f} | {row.ratio:.2f}" if not row.note else f"{row.note} | |"
        )
        lines.append(f"| {row.label} | {figures} |")
    return "\n".join(lines)


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--users", type=int, default=USERS)
    given = parser.parse_args()
    print(table(rows(given.rounds, given.seconds, given.users)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

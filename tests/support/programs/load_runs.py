"""Runs load tests as users do: Locust in processes of its own, against CLIENTs served by this one."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest

from scenarios.hosting.ports import free_port
from tests.support.programs.commanding import environment

# A load takes what cores there are: two side by side starve each other's workers and CLIENTs for seconds.
ONE_AT_A_TIME = pytest.mark.usefixtures("alone_with_a_load")

# Everything that can go wrong on the way, often enough for a run of seconds.
DISTURBED = ("--copies=0.2", "--races=0.05", "--orphans=0.1", "--cuts=0.03", "--forgeries=0.02")


@dataclass
class Load:
    """A load test under way; ``report`` is its report.json once it has ended."""

    process: subprocess.Popen
    folder: object
    lines: list[str] = field(default_factory=list)
    _new: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self):
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self._new:
                self.lines.append(line)
                self._new.notify_all()
        with self._new:
            self._new.notify_all()

    def wait_for(self, words, times=1, after=0):
        """Wait until ``times`` lines of its output, those ``after`` so many, hold ``words``."""

        def there():
            return sum(words in line for line in self.lines[after:]) >= times

        with self._new:
            # Without a bound of its own: the test has one.
            self._new.wait_for(lambda: there() or not self.reader.is_alive())
            assert there(), self.output

    def wait_until_sent(self, requests):
        """Wait until its statistics tell of so many ``requests``."""
        with self._new:
            self._new.wait_for(lambda: self.sent() >= requests or not self.reader.is_alive())
            assert self.sent() >= requests, self.output

    def sent(self):
        """How many requests its statistics told of last."""
        rows = (line.split() for line in self.lines)
        return max((int(row[1]) for row in rows if len(row) > 1 and row[0] == "Aggregated"), default=0)

    def interrupt(self):
        """Press Ctrl-C: every process of the terminal is struck."""
        os.killpg(self.process.pid, signal.SIGINT)

    def ended(self):
        """Wait for the end; return the exit code."""
        code = self.process.wait()
        self.reader.join()
        return code

    @property
    def output(self):
        return "".join(self.lines)

    @property
    def report(self):
        return json.loads((self.folder / "report" / "report.json").read_text())

    @property
    def audit(self):
        return self.report["audit"]


@contextmanager
def load(folder, *options, users=10, headless=True, **extra):
    """Start a load test with the target file in ``folder``; killed at the end if it is still there."""
    port = str(free_port())
    command = [
        sys.executable,
        "-m",
        "loadtests",
        *(["--headless"] if headless else []),
        *("--users", str(users), "--spawn-rate", str(users)),
        *("--report", "report", "--html", "locust.html", "--exit-code-on-error", "0"),
        *("--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port),
        *options,
    ]
    with started(command, folder, **extra) as under_way:
        yield under_way


@contextmanager
def started(command, folder, **extra):
    """The load that ``command`` starts in ``folder``; what is still there at the end is killed, workers too."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(PYTHONUNBUFFERED="1", **extra),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    under_way = Load(process, folder)
    try:
        yield under_way
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        under_way.reader.join()
        process.stdout.close()

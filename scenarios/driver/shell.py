"""Driver entries of the kind ``run``: a shell command, in bounded time, and waiting for a port."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from scenarios.problems.errors import DriverProblem

_SHOWN_OUTPUT = 300
_BETWEEN_LOOKS = 0.05


def run_command(command: str, directory: Path, timeout: float) -> None:
    """Run ``command`` in a shell in ``directory``; processes that it leaves in the background live on.

    Raises DriverProblem where it takes longer than ``timeout`` seconds, in which case all of it is killed, or
    ends with another exit code than 0.
    """
    # Output goes to a file: a pipe would stay open as long as the CLIENT that was started in the background.
    with tempfile.TemporaryFile() as output:
        shell = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = shell.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()
            raise DriverProblem(
                f"[driver] restart: the command did not end within {timeout:g} s and was killed",
                "a command that starts the CLIENT in the background and ends",
                "put & behind the CLIENT's own command, or leave starting to a service manager",
            ) from None
        except BaseException:
            os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()
            raise
        if code != 0:
            output.seek(0)
            said = " ".join(output.read().decode("utf-8", "replace").split())[-_SHOWN_OUTPUT:]
            raise DriverProblem(
                f"[driver] restart: the command ended with exit code {code}: {said or 'it said nothing'}",
                "exit code 0 once the CLIENT was killed and started again",
                "run the command by hand in the target file's directory, and fix it",
            )


def wait_for_port(address: tuple[str, int], timeout: float) -> None:
    """Return once something listens at ``address``; raises DriverProblem after ``timeout`` seconds."""
    until = time.monotonic() + max(timeout, _BETWEEN_LOOKS)
    while True:
        try:
            with socket.create_connection(address, timeout=1):
                return
        except OSError:
            if time.monotonic() > until:
                raise DriverProblem(
                    f"[driver] restart: nothing listens at {address[0]}:{address[1]} after it",
                    "the CLIENT listening again",
                    "run the command by hand and look at what the CLIENT says as it starts",
                ) from None
            time.sleep(_BETWEEN_LOOKS)

"""Types commands into one bash, as a reader of the pages does, and hands back what each printed."""

import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

# Longer than any command of a page takes on a busy machine, in seconds.
_PATIENCE = 600.0
# What of the caller's environment would change what the commands do.
_UNWANTED = ("PYTEST_", "PITBOSS_", "GITHUB_", "GITLAB_", "MAKE", "PYTHON", "VIRTUAL_ENV", "ARGS", "PARALLEL")
# Where the tests' own programs lie: a page that does not say how to find the clone's must not find these.
_HERE = str(Path(sys.executable).parent)


class Shell:
    """A bash in ``folder``. Commands share it: variables, folder and background jobs live on to the next."""

    def __init__(self, folder: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_UNWANTED)}
        kept["PATH"] = os.pathsep.join(path for path in kept["PATH"].split(os.pathsep) if path != _HERE)
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=kept | {"COLUMNS": "100", "TERM": "dumb", "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
            start_new_session=True,
        )
        self._lines: list[str] = []
        self._ended = False
        self._more = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "Shell":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the shell and everything that was started in it."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def type(self, command: str, folder: Path) -> tuple[int, list[str]]:
        """Run ``command`` to its end; return the exit code and the lines printed. Raises TimeoutError.

        ``folder`` takes the command as a file, read by the shell itself: the command has an empty standard input.
        """
        mark = f"-- {secrets.token_hex(8)} --"
        script = folder / "command.sh"
        script.write_text(command + "\n")
        # The status is left as it was, for a command that shows it.
        line = f". '{script}' </dev/null; status=$?; printf '%s %s\\n' '{mark}' \"$status\"; (exit $status)\n"
        if self._process.stdin is None:
            raise LookupError("the shell has no standard input")
        self._process.stdin.write(line)
        self._process.stdin.flush()
        self.wait_for(lambda lines: any(mark in line for line in lines), command)
        with self._more:
            place = next(number for number, line in enumerate(self._lines) if mark in line)
            # A last line without its end stands before the mark.
            rest, _, status = self._lines[place].partition(mark)
            printed = [*self._lines[:place], *([rest] if rest else [])]
            del self._lines[: place + 1]
        return int(status), printed

    def wait_for(self, satisfied: Callable[[list[str]], bool], command: str) -> None:
        """Wait until the lines that nobody took yet are as wanted. Raises TimeoutError with them."""
        with self._more:
            done = self._more.wait_for(lambda: satisfied(self._lines) or self._ended, _PATIENCE)
            if not done or not satisfied(self._lines):
                raise TimeoutError(f"$ {command}\n" + "\n".join(self._lines))

    def take(self) -> list[str]:
        """The lines that nobody took yet."""
        with self._more:
            taken, self._lines = self._lines, []
        return taken

    def _read(self) -> None:
        if self._process.stdout is None:
            return
        for line in self._process.stdout:
            with self._more:
                self._lines.append(line.rstrip("\n"))
                self._more.notify_all()
        with self._more:
            self._ended = True
            self._more.notify_all()

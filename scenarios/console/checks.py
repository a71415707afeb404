"""Checks started from the console: one at a time, in a process of its own, watched rule by rule."""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from scenarios.console.form_input import FormInput, read_as
from scenarios.console.providers import ServedProviders
from scenarios.contract import select
from scenarios.problems.errors import UsageProblem
from scenarios.run.findings import GRAVEST_FIRST, Standing
from scenarios.run.planning.effort import EFFORTS
from simulators.providers import PROVIDERS

# How long a check that is cancelled may take to put every player back, in seconds.
PATIENCE: Final = 60.0
_NOTHING_JUDGED: Final = UsageProblem(
    "the check was cancelled before anything was judged", "a verdict", "start another"
)


@dataclass
class Progress:
    """One check as it stands: ``phase`` is "running", "cancelling" or "ended"; rules are [standing, reason]."""

    number: int
    phase: str = "running"
    planned: dict[str, Any] | None = None
    done: int = 0
    latest: str = ""
    exchanges: int = 0
    rules: dict[str, list[str]] = field(default_factory=dict)
    result: dict[str, Any] | None = None
    problem: dict[str, str] | None = None
    files: list[str] = field(default_factory=list)

    def take(self, line: dict[str, Any]) -> None:
        """Take over one line of the process that judges."""
        event = line.pop("event", "")
        if event == "planned":
            self.planned = line
        elif event == "finished":
            self.done += 1
            self.latest, self.exchanges = line["id"], line["exchanges"]
            for rule, (standing, reason) in line["rules"].items():
                self._graver(rule, standing, reason)
        elif event == "concluded":
            self.rules = {rule: verdict[:2] for rule, verdict in line["verdicts"].items()}
            self.result = {name: value for name, value in line.items() if name != "verdicts"}
            self.exchanges = line["exchanges"]
        elif event == "failed":
            self.problem = {name: line[name] for name in ("came", "expected", "next_step")}
        elif event == "stopped":
            self.problem = _NOTHING_JUDGED.beats

    def _graver(self, rule: str, standing: str, reason: str) -> None:
        known = self.rules.get(rule)
        if known is None or GRAVEST_FIRST.index(Standing(standing)) < GRAVEST_FIRST.index(Standing(known[0])):
            self.rules[rule] = [standing, reason]

    def shown(self) -> dict[str, Any]:
        """Everything, for the page."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


class Checks:
    """Starts and cancels checks of ``providers``'s target; ``changed`` is called whenever there is news.

    While one runs, the providers' ports are the check's own, so that the CLIENT reaches the judge where it always
    reaches the provider; the queue of each rests meanwhile.
    """

    def __init__(self, providers: ServedProviders, changed: Callable[[], None]) -> None:
        self.providers = providers
        self._changed = changed
        self._folder = TemporaryDirectory(prefix="pitboss-console-")
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._process: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether a check is under way, or its ports are not back yet."""
        return self._thread is not None and self._thread.is_alive()

    def shown(self) -> dict[str, Any] | None:
        """The check under way or the last one, None before the first."""
        with self._lock:
            return None if self._progress is None else self._progress.shown()

    def file(self, name: str) -> Path | None:
        """A report file of the last check, by its name; None where there is none."""
        with self._lock:
            known = self._progress is not None and name in self._progress.files
        return Path(self._folder.name, name) if known else None

    def start(self, asked: FormInput) -> dict[str, Any]:
        """Start a check; raises UsageProblem where one runs or the choice names no rule."""
        provider = asked.maybe("provider")
        if provider is not None:
            asked.choice("provider", tuple(PROVIDERS))
        only, skip = asked.maybe("only"), asked.maybe("skip")
        with read_as("only"):
            select(only, None, provider)
        with read_as("skip"):
            select(only, skip, provider)
        path = self.providers.target.path
        wanted = {
            "config": None if path is None else str(path.resolve()),
            "only": only,
            "skip": skip,
            "provider": provider,
            "effort": asked.choice("effort", tuple(EFFORTS), "quick"),
            "seed": asked.count("seed", 0, 0, 10**9) if asked.maybe("seed") else None,
            "strict": asked.flag("strict"),
            "report": self._folder.name,
            "listen": {
                name: f"{served.listener.host}:{served.listener.port}"
                for name, served in self.providers.served.items()
            },
        }
        with self._lock:
            if self.running:
                raise UsageProblem(
                    "a check is under way",
                    "one at a time: two would judge each other's traffic",
                    "wait for it, or cancel it",
                )
            self._progress = Progress(1 if self._progress is None else self._progress.number + 1)
            for stale in Path(self._folder.name).rglob("*"):
                if stale.is_file():
                    stale.unlink()
            self._thread = threading.Thread(
                target=self._run, args=(wanted, self._progress), name="console-check", daemon=True
            )
            self._thread.start()
        self._changed()
        return {"number": self._progress.number}

    def cancel(self) -> dict[str, Any]:
        """End the check under way as Ctrl-C would: players are put back, and what was judged is shown."""
        with self._lock:
            if self._progress is None or not self.running:
                raise UsageProblem("no check is under way", "one that could be cancelled", "start one")
            self._progress.phase = "cancelling"
            process = self._process
        if process is not None:
            process.terminate()
        self._changed()
        return {}

    def close(self) -> None:
        """Cancel what is under way, wait for it, and delete the report files."""
        if self.running:
            with contextlib.suppress(UsageProblem):
                self.cancel()
        if self._thread is not None:
            self._thread.join(PATIENCE)
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
        self._folder.cleanup()

    def _run(self, wanted: dict[str, Any], progress: Progress) -> None:
        code = None
        try:
            self.providers.pause()
            code = self._judge(wanted, progress)
        finally:
            self._take_back(progress)
            with self._lock:
                if progress.result is None and progress.problem is None:
                    progress.problem = self._silence(code, progress)
                progress.files = sorted(
                    path.name for path in Path(self._folder.name).glob("*") if path.is_file()
                )
                progress.phase = "ended"
                self._process = None
            self._changed()

    @staticmethod
    def _silence(code: int | None, progress: Progress) -> dict[str, str]:
        """Why a check said nothing at all; ``code`` is its exit code, None where it did not even start."""
        if progress.phase == "cancelling":
            return _NOTHING_JUDGED.beats
        how = "did not start" if code is None else f"ended without a verdict (exit code {code})"
        return UsageProblem(
            f"the check {how}",
            "a verdict, or why there is none",
            "run `pitboss check` in a terminal and read what it says",
        ).beats

    def _judge(self, wanted: dict[str, Any], progress: Progress) -> int:
        """Run the check to its end; return its exit code."""
        log = Path(self._folder.name, "console.log")
        with (
            log.open("w+", encoding="utf-8") as said,
            subprocess.Popen(
                # -P: what lies in the current directory must not be taken for a module.
                [sys.executable, "-P", "-m", "scenarios.console.check_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                encoding="utf-8",
            ) as process,
        ):
            with self._lock:
                self._process = process
                cancelled = progress.phase == "cancelling"
            if cancelled:
                process.terminate()
            if process.stdin is None or process.stdout is None:
                raise TypeError("the pipes were asked for")
            with contextlib.suppress(OSError):
                process.stdin.write(json.dumps(wanted) + "\n")
                process.stdin.flush()
            for line in process.stdout:
                with self._lock:
                    progress.take(json.loads(line))
                self._changed()
            process.wait()
        log.unlink(missing_ok=True)
        return process.returncode

    def _take_back(self, progress: Progress) -> None:
        try:
            self.providers.resume()
        except UsageProblem as taken:
            with self._lock:
                progress.problem = taken.beats
